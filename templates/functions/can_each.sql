SELECT NULL::text WHERE false
{%- for entity in entities %}
UNION ALL
SELECT c.key FROM {{ entity.function | q }}($1, $3) AS c(key) WHERE $2 = {{ entity.name | q }}
{%- endfor %}
