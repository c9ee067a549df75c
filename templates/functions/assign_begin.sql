    IF crm_access_rules.me() IS NULL THEN
        RAISE EXCEPTION 'nobody is asking' USING ERRCODE = 'insufficient_privilege', HINT = 'Say first for whom this transaction acts.';
    END IF;
    IF $1 IS NULL OR array_position($1, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'the key of a record is null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    crm_access_to := crm_access_rules.active_user($2);
    IF $2 IS NOT NULL AND crm_access_to IS NULL THEN
        RAISE EXCEPTION 'user "%" can''t become an owner', $2 USING ERRCODE = 'insufficient_privilege', HINT = 'An owner is an active user.';
    END IF;
    crm_access_keys := ARRAY(
        SELECT DISTINCT {% include "functions/key_of_text.sql" %}
        FROM unnest($1) AS k(value));
