{% if parent %}WITH RECURSIVE above(department, ancestor) AS (
    SELECT d.{{ department_key | q }}, d.{{ parent | q }} FROM {{ departments | q }} AS d WHERE d.{{ parent | q }} IS NOT NULL
    UNION
    SELECT a.department, d.{{ parent | q }} FROM above AS a JOIN {{ departments | q }} AS d ON d.{{ department_key | q }} = a.ancestor WHERE d.{{ parent | q }} IS NOT NULL
)
{% endif %}SELECT s.user_key::{{ key_type | q }}, s.subject, s.key
FROM (
    SELECT u.{{ user_key | q }} AS user_key, 'user'::text AS subject, u.{{ user_key | q }}::text AS key FROM {{ users | q }} AS u
    UNION ALL
    SELECT u.{{ user_key | q }}, 'everyone', '' FROM {{ users | q }} AS u
{%- for circle in circles %}
    UNION ALL
    SELECT m.{{ circle.user | q }}, {{ circle.kind | q }}, m.{{ circle.of | q }}::text FROM {{ circle.members | q }} AS m
{%- if circle.leader %}
    UNION ALL
    SELECT c.{{ circle.leader | q }}, {{ circle.kind | q }}, c.{{ circle.key | q }}::text FROM {{ circle.table | q }} AS c WHERE c.{{ circle.leader | q }} IS NOT NULL
{%- endif %}
{%- endfor %}
{%- if departments %}
    UNION ALL
    SELECT d.user_key, 'department', d.department::text FROM (
{% include "functions/department_member.sql" %}
    ) AS d
    UNION ALL
    SELECT d.user_key, 'department_tree', d.department::text FROM (
{% include "functions/department_member.sql" %}
    ) AS d
{%- if parent %}
    UNION ALL
    SELECT d.user_key, 'department_tree', a.ancestor::text FROM (
{% include "functions/department_member.sql" %}
    ) AS d JOIN above AS a ON a.department = d.department
{%- endif %}
{%- endif %}
) AS s
{%- if mine %}
WHERE s.user_key = $1
{%- endif %}
