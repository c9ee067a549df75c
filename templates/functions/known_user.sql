SELECT {% include "functions/key_of_text.sql" %} FROM (SELECT $1 AS value) AS k
