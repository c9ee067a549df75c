        SELECT crm_access_record.{{ key | q }}::text INTO crm_access_refused
        FROM {{ table | q }} AS crm_access_record, (SELECT crm_access_assign.crm_access_to AS crm_access_new_owner OFFSET 0) AS crm_access_new
        WHERE crm_access_record.{{ key | q }} = ANY (crm_access_keys) AND ({{ given | q }}) IS NOT TRUE
        ORDER BY crm_access_record.{{ key | q }} LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '%', CASE
                WHEN $2 IS NULL THEN format('the "%s" record with the key "%s" can''t be left without owner', {{ entity | q }}, crm_access_refused)
                ELSE format('user "%s" can''t become the owner of the "%s" record with the key "%s"', $2, {{ entity | q }}, crm_access_refused) END
            USING ERRCODE = 'insufficient_privilege', HINT = 'The grants of "assign" say who may become an owner.';
        END IF;
        RAISE EXCEPTION 'a "%" record was changed by another transaction meanwhile', {{ entity | q }} USING ERRCODE = 'serialization_failure', HINT = 'Try again.';
