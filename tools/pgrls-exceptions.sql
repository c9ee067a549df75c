-- What pgrls reports and is meant: one row per rule and object. Each part is a reason in SQL: an object is excepted only while the catalog
-- says that the reason holds. docs/pgrls.md says the same in words, in the same order.
WITH
-- The role that owns the helper functions, while nobody can log in as it, become it, or find that it bypasses row security.
reader AS (
    SELECT r.oid
    FROM crm_access.object AS o
    JOIN pg_catalog.pg_roles AS r ON r.rolname = o.name
    WHERE o.kind = 'option' AND o.schema_name = 'reader_role'
        AND NOT r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolbypassrls
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS m
            JOIN pg_catalog.pg_roles AS p ON p.oid = m.member
            WHERE m.roleid = r.oid AND NOT p.rolsuper
                -- From PostgreSQL 16 on, who creates a role may administer it, which is no way to act as it.
                AND (coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
        )
),
policy AS (
    SELECT
        n.nspname AS schema, c.relname AS relation, p.polname AS name, p.polrelid, p.polcmd, p.polpermissive, p.polroles, p.oid,
        o.name IS NOT NULL AS ours,
        EXISTS (SELECT FROM reader WHERE p.polroles = ARRAY[reader.oid]) AND p.polcmd = 'r' AND p.polname = 'crm_access_reader' AS of_reader
    FROM pg_catalog.pg_policy AS p
    JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN crm_access.object AS o
        ON o.kind = 'policy' AND o.schema_name = n.nspname AND o.relation_name = c.relname AND o.name = p.polname
),
-- Generated functions that a policy calls, and those of the extension that answer from what it remembers of who asks.
calls AS (
    SELECT DISTINCT d.objid AS policy, f.proname AS function
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_proc AS f ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND f.oid = d.refobjid
    WHERE d.classid = 'pg_catalog.pg_policy'::regclass AND f.pronamespace IN (to_regnamespace('crm_access_rules'), to_regnamespace('crm_access'))
),
-- Who may do what on a table, its owner and the reader role apart.
privilege AS (
    SELECT c.oid AS relation, a.privilege_type AS privilege
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) AS a
    WHERE a.grantee <> c.relowner AND NOT EXISTS (SELECT FROM reader WHERE reader.oid = a.grantee)
    UNION
    SELECT t.attrelid, a.privilege_type
    FROM pg_catalog.pg_attribute AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.attrelid
    CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) AS a
    WHERE a.grantee <> c.relowner AND NOT EXISTS (SELECT FROM reader WHERE reader.oid = a.grantee)
)

-- Tables of crm_access itself: nobody has a privilege on them but their owner and the reader role.
SELECT 'SEC001' AS rule, n.nspname || '.' || c.relname AS object
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'crm_access' AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM privilege WHERE privilege.relation = c.oid)

UNION ALL
-- Tables of the presets that hold no CRM records and that the application can only read: the firms that use the system.
SELECT 'SEC001', firms.name
FROM unnest(ARRAY['sales.companies', 'staff.firms']) AS firms(name)
WHERE NOT EXISTS (SELECT FROM privilege WHERE relation = to_regclass(firms.name) AND privilege <> 'SELECT')

UNION ALL
-- Tables of people, links and assignments: no records, so not protected. The policy that waits there is the reader's alone, and only the
-- table's owner can change a row.
SELECT 'SEC032', p.schema || '.' || p.relation
FROM policy AS p
GROUP BY p.schema, p.relation, p.polrelid
HAVING bool_and(p.ours AND p.of_reader)
    AND NOT EXISTS (SELECT FROM privilege WHERE privilege.relation = p.polrelid AND privilege.privilege <> 'SELECT')

UNION ALL
-- The reader role sees every row of what the rules read, and nobody is or becomes the reader role.
SELECT rule, p.schema || '.' || p.relation || '.' || p.name
FROM policy AS p
CROSS JOIN unnest(ARRAY['SEC005', 'SEC008', 'SEC038']) AS rule
WHERE p.ours AND p.of_reader

UNION ALL
-- The scope `all` depends on the user and on no column: the policy asks `granted`, which is false for who has no role. A restriction that
-- leaves nothing depends on the user alone as well. So does what narrows exports where they are granted of all.
SELECT 'SEC005', p.schema || '.' || p.relation || '.' || p.name
FROM policy AS p
WHERE p.ours AND NOT (0 = ANY (p.polroles))
    AND EXISTS (
        SELECT FROM calls
        WHERE calls.policy = p.oid
            AND calls.function = ANY (CASE
                WHEN p.polpermissive OR p.name = 'crm_access_export' THEN ARRAY['granted', 'granted_most_specific']
                ELSE ARRAY['restricted']
            END)
    )

UNION ALL
-- The reader role changes owners for crm_access.assign_record, which has checked what it does: where it may change some columns and not the
-- whole row, or add and remove rows of a join table.
SELECT rule, p.schema || '.' || p.relation || '.' || p.name
FROM policy AS p
CROSS JOIN reader
CROSS JOIN unnest(ARRAY['SEC005', 'SEC008', 'SEC028', 'SEC038']) AS rule
WHERE p.ours AND p.polroles = ARRAY[reader.oid]
    AND p.name IN ('crm_access_reader_update', 'crm_access_reader_create', 'crm_access_reader_delete')
    AND NOT has_table_privilege(reader.oid, p.polrelid, 'UPDATE') AND NOT has_table_privilege(reader.oid, p.polrelid, 'INSERT')

