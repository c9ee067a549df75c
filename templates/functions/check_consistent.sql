BEGIN
    PERFORM crm_access_rules.assert_consistent();
    RETURN NULL;
END
