SELECT u.{{ user_key | q }}::{{ key_type | q }}
FROM (SELECT {% if delegation %}coalesce(nullif(current_setting('crm_access.on_behalf_of', true), ''), crm_access_rules.identity_key()){% else %}crm_access_rules.identity_key(){% endif %} AS value OFFSET 0) AS k, {{ users | q }} AS u
WHERE u.{{ user_key | q }} = {% set type = key_type %}{% include "functions/key_of_text.sql" %}
{%- if active %}
  AND u.{{ active | q }} IS TRUE
{%- endif %}
{%- if delegation %}
  AND (coalesce(current_setting('crm_access.on_behalf_of', true), '') = '' OR EXISTS (
    SELECT 1 FROM crm_access.delegation AS d
    WHERE d.delegator = u.{{ user_key | q }}::text AND d.delegate = (SELECT crm_access_rules.delegate_key())
      AND d.starts_at <= statement_timestamp() AND statement_timestamp() < d.ends_at))
{%- endif %}
