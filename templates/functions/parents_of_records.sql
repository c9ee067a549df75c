{% if join -%}
SELECT j.{{ right | q }}::{{ type | q }} FROM {{ join | q }} AS j WHERE {% if scope %}crm_access.in_scope({{ scope | q }}, j.{{ left | q }}){% else %}j.{{ left | q }} IN (SELECT {{ set | q }}()){% endif %}
{%- else -%}
SELECT c.{{ column | q }}::{{ type | q }} FROM {{ table | q }} AS c WHERE c.{{ column | q }} IS NOT NULL AND {% if scope %}crm_access.in_scope({{ scope | q }}, c.{{ key | q }}){% else %}c.{{ key | q }} IN (SELECT {{ set | q }}()){% endif %}
{%- endif %}
