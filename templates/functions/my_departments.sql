SELECT d.department::{{ type | q }} FROM (
{% include "functions/department_member.sql" %}
) AS d
WHERE d.user_key = {{ me | q }}
