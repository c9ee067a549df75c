CREATE INDEX {% if concurrently %}CONCURRENTLY {% endif %}{% if if_absent %}IF NOT EXISTS {% endif %}{{ name | q }} ON {{ table | q }} ({{ column | q }});
