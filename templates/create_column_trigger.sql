CREATE TRIGGER {{ name | q }} BEFORE {% if update %}UPDATE{% else %}INSERT{% endif %} ON {{ table | q }}
FOR EACH ROW
{%- if update %} WHEN ({% for column in columns %}{% if not loop.first %} OR {% endif %}OLD.{{ column | q }}::text IS DISTINCT FROM NEW.{{ column | q }}::text{% endfor %})
{%- endif %}
EXECUTE FUNCTION {{ function | q }}();
