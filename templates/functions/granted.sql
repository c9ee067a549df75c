SELECT EXISTS (SELECT 1 FROM crm_access_rules.my_roles() AS r WHERE r.role = ANY ($1))