UNION ALL
-- The triggers that hold an UPDATE of an owner to the action `assign`, and a change of a protected column to its roles: they run as whoever
-- changes the record, with a pinned search_path.
SELECT 'SEC013', n.nspname || '.' || c.relname || '.' || t.tgname
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
JOIN crm_access.object AS o ON o.kind = 'trigger' AND o.schema_name = n.nspname AND o.relation_name = c.relname AND o.name = t.tgname
WHERE t.tgname IN ('zz_crm_access_owner', 'zz_crm_access_columns_insert', 'zz_crm_access_columns_update') AND NOT f.prosecdef AND f.pronamespace = to_regnamespace('crm_access_rules')
    AND 'search_path=pg_catalog, pg_temp' = ANY (f.proconfig)

UNION ALL
-- Tables on which no configured restriction applies. Nobody else's policy is there to widen what ours give.
SELECT 'SEC007', p.schema || '.' || p.relation
FROM policy AS p
GROUP BY p.schema, p.relation
HAVING bool_and(p.ours)

UNION ALL
-- Which columns say whose a record is, is what a configuration is for: a column `user_id` may be one of them or not.
SELECT 'SEC027', p.schema || '.' || p.relation
FROM policy AS p
GROUP BY p.schema, p.relation
HAVING bool_and(p.ours)

UNION ALL
-- The generated helper functions: they run as the reader role, which has SELECT on what the rules read and nothing else, with a pinned
-- search_path, and PUBLIC can't execute them. The two of the schema crm_access sign and check identities and read only their key.
SELECT 'SEC014', n.nspname || '.' || f.proname
FROM pg_catalog.pg_proc AS f
JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
JOIN pg_catalog.pg_roles AS r ON r.oid = f.proowner
WHERE f.prosecdef
    AND (
        n.nspname = 'crm_access_rules' AND EXISTS (SELECT FROM reader WHERE reader.oid = f.proowner)
        OR n.nspname = 'crm_access' AND f.proname IN ('issue', 'keyed_hash') AND NOT r.rolsuper AND NOT r.rolbypassrls
    )
GROUP BY n.nspname, f.proname
HAVING bool_and('search_path=pg_catalog, pg_temp' = ANY (f.proconfig))
    AND NOT bool_or(EXISTS (
        SELECT FROM pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) AS a WHERE a.grantee = 0
    ))

UNION ALL
-- `unassigned` and `without(...)` ask for a row whether the link table has one for it: that table's index answers.
SELECT 'PERF004', p.schema || '.' || p.relation || '.' || p.name
FROM policy AS p
WHERE p.ours AND EXISTS (SELECT FROM calls WHERE calls.policy = p.oid AND calls.function LIKE '%\_has\_%')

UNION ALL
-- `in_scope` offers the index on its column itself, by its support function.
SELECT 'PERF004', p.schema || '.' || p.relation || '.' || p.name
FROM policy AS p
WHERE p.ours
    AND EXISTS (
        SELECT FROM calls
        JOIN pg_catalog.pg_proc AS f ON f.oid = to_regprocedure('crm_access.in_scope(text, anyelement, text[])') AND f.prosupport <> 0
        WHERE calls.policy = p.oid AND calls.function = f.proname
    )

UNION ALL
-- It raises nothing that depends on the key, is the extension's own and is for nobody whom the configuration does not name.
SELECT 'SEC017', 'crm_access.in_scope'
FROM pg_catalog.pg_proc AS f
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'crm_access'
WHERE f.oid = to_regprocedure('crm_access.in_scope(text, anyelement, text[])')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) AS a WHERE a.grantee = 0
    )

UNION ALL
-- A view with security_invoker shows what its reader may see of each table anyway; it has nothing of its own to hide.
SELECT 'VIEW002', n.nspname || '.' || c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND 'security_invoker=true' = ANY (c.reloptions)

UNION ALL
-- The views of protected columns: they run as a role that nobody can log in as or become, which the same policies bind as a member of the
-- application's role, and what a condition of the caller sees of a column is what the view gives of it.
SELECT rule, o.schema_name || '.' || o.relation_name
FROM crm_access.object AS o
JOIN pg_catalog.pg_class AS c ON c.relname = o.relation_name AND c.relnamespace = to_regnamespace(quote_ident(o.schema_name))
JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner AND r.rolname = o.name
CROSS JOIN unnest(ARRAY['VIEW001', 'VIEW002']) AS rule
WHERE o.kind = 'view' AND NOT r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolbypassrls
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS p ON p.oid = m.member WHERE m.roleid = r.oid AND NOT p.rolsuper)

UNION ALL
-- The views of sets of records give the keys that the functions of their names give, and as they do by the rights of the reader role.
SELECT 'VIEW001', n.nspname || '.' || c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'crm_access_rules'
JOIN pg_catalog.pg_proc AS f ON f.pronamespace = n.oid AND f.proname = c.relname AND f.prosecdef AND f.proowner = c.relowner
JOIN reader ON reader.oid = c.relowner
WHERE c.relkind = 'v' AND 'security_barrier=true' = ANY (c.reloptions)
    AND NOT EXISTS (SELECT FROM privilege WHERE privilege.relation = c.oid AND privilege.privilege <> 'SELECT')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) AS a WHERE a.grantee = 0
    )

ORDER BY rule, object;
