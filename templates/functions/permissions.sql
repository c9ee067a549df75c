WITH mine AS MATERIALIZED (
    SELECT r.role, r.rank FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r
), narrowing AS MATERIALIZED (
    SELECT n.restriction, n.entity, n.action, n.width, n.scope
    FROM (
        SELECT NULL::text AS restriction, NULL::text AS entity, NULL::text AS action, NULL::int4 AS width, NULL::text AS scope WHERE false
{%- for level in levels %}
        UNION ALL SELECT {{ level.restriction | q }}, {{ level.entity | q }}, {{ level.action | q }}, {{ level.width | q }}, {{ level.scope | q }}
{%- endfor %}
    ) AS n
    WHERE n.restriction IN (SELECT crm_access_rules.my_restrictions())
), granted AS MATERIALIZED (
    SELECT DISTINCT a.place, a.entity, a.action, a.width, a.scope
    FROM (
        VALUES (0, NULL::text, NULL::text, 0, NULL::text, '{}'::text[], '{}'::text[], '{}'::text[])
{%- for arm in arms %},
            ({{ arm.place | q }}, {{ arm.entity | q }}, {{ arm.action | q }}, {{ arm.width | q }}, {{ arm.scope | q }}, {{ arm.roles | q }}, {{ arm.taken_by | q }}, {{ arm.mentioned | q }})
{%- endfor %}
    ) AS a(place, entity, action, width, scope, roles, taken_by, mentioned)
    WHERE a.roles && ARRAY(SELECT m.role FROM mine AS m)
{%- if most_specific %}
      AND EXISTS (SELECT 1 FROM mine AS m WHERE m.role = ANY (a.roles) AND m.rank = (SELECT min(c.rank) FROM mine AS c WHERE c.role = ANY (a.mentioned)))
{%- endif %}
      AND NOT a.taken_by && ARRAY(SELECT m.role FROM mine AS m)
{%- for rule in opened %}
    UNION
    SELECT {{ rule.place | q }}, {{ rule.entity | q }}, {{ rule.action | q }}, {{ rule.width | q }}, {{ rule.scope | q }} WHERE {{ rule.holds | q }}
{%- endfor %}
), allowed AS MATERIALIZED (
    SELECT g.place, g.entity, g.action, max(g.width) AS width, array_agg(g.scope ORDER BY g.width DESC, g.scope) AS scopes
    FROM granted AS g
    WHERE NOT EXISTS (SELECT 1 FROM narrowing AS n WHERE n.entity = g.entity AND n.action = g.action AND n.width = 0)
    GROUP BY g.place, g.entity, g.action
    HAVING max(g.width) > 0
)
SELECT a.entity, a.action,
       coalesce((SELECT n.scope FROM narrowing AS n WHERE n.entity = a.entity AND n.action = a.action AND n.width < a.width ORDER BY n.width, n.scope LIMIT 1), a.scopes[1]),
       a.scopes,
       ARRAY(SELECT n.restriction FROM narrowing AS n WHERE n.entity = a.entity AND n.action = a.action ORDER BY n.restriction)
FROM allowed AS a
WHERE a.action <> ALL ({{ needing_read | q }}) OR EXISTS (SELECT 1 FROM allowed AS r WHERE r.entity = a.entity AND r.action = 'read')
ORDER BY a.place
