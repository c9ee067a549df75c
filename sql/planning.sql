-- Plans for who asks (portable target).

-- Whether facts about who asks are answered while a statement is planned: where the application has said `SET crm_access.plan_for_user = on`. Not in a
-- transaction that has written: a function may plan its statements by an older snapshot than it runs them with. Nor in functions of crm_access, known
-- by their search_path, which keep their plans when somebody else asks. Called IMMUTABLE so that the planner asks it.
CREATE OR REPLACE FUNCTION crm_access.plans_for_user() RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $function$
BEGIN
    RETURN COALESCE(pg_catalog.current_setting('crm_access.plan_for_user', true) OPERATOR(pg_catalog.=) 'on', false)
        AND pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.<>) 'pg_catalog, pg_temp'
        AND pg_catalog.pg_current_xact_id_if_assigned() IS NULL;
END
$function$;

-- Makes every plan of this connection anew when it is used next.
CREATE OR REPLACE FUNCTION crm_access.forget_plans() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    DISCARD PLANS;
END
$function$;

-- True where a plan is used by whom it was made for; SQLSTATE 40001 otherwise: sent again, the statement is planned anew.
CREATE OR REPLACE FUNCTION crm_access.as_planned(boolean) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF $1 THEN
        RETURN true;
    END IF;
    PERFORM crm_access.forget_plans();
    RAISE EXCEPTION 'the plan was made for somebody with other rights' USING
        ERRCODE = 'serialization_failure',
        HINT = 'Send the transaction again, which plans anew; SELECT crm_access.forget_plans() with each new user avoids this.';
END
$function$;
