WITH mine AS MATERIALIZED (
    SELECT r.role, r.rank FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r
)
SELECT EXISTS (SELECT 1 FROM mine AS r WHERE r.role = ANY ($1) AND r.rank = (SELECT min(m.rank) FROM mine AS m WHERE m.role = ANY ($2)))
