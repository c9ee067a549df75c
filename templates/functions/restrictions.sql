SELECT {% if mine %}r.restriction{% else %}r.user_key::{{ key_type | q }}, r.restriction, r.confirmed{% endif %}
FROM (
    SELECT s.user_key, a.name AS restriction, a.confirmed
    FROM {% if mine %}crm_access_rules.subjects_of($1){% else %}crm_access_rules.subjects(){% endif %} AS s
    JOIN (
        SELECT NULL::text AS name, NULL::text AS subject, NULL::text AS key, NULL::boolean AS confirmed WHERE false
{%- for assigned in listed %}
        UNION ALL SELECT {{ assigned.name | q }}, {{ assigned.subject | q }}, {{ assigned.key | q }}, {% if assigned.confirmed %}true{% else %}false{% endif %}{% if assigned.from or assigned.until or assigned.channel %} WHERE true{% include "functions/listed_period.sql" %}{% endif %}
{%- endfor %}
{%- if stored %}
        UNION ALL SELECT a.name, CASE WHEN a.subdepartments AND a.subject = 'department' THEN 'department_tree' {% if channels %}WHEN a.subject = 'channel' THEN 'everyone' {% endif %}ELSE a.subject END, {% if channels %}CASE WHEN a.subject = 'channel' THEN '' ELSE a.subject_key END{% else %}a.subject_key{% endif %}, a.confirmed FROM crm_access.assignment AS a WHERE a.kind = 'restriction'{% include "functions/stored_period.sql" %}{% include "functions/stored_channel.sql" %}
{%- endif %}
    ) AS a ON a.subject = s.subject AND a.key = s.key
{%- for flag in flags %}
    UNION ALL
    SELECT u.{{ user_key | q }}, {{ flag.name | q }}, {% if flag.confirmed %}u.{{ flag.confirmed | q }} IS TRUE{% else %}false{% endif %} FROM {{ users | q }} AS u WHERE u.{{ flag.column | q }} IS NOT FALSE
{%- endfor %}
{%- for source in tables %}
    UNION ALL
    SELECT t.{{ source.user | q }}, t.{{ source.name | q }}::text, {% if source.confirmed %}t.{{ source.confirmed | q }} IS TRUE{% else %}false{% endif %} FROM {{ source.table | q }} AS t{% if source.from or source.until %} WHERE true{% include "functions/table_period.sql" %}{% endif %}
{%- endfor %}
{%- for assigned in holders %}
    UNION ALL
    SELECT {% if mine %}$1{% else %}m.user_key{% endif %}, {{ assigned.name | q }}, {% if assigned.confirmed %}true{% else %}false{% endif %}
    FROM {% if over %}crm_access_rules.roles_over($1, $2){% elif mine %}crm_access_rules.roles_of($1){% else %}crm_access_rules.roles(){% endif %} AS m WHERE m.role = ANY ({{ assigned.roles | q }}){% include "functions/listed_period.sql" %}
{%- endfor %}
) AS r
{%- if mine %}
WHERE r.user_key = $1
{%- endif %}
