SELECT to_regclass(CASE $1
{%- for entity in entities %}
    WHEN {{ entity.name | q }} THEN format('%I.%I', {{ entity.schema | q }}::text, {{ entity.table | q }}::text)
{%- endfor %}
END)
