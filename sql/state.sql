-- What crm_access keeps in the database, the same in both targets: configuration versions, what has been applied,
-- stored assignments, and the functions that apply, remove and answer. The extension installs it; the portable target's
-- script opens with it, after creating the schema (an extension may not say IF NOT EXISTS of its own). It can be run again: tables are
-- kept, functions replaced.

-- Whoever owns the schema, or something in it, could change what an administrator later calls.
DO $block$
DECLARE
    stranger text;
BEGIN
    SELECT pg_catalog.format('%s of role "%s"', f.what, r.rolname) INTO stranger
    FROM (
        SELECT 'the schema is' AS what, n.nspowner AS owner FROM pg_catalog.pg_namespace n WHERE n.nspname = 'crm_access'
        UNION ALL
        SELECT 'it holds a function', p.proowner FROM pg_catalog.pg_proc p WHERE p.pronamespace = pg_catalog.to_regnamespace('crm_access')
        UNION ALL
        SELECT 'it holds a relation', c.relowner FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.to_regnamespace('crm_access')
    ) f JOIN pg_catalog.pg_roles r ON r.oid = f.owner
    WHERE NOT r.rolsuper AND r.rolname <> current_user
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the schema crm_access is not in the hands of whoever installs crm_access: %', stranger USING
            ERRCODE = 'insufficient_privilege',
            HINT = 'Look at what is in the schema, drop it or change its owner, and try again.';
    END IF;
END
$block$;

CREATE TABLE IF NOT EXISTS crm_access.version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    applied_by name NOT NULL DEFAULT session_user,
    target text NOT NULL CHECK (target IN ('extension', 'portable')),
    hash text NOT NULL,
    program_hash text NOT NULL,
    fingerprint text,
    parts jsonb,
    removed_at timestamptz,
    source text NOT NULL
);
COMMENT ON TABLE crm_access.version IS 'configurations that were applied: who, when, the text and its SHA-256';

CREATE TABLE IF NOT EXISTS crm_access.object (
    kind text NOT NULL CHECK (kind IN ('table', 'partition', 'policy', 'trigger', 'grant', 'held', 'privilege', 'lent', 'columns', 'view', 'role', 'restriction', 'option')),
    schema_name text NOT NULL DEFAULT '',
    relation_name text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    before jsonb,
    PRIMARY KEY (kind, schema_name, relation_name, name)
);
COMMENT ON TABLE crm_access.object IS 'what the applied configuration made or changed, so that remove() can undo it';

CREATE TABLE IF NOT EXISTS crm_access.assignment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('role', 'restriction')),
    name text NOT NULL,
    subject text NOT NULL CHECK (subject IN ('user', 'group', 'workgroup', 'team', 'territory', 'department', 'channel', 'everyone')),
    subject_key text NOT NULL DEFAULT '' CHECK ((subject = 'everyone') = (subject_key = '')),
    subdepartments boolean NOT NULL DEFAULT false,
    confirmed boolean NOT NULL DEFAULT false,
    starts_at timestamptz,
    ends_at timestamptz CHECK (ends_at > starts_at),
    assigned_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    assigned_by name NOT NULL DEFAULT session_user,
    UNIQUE (kind, name, subject, subject_key)
);
COMMENT ON TABLE crm_access.assignment IS 'roles and restrictions given with crm_access.assign and crm_access.restrict';

CREATE TABLE IF NOT EXISTS crm_access.share (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity text NOT NULL,
    record_key text NOT NULL,
    subject text NOT NULL,
    subject_key text NOT NULL DEFAULT '',
    level text NOT NULL DEFAULT 'read' CHECK (level IN ('read', 'update', 'full')),
    starts_at timestamptz,
    ends_at timestamptz CHECK (ends_at > starts_at),
    reason text,
    -- Whether it outlives a change of owner; owners is who owned the record when it was made.
    keep boolean NOT NULL DEFAULT false,
    owners text[] NOT NULL DEFAULT '{}',
    shared_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    shared_by text,
    UNIQUE (entity, record_key, subject, subject_key)
);
CREATE INDEX IF NOT EXISTS share_subject ON crm_access.share (entity, subject, subject_key);
COMMENT ON TABLE crm_access.share IS 'single records that were opened to someone with crm_access.share';

