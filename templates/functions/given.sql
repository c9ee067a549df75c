    {#- `reached` and `reached_key` are what a subject is among those of a user; over a channel comes everyone. `channel` is the one that it takes. #}
    SELECT g.kind, g.name, g.subject, g.key, g.subdepartments, g.source, g.starts_at, g.ends_at,
           CASE WHEN g.subdepartments AND g.subject = 'department' THEN 'department_tree' WHEN g.subject = 'channel' THEN 'everyone' ELSE g.subject END AS reached,
           CASE WHEN g.subject = 'channel' THEN '' ELSE g.key END AS reached_key,
           CASE WHEN g.subject = 'channel' THEN g.key ELSE g.channel END AS channel
    FROM (
    SELECT NULL::text AS kind, NULL::text AS name, NULL::text AS subject, NULL::text AS key, NULL::boolean AS subdepartments, NULL::text AS source,
           NULL::timestamptz AS starts_at, NULL::timestamptz AS ends_at, NULL::text AS channel WHERE false
{%- for given in everything %}
    UNION ALL SELECT {{ given.kind | q }}, {{ given.name | q }}, {{ given.subject | q }}, {{ given.key | q }}, {% if given.subdepartments %}true{% else %}false{% endif %}, {{ given.source | q }},
        {% if given.from %}{{ given.from | q }}::timestamptz{% else %}NULL{% endif %}, {% if given.until %}{{ given.until | q }}::timestamptz{% else %}NULL{% endif %}, {% if given.channel %}{{ given.channel | q }}{% else %}NULL{% endif %}
{%- endfor %}
{%- for flag in every_flag %}
    UNION ALL SELECT {{ flag.kind | q }}, {{ flag.name | q }}, 'user', u.{{ user_key | q }}::text, false, {{ flag.source | q }}, NULL, NULL, NULL
    FROM {{ users | q }} AS u WHERE u.{{ flag.column | q }} {% if flag.narrows %}IS NOT FALSE{% else %}IS TRUE{% endif %}
{%- endfor %}
{%- for source in every_table %}
    UNION ALL SELECT {{ source.kind | q }}, t.{{ source.name | q }}::text, 'user', t.{{ source.user | q }}::text, false, {{ source.source | q }},
        {% if source.from %}t.{{ source.from | q }}{% else %}NULL{% endif %}, {% if source.until %}t.{{ source.until | q }}{% else %}NULL{% endif %}, NULL
    FROM {{ source.table | q }} AS t{% if not source.narrows %} WHERE t.{{ source.name | q }} IS NOT NULL{% endif %}
{%- endfor %}
{%- if stored %}
    UNION ALL SELECT a.kind, a.name, a.subject, a.subject_key, a.subdepartments, 'stored', a.starts_at, a.ends_at, NULL FROM crm_access.assignment AS a
{%- endif %}
    ) AS g
