SELECT u.{{ user_key | q }}::{{ key_type | q }}
FROM (SELECT crm_access_rules.identity_key() AS value OFFSET 0) AS k, {{ users | q }} AS u
WHERE u.{{ user_key | q }} = {% set type = key_type %}{% include "functions/key_of_text.sql" %}
{%- if active %}
  AND u.{{ active | q }} IS TRUE
{%- endif %}
