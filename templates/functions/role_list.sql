SELECT r.role, r.description, {% if guarded %}crm_access_rules.administers('assign', r.role), crm_access_rules.administers('revoke', r.role){% else %}true, true{% endif %}
FROM (
    SELECT 0 AS place, NULL::text AS role, NULL::text AS description WHERE false
{%- for role in roles %}
    UNION ALL SELECT {{ role.place | q }}, {{ role.name | q }}, {% if role.description %}{{ role.description | q }}{% else %}NULL{% endif %}
{%- endfor %}
) AS r
{%- if guarded %}
WHERE (SELECT crm_access_rules.may_list())
{%- endif %}
ORDER BY r.place
