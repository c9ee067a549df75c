WITH held AS MATERIALIZED (
{% include "functions/held.sql" %}
), compared AS MATERIALIZED (
    SELECT h.user_key, h.context, h.channel, h.role, h.rank, h.given_by, l.place, l.entity, l.action, l.level, l.width, l.denies,
           min(l.variant) OVER asked <> max(l.variant) OVER asked AS differs,
           {#- What differs without a channel differs over each, and is told once. #}
           bool_or(h.context = 0 OR g.rank IS DISTINCT FROM h.rank) OVER asked AS new,
           min(h.rank) OVER asked AS closest, max(l.width) OVER asked AS widest, bool_or(l.denies) OVER asked AS denied
    FROM held AS h
    LEFT JOIN held AS g ON g.context = 0 AND g.user_key = h.user_key AND g.role = h.role
    JOIN (
        VALUES (0, NULL::text, NULL::text, NULL::text, NULL::text, 0, 0, false)
{%- for level in role_levels %},
            ({{ level.place | q }}, {{ level.role | q }}, {{ level.entity | q }}, {{ level.action | q }}, {{ level.words | q }}, {{ level.variant | q }}, {{ level.width | q }}, {% if level.denies %}true{% else %}false{% endif %})
{%- endfor %}
    ) AS l(place, role, entity, action, level, variant, width, denies) ON l.role = h.role
    WINDOW asked AS (PARTITION BY h.user_key, h.context, l.place)
)
SELECT c.user_key::text, c.entity, c.action, c.role, c.level, c.given_by,
{%- if strategy.literal == "most_specific" %}
       c.rank = c.closest
{%- elif strategy.literal == "deny_wins" %}
       CASE WHEN c.denied THEN c.denies ELSE c.width = c.widest END
{%- else %}
       c.width = c.widest
{%- endif %}, c.channel
FROM compared AS c
WHERE c.differs AND c.new
ORDER BY c.user_key, c.context, c.place, c.role
