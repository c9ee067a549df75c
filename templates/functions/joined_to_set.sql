SELECT j.{{ left | q }}::{{ type | q }} FROM {{ table | q }} AS j WHERE {% set column = right | q %}{% set asked = "j." ~ column %}{% include "functions/among.sql" %}
