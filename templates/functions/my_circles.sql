SELECT m.{{ of | q }}::{{ type | q }} FROM {{ members | q }} AS m WHERE m.{{ user | q }} = (SELECT crm_access_rules.me())
{%- if leader %}
UNION ALL
SELECT c.{{ key | q }}::{{ type | q }} FROM {{ table | q }} AS c WHERE c.{{ leader | q }} = (SELECT crm_access_rules.me())
{%- endif %}
