{% if type.word == "uuid" -%}
CASE WHEN k.value ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN k.value::uuid END
{%- elif type.word == "text" -%}
k.value
{%- else -%}
CASE WHEN k.value ~ '^-?[0-9]{1,19}$' THEN CASE WHEN k.value::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN k.value::int8 END END
{%- endif %}
