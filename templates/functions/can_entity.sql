SELECT coalesce(CASE
{%- for action in actions %}
    WHEN $1 = {{ action.name | q }} AND $2 IS NULL THEN {{ action.any | q }}
    WHEN $1 = {{ action.name | q }} THEN EXISTS (
        SELECT 1 FROM {{ table | q }}
        WHERE {{ key | q }} = (SELECT {% include "functions/key_of_text.sql" %} FROM (SELECT $2) AS k(value))
          AND {{ action.record | q }})
{%- endfor %}
END, false)
