SELECT d.user_key::{{ key_type | q }} FROM (
{% include "functions/department_member.sql" %}
) AS d
WHERE {% if scope %}crm_access.in_scope({{ scope | q }}, d.department){% else %}d.department IN (SELECT {{ mine | q }}()){% endif %}
