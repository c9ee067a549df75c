BEGIN
    DELETE FROM crm_access.share AS s
    WHERE s.entity = $1 AND s.record_key = $2 AND s.subject = $3 AND s.subject_key = coalesce($4, '')
      AND (s.shared_by = crm_access_rules.me()::text OR crm_access_rules.can('share', $1, $2));
    RETURN FOUND;
END
