SELECT j.{{ left | q }}::{{ type | q }} FROM {{ table | q }} AS j GROUP BY j.{{ left | q }} HAVING bool_and(coalesce(j.{{ right | q }} IN (SELECT {{ set | q }}()), false))
