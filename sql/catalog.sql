-- Describes a database for the checks and the plan, as one jsonb document.
--
-- $1 jsonb: the relations of interest, [{"schema": "public", "name": "deal"}, ...]. One that does not exist is left out.
-- $2 jsonb: the names of roles to describe, ["crm_user", ...], beside their members and the owners of what is described; the roles
-- that any of these are members of, directly or not, come along.
--
-- Gives one row with one column. Runs on PostgreSQL 13 to 18, as any role, and changes nothing. Run it under
-- search_path = pg_catalog, pg_temp: the server then writes types, expressions and functions of other schemas with their schema,
-- and the same database always gives the same document. Names are sorted by their bytes.
WITH RECURSIVE
-- The relations of interest and everything that inherits from them, partitions included.
reached(oid) AS (
    SELECT c.oid
    FROM pg_catalog.jsonb_to_recordset($1::pg_catalog.jsonb) AS wanted(schema pg_catalog.text, name pg_catalog.text)
    JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
  UNION
    SELECT i.inhrelid
    FROM reached r
    JOIN pg_catalog.pg_inherits i ON i.inhparent = r.oid
),
-- Who reads what by a rewrite rule: every view has one, a table may have some.
edge(reader, source) AS (
    SELECT DISTINCT w.ev_class, d.refobjid
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
    WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND w.ev_class <> d.refobjid
),
-- The same through any number of views; what reads a table does not run the table's rules.
chain(source, reader, direct) AS (
    SELECT r.oid, e.reader, true
    FROM reached r
    JOIN edge e ON e.source = r.oid
  UNION
    SELECT k.source, e.reader, false
    FROM chain k
    JOIN pg_catalog.pg_class v ON v.oid = k.reader AND v.relkind IN ('v', 'm')
    JOIN edge e ON e.source = k.reader AND e.reader <> k.source
),
reading(source, reader, direct) AS (
    SELECT source, reader, pg_catalog.bool_or(direct) FROM chain GROUP BY source, reader
),
-- The type below each column's domains.
below(type, base) AS (
    SELECT DISTINCT a.atttypid, a.atttypid
    FROM reached r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION
    SELECT b.type, t.typbasetype
    FROM below b
    JOIN pg_catalog.pg_type t ON t.oid = b.base AND t.typtype = 'd'
),
base(type, base) AS (
    SELECT b.type, b.base FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.base AND t.typtype <> 'd'
),
-- The schemas that are the application's own.
space(oid) AS (
    SELECT n.oid FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'crm_access', 'crm_access_rules')
),
-- Functions that lend rights, hide what they do, fire for a described relation, or reach another server.
routine(oid) AS (
    SELECT p.oid FROM pg_catalog.pg_proc p
    WHERE p.pronamespace IN (SELECT oid FROM space) AND (p.prosecdef OR p.proleakproof)
  UNION
    SELECT t.tgfoid FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid IN (SELECT oid FROM reached) AND NOT t.tgisinternal AND p.pronamespace IN (SELECT oid FROM space)
  UNION
    SELECT d.objid FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'dblink'
    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
),
-- The roles asked for, and whoever is a member of one.
asked_role(oid) AS (
    SELECT r.oid FROM pg_catalog.pg_roles r
    WHERE r.rolname IN (SELECT name FROM pg_catalog.jsonb_array_elements_text($2::pg_catalog.jsonb) AS wanted(name))
  UNION
    SELECT m.member FROM asked_role a JOIN pg_catalog.pg_auth_members m ON m.roleid = a.oid
),
-- The same with the owners of what is described, and whatever any of these are members of.
described_role(oid) AS (
    SELECT oid FROM asked_role
  UNION
    SELECT c.relowner FROM pg_catalog.pg_class c
    WHERE c.oid IN (SELECT oid FROM reached UNION SELECT reader FROM reading)
  UNION
    SELECT p.proowner FROM pg_catalog.pg_proc p WHERE p.oid IN (SELECT oid FROM routine)
  UNION
    SELECT m.roleid FROM described_role d JOIN pg_catalog.pg_auth_members m ON m.member = d.oid
),
-- References to other relations.
reference(oid, doc) AS (
    SELECT f.oid,
        pg_catalog.jsonb_build_object(
            'name', f.conname,
            'columns', (
                SELECT pg_catalog.jsonb_agg(a.attname ORDER BY k.place)
                FROM pg_catalog.unnest(f.conkey) WITH ORDINALITY AS k(attnum, place)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum
            ),
            'references', pg_catalog.jsonb_build_object('schema', rn.nspname, 'name', rc.relname),
            'referenced_columns', (
                SELECT pg_catalog.jsonb_agg(a.attname ORDER BY k.place)
                FROM pg_catalog.unnest(f.confkey) WITH ORDINALITY AS k(attnum, place)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum
            ),
            'on_delete', f.confdeltype,
            'on_update', f.confupdtype,
            -- PostgreSQL 18 has constraints that are not enforced.
            'valid', f.convalidated AND coalesce((pg_catalog.to_jsonb(f)->>'conenforced')::pg_catalog.bool, true)
        )
    FROM pg_catalog.pg_constraint f
    JOIN pg_catalog.pg_class rc ON rc.oid = f.confrelid
    JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
    WHERE f.contype = 'f' AND (f.conrelid IN (SELECT oid FROM reached) OR f.confrelid IN (SELECT oid FROM reached))
),
-- Grants on whole relations and on columns; where none was ever made, what the server takes for granted.
granted(relation, attnum, grantee, privilege, grantable) AS (
    SELECT c.oid, 0::pg_catalog.int2, coalesce(g.rolname, 'public'::pg_catalog.name), acl.privilege_type, pg_catalog.bool_or(acl.is_grantable)
    FROM pg_catalog.pg_class c
    CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) acl
    LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
    WHERE c.oid IN (SELECT oid FROM reached UNION SELECT reader FROM reading)
      AND (acl.grantee = 0 OR g.oid IS NOT NULL)
    GROUP BY 1, 2, 3, 4
  UNION ALL
    SELECT a.attrelid, a.attnum, coalesce(g.rolname, 'public'::pg_catalog.name), acl.privilege_type, pg_catalog.bool_or(acl.is_grantable)
    FROM pg_catalog.pg_attribute a
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) acl
    LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
    WHERE a.attrelid IN (SELECT oid FROM reached UNION SELECT reader FROM reading)
      AND a.attnum > 0 AND NOT a.attisdropped
      AND (acl.grantee = 0 OR g.oid IS NOT NULL)
    GROUP BY 1, 2, 3, 4
)
SELECT pg_catalog.jsonb_build_object(
    'server_version_num', pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
    'database', pg_catalog.current_database(),
    'current_user', current_user,
    'superuser', (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user),
    'extensions', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', e.extname, 'version', e.extversion, 'schema', n.nspname) ORDER BY e.extname)
        FROM pg_catalog.pg_extension e
        JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    ), '[]'),
    'roles', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', r.rolname,
            'superuser', r.rolsuper,
            'bypass_rls', r.rolbypassrls,
            'replication', r.rolreplication,
            'create_role', r.rolcreaterole,
            'can_login', r.rolcanlogin,
            'inherit', r.rolinherit,
            'member_of', coalesce((
                -- Before PostgreSQL 16 the member decides about inheriting, and may always change to the role.
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'role', m.rolname, 'inherit', m.inherit, 'set', m.set) ORDER BY m.rolname)
                FROM (
                    SELECT g.rolname,
                           pg_catalog.bool_or(coalesce((pg_catalog.to_jsonb(am)->>'inherit_option')::pg_catalog.bool, r.rolinherit)) AS inherit,
                           pg_catalog.bool_or(coalesce((pg_catalog.to_jsonb(am)->>'set_option')::pg_catalog.bool, true)) AS set
                    FROM pg_catalog.pg_auth_members am
                    JOIN pg_catalog.pg_roles g ON g.oid = am.roleid
                    WHERE am.member = r.oid
                    GROUP BY g.rolname
                ) m
            ), '[]')) ORDER BY r.rolname)
        FROM pg_catalog.pg_roles r
        WHERE r.oid IN (SELECT oid FROM described_role)
    ), '[]'),
    'relations', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', n.nspname,
            'name', c.relname,
            'kind', c.relkind,
            'persistence', c.relpersistence,
            'owner', pg_catalog.pg_get_userbyid(c.relowner),
            'row_security', c.relrowsecurity,
            'force_row_security', c.relforcerowsecurity,
            'is_partition', c.relispartition,
            'parents', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('schema', pn.nspname, 'name', p.relname) ORDER BY i.inhseqno)
                FROM pg_catalog.pg_inherits i
                JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
                JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
                WHERE i.inhrelid = c.oid
            ), '[]'),
            'columns', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', a.attname,
                    'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                    'base_type', pg_catalog.format_type(b.base, NULL),
                    'not_null', a.attnotnull,
                    'generated', a.attgenerated <> '',
                    'identity', a.attidentity <> '',
                    'default', (
                        SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d
                        WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
                    ),
                    'collation', (
                        SELECT pg_catalog.format('%I.%I', ln.nspname, l.collname)
                        FROM pg_catalog.pg_collation l
                        JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
                        WHERE l.oid = a.attcollation AND l.collprovider <> 'd'
                    )) ORDER BY a.attnum)
                FROM pg_catalog.pg_attribute a
                JOIN base b ON b.type = a.atttypid
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ), '[]'),
            -- Only what forbids two equal rows at any moment: no deferred check, no exclusion constraint.
            'unique_keys', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'index', ic.relname,
                    'primary', x.indisprimary,
                    'columns', (
                        SELECT pg_catalog.jsonb_agg(a.attname ORDER BY k.place)
                        FROM pg_catalog.unnest(x.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k(attnum, place)
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                        WHERE k.place <= x.indnkeyatts
                    )) ORDER BY x.indisprimary DESC, ic.relname)
                FROM pg_catalog.pg_index x
                JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid
                WHERE x.indrelid = c.oid
                  AND x.indisunique AND x.indisvalid AND x.indisready AND x.indimmediate AND NOT x.indisexclusion
                  AND x.indpred IS NULL AND x.indexprs IS NULL
            ), '[]'),
            'foreign_keys', coalesce((
                SELECT pg_catalog.jsonb_agg(k.doc ORDER BY f.conname, rn.nspname, rc.relname)
                FROM pg_catalog.pg_constraint f
                JOIN reference k ON k.oid = f.oid
                JOIN pg_catalog.pg_class rc ON rc.oid = f.confrelid
                JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
                WHERE f.conrelid = c.oid
            ), '[]'),
            -- An expression among the columns is null.
            'indexes', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', ic.relname,
                    'method', am.amname,
                    'unique', x.indisunique,
                    'exclusion', x.indisexclusion,
                    'valid', x.indisvalid AND x.indisready,
                    'predicate', pg_catalog.pg_get_expr(x.indpred, x.indrelid),
                    'columns', (
                        SELECT pg_catalog.jsonb_agg(a.attname ORDER BY k.place)
                        FROM pg_catalog.unnest(x.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k(attnum, place)
                        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum <> 0
                        WHERE k.place <= x.indnkeyatts
                    )) ORDER BY ic.relname)
                FROM pg_catalog.pg_index x
                JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid
                JOIN pg_catalog.pg_am am ON am.oid = ic.relam
                WHERE x.indrelid = c.oid
            ), '[]'),
            'policies', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', p.polname,
                    'permissive', p.polpermissive,
                    'roles', (
                        SELECT pg_catalog.jsonb_agg(
                            CASE WHEN m.oid = 0 THEN 'public'::pg_catalog.name ELSE pg_catalog.pg_get_userbyid(m.oid) END
                            ORDER BY CASE WHEN m.oid = 0 THEN 'public'::pg_catalog.name ELSE pg_catalog.pg_get_userbyid(m.oid) END)
                        FROM pg_catalog.unnest(p.polroles) AS m(oid)
                    ),
                    'command', p.polcmd,
                    'qual', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                    'with_check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
                    'comment', pg_catalog.obj_description(p.oid, 'pg_policy')
                ) ORDER BY p.polname)
                FROM pg_catalog.pg_policy p
                WHERE p.polrelid = c.oid
            ), '[]'),
            'triggers', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', t.tgname,
                    'enabled', t.tgenabled <> 'D',
                    'function', pg_catalog.jsonb_build_object('schema', fn.nspname, 'name', f.proname),
                    'security_definer', f.prosecdef,
                    'function_owner', pg_catalog.pg_get_userbyid(f.proowner),
                    'notifies', f.prosrc ~* '(^|\W)(pg_notify|notify|triggered_change_notification)(\W|$)'
                ) ORDER BY t.tgname)
                FROM pg_catalog.pg_trigger t
                JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
                JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
                WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
            ), '[]'),
            'rules', coalesce((
                SELECT pg_catalog.jsonb_agg(w.rulename ORDER BY w.rulename)
                FROM pg_catalog.pg_rewrite w
                WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN'
            ), '[]'),
            'grants', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'grantee', g.grantee,
                    'privilege', g.privilege,
                    'column', a.attname,
                    'grantable', g.grantable
                ) ORDER BY g.grantee, g.privilege COLLATE "C", g.attnum)
                FROM granted g
                LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = g.relation AND a.attnum = g.attnum AND g.attnum <> 0
                WHERE g.relation = c.oid
            ), '[]')
        ) ORDER BY n.nspname, c.relname)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid IN (SELECT oid FROM reached)
    ), '[]'),
    'dependents', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', n.nspname,
            'name', c.relname,
            'kind', c.relkind,
            'owner', o.rolname,
            'owner_superuser', o.rolsuper,
            'owner_bypass_rls', o.rolbypassrls,
            -- An option since PostgreSQL 15; a view without it reads with its owner's rights.
            'security_invoker', coalesce((
                SELECT pg_catalog.bool_or(w.option_value::pg_catalog.bool)
                FROM pg_catalog.pg_options_to_table(c.reloptions) w
                WHERE w.option_name = 'security_invoker'
            ), false),
            'security_barrier', coalesce((
                SELECT pg_catalog.bool_or(w.option_value::pg_catalog.bool)
                FROM pg_catalog.pg_options_to_table(c.reloptions) w
                WHERE w.option_name = 'security_barrier'
            ), false),
            'select', coalesce((
                SELECT pg_catalog.jsonb_agg(s.grantee ORDER BY s.grantee)
                FROM (SELECT DISTINCT g.grantee FROM granted g WHERE g.relation = c.oid AND g.privilege = 'SELECT') s
            ), '[]'),
            'rules', coalesce((
                SELECT pg_catalog.jsonb_agg(w.rulename ORDER BY w.rulename)
                FROM pg_catalog.pg_rewrite w
                WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN'
            ), '[]'),
            'reads', (
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'schema', sn.nspname,
                    'name', s.relname,
                    'direct', k.direct,
                    'same_owner', s.relowner = c.relowner
                ) ORDER BY sn.nspname, s.relname)
                FROM reading k
                JOIN pg_catalog.pg_class s ON s.oid = k.source
                JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
                WHERE k.reader = c.oid
            ),
            'through', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('schema', sn.nspname, 'name', s.relname) ORDER BY sn.nspname, s.relname)
                FROM edge e
                JOIN pg_catalog.pg_class s ON s.oid = e.source AND s.relkind IN ('v', 'm')
                JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
                WHERE e.reader = c.oid AND e.source IN (SELECT reader FROM reading)
            ), '[]')
        ) ORDER BY n.nspname, c.relname)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
        -- Views of the helper functions' schema ask what the policies ask, and nobody else makes any there.
        WHERE c.oid IN (SELECT reader FROM reading) AND n.nspname <> 'crm_access_rules'
    ), '[]'),
    -- What refers to them from elsewhere.
    'referrers', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', n.nspname,
            'name', c.relname,
            'foreign_key', k.doc
        ) ORDER BY n.nspname, c.relname, f.conname)
        FROM pg_catalog.pg_constraint f
        JOIN reference k ON k.oid = f.oid
        JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE f.conrelid NOT IN (SELECT oid FROM reached)
    ), '[]'),
    'sequences', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', n.nspname,
            'name', s.relname,
            'of', pg_catalog.jsonb_build_object('schema', cn.nspname, 'name', c.relname),
            'column', a.attname,
            'grants', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'grantee', coalesce(g.rolname, 'public'::pg_catalog.name), 'privilege', acl.privilege_type)
                    ORDER BY coalesce(g.rolname, 'public'::pg_catalog.name), acl.privilege_type COLLATE "C")
                FROM pg_catalog.aclexplode(s.relacl) acl
                LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
                WHERE acl.grantee <> s.relowner AND (acl.grantee = 0 OR g.oid IS NOT NULL)
            ), '[]')
        ) ORDER BY cn.nspname, c.relname, a.attnum, n.nspname, s.relname)
        FROM (
            SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS attnum
            FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 AND d.refobjid IN (SELECT oid FROM reached)
          UNION
            SELECT d.refobjid, f.adrelid, f.adnum
            FROM pg_catalog.pg_attrdef f
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid
              AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            WHERE f.adrelid IN (SELECT oid FROM reached)
        ) u
        JOIN pg_catalog.pg_class s ON s.oid = u.sequence AND s.relkind = 'S'
        JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
        JOIN pg_catalog.pg_class c ON c.oid = u.relation
        JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum
    ), '[]'),
    'functions', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', n.nspname,
            'name', p.proname,
            'arguments', pg_catalog.pg_get_function_identity_arguments(p.oid),
            'kind', p.prokind,
            'owner', pg_catalog.pg_get_userbyid(p.proowner),
            'security_definer', p.prosecdef,
            'leakproof', p.proleakproof,
            'trigger', p.prorettype IN ('trigger'::pg_catalog.regtype, 'event_trigger'::pg_catalog.regtype),
            'fixed_path', EXISTS (SELECT 1 FROM pg_catalog.unnest(p.proconfig) AS s(line) WHERE s.line LIKE 'search\_path=%'),
            'extension', (
                SELECT e.extname FROM pg_catalog.pg_depend d
                JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
            ),
            'notifies', p.prosrc ~* '(^|\W)(pg_notify|notify|triggered_change_notification)(\W|$)',
            -- By name where the body is a text, by dependency where the server has parsed it.
            'mentions', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('schema', rn.nspname, 'name', rc.relname) ORDER BY rn.nspname, rc.relname)
                FROM pg_catalog.pg_class rc
                JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
                WHERE rc.oid IN (SELECT oid FROM reached)
                  AND (p.prosrc ~* ('(^|\W)' || pg_catalog.regexp_replace(rc.relname::pg_catalog.text, '(\W)', '\\\1', 'g') || '(\W|$)')
                       OR EXISTS (
                           SELECT 1 FROM pg_catalog.pg_depend d
                           WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                             AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = rc.oid))
            ), '[]'),
            'execute', coalesce((
                SELECT pg_catalog.jsonb_agg(DISTINCT coalesce(g.rolname, 'public'::pg_catalog.name))
                FROM pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) acl
                LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
                WHERE acl.grantee = 0 OR g.oid IS NOT NULL
            ), '[]')
        ) ORDER BY n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid) COLLATE "C")
        FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid IN (SELECT oid FROM routine)
    ), '[]'),
    'schemas', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', n.nspname,
            'owner', pg_catalog.pg_get_userbyid(n.nspowner),
            'grants', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'grantee', coalesce(g.rolname, 'public'::pg_catalog.name), 'privilege', acl.privilege_type)
                    ORDER BY coalesce(g.rolname, 'public'::pg_catalog.name), acl.privilege_type COLLATE "C")
                FROM pg_catalog.aclexplode(n.nspacl) acl
                LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
                WHERE acl.grantee <> n.nspowner AND (acl.grantee = 0 OR g.oid IS NOT NULL)
            ), '[]')
        ) ORDER BY n.nspname)
        FROM pg_catalog.pg_namespace n
        WHERE n.oid IN (SELECT oid FROM space) OR n.nspname IN ('crm_access', 'crm_access_rules')
    ), '[]'),
    'database_owner', (SELECT pg_catalog.pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()),
    'database_grants', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'grantee', coalesce(g.rolname, 'public'::pg_catalog.name), 'privilege', acl.privilege_type)
            ORDER BY coalesce(g.rolname, 'public'::pg_catalog.name), acl.privilege_type COLLATE "C")
        FROM pg_catalog.pg_database d
        CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) acl
        LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
        WHERE d.datname = pg_catalog.current_database() AND acl.grantee <> d.datdba AND (acl.grantee = 0 OR g.oid IS NOT NULL)
    ), '[]'),
    'default_privileges', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'owner', pg_catalog.pg_get_userbyid(d.defaclrole),
            'schema', n.nspname,
            'kind', d.defaclobjtype,
            'grantee', coalesce(g.rolname, 'public'::pg_catalog.name),
            'privilege', acl.privilege_type
        ) ORDER BY pg_catalog.pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype, coalesce(g.rolname, 'public'::pg_catalog.name),
            acl.privilege_type COLLATE "C")
        FROM pg_catalog.pg_default_acl d
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
        CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) acl
        LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
        WHERE acl.grantee <> d.defaclrole AND (acl.grantee = 0 OR g.oid IS NOT NULL)
    ), '[]'),
    -- Who beside their owners may do what with the objects of crm_access itself.
    'state_grants', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'kind', o.kind, 'object', o.object, 'grantee', coalesce(g.rolname, 'public'::pg_catalog.name), 'privilege', acl.privilege_type)
            ORDER BY o.kind COLLATE "C", o.object COLLATE "C", coalesce(g.rolname, 'public'::pg_catalog.name), acl.privilege_type COLLATE "C")
        FROM (
            SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.oid::pg_catalog.regclass::pg_catalog.text AS object,
                   c.relowner AS owner, c.relacl AS acl
            FROM pg_catalog.pg_class c
            WHERE c.relnamespace = pg_catalog.to_regnamespace('crm_access') AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
          UNION ALL
            SELECT 'FUNCTION', p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proowner,
                   coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
            FROM pg_catalog.pg_proc p WHERE p.pronamespace = pg_catalog.to_regnamespace('crm_access')
        ) o
        CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) acl
        LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
        WHERE acl.grantee <> o.owner AND (acl.grantee = 0 OR g.oid IS NOT NULL)
    ), '[]'),
    'publications', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', p.pubname,
            'owner', pg_catalog.pg_get_userbyid(p.pubowner),
            'all_tables', p.puballtables,
            'tables', t.tables
        ) ORDER BY p.pubname)
        FROM pg_catalog.pg_publication p
        JOIN (
            -- Row filters and lists of columns came with PostgreSQL 15.
            SELECT pt.pubname, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                'schema', pt.schemaname, 'name', pt.tablename, 'row_filter', pg_catalog.to_jsonb(pt)->>'rowfilter'
            ) ORDER BY pt.schemaname, pt.tablename) AS tables
            FROM pg_catalog.pg_publication_tables pt
            JOIN pg_catalog.pg_namespace n ON n.nspname = pt.schemaname
            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = pt.tablename
            WHERE c.oid IN (SELECT oid FROM reached)
            GROUP BY pt.pubname
        ) t ON t.pubname = p.pubname
    ), '[]'),
    'foreign_servers', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', s.srvname,
            'wrapper', w.fdwname,
            'owner', pg_catalog.pg_get_userbyid(s.srvowner),
            'usage', coalesce((
                SELECT pg_catalog.jsonb_agg(DISTINCT coalesce(g.rolname, 'public'::pg_catalog.name))
                FROM pg_catalog.aclexplode(s.srvacl) acl
                LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
                WHERE acl.grantee <> s.srvowner AND (acl.grantee = 0 OR g.oid IS NOT NULL)
            ), '[]'),
            'mapped', coalesce((
                SELECT pg_catalog.jsonb_agg(m.usename ORDER BY m.usename) FROM pg_catalog.pg_user_mappings m WHERE m.srvid = s.oid
            ), '[]')
        ) ORDER BY s.srvname)
        FROM pg_catalog.pg_foreign_server s
        JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
    ), '[]'),
    'foreign_tables', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', n.nspname,
            'name', c.relname,
            'server', s.srvname,
            'select', coalesce((
                SELECT pg_catalog.jsonb_agg(DISTINCT coalesce(g.rolname, 'public'::pg_catalog.name))
                FROM pg_catalog.aclexplode(c.relacl) acl
                LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
                WHERE acl.privilege_type = 'SELECT' AND (acl.grantee = 0 OR g.oid IS NOT NULL)
            ), '[]')
        ) ORDER BY n.nspname, c.relname)
        FROM pg_catalog.pg_foreign_table f
        JOIN pg_catalog.pg_class c ON c.oid = f.ftrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
    ), '[]'),
    'event_triggers', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', e.evtname,
            'owner', pg_catalog.pg_get_userbyid(e.evtowner),
            'enabled', e.evtenabled <> 'D'
        ) ORDER BY e.evtname)
        FROM pg_catalog.pg_event_trigger e
    ), '[]'),
    'role_settings', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'role', r.rolname,
            'in_database', s.setdatabase <> 0,
            'name', pg_catalog.split_part(line.line, '=', 1),
            'value', pg_catalog.substr(line.line, pg_catalog.strpos(line.line, '=') + 1)
        ) ORDER BY r.rolname, s.setdatabase <> 0, line.line COLLATE "C")
        FROM pg_catalog.pg_db_role_setting s
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
        CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS line(line)
        WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
          AND (s.setrole = 0 OR s.setrole IN (SELECT oid FROM described_role))
    ), '[]'),
    -- Only those that the asking role may see.
    'settings', coalesce((
        SELECT pg_catalog.jsonb_object_agg(s.name, s.setting ORDER BY s.name COLLATE "C")
        FROM pg_catalog.pg_settings s
        WHERE s.name IN ('local_preload_libraries', 'lo_compat_privileges', 'session_preload_libraries', 'shared_preload_libraries')
           OR s.name LIKE 'crm\_access.guard\_%'
           OR (s.name = 'crm_access.vetted_operators' AND s.setting <> '')
    ), '{}'),
    -- How many large objects each role but their owners may do what with.
    'large_objects', coalesce((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('grantee', l.grantee, 'privilege', l.privilege, 'count', l.count)
            ORDER BY l.grantee, l.privilege COLLATE "C")
        FROM (
            SELECT coalesce(g.rolname, 'public'::pg_catalog.name) AS grantee, acl.privilege_type AS privilege, pg_catalog.count(*) AS count
            FROM pg_catalog.pg_largeobject_metadata m
            CROSS JOIN LATERAL pg_catalog.aclexplode(m.lomacl) acl
            LEFT JOIN pg_catalog.pg_roles g ON g.oid = acl.grantee
            WHERE acl.grantee <> m.lomowner AND (acl.grantee = 0 OR g.oid IS NOT NULL)
            GROUP BY 1, 2
        ) l
    ), '[]')
) AS catalog
