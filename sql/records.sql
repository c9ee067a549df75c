-- Commands that row security alone can't express: handing records over, opening single ones to others, and adding them without a look at them.

-- Makes `to_user` the owner of records, all of them or none: in the place of `from_user`, or of the first owner where nobody is named;
-- in a join table beside the others where nobody is named. Null for `to_user` leaves the place empty. Gives how many records there were.
-- 42501 where one of them is not there or hidden, may not be assigned, or not to this user; who may no longer see them afterwards may do it.
CREATE OR REPLACE FUNCTION crm_access.assign_record(
    entity text, keys anyarray, to_user anycompatiblenonarray, from_user anycompatiblenonarray DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    done bigint;
BEGIN
    PERFORM crm_access.entity_table(entity);
    IF to_regprocedure('crm_access_rules.assign(text,text[],text,text)') IS NOT NULL THEN
        done := crm_access_rules.assign(entity, keys::text[], to_user::text, from_user::text);
    END IF;
    IF done IS NULL THEN
        RAISE EXCEPTION 'the owners of "%" records are not assigned', entity USING
            ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Name the action "assign" for this entity in a role of the configuration, or change the owner with UPDATE.';
    END IF;
    RETURN done;
END
$function$;

CREATE OR REPLACE FUNCTION crm_access.assign_record(
    entity text, key text, to_user anycompatiblenonarray, from_user anycompatiblenonarray DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.assign_record(entity, ARRAY[key], to_user::text, from_user::text);
END
$function$;

CREATE OR REPLACE FUNCTION crm_access.assign_record(
    entity text, key anynonarray, to_user anycompatiblenonarray, from_user anycompatiblenonarray DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.assign_record(entity, ARRAY[key::text], to_user::text, from_user::text);
END
$function$;

-- Opens a record to a subject (user, group, workgroup, team, territory, department or everyone) for whoever may share it: at level read,
-- update or full, never above what they may do; with an end and a reason. Shared again it is as said last. keep: it outlives a change of owner.
-- SQLSTATE 42501 where the record can't be shared, which tells nothing about whether it exists.
CREATE OR REPLACE FUNCTION crm_access.share(
    entity text, key text, subject text, subject_key anycompatiblenonarray DEFAULT ''::text, level text DEFAULT 'read',
    starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL, reason text DEFAULT NULL, keep boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access_rules.share(entity, key, subject, subject_key::text, level, starts_at, ends_at, reason, keep);
END
$function$;

CREATE OR REPLACE FUNCTION crm_access.share(
    entity text, key anynonarray, subject text, subject_key anycompatiblenonarray DEFAULT ''::text, level text DEFAULT 'read',
    starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL, reason text DEFAULT NULL, keep boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access_rules.share(entity, key::text, subject, subject_key::text, level, starts_at, ends_at, reason, keep);
END
$function$;

-- Takes a share back; false where there is none that the user may take back.
CREATE OR REPLACE FUNCTION crm_access.unshare(
    entity text, key text, subject text, subject_key anycompatiblenonarray DEFAULT ''::text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    RETURN crm_access_rules.unshare(entity, key, subject, subject_key::text);
END
$function$;

CREATE OR REPLACE FUNCTION crm_access.unshare(
    entity text, key anynonarray, subject text, subject_key anycompatiblenonarray DEFAULT ''::text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    RETURN crm_access_rules.unshare(entity, key::text, subject, subject_key::text);
END
$function$;

-- The table of an entity; 22023 where there is no such entity.
CREATE OR REPLACE FUNCTION crm_access.entity_table(entity text) RETURNS regclass
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    target regclass;
BEGIN
    IF to_regprocedure('crm_access_rules.entity_table(text)') IS NOT NULL THEN
        target := crm_access_rules.entity_table(entity);
    END IF;
    IF target IS NULL THEN
        RAISE EXCEPTION 'unknown entity %', coalesce(quote_literal(entity), 'NULL') USING
            ERRCODE = 'invalid_parameter_value', HINT = 'Name an entity of the configuration that is applied.';
    END IF;
    RETURN target;
END
$function$;

-- Adds records in the caller's own name. Each is an object of columns and values; a column that is left out takes its default.
CREATE OR REPLACE FUNCTION crm_access.insert_records(target regclass, records jsonb) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    stranger text;
    alike record;
    added bigint;
    total bigint := 0;
BEGIN
    IF records IS NULL OR jsonb_typeof(records) <> 'array' OR jsonb_path_exists(records, 'strict $[*] ? (@.type() != "object")') THEN
        RAISE EXCEPTION 'records are not given as JSON objects' USING
            ERRCODE = 'invalid_parameter_value', HINT = 'Each record is an object of columns and values.';
    END IF;
    SELECT c.name INTO stranger
    FROM (SELECT DISTINCT jsonb_object_keys(r.record) AS name FROM jsonb_array_elements(records) AS r(record)) AS c
    WHERE NOT EXISTS (
        SELECT 1 FROM pg_attribute a WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attname::text = c.name)
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of table % does not exist', stranger, target USING ERRCODE = 'undefined_column';
    END IF;
    FOR alike IN
        SELECT r.columns, jsonb_agg(r.record ORDER BY r.place) AS records, count(*) AS many
        FROM (
            SELECT e.record, e.place, (SELECT string_agg(quote_ident(k.name), ', ' ORDER BY k.name) FROM jsonb_object_keys(e.record) AS k(name)) AS columns
            FROM jsonb_array_elements(records) WITH ORDINALITY AS e(record, place)
        ) AS r
        GROUP BY r.columns ORDER BY min(r.place)
    LOOP
        IF alike.columns IS NULL THEN
            FOR place IN 1 .. alike.many LOOP
                EXECUTE format('INSERT INTO %s DEFAULT VALUES', target);
            END LOOP;
            added := alike.many;
        ELSE
            EXECUTE format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM jsonb_populate_recordset(NULL::%1$s, $1)', target, alike.columns)
            USING alike.records;
            GET DIAGNOSTICS added = ROW_COUNT;
        END IF;
        total := total + added;
    END LOOP;
    RETURN total;
END
$function$;

-- The entity that is being imported by this transaction right now. Who sets it by hand narrows only what they may add themselves.
CREATE OR REPLACE FUNCTION crm_access.importing() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT nullif(current_setting('crm_access_import.running', true), '')
$function$;

-- Adds an array of records, all of them or none, where each may be created and imported (B8). Gives how many.
CREATE OR REPLACE FUNCTION crm_access.import(entity text, records jsonb) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    target regclass := crm_access.entity_table(entity);
    added bigint;
BEGIN
    IF NOT crm_access.can('import', entity) THEN
        RAISE EXCEPTION 'this user may not import "%" records', entity USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('crm_access_import.running', entity, true);
    added := crm_access.insert_records(target, records);
    PERFORM set_config('crm_access_import.running', '', true);
    RETURN added;
END
$function$;

-- Adds a record and tells nothing of it: for clients that would ask for it back with RETURNING, which fails where its author can't see it (T18).
CREATE OR REPLACE FUNCTION crm_access.submit(entity text, record jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.insert_records(crm_access.entity_table(entity), jsonb_build_array(record));
END
$function$;
