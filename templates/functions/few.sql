{# Linear search in an array costs more than hashing beyond that. -#}
SELECT count(*) <= 1000 FROM (SELECT 1 FROM {{ set | q }}{% if not view %}(){% endif %} LIMIT 1001) AS s
