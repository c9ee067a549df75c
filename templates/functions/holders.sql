SELECT h.user_key::text, h.role
FROM (
{% include "functions/held.sql" %}
) AS h
ORDER BY h.user_key, h.role
