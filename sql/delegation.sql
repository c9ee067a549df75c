-- Covering for a colleague: who may act for whom, from when until when. Whoever covers acts as the colleague and with nothing else; each
-- statement looks anew whether the delegation still holds.

CREATE TABLE IF NOT EXISTS crm_access.delegation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delegator text NOT NULL,
    delegate text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text,
    delegated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    delegated_by text,
    CHECK (starts_at < ends_at),
    CHECK (delegator <> delegate)
);
CREATE INDEX IF NOT EXISTS delegation_delegate ON crm_access.delegation (delegate, delegator);
COMMENT ON TABLE crm_access.delegation IS 'who acts for whom, made with crm_access.delegate';

-- Lets `to_user` act for the user who asks until `ends_at`, from `starts_at` (now where it is null). `from_user` is somebody else to act for,
-- which takes a role of `for_others`. Gives the id that end_delegation takes. 42501 where the user may not do that.
CREATE OR REPLACE FUNCTION crm_access.delegate(
    to_user anycompatiblenonarray, ends_at timestamptz, starts_at timestamptz DEFAULT NULL, reason text DEFAULT NULL,
    from_user anycompatiblenonarray DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.check_delegation();
    RETURN crm_access_rules.delegate(to_user::text, ends_at, starts_at, reason, from_user::text);
END
$function$;

-- Ends a delegation: both of its users may, and who has a role of `for_others`; false where there is none of theirs.
CREATE OR REPLACE FUNCTION crm_access.end_delegation(id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.check_delegation();
    RETURN crm_access_rules.end_delegation(id);
END
$function$;

-- Delegations from and to the user who asks, those that are over too; of everybody for who has a role of `for_others`.
CREATE OR REPLACE FUNCTION crm_access.delegations() RETURNS TABLE (
    id bigint, delegator text, delegate text, starts_at timestamptz, ends_at timestamptz, reason text, in_force boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.check_delegation();
    RETURN QUERY SELECT d.* FROM crm_access_rules.delegations() AS d;
END
$function$;

-- Acts for another user until the transaction ends, or for oneself again where the key is null. 42501 where no delegation in force says so.
CREATE OR REPLACE FUNCTION crm_access.act_on_behalf_of(user_key anycompatiblenonarray) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM crm_access.check_delegation();
    PERFORM set_config('crm_access.on_behalf_of', coalesce(user_key::text, ''), true);
    IF user_key IS NOT NULL AND crm_access_rules.me() IS NULL THEN
        PERFORM set_config('crm_access.on_behalf_of', '', true);
        RAISE EXCEPTION 'nobody who asks here acts for user "%" now', user_key USING
            ERRCODE = 'insufficient_privilege', HINT = 'crm_access.delegations() tells for whom you may act, and when.';
    END IF;
END
$function$;

-- 55000 where the configuration lets nobody act for others.
CREATE OR REPLACE FUNCTION crm_access.check_delegation() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF to_regprocedure('crm_access_rules.delegations()') IS NULL THEN
        RAISE EXCEPTION 'the applied configuration lets nobody act for others' USING
            ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Write "delegation" into the configuration, with the roles that may, and apply it.';
    END IF;
END
$function$;
