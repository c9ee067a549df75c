BEGIN
    IF NOT crm_access_rules.administers('list', '') THEN
        RAISE EXCEPTION 'roles and assignments can''t be listed by %', coalesce('user ' || crm_access_rules.me()::text, 'nobody') USING
            ERRCODE = 'insufficient_privilege', HINT = 'A role with "administers: {list: true}" may.';
    END IF;
    RETURN true;
END
