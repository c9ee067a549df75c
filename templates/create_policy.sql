CREATE POLICY {{ name | q }} ON {{ table | q }} AS {% if permissive == "permissive" %}PERMISSIVE{% else %}RESTRICTIVE{% endif %} FOR {{ command | q }} TO {{ role | q }}
{%- if using %}
USING ({{ using | q }})
{%- endif %}
{%- if with_check %}
WITH CHECK ({{ with_check | q }})
{%- endif %};
