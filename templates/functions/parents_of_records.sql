{% if join -%}
SELECT j.{{ right | q }}::{{ type | q }} FROM {{ join | q }} AS j WHERE {% include "functions/among.sql" %}j.{{ left | q }}{% include "functions/among_end.sql" %}
{%- else -%}
SELECT c.{{ column | q }}::{{ type | q }} FROM {{ table | q }} AS c WHERE c.{{ column | q }} IS NOT NULL AND {% include "functions/among.sql" %}c.{{ key | q }}{% include "functions/among_end.sql" %}
{%- endif %}
