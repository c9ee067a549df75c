SELECT s.user_key FROM crm_access_rules.subjects() AS s WHERE s.subject = $1 AND s.key = ANY ($2)
