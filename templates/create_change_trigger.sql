CREATE TRIGGER {{ name | q }} BEFORE UPDATE ON {{ table | q }}
FOR EACH ROW WHEN ({% for column in columns %}{% if not loop.first %} OR {% endif %}OLD.{{ column | q }} IS DISTINCT FROM NEW.{{ column | q }}{% endfor %})
EXECUTE FUNCTION {{ function | q }}();
