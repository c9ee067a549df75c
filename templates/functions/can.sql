SELECT CASE $2
{%- for entity in entities %}
    WHEN {{ entity.name | q }} THEN {{ entity.function | q }}($1, $3)
{%- endfor %}
END
