SELECT m.{{ user | q }}::{{ key_type | q }} FROM {{ members | q }} AS m WHERE m.{{ of | q }} IN (SELECT {{ mine | q }}())
{%- if leader %}
UNION ALL
SELECT c.{{ leader | q }}::{{ key_type | q }} FROM {{ table | q }} AS c WHERE c.{{ key | q }} IN (SELECT {{ mine | q }}())
{%- endif %}
