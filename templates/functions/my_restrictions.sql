WITH {% include "functions/asking.sql" %}
SELECT a.restriction FROM applying AS a
