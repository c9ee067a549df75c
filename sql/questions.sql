-- What an application asks to know what to show (O7), besides crm_access.can for one record.

-- What the user who is asking may do with some record of each entity. A row that is not there is an action that is not allowed, and nobody
-- has no row. `scope` is how far it reaches: the widest of the `scopes` that the roles give by the conflict strategy, or what the narrowest
-- of the restrictions named in `restricted_by` leaves of it. From wide to narrow: all, parent, child, open, territory, department_tree, department,
-- team, shared, reports, own or created of a parent, own, observed, created, unassigned, without; what narrows a scope comes after the scope itself.
CREATE OR REPLACE FUNCTION crm_access.permissions()
RETURNS TABLE (entity text, action text, scope text, scopes text[], restricted_by text[])
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
#variable_conflict use_column
BEGIN
    IF to_regprocedure('crm_access_rules.permissions()') IS NOT NULL THEN
        RETURN QUERY SELECT p.entity, p.action, p.scope, p.scopes, p.restricted_by FROM crm_access_rules.permissions() AS p;
    END IF;
END
$function$;

-- Those of the keys whose records the user who is asking may do `action` with, each once, in one pass over the table: a set of keys is what
-- an application keeps to decide which buttons a page of records gets.
CREATE OR REPLACE FUNCTION crm_access.can(action text, entity text, keys text[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    -- Refuses unknown actions and entities; often it is the whole answer.
    IF crm_access.can(action, entity, NULL::text) THEN
        RETURN QUERY SELECT c.key FROM crm_access_rules.can_each(action, entity, keys) AS c(key);
    END IF;
END
$function$;

CREATE OR REPLACE FUNCTION crm_access.can(action text, entity text, keys bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT c.key::bigint FROM crm_access.can(action, entity, keys::text[]) AS c(key)
$function$;

CREATE OR REPLACE FUNCTION crm_access.can(action text, entity text, keys integer[]) RETURNS SETOF integer
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT c.key::integer FROM crm_access.can(action, entity, keys::text[]) AS c(key)
$function$;

CREATE OR REPLACE FUNCTION crm_access.can(action text, entity text, keys uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT c.key::uuid FROM crm_access.can(action, entity, keys::text[]) AS c(key)
$function$;
