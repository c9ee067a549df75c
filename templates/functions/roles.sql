SELECT {% if mine %}r.role, r.rank{% else %}r.user_key::{{ key_type | q }}, r.role, r.rank{% endif %}
FROM (
    SELECT s.user_key, a.name AS role, CASE a.subject WHEN 'user' THEN 1 WHEN 'department' THEN 3 WHEN 'department_tree' THEN 3 WHEN 'everyone' THEN 4 ELSE 2 END AS rank
    FROM {% if mine %}crm_access_rules.subjects_of($1){% else %}crm_access_rules.subjects(){% endif %} AS s
    JOIN (
        SELECT NULL::text AS name, NULL::text AS subject, NULL::text AS key WHERE false
{%- for assigned in listed %}
        UNION ALL SELECT {{ assigned.name | q }}, {{ assigned.subject | q }}, {{ assigned.key | q }}{% if assigned.from or assigned.until %} WHERE true{% include "functions/listed_period.sql" %}{% endif %}
{%- endfor %}
{%- if stored %}
        UNION ALL SELECT a.name, CASE WHEN a.subdepartments AND a.subject = 'department' THEN 'department_tree' ELSE a.subject END, a.subject_key FROM crm_access.assignment AS a WHERE a.kind = 'role'{% include "functions/stored_period.sql" %}
{%- endif %}
    ) AS a ON a.subject = s.subject AND a.key = s.key
{%- for flag in flags %}
    UNION ALL
    SELECT u.{{ user_key | q }}, {{ flag.name | q }}, 1 FROM {{ users | q }} AS u WHERE u.{{ flag.column | q }} IS TRUE
{%- endfor %}
{%- for source in tables %}
    UNION ALL
    SELECT t.{{ source.user | q }}, t.{{ source.name | q }}::text, 1 FROM {{ source.table | q }} AS t{% if source.from or source.until %} WHERE true{% include "functions/table_period.sql" %}{% endif %}
{%- endfor %}
) AS r
{%- if mine %}
WHERE r.user_key = $1
{%- endif %}
