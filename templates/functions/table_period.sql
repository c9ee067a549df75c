{% if source.from and mine %} AND (t.{{ source.from | q }} IS NULL OR t.{{ source.from | q }} <= pg_catalog.statement_timestamp()){% endif %}
{%- if source.until %} AND (t.{{ source.until | q }} IS NULL OR pg_catalog.statement_timestamp() < t.{{ source.until | q }}){% endif -%}
