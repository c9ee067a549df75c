WITH reached AS MATERIALIZED (
    SELECT s.subject, s.key FROM crm_access_rules.subjects() AS s WHERE s.user_key::text = $1
    UNION ALL
    SELECT 'role', r.role FROM crm_access_rules.roles() AS r WHERE r.user_key::text = $1
)
SELECT a.kind, a.name, a.subject, a.key, a.subdepartments, a.source, a.starts_at, a.ends_at,
       coalesce(a.starts_at, '-infinity') <= pg_catalog.statement_timestamp() AND pg_catalog.statement_timestamp() < coalesce(a.ends_at, 'infinity')
FROM (
{% include "functions/given.sql" %}
) AS a
WHERE ($1 IS NULL OR (a.reached, a.reached_key) IN (SELECT r.subject, r.key FROM reached AS r))
{%- if guarded %}
  AND (SELECT crm_access_rules.may_list())
{%- endif %}
ORDER BY 1 DESC, 2, 3, 4, 6
