    IF crm_access_rules.delegate_key() IS NOT NULL THEN
        RAISE EXCEPTION 'user % acts for user %, and rights of others are not passed on', crm_access_rules.delegate_key(), crm_access_rules.me() USING
            ERRCODE = 'insufficient_privilege', HINT = 'Call crm_access.act_on_behalf_of(NULL) first.';
    END IF;
