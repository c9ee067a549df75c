-- Roles and restrictions given at run time, and who gave them (B12). Whoever may write crm_access.assignment, its owner at first, may give
-- and take them all. Everybody else asks as a user of the application, and may what `administers` in the configuration says of the user's roles.

-- Checks that an assignment can be stored; raises with a hint where it can't.
CREATE OR REPLACE FUNCTION crm_access.check_assignment(kind text, name text, subject text, subject_key text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'stored_assignments') THEN
        RAISE EXCEPTION 'the applied configuration takes no stored assignments' USING
            ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Write "stored: true" under "assignments" and apply it.';
    END IF;
    IF name IS NULL OR NOT EXISTS (
        SELECT 1 FROM crm_access.object o WHERE o.kind = check_assignment.kind AND o.name = check_assignment.name) THEN
        RAISE EXCEPTION 'unknown % %', kind, coalesce(quote_literal(name), 'NULL') USING
            ERRCODE = 'undefined_object',
            HINT = format('The configuration has: %s.', coalesce((
                SELECT string_agg(quote_literal(o.name), ', ' ORDER BY o.name) FROM crm_access.object o WHERE o.kind = check_assignment.kind), 'none'));
    END IF;
    IF subject IS NULL OR NOT EXISTS (
        SELECT 1 FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'subject' AND o.name = subject) THEN
        RAISE EXCEPTION 'unknown subject %', coalesce(quote_literal(subject), 'NULL') USING
            ERRCODE = 'invalid_parameter_value',
            HINT = format('The directory has: %s.', (
                SELECT string_agg(o.name, ', ' ORDER BY o.name) FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'subject'));
    END IF;
    IF subject = 'channel' AND NOT EXISTS (
        SELECT 1 FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'channel' AND o.name = subject_key) THEN
        RAISE EXCEPTION 'unknown channel %', coalesce(quote_literal(subject_key), 'NULL') USING
            ERRCODE = 'undefined_object',
            HINT = format('The channels are: %s.', (
                SELECT string_agg(quote_literal(o.name), ', ' ORDER BY o.name) FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'channel'));
    END IF;
    IF (subject = 'everyone') <> (coalesce(subject_key, '') = '') THEN
        RAISE EXCEPTION 'a subject needs a key, and everyone has none' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$function$;

-- A subject's key as the server prints it, by the type that the configuration gives it; 22P02 where it is none.
CREATE OR REPLACE FUNCTION crm_access.subject_key(subject text, key text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT CASE o.relation_name
        WHEN 'uuid' THEN subject_key.key::uuid::text
        WHEN 'int4' THEN subject_key.key::int4::text
        WHEN 'int8' THEN subject_key.key::int8::text
        ELSE coalesce(subject_key.key, '') END
    FROM crm_access.object o WHERE o.kind = 'option' AND o.schema_name = 'subject' AND o.name = subject_key.subject
$function$;

-- A stored assignment as the log shows it.
CREATE OR REPLACE FUNCTION crm_access.assignment_detail(assignment crm_access.assignment) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        assignment.kind, assignment.name, 'subject', assignment.subject, 'key', nullif(assignment.subject_key, ''),
        'subdepartments', nullif(assignment.subdepartments, false), 'confirmed', nullif(assignment.confirmed, false),
        'starts_at', assignment.starts_at, 'ends_at', assignment.ends_at))
$function$;

