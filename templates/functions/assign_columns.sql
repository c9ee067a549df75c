#variable_conflict use_column
<<crm_access_assign>>
DECLARE
    crm_access_keys {% if type.word == "int4" %}int8{% else %}{{ type | q }}{% endif %}[];
    crm_access_to {{ user_type | q }};
    crm_access_old {{ user_type | q }};
    crm_access_done bigint;
    crm_access_refused text;
BEGIN
{% include "functions/assign_begin.sql" %}
    crm_access_old := crm_access_rules.known_user($3);
    WITH taken AS (
        SELECT crm_access_record.{{ key | q }}::text AS crm_access_key, jsonb_build_object(
            'column', CASE
{%- for column in columns %}
                WHEN {% if loop.first %}$3 IS NULL OR {% endif %}crm_access_record.{{ column.name | q }} = crm_access_assign.crm_access_old THEN {{ column.text | q }}
{%- endfor %} END,
            'from', CASE WHEN $3 IS NULL THEN crm_access_record.{{ first | q }} ELSE crm_access_assign.crm_access_old END,
            'to', crm_access_new.crm_access_new_owner) AS crm_access_detail
        FROM {{ table | q }} AS crm_access_record, (SELECT crm_access_assign.crm_access_to AS crm_access_new_owner OFFSET 0) AS crm_access_new
        WHERE crm_access_record.{{ key | q }} = ANY (crm_access_assign.crm_access_keys)
          AND ($3 IS NULL
{%- for column in columns %} OR crm_access_record.{{ column.name | q }} = crm_access_assign.crm_access_old{% endfor %})
          AND {{ given | q }}
        FOR NO KEY UPDATE OF crm_access_record
    ), logged AS (
        INSERT INTO crm_access.log (actor, {% if delegation %}delegate, {% endif %}action, entity, record_key, detail)
        SELECT (SELECT crm_access_rules.me()::text), {% if delegation %}(SELECT crm_access_rules.delegate_key()), {% endif %}'assign', {{ entity | q }}, t.crm_access_key, t.crm_access_detail FROM taken AS t
        RETURNING 1
    )
    SELECT count(*) INTO crm_access_done FROM logged;
    IF crm_access_done <> cardinality(crm_access_keys) THEN
{% include "functions/assign_refused.sql" %}
        SELECT crm_access_record.{{ key | q }}::text INTO crm_access_refused FROM {{ table | q }} AS crm_access_record
        WHERE crm_access_record.{{ key | q }} = ANY (crm_access_keys) AND $3 IS NOT NULL AND (false
{%- for column in columns %} OR crm_access_record.{{ column.name | q }} = crm_access_assign.crm_access_old{% endfor %}) IS NOT TRUE
        ORDER BY crm_access_record.{{ key | q }} LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'user "%" is no owner of the "%" record with the key "%"', $3, {{ entity | q }}, crm_access_refused USING ERRCODE = 'invalid_parameter_value';
        END IF;
{% include "functions/assign_limited.sql" %}
    END IF;
    UPDATE {{ table | q }} AS crm_access_record SET
{%- for column in columns %}
        {{ column.name | q }} = CASE
{%- if loop.first %}
            WHEN $3 IS NULL THEN crm_access_assign.crm_access_to
{%- else %}
            WHEN $3 IS NULL THEN crm_access_record.{{ column.name | q }}
{%- endif %}
{%- for earlier in column.earlier %}
            WHEN crm_access_record.{{ earlier | q }} = crm_access_assign.crm_access_old THEN crm_access_record.{{ column.name | q }}
{%- endfor %}
            WHEN crm_access_record.{{ column.name | q }} = crm_access_assign.crm_access_old THEN crm_access_assign.crm_access_to
            ELSE crm_access_record.{{ column.name | q }} END{% if not loop.last %},{% endif %}
{%- endfor %}
    WHERE crm_access_record.{{ key | q }} = ANY (crm_access_assign.crm_access_keys);
    GET DIAGNOSTICS crm_access_done = ROW_COUNT;
    IF crm_access_done <> cardinality(crm_access_keys) THEN
        RAISE EXCEPTION 'a trigger kept a "%" record from being assigned', {{ entity | q }} USING ERRCODE = 'triggered_action_exception';
    END IF;
    RETURN crm_access_done;
END
