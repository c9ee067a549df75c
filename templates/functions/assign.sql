SELECT CASE $1
{%- for entity in entities %}
    WHEN {{ entity.name | q }} THEN {{ entity.function | q }}($2, $3, $4)
{%- endfor %}
END
