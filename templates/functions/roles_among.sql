SELECT ARRAY(
    SELECT r.role FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r
    WHERE r.role = ANY ($1)
    GROUP BY r.role
    ORDER BY r.role COLLATE "C"
)
