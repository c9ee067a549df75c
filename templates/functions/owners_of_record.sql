{% if record.columns -%}
ARRAY[{% for column in record.columns %}{% if not loop.first %}, {% endif %}t.{{ column | q }}::text{% endfor %}]
{%- elif record.join -%}
ARRAY(SELECT DISTINCT (j.{{ record.join.right | q }}::text) COLLATE "C" FROM {{ record.join.table | q }} AS j WHERE j.{{ record.join.left | q }} = t.{{ record.key | q }} AND j.{{ record.join.right | q }} IS NOT NULL ORDER BY 1)
{%- else -%}
'{}'::text[]
{%- endif %}
