    SELECT s.user_key, c.place AS context, c.name AS channel, a.name AS role,
           min(CASE a.reached WHEN 'user' THEN 1 WHEN 'department' THEN 3 WHEN 'department_tree' THEN 3 WHEN 'everyone' THEN 4 ELSE 2 END) AS rank,
           array_agg(DISTINCT a.subject || CASE WHEN a.key <> '' AND a.subject <> 'user' THEN ' ' || a.key ELSE '' END || ' (' || a.source || ')') AS given_by
    FROM (
{% include "functions/given.sql" %}
    ) AS a
    JOIN (
        VALUES
{%- for context in contexts %}
            ({{ context.place | q }}, {{ context.name | q }}, {{ context.channels | q }}){% if not loop.last %},{% endif %}
{%- endfor %}
    ) AS c(place, name, channels) ON a.channel IS NULL OR a.channel = ANY (c.channels)
    JOIN {% if inline %}(
{% include "functions/subjects.sql" %}
    ){% else %}crm_access_rules.subjects(){% endif %} AS s
      ON s.subject = a.reached AND s.key = a.reached_key
{%- if active %}
    JOIN {{ users | q }} AS u ON u.{{ user_key | q }} = s.user_key AND u.{{ active | q }} IS TRUE
{%- endif %}
    WHERE a.kind = 'role'
      AND coalesce(a.starts_at, '-infinity') <= pg_catalog.statement_timestamp() AND pg_catalog.statement_timestamp() < coalesce(a.ends_at, 'infinity')
    GROUP BY s.user_key, c.place, c.name, a.name
