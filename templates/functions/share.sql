DECLARE
    found_key text;
    owned_by text[];
BEGIN
{%- if delegation %}
{% include "functions/not_covering.sql" %}
{%- endif %}
    IF $5 IS NULL OR $5 NOT IN ('read', 'update', 'full') THEN
        RAISE EXCEPTION 'unknown level %', coalesce(quote_literal($5), 'NULL') USING
            ERRCODE = 'invalid_parameter_value', HINT = 'The levels are read, update and full.';
    END IF;
    IF $6 >= $7 THEN
        RAISE EXCEPTION 'the share ends before it begins' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF $2 IS NULL OR NOT coalesce(crm_access_rules.can('share', $1, $2) AND ($5 = 'read' OR crm_access_rules.can('update', $1, $2))
        AND ($5 <> 'full' OR crm_access_rules.can('delete', $1, $2)), false) THEN
        RAISE EXCEPTION 'the record can''t be shared' USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'There is no such record, or you may not share it, or not for more than you may do yourself.';
    END IF;
    CASE $1
{%- for entity in entities %}
    WHEN {{ entity.name | q }} THEN
{%- set record = entity.record %}{% set type = entity.type %}
        SELECT t.{{ record.key | q }}::text, {% include "functions/owners_of_record.sql" %} INTO found_key, owned_by
        FROM {{ record.table | q }} AS t WHERE t.{{ record.key | q }} = (SELECT {% include "functions/key_of_text.sql" %} FROM (SELECT $2) AS k(value));
{%- endfor %}
    END CASE;
    IF NOT EXISTS (SELECT 1 FROM crm_access_rules.subjects() AS s WHERE s.subject = $3 AND s.key = coalesce($4, '')) THEN
        RAISE EXCEPTION 'there is nobody to share with: no member of % %', coalesce(quote_literal($3), 'NULL'), coalesce(quote_literal($4), 'NULL') USING
            ERRCODE = 'invalid_parameter_value', HINT = 'Name a subject of the directory that has members, such as user, team or department, and its key.';
    END IF;
    INSERT INTO crm_access.share AS s (entity, record_key, subject, subject_key, level, starts_at, ends_at, reason, keep, owners, shared_by)
    VALUES ($1, found_key, $3, coalesce($4, ''), $5, $6, $7, $8, coalesce($9, false), owned_by, crm_access_rules.me()::text)
    ON CONFLICT ON CONSTRAINT share_entity_record_key_subject_subject_key_key DO UPDATE
    SET level = excluded.level, starts_at = excluded.starts_at, ends_at = excluded.ends_at, reason = excluded.reason, keep = excluded.keep,
        owners = excluded.owners, shared_at = clock_timestamp(), shared_by = excluded.shared_by
    -- Who may share for less takes nothing back of what others gave.
    WHERE s.shared_by = excluded.shared_by OR s.level = 'read' OR crm_access_rules.can('update', $1, $2) AND (s.level <> 'full' OR crm_access_rules.can('delete', $1, $2));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the record is shared with them already for more than you may do yourself' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Whoever shared it, or may update and delete it, can change that.';
    END IF;
END
