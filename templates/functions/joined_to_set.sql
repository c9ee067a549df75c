SELECT j.{{ left | q }}::{{ type | q }} FROM {{ table | q }} AS j WHERE {% include "functions/among.sql" %}j.{{ right | q }}{% include "functions/among_end.sql" %}
