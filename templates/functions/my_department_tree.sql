WITH RECURSIVE below(department) AS (
    SELECT m.department::{{ type | q }} FROM crm_access_rules.my_departments() AS m(department)
    UNION
    SELECT d.{{ department_key | q }}::{{ type | q }} FROM below AS b JOIN {{ departments | q }} AS d ON d.{{ parent | q }} = b.department
)
SELECT b.department FROM below AS b
