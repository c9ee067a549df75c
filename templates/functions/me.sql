SELECT u.{{ user_key | q }}::{{ key_type | q }}
FROM (SELECT crm_access_rules.identity_key() AS value OFFSET 0) AS asked, {{ users | q }} AS u
WHERE u.{{ user_key | q }} = {% if key_type.word == "uuid" -%}
    CASE WHEN asked.value ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN asked.value::uuid END
    {%- elif key_type.word == "text" -%}
    asked.value
    {%- else -%}
    CASE WHEN asked.value ~ '^-?[0-9]{1,19}$' THEN CASE WHEN asked.value::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN asked.value::int8 END END
    {%- endif %}
{%- if active %}
  AND u.{{ active | q }} IS TRUE
{%- endif %}
