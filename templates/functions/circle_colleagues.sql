SELECT m.{{ user | q }}::{{ key_type | q }} FROM {{ members | q }} AS m WHERE {% if scope %}crm_access.in_scope({{ scope | q }}, m.{{ of | q }}){% else %}m.{{ of | q }} IN (SELECT {{ mine | q }}()){% endif %}
{%- if leader %}
UNION ALL
SELECT c.{{ leader | q }}::{{ key_type | q }} FROM {{ table | q }} AS c WHERE {% if scope %}crm_access.in_scope({{ scope | q }}, c.{{ key | q }}){% else %}c.{{ key | q }} IN (SELECT {{ mine | q }}()){% endif %}
{%- endif %}
