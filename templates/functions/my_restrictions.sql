SELECT n.name
FROM (
    SELECT NULL::text AS name, NULL::text[] AS lifted_by WHERE false
{%- for restriction in restrictions %}
    UNION ALL SELECT {{ restriction.name | q }}, {{ restriction.lifted_by | q }}
{%- endfor %}
) AS n
WHERE EXISTS (
    SELECT 1 FROM crm_access_rules.restrictions_of((SELECT crm_access_rules.me())) AS r
    WHERE r.restriction = n.name OR r.restriction IS NULL OR r.restriction <> ALL ({{ known | q }}))
  AND NOT EXISTS (SELECT 1 FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS m WHERE m.role = ANY (n.lifted_by))
