SELECT d.user_key::{{ key_type | q }} FROM (
{% include "functions/department_member.sql" %}
) AS d
WHERE {% set asked = "d.department" %}{% include "functions/among.sql" %}
