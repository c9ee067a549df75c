-- Describes a database for the checks and the plan, as one jsonb document.
--
-- $1 jsonb: the relations of interest, [{"schema": "public", "name": "deal"}, ...]. One that does not exist is left out.
-- $2 jsonb: the names of roles to describe, ["crm_user", ...], beside the owners of what is described; the roles that either are
-- members of, directly or not, come along.
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
-- The roles asked for, the owners of what is described, and whatever these are members of.
described_role(oid) AS (
    SELECT r.oid FROM pg_catalog.pg_roles r
    WHERE r.rolname IN (SELECT name FROM pg_catalog.jsonb_array_elements_text($2::pg_catalog.jsonb) AS wanted(name))
  UNION
    SELECT c.relowner FROM pg_catalog.pg_class c
    WHERE c.oid IN (SELECT oid FROM reached UNION SELECT reader FROM reading)
  UNION
    SELECT m.roleid FROM described_role d JOIN pg_catalog.pg_auth_members m ON m.member = d.oid
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
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
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
                ) ORDER BY f.conname, rn.nspname, rc.relname)
                FROM pg_catalog.pg_constraint f
                JOIN pg_catalog.pg_class rc ON rc.oid = f.confrelid
                JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
                WHERE f.conrelid = c.oid AND f.contype = 'f'
            ), '[]'),
            -- An expression among the columns is null.
            'indexes', coalesce((
                SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', ic.relname,
                    'method', am.amname,
                    'unique', x.indisunique,
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
                    'function_owner', pg_catalog.pg_get_userbyid(f.proowner)
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
        WHERE c.oid IN (SELECT reader FROM reading)
    ), '[]')
) AS catalog
