INSERT INTO crm_access.object (kind, schema_name, relation_name, name, before) VALUES
{%- for record in records %}
    ({{ record.kind | q }}, {{ record.schema | q }}, {{ record.relation | q }}, {{ record.name | q }}, {% if record.before %}{{ record.before | q }}{% else %}NULL{% endif %}){% if not loop.last %},{% endif %}
{%- endfor %};
