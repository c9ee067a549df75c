SELECT pg_catalog.statement_timestamp() >= $3::timestamptz AND pg_catalog.statement_timestamp() < $4::timestamptz AND CASE
    WHEN $1 = 'role' THEN EXISTS (SELECT 1 FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r WHERE r.role = ANY ($2))
    ELSE EXISTS (SELECT 1 FROM crm_access_rules.subjects_of((SELECT crm_access_rules.me())) AS s WHERE s.subject = $1 AND s.key = ANY ($2))
END
