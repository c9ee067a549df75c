{% if native %}SELECT crm_access.granted($1){% else %}SELECT EXISTS (SELECT 1 FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r WHERE r.role = ANY ($1)){% endif %}
