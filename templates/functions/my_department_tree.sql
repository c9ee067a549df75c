WITH RECURSIVE below(department) AS (
    {% include "functions/my_departments.sql" %}
    UNION
    SELECT d.{{ department_key | q }}::{{ type | q }} FROM below AS b JOIN {{ departments | q }} AS d ON d.{{ parent | q }} = b.department
)
SELECT b.department FROM below AS b
