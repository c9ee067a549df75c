SELECT coalesce(CASE
{%- for action in actions %}
    WHEN $1 = {{ action.name | q }} AND $2 IS NULL THEN {{ action.any | q }}
    WHEN $1 = {{ action.name | q }} THEN EXISTS (
        SELECT 1 FROM {{ table | q }}
        WHERE {{ key | q }} = {% if type.word == "uuid" -%}
            CASE WHEN $2 ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN $2::uuid END
            {%- elif type.word == "text" -%}
            $2
            {%- else -%}
            CASE WHEN $2 ~ '^-?[0-9]{1,19}$' THEN CASE WHEN $2::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN $2::int8 END END
            {%- endif %}
          AND {{ action.record | q }})
{%- endfor %}
END, false)