-- Stores that a subject has a role or restriction, and logs it. What was stored of the same for the same subject changes.
CREATE OR REPLACE FUNCTION crm_access.store_assignment(
    actor text, kind text, name text, subject text, key text, subdepartments boolean, confirmed boolean, starts_at timestamptz, ends_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    wanted text;
    standing jsonb;
BEGIN
    PERFORM crm_access.check_assignment(kind, name, subject, key);
    wanted := crm_access.subject_key(subject, key);
    SELECT crm_access.assignment_detail(a) INTO standing FROM crm_access.assignment AS a
    WHERE (a.kind, a.name, a.subject, a.subject_key) = (store_assignment.kind, store_assignment.name, store_assignment.subject, wanted);
    INSERT INTO crm_access.assignment AS a (kind, name, subject, subject_key, subdepartments, confirmed, starts_at, ends_at)
    VALUES (kind, name, subject, wanted, coalesce(subdepartments, false), coalesce(confirmed, false), starts_at, ends_at)
    ON CONFLICT ON CONSTRAINT assignment_kind_name_subject_subject_key_key DO UPDATE
    SET subdepartments = excluded.subdepartments, confirmed = excluded.confirmed, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        assigned_at = clock_timestamp(), assigned_by = session_user;
    INSERT INTO crm_access.log (actor, action, detail)
    SELECT store_assignment.actor, CASE store_assignment.kind WHEN 'role' THEN 'assign' ELSE 'restrict' END,
           crm_access.assignment_detail(a) || CASE WHEN standing IS NULL THEN '{}' ELSE jsonb_build_object('before', standing) END
    FROM crm_access.assignment AS a
    WHERE (a.kind, a.name, a.subject, a.subject_key) = (store_assignment.kind, store_assignment.name, store_assignment.subject, wanted);
END
$function$;

-- Takes a stored role or restriction from a subject, and logs it; false where it had none stored.
CREATE OR REPLACE FUNCTION crm_access.drop_assignment(actor text, kind text, name text, subject text, key text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    standing jsonb;
BEGIN
    DELETE FROM crm_access.assignment AS a
    WHERE (a.kind, a.name, a.subject) = (drop_assignment.kind, drop_assignment.name, drop_assignment.subject)
      AND a.subject_key = coalesce(crm_access.subject_key(drop_assignment.subject, key), key, '')
    RETURNING crm_access.assignment_detail(a) INTO standing;
    IF standing IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO crm_access.log (actor, action, detail)
    VALUES (actor, CASE kind WHEN 'role' THEN 'revoke' ELSE 'unrestrict' END, standing);
    RETURN true;
END
$function$;

-- Gives or takes a role or restriction, as whoever may write the table or else as the user who is asking.
CREATE OR REPLACE FUNCTION crm_access.change_assignment(
    operation text, name text, subject text, key text, subdepartments boolean, confirmed boolean, starts_at timestamptz, ends_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    kind text := CASE WHEN operation IN ('assign', 'revoke') THEN 'role' ELSE 'restriction' END;
BEGIN
    IF NOT has_table_privilege('crm_access.assignment', 'INSERT') THEN
        IF to_regprocedure('crm_access_rules.administer(text,text,text,text,boolean,boolean,timestamptz,timestamptz)') IS NULL THEN
            RAISE EXCEPTION 'no role of the applied configuration may %', operation USING
                ERRCODE = 'insufficient_privilege', HINT = 'Name what a role may change under its "administers", or do it as the owner of crm_access.assignment.';
        END IF;
        RETURN crm_access_rules.administer(operation, name, subject, key, subdepartments, confirmed, starts_at, ends_at);
    END IF;
    IF operation IN ('revoke', 'unrestrict') THEN
        RETURN crm_access.drop_assignment(NULL, kind, name, subject, key);
    END IF;
    PERFORM crm_access.store_assignment(NULL, kind, name, subject, key, subdepartments, confirmed, starts_at, ends_at);
    RETURN true;
END
$function$;

-- Gives a role to a subject: user, group, workgroup, team, territory or department (by key), channel (by name), or everyone.
CREATE OR REPLACE FUNCTION crm_access.assign(
    role text, subject text, key text DEFAULT '', subdepartments boolean DEFAULT false, starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.change_assignment('assign', role, subject, key, subdepartments, false, starts_at, ends_at);
END
$function$;

-- Takes a stored role from a subject; false where it had none stored.
CREATE OR REPLACE FUNCTION crm_access.revoke(role text, subject text, key text DEFAULT '') RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $function$
    SELECT crm_access.change_assignment('revoke', role, subject, key, NULL, NULL, NULL, NULL)
$function$;

-- Gives a restriction to a subject; `confirmed` where its giver knows that the user is a leader (T10).
CREATE OR REPLACE FUNCTION crm_access.restrict(
    restriction text, subject text, key text DEFAULT '', confirmed boolean DEFAULT false, subdepartments boolean DEFAULT false,
    starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.change_assignment('restrict', restriction, subject, key, subdepartments, confirmed, starts_at, ends_at);
END
$function$;

-- Takes a stored restriction from a subject; false where it had none stored.
CREATE OR REPLACE FUNCTION crm_access.unrestrict(restriction text, subject text, key text DEFAULT '') RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $function$
    SELECT crm_access.change_assignment('unrestrict', restriction, subject, key, NULL, NULL, NULL, NULL)
$function$;

-- The roles there are and what they are for; which of them the user who is asking may give and take. Whoever may read
-- crm_access.assignment is asked nothing; everybody else needs a role with "administers: {list: true}".
CREATE OR REPLACE FUNCTION crm_access.roles() RETURNS TABLE (role text, description text, may_assign boolean, may_revoke boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
#variable_conflict use_column
BEGIN
    IF has_table_privilege('crm_access.assignment', 'SELECT') THEN
        IF to_regprocedure('crm_access_rules.all_roles()') IS NOT NULL THEN
            RETURN QUERY SELECT r.role, r.description, true, true FROM crm_access_rules.all_roles() AS r;
        END IF;
    ELSE
        RETURN QUERY SELECT r.role, r.description, r.may_assign, r.may_revoke FROM crm_access_rules.listed_roles() AS r;
    END IF;
END
$function$;

-- Who has which role or restriction, from which source, from when until when; with a user's key, only what reaches that user.
CREATE OR REPLACE FUNCTION crm_access.assignments(user_key text DEFAULT NULL)
RETURNS TABLE (kind text, name text, subject text, subject_key text, subdepartments boolean, source text, starts_at timestamptz, ends_at timestamptz, in_force boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
#variable_conflict use_column
BEGIN
    IF has_table_privilege('crm_access.assignment', 'SELECT') THEN
        IF to_regprocedure('crm_access_rules.all_assignments(text)') IS NOT NULL THEN
            RETURN QUERY SELECT a.* FROM crm_access_rules.all_assignments(assignments.user_key) AS a;
        END IF;
    ELSE
        RETURN QUERY SELECT a.* FROM crm_access_rules.listed_assignments(assignments.user_key) AS a;
    END IF;
END
$function$;

-- Everybody whose roles differ in strength on an action of an entity: each of these roles, what it gives there, where it comes from, and
-- whether it wins by the conflict strategy (B6). What differs only over a channel has its name; roles of different channels are not held at
-- once. For whoever applied the configuration.
CREATE OR REPLACE FUNCTION crm_access.conflicts()
RETURNS TABLE (user_key text, entity text, action text, role text, level text, given_by text[], wins boolean, channel text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
#variable_conflict use_column
BEGIN
    IF to_regprocedure('crm_access_rules.conflicts()') IS NOT NULL THEN
        RETURN QUERY SELECT c.* FROM crm_access_rules.conflicts() AS c;
    END IF;
END
$function$;