-- Who had which restriction that can be lifted when it was last looked at: so that restricting an administrator, which fails, can be told
-- from promoting someone restricted, which lifts the restriction (T9).
CREATE TABLE IF NOT EXISTS crm_access.restricted_user (
    restriction text NOT NULL,
    user_key text NOT NULL,
    PRIMARY KEY (restriction, user_key)
);
COMMENT ON TABLE crm_access.restricted_user IS 'who had which restriction that a promotion lifts, when assignments last changed';

-- One row that every check of assignments changes: two transactions check one after the other, and one that began before the other's
-- end and reads an older snapshot gets a serialization failure instead of an answer that is out of date.
CREATE TABLE IF NOT EXISTS crm_access.consistency (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    checks bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE crm_access.consistency IS 'orders the checks of assignments among transactions';
INSERT INTO crm_access.consistency (only_row) VALUES (true) ON CONFLICT DO NOTHING;

-- Who did what, when. Nobody but its owner reads it at first; the reader role adds to it.
CREATE TABLE IF NOT EXISTS crm_access.log (
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    actor text,
    -- Who acted on behalf of the actor, if not the actor.
    delegate text,
    database_role name NOT NULL DEFAULT session_user,
    action text NOT NULL,
    entity text,
    record_key text,
    detail jsonb
);
COMMENT ON TABLE crm_access.log IS 'who (key of the user, database role of the session) gave and took which roles and restrictions, and handed over which record to whom';

-- Makes the caller a member of a role; false where nothing had to be done. Who is one already stays one: before version 16 a second GRANT and
-- its REVOKE would take the older membership, or its admin option, away.
CREATE OR REPLACE FUNCTION crm_access.join_role(role_name text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
       OR (current_setting('server_version_num')::integer < 160000 AND EXISTS (
           SELECT 1 FROM pg_auth_members m WHERE m.roleid = (SELECT r.oid FROM pg_roles r WHERE r.rolname = role_name)
              AND m.member = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user))) THEN
        RETURN false;
    END IF;
    EXECUTE format('GRANT %I TO %I', role_name, current_user);
    RETURN true;
END
$function$;

-- Makes the caller a member of the reader role until leave_reader, in this transaction.
CREATE OR REPLACE FUNCTION crm_access.join_reader(reader text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM set_config('crm_access_apply.joined', CASE WHEN crm_access.join_role(reader) THEN reader ELSE '' END, true);
END
$function$;

-- Ends what join_reader began.
CREATE OR REPLACE FUNCTION crm_access.leave_reader(reader text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF current_setting('crm_access_apply.joined', true) = reader THEN
        EXECUTE format('REVOKE %I FROM %I', reader, current_user);
    END IF;
    PERFORM set_config('crm_access_apply.joined', '', true);
END
$function$;

-- Creates the NOLOGIN role that owns the helper functions, and lets the applier own things in its name until end_apply.
CREATE OR REPLACE FUNCTION crm_access.ensure_reader(reader text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = reader) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', reader);
            -- By this remove() knows that it may drop the role.
            EXECUTE format('COMMENT ON ROLE %I IS %L', reader, 'made by crm_access');
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this server was faster
        END;
    END IF;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = reader AND (rolcanlogin OR rolsuper OR rolbypassrls)) THEN
        RAISE EXCEPTION 'role "%" can''t be the reader role', reader USING
            ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'The reader role owns functions that read every protected table, so it must be NOLOGIN, NOSUPERUSER and NOBYPASSRLS.',
            HINT = 'Name another reader_role in the configuration; it is created when missing.';
    END IF;
    PERFORM crm_access.join_reader(reader);
END
$function$;

-- Takes every privilege on a schema of ours and on what is in it from everybody but the owners, or from the named roles and PUBLIC only.
-- Default privileges of the database may have given some.
CREATE OR REPLACE FUNCTION crm_access.close(schema_name text, roles text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT DISTINCT o.kind, o.name, coalesce(r.rolname, '') AS grantee
        FROM (
            SELECT 'SCHEMA' AS kind, quote_ident(n.nspname) AS name, n.nspowner AS owner, n.nspacl AS acl
            FROM pg_namespace n WHERE n.nspname = close.schema_name
            UNION ALL
            SELECT 'FUNCTION', p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
            FROM pg_proc p WHERE p.pronamespace = to_regnamespace(quote_ident(close.schema_name))
            UNION ALL
            SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass::text, c.relowner, c.relacl
            FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident(close.schema_name)) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
        ) o CROSS JOIN LATERAL aclexplode(o.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE a.grantee <> o.owner AND (roles IS NULL OR a.grantee = 0 OR r.rolname = ANY (roles))
          AND NOT (o.kind = 'FUNCTION' AND a.grantee = 0 AND o.name = 'crm_access.version()')
        ORDER BY 1, 2, 3
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', given.kind, given.name,
                       CASE WHEN given.grantee = '' THEN 'PUBLIC' ELSE quote_ident(given.grantee) END);
    END LOOP;
END
$function$;

-- Raises where somebody who asks could act as the reader role, which sees every row, or where the reader role is bound by others' policies.
CREATE OR REPLACE FUNCTION crm_access.check_reader(reader text, application_role text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    other text;
BEGIN
    SELECT r.rolname INTO other FROM pg_roles r
    WHERE NOT r.rolsuper AND r.rolname NOT IN (current_user, reader)
      AND pg_has_role(r.oid, quote_ident(reader)::regrole, 'MEMBER') AND pg_has_role(r.oid, quote_ident(application_role)::regrole, 'MEMBER')
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role "%" is a member of the reader role "%" and would see every row', other, reader USING
            ERRCODE = 'object_not_in_prerequisite_state',
            HINT = format('REVOKE %I FROM %I', reader, other);
    END IF;
    SELECT m.roleid::regrole::text INTO other FROM pg_auth_members m WHERE m.member = quote_ident(reader)::regrole ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the reader role "%" is a member of role %', reader, other USING
            ERRCODE = 'object_not_in_prerequisite_state', HINT = 'The reader role needs no other role; take it out of that one.';
    END IF;
END
$function$;

-- Notes what the reader role may read already, so that it may still when the configuration is gone. Comes after clear().
CREATE OR REPLACE FUNCTION crm_access.note_held(reader text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $function$
    INSERT INTO crm_access.object (kind, schema_name, relation_name, name)
    SELECT 'held', n.nspname, c.relname, reader
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE EXISTS (SELECT 1 FROM aclexplode(c.relacl) a WHERE a.grantee = quote_ident(reader)::regrole AND a.privilege_type = 'SELECT')
    UNION ALL
    SELECT 'held', n.nspname, '', reader
    FROM pg_namespace n
    WHERE EXISTS (SELECT 1 FROM aclexplode(n.nspacl) a WHERE a.grantee = quote_ident(reader)::regrole AND a.privilege_type = 'USAGE')
    ON CONFLICT DO NOTHING
$function$;

-- Gives the reader role what it needs to change owners, and notes exactly that: some columns to change, or rows of a join table to add and
-- remove, with the sequences that number them.
CREATE OR REPLACE FUNCTION crm_access.lend(reader text, schema_name text, table_name text, updates text[], inserts text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    target regclass := to_regclass(format('%I.%I', schema_name, table_name));
    sequence record;
    wanted text[];
    lent text[] := '{}';
    one text;
BEGIN
    IF target IS NULL THEN
        RAISE EXCEPTION 'table "%.%" does not exist', schema_name, table_name USING ERRCODE = 'undefined_table';
    END IF;
    IF updates <> '{}' AND EXISTS (
        SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = target AND NOT c.relispartition) THEN
        RAISE EXCEPTION 'table % has children by inheritance, whose owners an UPDATE could change unchecked', target USING
            ERRCODE = 'feature_not_supported', HINT = 'Leave out the action "assign" for this entity, or use partitions.';
    END IF;
    FOREACH one IN ARRAY updates LOOP
        IF NOT has_column_privilege(reader, target, one, 'UPDATE') THEN
            lent := lent || format('UPDATE (%I)', one);
        END IF;
    END LOOP;
    FOREACH one IN ARRAY inserts LOOP
        IF NOT has_column_privilege(reader, target, one, 'INSERT') THEN
            lent := lent || format('INSERT (%I)', one);
        END IF;
    END LOOP;
    IF inserts <> '{}' THEN
        IF NOT has_table_privilege(reader, target, 'DELETE') THEN
            lent := lent || 'DELETE'::text;
        END IF;
        FOR sequence IN
            SELECT DISTINCT n.nspname, c.relname, c.oid FROM pg_attrdef f
            JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
            JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE f.adrelid = target AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(reader, c.oid, 'USAGE') ELSE false END
            ORDER BY 1, 2
        LOOP
            EXECUTE format('GRANT USAGE ON %I.%I TO %I', sequence.nspname, sequence.relname, reader);
            INSERT INTO crm_access.object (kind, schema_name, relation_name, name, before)
            VALUES ('lent', sequence.nspname, sequence.relname, reader, '["USAGE"]')
            ON CONFLICT DO NOTHING;
        END LOOP;
    END IF;
    FOREACH one IN ARRAY lent LOOP
        EXECUTE format('GRANT %s ON %s TO %I', one, target, reader);
    END LOOP;
    IF lent <> '{}' THEN
        INSERT INTO crm_access.object AS o (kind, schema_name, relation_name, name, before)
        VALUES ('lent', lend.schema_name, lend.table_name, reader, to_jsonb(lent))
        ON CONFLICT ON CONSTRAINT object_pkey DO UPDATE SET before = o.before || excluded.before;
    END IF;
END
$function$;

-- Undoes every policy, trigger, grant and row-security switch that was recorded. The schema of the generated functions goes too.
-- Shared by an apply (which makes new ones in the same transaction) and by remove().
CREATE OR REPLACE FUNCTION crm_access.clear() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    o record;
    target regclass;
    privilege text;
    helper record;
BEGIN
    -- The strongest lock first: asking for it while holding a weaker one could end in a deadlock with ANALYZE or autovacuum.
    FOR o IN SELECT DISTINCT schema_name, relation_name FROM crm_access.object
             WHERE kind IN ('table', 'partition', 'columns', 'policy', 'trigger') ORDER BY 1, 2
    LOOP
        target := to_regclass(format('%I.%I', o.schema_name, o.relation_name));
        IF target IS NOT NULL THEN
            EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', target);
        END IF;
    END LOOP;
    PERFORM crm_access.unprotect_columns();
    FOR o IN SELECT * FROM crm_access.object
             ORDER BY array_position(ARRAY['trigger', 'policy', 'grant', 'partition', 'privilege', 'table'], kind), schema_name, relation_name, name
    LOOP
        target := to_regclass(format('%I.%I', o.schema_name, o.relation_name));
        IF o.kind = 'trigger' AND target IS NOT NULL THEN
            EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', o.name, target);
        ELSIF o.kind = 'policy' AND target IS NOT NULL THEN
            EXECUTE format('DROP POLICY IF EXISTS %I ON %s', o.name, target);
        ELSIF o.kind = 'grant' AND EXISTS (SELECT 1 FROM pg_roles WHERE rolname = o.name) THEN
            IF o.before ->> 'function' IS NOT NULL THEN
                IF to_regprocedure(o.before ->> 'function') IS NOT NULL THEN
                    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I', to_regprocedure(o.before ->> 'function'), o.name);
                END IF;
            ELSIF EXISTS (SELECT 1 FROM crm_access.object h WHERE h.kind = 'held' AND h.name = o.name
                              AND h.schema_name = o.schema_name AND h.relation_name = o.relation_name) THEN
                NULL; -- it may do so after this as well
            ELSIF o.relation_name = '' THEN
                IF to_regnamespace(quote_ident(o.schema_name)) IS NOT NULL THEN
                    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM %I', o.schema_name, o.name);
                END IF;
            ELSIF target IS NOT NULL THEN
                EXECUTE format('REVOKE %s ON %s FROM %I', CASE o.schema_name WHEN 'crm_access' THEN 'ALL' ELSE 'SELECT' END, target, o.name);
            END IF;
        ELSIF o.kind = 'lent' AND target IS NOT NULL AND EXISTS (SELECT 1 FROM pg_roles WHERE rolname = o.name) THEN
            FOR privilege IN SELECT jsonb_array_elements_text(o.before) LOOP
                BEGIN
                    EXECUTE format('REVOKE %s ON %s FROM %I', privilege, target, o.name);
                EXCEPTION WHEN undefined_column THEN
                    NULL; -- the privilege went with the column
                END;
            END LOOP;
        ELSIF o.kind = 'privilege' AND target IS NOT NULL AND EXISTS (SELECT 1 FROM pg_roles WHERE rolname = o.name) THEN
            FOR privilege IN SELECT jsonb_array_elements_text(o.before -> 'revoked') LOOP
                EXECUTE format('GRANT %s ON %s TO %I%s', privilege, target, o.name,
                               CASE WHEN o.before -> 'grantable' ? privilege THEN ' WITH GRANT OPTION' ELSE '' END);
            END LOOP;
        ELSIF o.kind IN ('table', 'partition') AND target IS NOT NULL THEN
            IF NOT (o.before ->> 'forced')::boolean THEN
                EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', target);
            END IF;
            IF NOT (o.before ->> 'enabled')::boolean THEN
                EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', target);
            END IF;
        END IF;
    END LOOP;
    DELETE FROM crm_access.object;
    -- Without CASCADE: something of the application's that came to depend on a helper must stop this, not vanish with it.
    IF to_regnamespace('crm_access_rules') IS NOT NULL THEN
        -- All at once, since they read each other.
        FOR helper IN
            SELECT string_agg(c.oid::regclass::text, ', ') AS views FROM pg_class c
            WHERE c.relnamespace = to_regnamespace('crm_access_rules') AND c.relkind = 'v'
            HAVING count(*) > 0
        LOOP
            EXECUTE 'DROP VIEW ' || helper.views;
        END LOOP;
        FOR helper IN
            SELECT p.oid::regprocedure::text AS signature FROM pg_proc p
            WHERE p.pronamespace = to_regnamespace('crm_access_rules')
            ORDER BY 1
        LOOP
            EXECUTE 'DROP FUNCTION ' || helper.signature;
        END LOOP;
        DROP SCHEMA crm_access_rules;
    END IF;
END
$function$;

-- Takes a table over: remembers its row-security switches and takes TRUNCATE, REFERENCES and TRIGGER from the application's role,
-- all of which go round row security; switches row security on for partitions and inheritance children, which could be queried directly.
CREATE OR REPLACE FUNCTION crm_access.take_over(schema_name text, table_name text, application_role text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    target regclass := to_regclass(format('%I.%I', schema_name, table_name));
    held text[];
    grantable text[];
    privilege text;
    child record;
BEGIN
    IF target IS NULL THEN
        RAISE EXCEPTION 'table "%.%" does not exist', schema_name, table_name USING ERRCODE = 'undefined_table';
    END IF;
    INSERT INTO crm_access.object (kind, schema_name, relation_name, before)
    SELECT 'table', take_over.schema_name, take_over.table_name,
           jsonb_build_object('enabled', c.relrowsecurity, 'forced', c.relforcerowsecurity)
    FROM pg_class c WHERE c.oid = target
    ON CONFLICT DO NOTHING;

    SELECT array_agg(DISTINCT a.privilege_type ORDER BY a.privilege_type),
           coalesce(array_agg(DISTINCT a.privilege_type ORDER BY a.privilege_type) FILTER (WHERE a.is_grantable), '{}')
    INTO held, grantable
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = target AND a.grantee = (SELECT r.oid FROM pg_roles r WHERE r.rolname = application_role)
      AND a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER');
    IF held IS NOT NULL THEN
        INSERT INTO crm_access.object (kind, schema_name, relation_name, name, before)
        VALUES ('privilege', schema_name, table_name, application_role, jsonb_build_object('revoked', held, 'grantable', grantable))
        ON CONFLICT DO NOTHING;
        FOREACH privilege IN ARRAY held LOOP
            EXECUTE format('REVOKE %s ON %s FROM %I', privilege, target, application_role);
        END LOOP;
    END IF;

    FOR child IN
        WITH RECURSIVE tree AS (
            SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = target
            UNION
            SELECT i.inhrelid FROM pg_inherits i JOIN tree t ON i.inhparent = t.inhrelid
        )
        SELECT n.nspname, c.relname, c.oid::regclass AS name, c.relrowsecurity, c.relforcerowsecurity
        FROM tree t JOIN pg_class c ON c.oid = t.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p')
        ORDER BY 1, 2
    LOOP
        INSERT INTO crm_access.object (kind, schema_name, relation_name, before)
        VALUES ('partition', child.nspname, child.relname,
                jsonb_build_object('enabled', child.relrowsecurity, 'forced', child.relforcerowsecurity))
        ON CONFLICT DO NOTHING;
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', child.name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', child.name);
    END LOOP;
END
$function$;

-- Everything that the rules consist of as the server has it now, each part with a hash that any change by hand changes.
CREATE OR REPLACE FUNCTION crm_access.parts() RETURNS TABLE (part text, hash text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    WITH RECURSIVE taken AS (
        SELECT to_regclass(format('%I.%I', o.schema_name, o.relation_name))::oid AS relation
        FROM crm_access.object o WHERE o.kind = 'table'
        UNION
        SELECT i.inhrelid FROM taken t JOIN pg_inherits i ON i.inhparent = t.relation
    ), line (part, content) AS (
        SELECT format('table %s', c.oid::regclass), format('%s %s', c.relrowsecurity, c.relforcerowsecurity)
        FROM taken t JOIN pg_class c ON c.oid = t.relation
        UNION ALL
        SELECT format('privileges %s', c.oid::regclass),
               (SELECT string_agg(format('%s %s %s %s', a.grantor::regrole, a.grantee::regrole, a.privilege_type, a.is_grantable), ' '
                                  ORDER BY a.grantor::regrole::text, a.grantee::regrole::text, a.privilege_type)
                FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a)
        FROM taken t JOIN pg_class c ON c.oid = t.relation
        UNION ALL
        SELECT format('column privileges %s %s', c.attrelid::regclass, c.attname),
               (SELECT string_agg(format('%s %s %s %s', a.grantor::regrole, a.grantee::regrole, a.privilege_type, a.is_grantable), ' '
                                  ORDER BY a.grantor::regrole::text, a.grantee::regrole::text, a.privilege_type)
                FROM aclexplode(c.attacl) a)
        FROM taken t JOIN pg_attribute c ON c.attrelid = t.relation AND c.attacl IS NOT NULL AND NOT c.attisdropped
        UNION ALL
        SELECT format('columns %s', c.oid::regclass), -- one that is added must be given to whoever may read it
               (SELECT string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ' ' ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
        FROM crm_access.object o JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', o.schema_name, o.relation_name)) WHERE o.kind = 'columns'
        UNION ALL
        SELECT format('view %s', c.oid::regclass),
               format('%s %s %s %s', c.relowner::regrole, c.reloptions, pg_get_viewdef(c.oid),
                      (SELECT string_agg(format('%s %s %s', a.grantee::regrole, a.privilege_type, a.is_grantable), ' '
                                         ORDER BY a.grantee::regrole::text, a.privilege_type)
                       FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a))
        FROM crm_access.object o JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', o.schema_name, o.relation_name)) WHERE o.kind = 'view'
        UNION ALL
        SELECT format('policy %s %s', p.polrelid::regclass, p.polname),
               format('%s %s %s %s %s', p.polcmd, p.polpermissive, p.polroles::regrole[],
                      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        FROM pg_policy p
        WHERE p.polrelid IN (SELECT t.relation FROM taken t)
           OR EXISTS (SELECT 1 FROM crm_access.object o WHERE o.kind = 'policy' AND o.name = p.polname
                         AND to_regclass(format('%I.%I', o.schema_name, o.relation_name)) = p.polrelid)
        UNION ALL
        SELECT format('trigger %s %s', g.tgrelid::regclass, g.tgname), format('%s %s', g.tgenabled, pg_get_triggerdef(g.oid))
        FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
        WHERE p.pronamespace = to_regnamespace('crm_access_rules')
        UNION ALL
        SELECT format('function %s', p.oid::regprocedure),
               format('%s %s %s', p.proowner::regrole,
                      (SELECT string_agg(format('%s %s %s', a.grantee::regrole, a.privilege_type, a.is_grantable), ' ' ORDER BY a.grantee::regrole::text)
                       FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a),
                      pg_get_functiondef(p.oid))
        FROM pg_proc p WHERE p.pronamespace = to_regnamespace('crm_access_rules')
        UNION ALL
        SELECT format('object %s %s %s %s', o.kind, o.schema_name, o.relation_name, o.name), '' FROM crm_access.object o
    )
    SELECT l.part, encode(sha256(convert_to(coalesce(l.content, ''), 'UTF8')), 'hex') FROM line l
$function$;

-- One text for all of it.
CREATE OR REPLACE FUNCTION crm_access.fingerprint() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT encode(sha256(convert_to(coalesce(string_agg(p.part || ' ' || p.hash, E'\n' ORDER BY p.part COLLATE "C"), ''), 'UTF8')), 'hex')
    FROM crm_access.parts() p
$function$;

-- What is no longer as the last apply left it: parts that are changed, missing or added.
CREATE OR REPLACE FUNCTION crm_access.drift() RETURNS TABLE (part text, change text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    WITH stored AS (
        SELECT v.parts FROM crm_access.version v WHERE v.removed_at IS NULL ORDER BY v.id DESC LIMIT 1
    ), before AS (
        SELECT e.key AS part, e.value AS hash FROM stored s CROSS JOIN LATERAL jsonb_each_text(s.parts) e
    )
    SELECT coalesce(n.part, b.part), CASE WHEN n.part IS NULL THEN 'missing' WHEN b.part IS NULL THEN 'added' ELSE 'changed' END
    FROM before b FULL JOIN crm_access.parts() n ON n.part = b.part
    WHERE EXISTS (SELECT 1 FROM stored s WHERE s.parts IS NOT NULL) AND n.hash IS DISTINCT FROM b.hash
    ORDER BY coalesce(n.part, b.part) COLLATE "C"
$function$;

-- Whether the configuration with these hashes is what stands, untouched: then an apply has nothing to do.
CREATE OR REPLACE FUNCTION crm_access.is_current(hash text, program_hash text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT coalesce((
        SELECT v.hash = is_current.hash AND v.program_hash = is_current.program_hash
           AND v.removed_at IS NULL AND v.fingerprint = crm_access.fingerprint()
        FROM crm_access.version v ORDER BY v.id DESC LIMIT 1), false)
$function$;

-- Ends an apply: stores the version, takes back what ensure_reader gave.
CREATE OR REPLACE FUNCTION crm_access.end_apply(target text, hash text, program_hash text, source text, reader text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    left_over text;
BEGIN
    EXECUTE format('REVOKE CREATE ON SCHEMA crm_access_rules FROM %I', reader);
    PERFORM crm_access.leave_reader(reader);
    SELECT format('restriction "%s" of %s %s', a.name, a.subject, a.subject_key) INTO left_over
    FROM crm_access.assignment a
    WHERE a.kind = 'restriction' AND NOT (
        EXISTS (SELECT 1 FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'stored_assignments')
        AND EXISTS (SELECT 1 FROM crm_access.object o WHERE o.kind = 'restriction' AND o.name = a.name)
        AND EXISTS (SELECT 1 FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'subject' AND o.name = a.subject)
        AND (a.subject <> 'channel' OR EXISTS (
            SELECT 1 FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'channel' AND o.name = a.subject_key)))
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the stored % would no longer hold', left_over USING
            ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'The configuration has no such restriction or subject, or takes no stored assignments.',
            HINT = 'Keep the restriction, its subject and "stored: true", or call crm_access.unrestrict() first.';
    END IF;
    -- A role that is gone has given what it gave (B5): one of the same name later starts with nobody.
    WITH gone AS (
        DELETE FROM crm_access.assignment a
        WHERE a.kind = 'role' AND NOT EXISTS (SELECT 1 FROM crm_access.object o WHERE o.kind = 'role' AND o.name = a.name)
        RETURNING a
    )
    INSERT INTO crm_access.log (action, detail)
    SELECT 'revoke', crm_access.assignment_detail(g.a) || '{"reason": "the role is not in the configuration any more"}' FROM gone g;
    INSERT INTO crm_access.version (target, hash, program_hash, source)
    VALUES (target, hash, program_hash, source);
    UPDATE crm_access.version v
    SET fingerprint = crm_access.fingerprint(), parts = (SELECT jsonb_object_agg(p.part, p.hash) FROM crm_access.parts() p)
    WHERE v.id = (SELECT max(id) FROM crm_access.version);
END
$function$;

-- Removes what was applied. The application's tables are as they were before; versions and stored assignments stay.
CREATE OR REPLACE FUNCTION crm_access.remove() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '30s' AS $function$
DECLARE
    stood boolean := EXISTS (SELECT 1 FROM crm_access.object);
    reader text := (SELECT o.name FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'reader_role');
    columns_role text := (SELECT o.name FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'columns_role');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('crm_access apply', 0));
    IF reader IS NOT NULL AND EXISTS (SELECT 1 FROM pg_roles WHERE rolname = reader) THEN
        PERFORM crm_access.join_reader(reader);
    END IF;
    PERFORM crm_access.clear();
    IF columns_role IS NOT NULL THEN
        PERFORM crm_access.drop_columns_role(columns_role);
    END IF;
    UPDATE crm_access.version v SET removed_at = clock_timestamp() WHERE v.removed_at IS NULL;
    IF reader IS NOT NULL AND EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = reader) THEN
        BEGIN
            IF shobj_description(quote_ident(reader)::regrole, 'pg_authid') IS DISTINCT FROM 'made by crm_access' THEN
                RAISE dependent_objects_still_exist; -- somebody else made it, for something else
            END IF;
            EXECUTE format('DROP ROLE %I', reader);
        EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege OR object_in_use THEN
            -- It has another use, perhaps in another database of this server.
            PERFORM crm_access.leave_reader(reader);
        END;
    END IF;
    RETURN stood;
END
$function$;

-- The key of the user who is asking, as text; null where nobody is, or where the user is not active.
CREATE OR REPLACE FUNCTION crm_access.current_user_key() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF to_regprocedure('crm_access_rules.me()') IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN crm_access_rules.me()::text;
END
$function$;

-- Whether the user who is asking may do `action` with some record of `entity`, or with the record of that key (as it stands now).
CREATE OR REPLACE FUNCTION crm_access.can(action text, entity text, key text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    answer boolean;
BEGIN
    IF to_regprocedure('crm_access_rules.can(text,text,text)') IS NULL THEN
        RETURN false;
    END IF;
    IF action IS NULL OR action NOT IN ('read', 'create', 'update', 'delete', 'export', 'share', 'assign', 'import') THEN
        RAISE EXCEPTION 'unknown action %', coalesce(quote_literal(action), 'NULL') USING
            ERRCODE = 'invalid_parameter_value', HINT = 'The actions are read, create, update, delete, export, share, assign and import.';
    END IF;
    answer := crm_access_rules.can(action, entity, key);
    IF answer IS NULL THEN
        RAISE EXCEPTION 'unknown entity %', coalesce(quote_literal(entity), 'NULL') USING
            ERRCODE = 'invalid_parameter_value', HINT = 'Name an entity of the configuration that is applied.';
    END IF;
    RETURN answer;
END
$function$;

CREATE OR REPLACE FUNCTION crm_access.can(action text, entity text, key bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT crm_access.can(action, entity, key::text)
$function$;

-- An exact match for a plain number, so that nobody's own function can be a better one.
CREATE OR REPLACE FUNCTION crm_access.can(action text, entity text, key integer) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT crm_access.can(action, entity, key::text)
$function$;

CREATE OR REPLACE FUNCTION crm_access.can(action text, entity text, key uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT crm_access.can(action, entity, key::text)
$function$;
