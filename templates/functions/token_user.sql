{# Nothing of a text whose signature is not right is looked at; both sides are hashed once more, so that the time it takes tells nothing. -#}
SELECT CASE
    WHEN EXISTS (
        SELECT 1 FROM crm_access.identity_key AS k
        WHERE crm_access.keyed_hash(convert_to(t.parts[3], 'UTF8'), k.secret)
            = crm_access.keyed_hash(convert_to(encode(crm_access.keyed_hash(convert_to(t.parts[1] || ':' || t.parts[2], 'UTF8'), k.secret), 'hex'), 'UTF8'), k.secret))
    THEN CASE WHEN t.parts[2]::int8 > extract(epoch FROM clock_timestamp()) THEN convert_from(decode(t.parts[1], 'hex'), 'UTF8') END
END
FROM (SELECT string_to_array($1, ':') AS parts OFFSET 0) AS t
WHERE cardinality(t.parts) = 3
