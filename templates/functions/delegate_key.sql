SELECT {% set type = key_type %}v.{{ user_key | q }}::text
FROM (SELECT crm_access_rules.identity_key() AS value OFFSET 0) AS k, {{ users | q }} AS v
WHERE v.{{ user_key | q }} = {% include "functions/key_of_text.sql" %}
{%- if active %}
  AND v.{{ active | q }} IS TRUE
{%- endif %}
  AND current_setting('crm_access.on_behalf_of', true) <> ''
