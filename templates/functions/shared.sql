SELECT t.{{ record.key | q }}::{{ type | q }}
FROM (
    SELECT s.keep, s.owners, {% include "functions/key_of_text.sql" %} AS record
    FROM crm_access.share AS s, LATERAL (SELECT s.record_key AS value) AS k
    WHERE s.entity = {{ entity | q }} AND s.level = ANY ($1)
      AND (s.starts_at IS NULL OR s.starts_at <= pg_catalog.statement_timestamp()) AND (s.ends_at IS NULL OR pg_catalog.statement_timestamp() < s.ends_at)
      AND (s.subject, s.subject_key) IN (SELECT u.subject, u.key FROM crm_access_rules.subjects_of((SELECT crm_access_rules.me())) AS u)
) AS s JOIN {{ record.table | q }} AS t ON t.{{ record.key | q }} = s.record
WHERE s.keep OR s.owners = {% include "functions/owners_of_record.sql" %}
