SELECT EXISTS (SELECT 1 FROM crm_access_rules.my_restrictions() AS r WHERE r.restriction = $1)
