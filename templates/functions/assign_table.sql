#variable_conflict use_column
<<crm_access_assign>>
DECLARE
    crm_access_keys {% if type.word == "int4" %}int8{% else %}{{ type | q }}{% endif %}[];
    crm_access_to {{ user_type | q }};
    crm_access_old {{ user_type | q }};
    crm_access_done bigint;
    crm_access_refused text;
BEGIN
    IF $2 IS NULL AND $3 IS NULL THEN
        RAISE EXCEPTION 'no user is named' USING ERRCODE = 'null_value_not_allowed', HINT = 'Name the new owner, or the one whose place becomes empty.';
    END IF;
{% include "functions/assign_begin.sql" %}
    crm_access_old := crm_access_rules.known_user($3);
    WITH taken AS (
        SELECT crm_access_record.{{ key | q }}::text AS crm_access_key,
               jsonb_build_object('from', crm_access_assign.crm_access_old, 'to', crm_access_new.crm_access_new_owner) AS crm_access_detail
        FROM {{ table | q }} AS crm_access_record, (SELECT crm_access_assign.crm_access_to AS crm_access_new_owner OFFSET 0) AS crm_access_new
        WHERE crm_access_record.{{ key | q }} = ANY (crm_access_assign.crm_access_keys)
          AND ($3 IS NULL OR EXISTS (
              SELECT 1 FROM {{ join | q }} AS crm_access_join
              WHERE crm_access_join.{{ left | q }} = crm_access_record.{{ key | q }} AND crm_access_join.{{ right | q }} = crm_access_assign.crm_access_old))
          AND {{ given | q }}
    ), logged AS (
        INSERT INTO crm_access.log (actor, {% if delegation %}delegate, {% endif %}action, entity, record_key, detail)
        SELECT (SELECT crm_access_rules.me()::text), {% if delegation %}(SELECT crm_access_rules.delegate_key()), {% endif %}'assign', {{ entity | q }}, t.crm_access_key, t.crm_access_detail FROM taken AS t
        RETURNING 1
    )
    SELECT count(*) INTO crm_access_done FROM logged;
    IF crm_access_done <> cardinality(crm_access_keys) THEN
{% include "functions/assign_refused.sql" %}
        SELECT crm_access_record.{{ key | q }}::text INTO crm_access_refused FROM {{ table | q }} AS crm_access_record
        WHERE crm_access_record.{{ key | q }} = ANY (crm_access_keys) AND $3 IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM {{ join | q }} AS crm_access_join
            WHERE crm_access_join.{{ left | q }} = crm_access_record.{{ key | q }} AND crm_access_join.{{ right | q }} = crm_access_assign.crm_access_old)
        ORDER BY crm_access_record.{{ key | q }} LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'user "%" is no owner of the "%" record with the key "%"', $3, {{ entity | q }}, crm_access_refused USING ERRCODE = 'invalid_parameter_value';
        END IF;
{% include "functions/assign_limited.sql" %}
    END IF;
    IF $3 IS NOT NULL THEN
        WITH gone AS (
            DELETE FROM {{ join | q }} AS crm_access_join
            WHERE crm_access_join.{{ left | q }} = ANY (crm_access_assign.crm_access_keys) AND crm_access_join.{{ right | q }} = crm_access_assign.crm_access_old
            RETURNING crm_access_join.{{ left | q }} AS crm_access_key
        )
        SELECT count(DISTINCT g.crm_access_key) INTO crm_access_done FROM gone AS g;
        IF crm_access_done <> cardinality(crm_access_keys) THEN
            RAISE EXCEPTION 'a "%" record was changed by another transaction meanwhile', {{ entity | q }} USING ERRCODE = 'serialization_failure', HINT = 'Try again.';
        END IF;
    END IF;
    IF $2 IS NOT NULL THEN
        INSERT INTO {{ join | q }} ({{ left | q }}, {{ right | q }})
        SELECT k.crm_access_key, n.crm_access_new_owner
        FROM unnest(crm_access_assign.crm_access_keys) AS k(crm_access_key), (SELECT crm_access_assign.crm_access_to AS crm_access_new_owner OFFSET 0) AS n
        WHERE NOT EXISTS (
            SELECT 1 FROM {{ join | q }} AS crm_access_join
            WHERE crm_access_join.{{ left | q }} = k.crm_access_key AND crm_access_join.{{ right | q }} = n.crm_access_new_owner)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN cardinality(crm_access_keys);
END
