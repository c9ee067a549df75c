SELECT m.{{ user | q }}::{{ key_type | q }} FROM {{ members | q }} AS m WHERE {% set column = of | q %}{% set asked = "m." ~ column %}{% include "functions/among.sql" %}
{%- if leader %}
UNION ALL
SELECT c.{{ leader | q }}::{{ key_type | q }} FROM {{ table | q }} AS c WHERE {% set column = key | q %}{% set asked = "c." ~ column %}{% include "functions/among.sql" %}
{%- endif %}
