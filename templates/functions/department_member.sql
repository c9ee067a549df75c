{%- if member_column -%}
SELECT u.{{ user_key | q }} AS user_key, u.{{ member_column | q }} AS department FROM {{ users | q }} AS u WHERE u.{{ member_column | q }} IS NOT NULL
{%- else -%}
SELECT m.{{ member_user | q }} AS user_key, m.{{ member_of | q }} AS department FROM {{ member_table | q }} AS m
{%- endif %}
{%- if head %}
UNION ALL
SELECT d.{{ head | q }}, d.{{ department_key | q }} FROM {{ departments | q }} AS d WHERE d.{{ head | q }} IS NOT NULL
{%- endif -%}
