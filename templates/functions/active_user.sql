SELECT u.{{ user_key | q }}::{{ type | q }}
FROM {{ users | q }} AS u
WHERE u.{{ user_key | q }} = (SELECT {% include "functions/key_of_text.sql" %} FROM (SELECT $1 AS value) AS k)
{%- if active %}
  AND u.{{ active | q }} IS TRUE
{%- endif %}
