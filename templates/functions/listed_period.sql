{% if assigned.from and mine %} AND {{ assigned.from | q }}::timestamptz <= pg_catalog.statement_timestamp(){% endif %}
{%- if assigned.until %} AND pg_catalog.statement_timestamp() < {{ assigned.until | q }}::timestamptz{% endif %}
{%- if assigned.channel %} AND {% if mine %}{% if over %}$2{% else %}session_user::text{% endif %} = ANY ({{ assigned.channel | q }}){% else %}false{% endif %}{% endif -%}
