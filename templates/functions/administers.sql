SELECT EXISTS (
    SELECT 1
    FROM (
        SELECT NULL::text AS operation, NULL::text[] AS names, NULL::text[] AS roles WHERE false
{%- for right in rights %}
        UNION ALL SELECT {{ right.operation | q }}, {{ right.names | q }}, {{ right.roles | q }}
{%- endfor %}
    ) AS p
    JOIN crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r ON r.role = ANY (p.roles)
    WHERE p.operation = $1 AND $2 = ANY (p.names))
