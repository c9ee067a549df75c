-- Columns that not everybody may read or change who may read or change the record: what applying does about them, the same in both targets.

-- Makes the NOLOGIN role that owns the views. As a member of the application's role it is bound by the same policies; nobody is a member of it,
-- so that nobody can read as it does but through a view.
CREATE OR REPLACE FUNCTION crm_access.ensure_columns_role(columns_role text, application_role text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    other text;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = columns_role) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN INHERIT', columns_role);
            EXECUTE format('COMMENT ON ROLE %I IS %L', columns_role, 'made by crm_access');
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this server was faster
        END;
    END IF;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = columns_role
                  AND (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR NOT rolinherit)) THEN
        RAISE EXCEPTION 'role "%" can''t own the views of protected columns', columns_role USING
            ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'It must be NOLOGIN and INHERIT, without any attribute that gives it more than the application''s role has.',
            HINT = 'Drop or rename that role; it is created when missing. Its name comes from reader_role.';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_auth_members m
                   WHERE m.roleid = quote_ident(application_role)::regrole AND m.member = quote_ident(columns_role)::regrole) THEN
        BEGIN
            EXECUTE format('GRANT %I TO %I', application_role, columns_role);
        EXCEPTION WHEN unique_violation THEN
            NULL; -- likewise
        END;
    END IF;
    SELECT m.roleid::regrole::text INTO other FROM pg_auth_members m
    WHERE m.member = quote_ident(columns_role)::regrole AND m.roleid <> quote_ident(application_role)::regrole ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role "%", which owns the views of protected columns, is a member of role %', columns_role, other USING
            ERRCODE = 'object_not_in_prerequisite_state', HINT = 'What that role may see would be seen through the views; take it out of it.';
    END IF;
    SELECT r.rolname INTO other FROM pg_roles r
    WHERE NOT r.rolsuper AND r.rolname NOT IN (current_user, columns_role)
      AND pg_has_role(r.oid, quote_ident(columns_role)::regrole, 'MEMBER')
      AND pg_has_role(r.oid, quote_ident(application_role)::regrole, 'MEMBER')
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role "%" is a member of "%" and would read every column', other, columns_role USING
            ERRCODE = 'object_not_in_prerequisite_state', HINT = format('REVOKE %I FROM %I', columns_role, other);
    END IF;
END
$function$;

