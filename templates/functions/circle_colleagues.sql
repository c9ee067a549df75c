SELECT m.{{ user | q }}::{{ key_type | q }} FROM {{ members | q }} AS m WHERE {% include "functions/among.sql" %}m.{{ of | q }}{% include "functions/among_end.sql" %}
{%- if leader %}
UNION ALL
SELECT c.{{ leader | q }}::{{ key_type | q }} FROM {{ table | q }} AS c WHERE {% include "functions/among.sql" %}c.{{ key | q }}{% include "functions/among_end.sql" %}
{%- endif %}
