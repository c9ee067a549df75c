SELECT d.id, d.delegator, d.delegate, d.starts_at, d.ends_at, d.reason,
    d.starts_at <= statement_timestamp() AND statement_timestamp() < d.ends_at
FROM crm_access.delegation AS d, (SELECT crm_access_rules.me()::text AS key OFFSET 0) AS asking
WHERE asking.key IN (d.delegator, d.delegate)
   OR EXISTS (SELECT 1 FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r WHERE r.role = ANY ({{ for_others | q }}))
ORDER BY d.id
