-- The guards that look at what a command did, called by the event triggers at the end with the role that gave the command.

-- Whether a role administers crm_access, which is to say: may take the configuration away altogether.
CREATE FUNCTION crm_access.administers(asking oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT coalesce((SELECT r.rolsuper FROM pg_roles r WHERE r.oid = asking), false)
        OR has_function_privilege(asking, 'crm_access.remove()', 'EXECUTE')
$function$;

-- Raises the refusal of guard_policies.
CREATE FUNCTION crm_access.refuse_change(what text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    RAISE EXCEPTION 'permission denied to change %', what USING
        ERRCODE = 'insufficient_privilege',
        DETAIL = 'It belongs to the applied configuration of crm_access.',
        HINT = 'Change the configuration and apply it. An administrator may switch this off: crm_access.guard_policies.';
END
$function$;

-- Refuses what loosened the row security or the policies of a protected table.
CREATE FUNCTION crm_access.guard_changes(asking oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    found_one record;
BEGIN
    IF crm_access.administers(asking) THEN
        RETURN;
    END IF;
    SELECT format('the row security of "%s"', c.relname) AS what INTO found_one
    FROM pg_event_trigger_ddl_commands() d JOIN pg_class c ON c.oid = d.objid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN crm_access.object o ON o.kind IN ('table', 'partition') AND o.schema_name = n.nspname AND o.relation_name = c.relname
    WHERE d.classid = 'pg_class'::regclass AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    LIMIT 1;
    IF FOUND THEN
        PERFORM crm_access.refuse_change(found_one.what);
    END IF;
    -- A policy of ours that was altered, one that took or lost its name, and a further one that opens more.
    SELECT format('policy "%s" on "%s"', p.polname, c.relname) AS what INTO found_one
    FROM pg_event_trigger_ddl_commands() d JOIN pg_policy p ON p.oid = d.objid JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE d.classid = 'pg_policy'::regclass AND (
        EXISTS (SELECT 1 FROM crm_access.object o
                WHERE o.kind = 'policy' AND o.schema_name = n.nspname AND o.relation_name = c.relname AND o.name = p.polname)
        OR EXISTS (SELECT 1 FROM crm_access.object o
                   WHERE o.kind = 'policy' AND o.schema_name = n.nspname AND o.relation_name = c.relname
                     AND NOT EXISTS (SELECT 1 FROM pg_policy q WHERE q.polrelid = c.oid AND q.polname = o.name))
        OR p.polpermissive AND EXISTS (
            SELECT 1 FROM crm_access.object o
            WHERE o.kind IN ('table', 'partition') AND o.schema_name = n.nspname AND o.relation_name = c.relname))
    LIMIT 1;
    IF FOUND THEN
        PERFORM crm_access.refuse_change(found_one.what);
    END IF;
END
$function$;

-- Refuses to drop a policy or trigger of the configuration by itself. A table that is dropped takes its own along.
CREATE FUNCTION crm_access.guard_drops(asking oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    found_one record;
BEGIN
    IF crm_access.administers(asking) THEN
        RETURN;
    END IF;
    SELECT format('%s "%s" on "%s"', d.object_type, o.name, o.relation_name) AS what INTO found_one
    FROM pg_event_trigger_dropped_objects() d JOIN crm_access.object o
      ON o.kind = d.object_type AND o.kind IN ('policy', 'trigger')
     AND o.schema_name = d.address_names[1] AND o.relation_name = d.address_names[2] AND o.name = d.address_names[3]
    LIMIT 1;
    IF FOUND THEN
        PERFORM crm_access.refuse_change(found_one.what);
    END IF;
END
$function$;

-- Switches row security on for what has become a part of a protected table, and remembers what was before, as an apply does.
CREATE FUNCTION crm_access.guard_children(asking oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    child record;
BEGIN
    FOR child IN
        WITH RECURSIVE changed AS (
            SELECT d.objid AS oid FROM pg_event_trigger_ddl_commands() d WHERE d.classid = 'pg_class'::regclass
        ), up(oid) AS (
            SELECT oid FROM changed
            UNION
            SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.oid
        ), down(oid) AS (
            SELECT up.oid FROM up JOIN pg_class c ON c.oid = up.oid JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN crm_access.object o ON o.kind IN ('table', 'partition') AND o.schema_name = n.nspname AND o.relation_name = c.relname
            UNION
            SELECT i.inhrelid FROM down JOIN pg_inherits i ON i.inhparent = down.oid
        )
        SELECT n.nspname, c.relname, c.oid::regclass AS name, c.relrowsecurity, c.relforcerowsecurity
        FROM down JOIN pg_class c ON c.oid = down.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
          AND EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid)
        ORDER BY 1, 2
    LOOP
        INSERT INTO crm_access.object (kind, schema_name, relation_name, before)
        VALUES ('partition', child.nspname, child.relname,
                jsonb_build_object('enabled', child.relrowsecurity, 'forced', child.relforcerowsecurity))
        ON CONFLICT DO NOTHING;
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', child.name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', child.name);
        RAISE NOTICE 'row security is on for "%", which is a part of a protected table', child.relname USING
            HINT = 'Its rows can be read through the protected table.';
    END LOOP;
END
$function$;

-- Warns of a view, materialized view or publication that shows protected rows to whoever may read it.
CREATE FUNCTION crm_access.guard_views(asking oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    shown record;
BEGIN
    FOR shown IN
        WITH RECURSIVE made AS (
            SELECT d.classid, d.objid FROM pg_event_trigger_ddl_commands() d
        ), protected AS (
            SELECT c.oid, c.relname, c.relowner, c.relforcerowsecurity
            FROM crm_access.object o JOIN pg_namespace n ON n.nspname = o.schema_name
            JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = o.relation_name
            WHERE o.kind IN ('table', 'partition')
        ), reads(view, source) AS (
            SELECT m.objid, m.objid FROM made m WHERE m.classid = 'pg_class'::regclass
            UNION
            SELECT r.view, d.refobjid
            FROM reads r JOIN pg_rewrite w ON w.ev_class = r.source
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
        )
        SELECT DISTINCT CASE v.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS what, v.relname AS name, p.relname AS source,
               CASE v.relkind WHEN 'm' THEN 'Whoever may read it sees the rows that its last REFRESH saw. Do not grant it to the application.'
                    ELSE 'Its owner is not bound by row security. From PostgreSQL 15 on: ALTER VIEW ... SET (security_invoker = true).' END AS hint
        FROM reads r JOIN pg_class v ON v.oid = r.view AND v.relkind IN ('v', 'm') JOIN protected p ON p.oid = r.source
        JOIN pg_roles o ON o.oid = v.relowner
        WHERE v.relkind = 'm'
           OR (o.rolsuper OR o.rolbypassrls OR (p.relowner = o.oid AND NOT p.relforcerowsecurity))
          AND NOT coalesce((SELECT lower(x.option_value) IN ('true', 'on', 'yes', '1') FROM pg_options_to_table(v.reloptions) x
                            WHERE x.option_name = 'security_invoker'), false)
        UNION
        SELECT 'publication', b.pubname, p.relname, 'Subscribers receive every row of it. Give it a row filter, or leave it out.'
        FROM pg_event_trigger_ddl_commands() d JOIN pg_publication b ON b.oid = d.objid OR d.objid IN (
            SELECT x.oid FROM pg_publication_rel x WHERE x.prpubid = b.oid)
        JOIN pg_publication_tables t ON t.pubname = b.pubname
        JOIN protected p ON p.oid = to_regclass(format('%I.%I', t.schemaname, t.tablename))
        WHERE d.classid IN ('pg_publication'::regclass, 'pg_publication_rel'::regclass)
        ORDER BY 1, 2, 3
    LOOP
        RAISE WARNING '% "%" shows rows of the protected table "%" past its row security', shown.what, shown.name, shown.source
            USING HINT = shown.hint;
    END LOOP;
END
$function$;

CREATE FUNCTION crm_access.guard_ddl() RETURNS event_trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'crm_access_guard_ddl';

CREATE EVENT TRIGGER crm_access_guard_ddl ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'CREATE POLICY', 'ALTER POLICY', 'CREATE VIEW', 'ALTER VIEW', 'CREATE MATERIALIZED VIEW',
                 'ALTER MATERIALIZED VIEW', 'CREATE PUBLICATION', 'ALTER PUBLICATION')
    EXECUTE FUNCTION crm_access.guard_ddl();
ALTER EVENT TRIGGER crm_access_guard_ddl ENABLE ALWAYS;
CREATE EVENT TRIGGER crm_access_guard_drops ON sql_drop
    WHEN TAG IN ('DROP POLICY', 'DROP TRIGGER') EXECUTE FUNCTION crm_access.guard_ddl();
ALTER EVENT TRIGGER crm_access_guard_drops ENABLE ALWAYS;
