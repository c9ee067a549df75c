{% if native %}SELECT crm_access.restricted($1){% else %}SELECT EXISTS (
    SELECT 1 FROM crm_access_rules.restrictions_of((SELECT crm_access_rules.me())) AS r
    WHERE r.restriction = $1 OR r.restriction IS NULL OR r.restriction <> ALL ({{ known | q }})){% endif %}