-- A table with all its partitions.
CREATE OR REPLACE FUNCTION crm_access.partition_tree(target regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    WITH RECURSIVE tree AS (
        SELECT target::oid AS oid
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN tree t ON i.inhparent = t.oid
    )
    SELECT t.oid::regclass FROM tree t JOIN pg_class c ON c.oid = t.oid ORDER BY c.relnamespace::regnamespace::text, c.relname
$function$;

-- Finds the table of protected columns, and raises where one of them is missing or the table has rows that triggers and views don't reach.
CREATE OR REPLACE FUNCTION crm_access.table_of_columns(schema_name text, table_name text, columns text[]) RETURNS regclass
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    target regclass := to_regclass(format('%I.%I', schema_name, table_name));
    missing text;
BEGIN
    IF target IS NULL THEN
        RAISE EXCEPTION 'table "%.%" does not exist', schema_name, table_name USING ERRCODE = 'undefined_table';
    END IF;
    SELECT c.name INTO missing FROM unnest(columns) AS c(name)
    WHERE NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = target AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of table % does not exist', missing, target USING ERRCODE = 'undefined_column';
    END IF;
    IF EXISTS (SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent IN (SELECT t FROM crm_access.partition_tree(target) AS t) AND NOT c.relispartition) THEN
        RAISE EXCEPTION 'table % has children by inheritance, whose columns can''t be protected with its own', target USING
            ERRCODE = 'feature_not_supported', HINT = 'Use partitions, or leave out "columns" for this entity.';
    END IF;
    RETURN target;
END
$function$;

-- Takes from the application's role what `readers` names, column by column, with the table's whole privilege to read where it has that: a
-- column that is added later can't be read until the next apply. Makes the view in which the roles of `readers` (column: roles) read them.
CREATE OR REPLACE FUNCTION crm_access.protect_columns(
    schema_name text, table_name text, application_role text, columns_role text, readers jsonb, view_schema text DEFAULT NULL, view_name text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    hidden text[] := ARRAY(SELECT jsonb_object_keys(readers));
    target regclass := crm_access.table_of_columns(schema_name, table_name, hidden);
    application regrole := quote_ident(application_role)::regrole;
    one record;
    kept text;
    shown text;
    lends_schema boolean;
    joined boolean;
BEGIN
    FOR one IN
        SELECT c.oid::regclass AS relation, n.nspname, c.relname, a.held, coalesce(a.grantable, false) AS grantable, b.columns
        FROM crm_access.partition_tree(target) AS t JOIN pg_class c ON c.oid = t JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (
            SELECT count(*) > 0 AS held, bool_or(x.is_grantable) AS grantable FROM aclexplode(c.relacl) x
            WHERE x.grantee = application AND x.privilege_type = 'SELECT') a
        CROSS JOIN LATERAL (
            SELECT coalesce(jsonb_object_agg(f.attname, x.is_grantable), '{}') AS columns FROM pg_attribute f, aclexplode(f.attacl) x
            WHERE f.attrelid = c.oid AND NOT f.attisdropped AND x.grantee = application AND x.privilege_type = 'SELECT') b
    LOOP
        INSERT INTO crm_access.object (kind, schema_name, relation_name, name, before)
        VALUES ('columns', one.nspname, one.relname, application_role,
                jsonb_build_object('held', one.held, 'grantable', one.grantable, 'columns', one.columns));
        IF one.held THEN
            -- System columns too: clients find a row again by its ctid and see by xmin whether it changed.
            SELECT string_agg(quote_ident(f.attname), ', ' ORDER BY f.attnum) INTO kept FROM pg_attribute f
            WHERE f.attrelid = one.relation AND NOT f.attisdropped AND f.attname <> ALL (hidden);
            EXECUTE format('REVOKE SELECT ON %s FROM %I', one.relation, application_role);
            EXECUTE format('GRANT SELECT (%s) ON %s TO %I%s', kept, one.relation, application_role,
                           CASE WHEN one.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        ELSE
            SELECT string_agg(quote_ident(h), ', ') INTO kept FROM unnest(hidden) AS h;
            EXECUTE format('REVOKE SELECT (%s) ON %s FROM %I', kept, one.relation, application_role);
        END IF;
    END LOOP;
    PERFORM crm_access.check_columns_hidden(target, hidden, application, columns_role);
    IF view_name IS NULL THEN
        RETURN;
    END IF;

    SELECT format('policy "%s" of role %s', p.polname, (p.polroles::regrole[])[1]) INTO shown FROM pg_policy p
    WHERE p.polrelid = target AND NOT p.polpermissive
      AND NOT EXISTS (SELECT 1 FROM unnest(p.polroles) AS r(oid) WHERE r.oid = 0 OR pg_has_role(columns_role::name, r.oid, 'USAGE'))
      AND EXISTS (SELECT 1 FROM unnest(p.polroles) AS r(oid) JOIN pg_roles m ON pg_has_role(m.oid, r.oid, 'MEMBER')
                  WHERE NOT m.rolsuper AND pg_has_role(m.oid, application, 'MEMBER'))
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the view of % would show what % hides', target, shown USING
            ERRCODE = 'object_not_in_prerequisite_state', HINT = format('Create that policy TO %I or TO PUBLIC.', application_role);
    END IF;
    EXECUTE format('GRANT SELECT ON %s TO %I', target, columns_role);
    INSERT INTO crm_access.object (kind, schema_name, relation_name, name, before)
    VALUES ('lent', schema_name, table_name, columns_role, '["SELECT"]');
    IF to_regclass(format('%I.%I', view_schema, view_name)) IS NOT NULL THEN
        RAISE EXCEPTION 'the relation "%.%" is there already', view_schema, view_name USING
            ERRCODE = 'duplicate_table', HINT = 'Drop it, or give the view of protected columns another name.';
    END IF;
    SELECT string_agg(CASE
               WHEN f.attname <> ALL (hidden) THEN format('r.%I', f.attname)
               WHEN readers -> f.attname = '[]' THEN format('CASE WHEN false THEN r.%1$I END AS %1$I', f.attname)
               ELSE format('CASE WHEN (SELECT crm_access_rules.granted(%2$L::text[])) THEN r.%1$I END AS %1$I', f.attname,
                           ARRAY(SELECT jsonb_array_elements_text(readers -> f.attname)))
           END, ', ' ORDER BY f.attnum) INTO shown
    FROM pg_attribute f WHERE f.attrelid = target AND f.attnum > 0 AND NOT f.attisdropped;
    -- No security_barrier: it would keep joins from using indexes, and there is nothing for it to keep. The policies of the table hide rows before
    -- any function of the one who asks sees them, and such a function gets what CASE gives.
    EXECUTE format('CREATE VIEW %I.%I AS SELECT %s FROM %s AS r', view_schema, view_name, shown, target);
    EXECUTE format('COMMENT ON VIEW %I.%I IS %L', view_schema, view_name,
                   format('made by crm_access: %s with the columns that only some roles may read', target));
    -- Default privileges may have given it to somebody, or more of it than to read.
    FOR shown IN
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = format('%I.%I', view_schema, view_name)::regclass AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON %I.%I FROM %s', view_schema, view_name, shown);
    END LOOP;
    EXECUTE format('GRANT SELECT ON %I.%I TO %I', view_schema, view_name, application_role);
    INSERT INTO crm_access.object (kind, schema_name, relation_name, name) VALUES ('view', view_schema, view_name, columns_role);
    joined := crm_access.join_role(columns_role);
    lends_schema := NOT has_schema_privilege(columns_role, view_schema, 'CREATE');
    IF lends_schema THEN
        EXECUTE format('GRANT CREATE ON SCHEMA %I TO %I', view_schema, columns_role);
    END IF;
    EXECUTE format('ALTER VIEW %I.%I OWNER TO %I', view_schema, view_name, columns_role);
    IF lends_schema THEN
        EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM %I', view_schema, columns_role);
    END IF;
    IF joined THEN
        EXECUTE format('REVOKE %I FROM %I', columns_role, current_user);
    END IF;
END
$function$;

-- Raises where somebody who asks may still read a protected column: by PUBLIC, by a role they are a member of, or by a privilege of their own.
CREATE OR REPLACE FUNCTION crm_access.check_columns_hidden(target regclass, hidden text[], application regrole, columns_role text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    leak record;
BEGIN
    SELECT r.rolname, g.relation, g.column_name, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS holder INTO leak
    FROM (
        SELECT c.oid::regclass AS relation, NULL::name AS column_name, c.relowner, x.grantee
        FROM crm_access.partition_tree(target) AS t JOIN pg_class c ON c.oid = t CROSS JOIN LATERAL aclexplode(c.relacl) x
        WHERE x.privilege_type = 'SELECT'
        UNION ALL
        SELECT c.oid::regclass, f.attname, c.relowner, x.grantee
        FROM crm_access.partition_tree(target) AS t JOIN pg_class c ON c.oid = t
        JOIN pg_attribute f ON f.attrelid = c.oid AND f.attname = ANY (hidden) AND NOT f.attisdropped CROSS JOIN LATERAL aclexplode(f.attacl) x
        WHERE x.privilege_type = 'SELECT'
    ) g JOIN pg_roles r ON pg_has_role(r.oid, application, 'MEMBER') AND NOT r.rolsuper AND r.rolname <> columns_role
    WHERE g.grantee <> g.relowner
      AND CASE g.grantee WHEN 0 THEN true ELSE pg_has_role(r.oid, g.grantee, 'MEMBER') END
    ORDER BY g.relation::text, g.column_name NULLS FIRST, 4, 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role "%" could still read the protected columns of %', leak.rolname, leak.relation USING
            ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('%s holds the privilege.', leak.holder),
            HINT = format('REVOKE SELECT%s ON %s FROM %s', CASE WHEN leak.column_name IS NULL THEN '' ELSE format(' (%I)', leak.column_name) END, leak.relation, leak.holder);
    END IF;
    SELECT r.rolname INTO leak FROM pg_roles r
    WHERE pg_has_role(r.oid, application, 'MEMBER') AND NOT r.rolsuper AND pg_has_role(r.oid, to_regrole('pg_read_all_data'), 'MEMBER')
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role "%" could still read the protected columns of %', leak.rolname, target USING
            ERRCODE = 'object_not_in_prerequisite_state', HINT = format('REVOKE pg_read_all_data FROM %I', leak.rolname);
    END IF;
END
$function$;

-- Raises where the trigger on protected columns could not tell what a command changes.
CREATE OR REPLACE FUNCTION crm_access.check_changeable(schema_name text, table_name text, columns text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    target regclass := crm_access.table_of_columns(schema_name, table_name, columns);
    one record;
BEGIN
    SELECT f.attname, CASE WHEN f.attgenerated <> '' THEN 'is computed from others'
                           WHEN f.attidentity <> '' THEN 'is numbered by the server'
                           ELSE 'has a default that is never the same twice' END AS what INTO one
    FROM crm_access.partition_tree(target) AS t JOIN pg_attribute f ON f.attrelid = t AND f.attname = ANY (columns)
    LEFT JOIN pg_attrdef d ON d.adrelid = f.attrelid AND d.adnum = f.attnum
    WHERE f.attgenerated <> '' OR f.attidentity <> ''
       OR EXISTS (SELECT 1 FROM regexp_matches(d.adbin::text, ':(?:op)?funcid ([0-9]+)', 'g') AS m(ids) JOIN pg_proc p ON p.oid = m.ids[1]::oid
                  WHERE p.provolatile = 'v')
       OR d.adbin::text ~ '\{NEXTVALUEEXPR '
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of % %, so that nobody can be kept from changing it', one.attname, target, one.what USING
            ERRCODE = 'feature_not_supported', HINT = 'Leave out "change" for it; what gives its value is not in the hands of who adds a record.';
    END IF;
    SELECT g.tgname, g.tgrelid::regclass AS relation INTO one
    FROM crm_access.partition_tree(target) AS t JOIN pg_trigger g ON g.tgrelid = t
    WHERE NOT g.tgisinternal AND g.tgname > 'zz_crm_access_columns_insert' AND g.tgname NOT IN ('zz_crm_access_columns_update', 'zz_crm_access_owner')
      AND (g.tgtype & 1) = 1 AND (g.tgtype & 2) = 2 AND (g.tgtype & 20) <> 0
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'trigger "%" on % fires after the one that looks at protected columns, and could change them', one.tgname, one.relation USING
            ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Rename it: triggers of a row fire in the order of their names.';
    END IF;
END
$function$;

-- The value, as text, that a column of a new row has where none is given.
CREATE OR REPLACE FUNCTION crm_access.column_default(target regclass, column_name text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    expression text;
    answer text;
BEGIN
    SELECT format('SELECT ((%s)::%s)::text', pg_get_expr(d.adbin, d.adrelid), format_type(f.atttypid, f.atttypmod)) INTO expression
    FROM pg_attribute f JOIN pg_attrdef d ON d.adrelid = f.attrelid AND d.adnum = f.attnum
    WHERE f.attrelid = target AND f.attname = column_name;
    IF FOUND THEN
        EXECUTE expression INTO answer;
    END IF;
    RETURN answer;
END
$function$;

-- Drops the views and gives back what reading privileges there were. A part of clear().
CREATE OR REPLACE FUNCTION crm_access.unprotect_columns() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    o record;
    target regclass;
    given record;
    joined boolean;
BEGIN
    FOR o IN SELECT * FROM crm_access.object WHERE kind IN ('view', 'columns') ORDER BY kind DESC, schema_name, relation_name LOOP
        target := to_regclass(format('%I.%I', o.schema_name, o.relation_name));
        IF target IS NULL OR NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = o.name) THEN
            CONTINUE;
        ELSIF o.kind = 'view' THEN
            joined := crm_access.join_role(o.name);
            -- Without CASCADE, as for functions.
            EXECUTE format('DROP VIEW %s', target);
            IF joined THEN
                EXECUTE format('REVOKE %I FROM %I', o.name, current_user);
            END IF;
        ELSE
            EXECUTE format('REVOKE SELECT ON %s FROM %I', target, o.name);
            IF (o.before ->> 'held')::boolean THEN
                EXECUTE format('GRANT SELECT ON %s TO %I%s', target, o.name,
                               CASE WHEN (o.before ->> 'grantable')::boolean THEN ' WITH GRANT OPTION' ELSE '' END);
            END IF;
            FOR given IN
                SELECT e.key AS name, e.value::boolean AS grantable FROM jsonb_each_text(o.before -> 'columns') AS e
                WHERE EXISTS (SELECT 1 FROM pg_attribute f WHERE f.attrelid = target AND f.attname = e.key AND NOT f.attisdropped)
            LOOP
                EXECUTE format('GRANT SELECT (%I) ON %s TO %I%s', given.name, target, o.name,
                               CASE WHEN given.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
            END LOOP;
        END IF;
    END LOOP;
END
$function$;

-- Drops the role of the views where nothing is left of it. A part of remove().
CREATE OR REPLACE FUNCTION crm_access.drop_columns_role(columns_role text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = columns_role AND shobj_description(r.oid, 'pg_authid') = 'made by crm_access') THEN
        EXECUTE format('DROP ROLE %I', columns_role);
    END IF;
EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege OR object_in_use THEN
    NULL; -- it has another use, perhaps in another database of this server
END
$function$;

-- The columns with rights of their own: whether the user who is asking may read and change them, in the records that they may read and change.
CREATE OR REPLACE FUNCTION crm_access.columns()
RETURNS TABLE (entity text, column_name text, can_read boolean, can_change boolean, shown_in text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
#variable_conflict use_column
BEGIN
    IF to_regprocedure('crm_access_rules.columns()') IS NOT NULL THEN
        RETURN QUERY SELECT c.entity, c.column_name, c.can_read, c.can_change, c.shown_in FROM crm_access_rules.columns() AS c;
    END IF;
END
$function$;
