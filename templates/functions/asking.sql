asking AS MATERIALIZED (
    SELECT crm_access_rules.me() AS user_key
), mine AS MATERIALIZED (
    SELECT r.role, r.rank FROM crm_access_rules.{% if over %}roles_over{% else %}roles_of{% endif %}((SELECT a.user_key FROM asking AS a){% if over %}, $1{% endif %}) AS r
), given AS MATERIALIZED (
    SELECT r.restriction FROM crm_access_rules.{% if over %}restrictions_over{% else %}restrictions_of{% endif %}((SELECT a.user_key FROM asking AS a){% if over %}, $1{% endif %}) AS r
), applying AS MATERIALIZED (
    SELECT n.restriction
    FROM (
        SELECT NULL::text AS restriction, NULL::text[] AS lifted_by WHERE false
{%- for restriction in restrictions %}
        UNION ALL SELECT {{ restriction.name | q }}, {{ restriction.lifted_by | q }}
{%- endfor %}
    ) AS n
    WHERE EXISTS (SELECT 1 FROM given AS g WHERE g.restriction = n.restriction OR g.restriction IS NULL OR g.restriction <> ALL ({{ known | q }}))
      AND NOT n.lifted_by && ARRAY(SELECT m.role FROM mine AS m)
)
