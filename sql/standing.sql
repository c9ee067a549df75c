-- What tells the extension that what it remembers of who asks may no longer hold. It is part of the extension only: nothing else remembers.

-- A row for each transaction that changed who has which role or restriction. A session believes what it remembers only as long as its statement
-- sees no row beside those that it saw when it looked. Rows are never taken away: an idle session may not have seen them yet.
CREATE TABLE crm_access.standing_change (xid xid8 PRIMARY KEY);
COMMENT ON TABLE crm_access.standing_change IS 'transactions that changed who has which role or restriction';

CREATE FUNCTION crm_access.note_standing_change() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $function$
    INSERT INTO crm_access.standing_change (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
$function$;

-- Puts the triggers on a table that says who has which role or restriction: one that fires before each statement, and one for each row in which an
-- UPDATE changed what matters, whoever changed it. They fire for replicated changes too.
CREATE FUNCTION crm_access.put_watch(target regclass, changed text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    EXECUTE format('CREATE TRIGGER crm_access_standing BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION crm_access.note_standing()', target);
    EXECUTE format('CREATE TRIGGER crm_access_standing_update AFTER UPDATE ON %s
                    FOR EACH ROW WHEN (%s) EXECUTE FUNCTION crm_access.note_standing()', target, changed);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER crm_access_standing', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER crm_access_standing_update', target);
END
$function$;

-- Watches some columns of a table of the application until remove(). Where a table can't have the triggers, as a partitioned one whose partitions can
-- be written themselves, nothing is remembered (is_watched).
CREATE FUNCTION crm_access.watch(schema_name text, table_name text, columns text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    target regclass := format('%I.%I', schema_name, table_name)::regclass;
    changed text := (SELECT string_agg(format('OLD.%1$I IS DISTINCT FROM NEW.%1$I', c.name), ' OR ') FROM unnest(columns) AS c(name));
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = target) <> 'r' THEN
        RETURN;
    END IF;
    PERFORM crm_access.put_watch(target, changed);
    INSERT INTO crm_access.object (kind, schema_name, relation_name, name)
    VALUES ('trigger', schema_name, table_name, 'crm_access_standing'), ('trigger', schema_name, table_name, 'crm_access_standing_update');
END
$function$;

-- Whether no change of a table can be missed: an ordinary table without children, with both triggers as they were made.
CREATE FUNCTION crm_access.is_watched(relation regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT coalesce((SELECT c.relkind = 'r' AND NOT c.relhassubclass FROM pg_class AS c WHERE c.oid = relation), false)
       AND 2 = (SELECT count(*) FROM pg_trigger AS t
                WHERE t.tgrelid = relation AND t.tgname IN ('crm_access_standing', 'crm_access_standing_update') AND t.tgenabled = 'A'
                  AND t.tgfoid = 'crm_access.note_standing()'::regprocedure)
$function$;

-- Those of this software's own, from the beginning.
SELECT crm_access.put_watch(relation, 'OLD.* IS DISTINCT FROM NEW.*')
FROM unnest(ARRAY['crm_access.assignment', 'crm_access.delegation']::regclass[]) AS own(relation);
