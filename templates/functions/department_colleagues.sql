SELECT d.user_key::{{ key_type | q }} FROM (
{% include "functions/department_member.sql" %}
) AS d
WHERE {% include "functions/among.sql" %}d.department{% include "functions/among_end.sql" %}
