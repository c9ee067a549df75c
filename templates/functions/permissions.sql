WITH {% include "functions/asking.sql" %}, narrowing AS MATERIALIZED (
    SELECT n.place, min(n.width) AS width, (array_agg(n.scope ORDER BY n.width, n.scope))[1] AS scope, array_agg(n.restriction ORDER BY n.restriction) AS restrictions
    FROM (
        VALUES (0, NULL::text, 0, NULL::text)
{%- for level in levels %},
            ({{ level.place | q }}, {{ level.restriction | q }}, {{ level.width | q }}, {{ level.scope | q }})
{%- endfor %}
    ) AS n(place, restriction, width, scope)
    WHERE n.restriction IN (SELECT a.restriction FROM applying AS a)
    GROUP BY n.place
), granted AS MATERIALIZED (
    SELECT DISTINCT a.place, a.width, a.scope
    FROM (
        VALUES (0, 0, NULL::text, '{}'::text[], '{}'::text[], '{}'::text[])
{%- for arm in arms %},
            ({{ arm.place | q }}, {{ arm.width | q }}, {{ arm.scope | q }}, {{ arm.roles | q }}, {{ arm.taken_by | q }}, {{ arm.mentioned | q }})
{%- endfor %}
    ) AS a(place, width, scope, roles, taken_by, mentioned)
    WHERE a.roles && ARRAY(SELECT m.role FROM mine AS m)
{%- if most_specific %}
      AND EXISTS (SELECT 1 FROM mine AS m WHERE m.role = ANY (a.roles) AND m.rank = (SELECT min(c.rank) FROM mine AS c WHERE c.role = ANY (a.mentioned)))
{%- endif %}
      AND NOT a.taken_by && ARRAY(SELECT m.role FROM mine AS m)
{%- for rule in opened %}
    UNION
    SELECT {{ rule.place | q }}, {{ rule.width | q }}, {{ rule.scope | q }} WHERE {{ rule.holds | q }}
{%- endfor %}
), allowed AS MATERIALIZED (
    SELECT p.place, p.needs, p.entity, p.action, g.width, g.scopes, n.width AS left_width, n.scope AS left_scope, n.restrictions
    FROM (
        VALUES (0, NULL::text, NULL::text, NULL::text)
{%- for place in places %},
            ({{ place.place | q }}, {{ place.needs | q }}, {{ place.entity | q }}, {{ place.action | q }})
{%- endfor %}
    ) AS p(place, needs, entity, action)
    JOIN (
        SELECT r.place, max(r.width) AS width, array_agg(r.scope ORDER BY r.width DESC, r.scope) AS scopes
        FROM granted AS r
        GROUP BY r.place
    ) AS g ON g.place = p.place
    LEFT JOIN narrowing AS n ON n.place = p.place
    WHERE g.width > 0 AND coalesce(n.width, 1) > 0
)
SELECT a.entity, a.action, CASE WHEN a.left_width < a.width THEN a.left_scope ELSE a.scopes[1] END, a.scopes, coalesce(a.restrictions, '{}'::text[])
FROM allowed AS a
WHERE (a.entity, a.needs) IN (SELECT r.entity, r.action FROM allowed AS r)
ORDER BY a.place
