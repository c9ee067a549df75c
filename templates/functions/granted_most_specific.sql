SELECT EXISTS (
    SELECT 1 FROM crm_access_rules.my_roles() AS r
    WHERE r.role = ANY ($1)
      AND r.rank = (SELECT min(m.rank) FROM crm_access_rules.my_roles() AS m WHERE m.role = ANY ($2)))
