SELECT convert_from(decode(t.parts[1], 'hex'), 'UTF8')
FROM (SELECT regexp_match($1, '^((?:[0-9a-f]{2}){1,200}):([0-9]{1,12}):([0-9a-f]{64})$') AS parts) AS t
WHERE t.parts[2]::int8 > extract(epoch FROM clock_timestamp())
  AND EXISTS (
    SELECT 1 FROM crm_access.identity_key AS k
    WHERE crm_access.keyed_hash(decode(t.parts[3], 'hex'), k.secret)
        = crm_access.keyed_hash(crm_access.keyed_hash(convert_to(t.parts[1] || ':' || t.parts[2], 'UTF8'), k.secret), k.secret))
