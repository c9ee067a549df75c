{% if join -%}
SELECT j.{{ right | q }}::{{ type | q }} FROM {{ join | q }} AS j WHERE {% set column = left | q %}{% set asked = "j." ~ column %}{% include "functions/among.sql" %}
{%- else -%}
SELECT c.{{ column | q }}::{{ type | q }} FROM {{ table | q }} AS c WHERE c.{{ column | q }} IS NOT NULL AND {% set column = key | q %}{% set asked = "c." ~ column %}{% include "functions/among.sql" %}
{%- endif %}
