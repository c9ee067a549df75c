WITH mine AS MATERIALIZED (
    SELECT r.role FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r
)
SELECT c.entity, c.column_name,
       c.readers IS NULL OR c.readers && ARRAY(SELECT m.role FROM mine AS m),
       c.changers IS NULL OR c.changers && ARRAY(SELECT m.role FROM mine AS m),
       c.shown_in
FROM (
    VALUES (0, NULL::text, NULL::text, NULL::text[], NULL::text[], NULL::text)
{%- for column in columns %},
        ({{ column.place | q }}, {{ column.entity | q }}, {{ column.name | q }}, {% if column.read %}{{ column.read | q }}{% else %}NULL{% endif %}, {% if column.change %}{{ column.change | q }}{% else %}NULL{% endif %}, {% if column.view %}{{ column.view | q }}{% else %}NULL{% endif %})
{%- endfor %}
) AS c(place, entity, column_name, readers, changers, shown_in)
WHERE c.place > 0 AND crm_access_rules.me() IS NOT NULL
ORDER BY c.place
