WITH RECURSIVE below(user_key{% if depth %}, depth{% endif %}) AS (
    SELECT m.user_key{% if depth %}, 0{% endif %} FROM (SELECT crm_access_rules.me() AS user_key OFFSET 0) AS m WHERE m.user_key IS NOT NULL
    UNION
    SELECT u.{{ user_key | q }}::{{ key_type | q }}{% if depth %}, b.depth + 1{% endif %} FROM below AS b JOIN {{ users | q }} AS u ON u.{{ manager | q }} = b.user_key{% if depth %} WHERE b.depth < {{ depth | q }}{% endif %}
)
SELECT b.user_key FROM below AS b
