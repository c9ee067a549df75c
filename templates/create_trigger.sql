CREATE TRIGGER {{ name | q }} AFTER INSERT OR UPDATE{% if columns %} OF {% for column in columns %}{% if not loop.first %}, {% endif %}{{ column | q }}{% endfor %}{% endif %} ON {{ table | q }}
FOR EACH STATEMENT EXECUTE FUNCTION {{ function | q }}();
