WITH asked AS MATERIALIZED (
    SELECT {% if type.word == "uuid" -%}
        CASE WHEN k.key ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN k.key::uuid END
        {%- elif type.word == "text" -%}
        k.key
        {%- else -%}
        CASE WHEN k.key ~ '^-?[0-9]{1,19}$' THEN CASE WHEN k.key::numeric BETWEEN {{ low | q }} AND {{ high | q }} THEN k.key::{{ type | q }} END END
        {%- endif %} AS key
    FROM unnest($2) AS k(key)
)
SELECT NULL::text WHERE false
{%- for action in actions %}
UNION ALL
SELECT {{ key | q }}::text FROM {{ table | q }}
WHERE $1 = {{ action.name | q }} AND {{ key | q }} = ANY (ARRAY(SELECT a.key FROM asked AS a))
  AND {{ action.record | q }}
{%- endfor %}
