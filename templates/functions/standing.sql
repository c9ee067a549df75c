WITH source AS MATERIALIZED (
    SELECT w.relation FROM unnest(ARRAY[{% for table in tables %}to_regclass({{ table | q }}), {% endfor %}'crm_access.assignment'::regclass, 'crm_access.delegation'::regclass]) AS w(relation)
)
SELECT k.key::text, r.names, r.ranks, x.names, s.kinds, s.keys,
    CASE WHEN (SELECT bool_and(crm_access.is_watched(w.relation)) FROM source AS w) THEN
        coalesce((SELECT min(b.moment) FROM (
            SELECT NULL::timestamptz AS moment
{%- for moment in moments %}
            UNION ALL SELECT {{ moment | q }}::timestamptz
{%- endfor %}
            UNION ALL SELECT a.starts_at FROM crm_access.assignment AS a UNION ALL SELECT a.ends_at FROM crm_access.assignment AS a
            UNION ALL SELECT d.starts_at FROM crm_access.delegation AS d UNION ALL SELECT d.ends_at FROM crm_access.delegation AS d
{%- for period in periods %}
            UNION ALL SELECT t.{{ period.column | q }}::timestamptz FROM {{ period.table | q }} AS t
{%- endfor %}
        ) AS b WHERE b.moment > pg_catalog.statement_timestamp()), 'infinity')
    END,
    ARRAY(SELECT w.relation FROM source AS w WHERE w.relation IS NOT NULL)::oid[]
FROM (SELECT crm_access_rules.user_found() AS key OFFSET 0) AS k
CROSS JOIN LATERAL (SELECT array_agg(r.role) AS names, array_agg(r.rank) AS ranks FROM crm_access_rules.roles_of(k.key) AS r) AS r
CROSS JOIN LATERAL (
    SELECT array_agg(CASE WHEN r.restriction = ANY ({{ known | q }}) THEN r.restriction ELSE '*' END) AS names FROM crm_access_rules.restrictions_of(k.key) AS r
) AS x
CROSS JOIN LATERAL (SELECT array_agg(s.subject) AS kinds, array_agg(s.key) AS keys FROM crm_access_rules.subjects_of(k.key) AS s) AS s
