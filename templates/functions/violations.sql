SELECT v.user_key, v.message, v.hint
FROM (
    SELECT NULL::text AS user_key, NULL::text AS message, NULL::text AS hint WHERE false
{%- for rule in administrators %}
    UNION ALL
    SELECT r.user_key::text, format('user %s has the role "%s" and can''t have the restriction "%s"', r.user_key, m.role, r.restriction),
           'Take the restriction or the role away first.'
    FROM crm_access_rules.restrictions() AS r JOIN crm_access_rules.roles() AS m ON m.user_key = r.user_key
    WHERE r.restriction = {{ rule.restriction | q }} AND m.role = ANY ({{ rule.roles | q }})
{%- if rule.lift %}
      AND NOT EXISTS (SELECT 1 FROM crm_access.restricted_user AS k WHERE k.restriction = r.restriction AND k.user_key = r.user_key::text)
{%- endif %}
{%- endfor %}
{%- for rule in leaders %}
    UNION ALL
    SELECT r.user_key::text, format('user %s leads a team or department and can''t have the restriction "%s"{% if rule.confirm %} without confirmation{% endif %}', r.user_key, r.restriction),
           {% if rule.confirm %}'Confirm the restriction ("confirmed") or take it away first.'{% else %}'Take the restriction away or let somebody else lead.'{% endif %}
    FROM crm_access_rules.restrictions() AS r
    WHERE r.restriction = {{ rule.restriction | q }}{% if rule.confirm %} AND r.confirmed IS NOT TRUE{% endif %} AND r.user_key IN (
{%- for leader in leading %}
{%- if not loop.first %} UNION ALL{% endif %}
        SELECT l.{{ leader.column | q }} FROM {{ leader.table | q }} AS l WHERE l.{{ leader.column | q }} IS NOT NULL
{%- endfor %})
{%- endfor %}
{%- for pair in conflicts %}
    UNION ALL
    SELECT a.user_key::text, format('user %s can''t have the restrictions "%s" and "%s" at once', a.user_key, a.restriction, b.restriction),
           'Take one of the two away first.'
    FROM crm_access_rules.restrictions() AS a JOIN crm_access_rules.restrictions() AS b ON b.user_key = a.user_key
    WHERE a.restriction = {{ pair.first | q }} AND b.restriction = {{ pair.second | q }}
{%- endfor %}
{%- for source in unknown %}
    UNION ALL
    SELECT t.{{ source.user | q }}::text, format('user %s has the unknown restriction "%s"', t.{{ source.user | q }}, t.{{ source.name | q }}),
           'Use the name of a restriction of the configuration.'
    FROM {{ source.table | q }} AS t WHERE t.{{ source.name | q }} IS NULL OR t.{{ source.name | q }}::text <> ALL ({{ restrictions | q }})
{%- endfor %}
) AS v
