{% if join -%}
SELECT j.{{ right | q }}::{{ type | q }} FROM {{ join | q }} AS j WHERE j.{{ left | q }} IN (SELECT {{ set | q }}())
{%- else -%}
SELECT c.{{ column | q }}::{{ type | q }} FROM {{ table | q }} AS c WHERE c.{{ column | q }} IS NOT NULL AND c.{{ key | q }} IN (SELECT {{ set | q }}())
{%- endif %}
