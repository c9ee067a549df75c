        -- What was refused and why, as far as the user may know: a record that is hidden is a record that is not there.
        SELECT w.crm_access_text INTO crm_access_refused
        FROM (
            SELECT k.value AS crm_access_text, k.crm_access_place, {% include "functions/key_of_text.sql" %} AS crm_access_key
            FROM unnest($1) WITH ORDINALITY AS k(value, crm_access_place)
        ) AS w
        WHERE NOT EXISTS (SELECT 1 FROM {{ table | q }} AS crm_access_record WHERE crm_access_record.{{ key | q }} = w.crm_access_key AND {{ readable | q }})
        ORDER BY w.crm_access_place LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'there is no "%" record with the key "%"', {{ entity | q }}, crm_access_refused USING ERRCODE = 'insufficient_privilege';
        END IF;
        SELECT crm_access_record.{{ key | q }}::text INTO crm_access_refused FROM {{ table | q }} AS crm_access_record
        WHERE crm_access_record.{{ key | q }} = ANY (crm_access_keys) AND ({{ assignable | q }}) IS NOT TRUE
        ORDER BY crm_access_record.{{ key | q }} LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'this user may not assign the "%" record with the key "%"', {{ entity | q }}, crm_access_refused USING ERRCODE = 'insufficient_privilege';
        END IF;
