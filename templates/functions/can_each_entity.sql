WITH asked AS MATERIALIZED (
    SELECT {% include "functions/key_of_text.sql" %} AS key FROM unnest($2) AS k(value)
)
SELECT NULL::text WHERE false
{%- for action in actions %}
UNION ALL
SELECT {{ key | q }}::text FROM {{ table | q }}
WHERE $1 = {{ action.name | q }} AND {{ key | q }} = ANY (ARRAY(SELECT a.key FROM asked AS a))
  AND {{ action.record | q }}
{%- endfor %}
