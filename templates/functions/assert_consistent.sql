DECLARE
    broken record;
BEGIN
    -- Two transactions that each look sound alone must not both commit.
    UPDATE crm_access.consistency SET checks = checks + 1;
    SELECT * INTO broken FROM crm_access_rules.violations() ORDER BY user_key, message LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', broken.message USING ERRCODE = 'check_violation', HINT = broken.hint;
    END IF;
    PERFORM crm_access_rules.note_restricted();
END
