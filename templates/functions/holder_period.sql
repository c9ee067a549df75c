{% if holder.from and mine %} AND {{ holder.from | q }}::timestamptz <= pg_catalog.statement_timestamp(){% endif %}
{%- if holder.until %} AND pg_catalog.statement_timestamp() < {{ holder.until | q }}::timestamptz{% endif -%}
