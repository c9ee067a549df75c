DECLARE
    asking {{ key_type | q }} := crm_access_rules.me();
    delegator {{ key_type | q }};
    delegate {{ key_type | q }};
    beginning CONSTANT timestamptz := coalesce($3, pg_catalog.statement_timestamp());
    made bigint;
BEGIN
    IF asking IS NULL THEN
        RAISE EXCEPTION 'nobody is asking' USING ERRCODE = 'insufficient_privilege', HINT = 'Say first for whom this transaction acts.';
    END IF;
{% include "functions/not_covering.sql" %}
    delegate := crm_access_rules.active_user($1);
    delegator := CASE WHEN $5 IS NULL THEN asking ELSE crm_access_rules.active_user($5) END;
    IF NOT EXISTS (
        SELECT 1 FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r
        WHERE r.role = ANY (CASE WHEN delegator = asking THEN {{ roles | q }} ELSE {{ for_others | q }} END))
    THEN
        RAISE EXCEPTION 'user % may not have others act for %', asking, CASE WHEN $5 IS NULL THEN 'them' ELSE format('user "%s"', $5) END USING
            ERRCODE = 'insufficient_privilege', HINT = 'A role that "delegation" names in the configuration may.';
    END IF;
    IF delegator IS NULL OR delegate IS NULL OR delegate = delegator THEN
        RAISE EXCEPTION 'user "%" can''t act for user "%"', $1, coalesce(delegator::text, $5) USING
            ERRCODE = 'invalid_parameter_value', HINT = 'Two different active users can.';
    END IF;
    IF delegate = asking THEN
        RAISE EXCEPTION 'user % would give themselves the rights of user %', asking, delegator USING
            ERRCODE = 'insufficient_privilege', HINT = 'Somebody else who may can do it.';
    END IF;
    IF $2 IS NULL OR $2 <= beginning OR $2 <= pg_catalog.statement_timestamp() THEN
        RAISE EXCEPTION 'a delegation needs an end that is to come, after its beginning' USING ERRCODE = 'invalid_parameter_value';
    END IF;
{%- if days %}
    IF $2 > beginning + make_interval(days => {{ days | q }}) THEN
        RAISE EXCEPTION 'a delegation lasts % days at most', {{ days | q }} USING ERRCODE = 'invalid_parameter_value', HINT = 'The configuration says so under "delegation".';
    END IF;
{%- endif %}
    INSERT INTO crm_access.delegation (delegator, delegate, starts_at, ends_at, reason, delegated_by)
    VALUES (delegator::text, delegate::text, beginning, $2, $4, asking::text) RETURNING id INTO made;
    INSERT INTO crm_access.log (actor, action, detail)
    VALUES (asking::text, 'delegate', jsonb_strip_nulls(jsonb_build_object(
        'id', made, 'from', delegator, 'to', delegate, 'starts_at', beginning, 'ends_at', $2, 'reason', $4)));
    RETURN made;
END
