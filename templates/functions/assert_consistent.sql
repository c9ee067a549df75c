DECLARE
    broken record;
BEGIN
    -- Two transactions that each look sound alone must not both commit.
    PERFORM pg_advisory_xact_lock(hashtextextended('crm_access assignments', 0));
    SELECT * INTO broken FROM crm_access_rules.violations() ORDER BY user_key, message LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', broken.message USING ERRCODE = 'check_violation', HINT = broken.hint;
    END IF;
END
