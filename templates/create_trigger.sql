CREATE TRIGGER {{ name | q }} AFTER {{ event | q }} ON {{ table | q }}
{%- if transition %}
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
{%- endif %}
FOR EACH STATEMENT EXECUTE FUNCTION {{ function | q }}({% for column in columns %}{% if not loop.first %}, {% endif %}{{ column | q }}{% endfor %});
