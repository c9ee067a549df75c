SELECT m.{{ of | q }}::{{ type | q }} FROM {{ members | q }} AS m WHERE m.{{ user | q }} = {{ me | q }}
{%- if leader %}
UNION ALL
SELECT c.{{ key | q }}::{{ type | q }} FROM {{ table | q }} AS c WHERE c.{{ leader | q }} = {{ me | q }}
{%- endif %}
