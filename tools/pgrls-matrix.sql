-- What is wrong in a matrix of pgrls (`:matrix`, its JSON): who reaches more of a protected table than was meant. No row: nothing.
--
-- It can't see what a policy gives to whom, since our policies call functions; it does see whether anybody has a way that is not a policy.
\set matrix `cat "$MATRIX"`
SELECT cell.object, cell.command, cell.role, cell.verdict, cell.note
FROM (
    SELECT row_ ->> 'table' AS object, row_ ->> 'command' AS command, access.key AS role, access.value ->> 'verdict' AS verdict,
        access.value ->> 'note' AS note
    FROM jsonb_array_elements(:'matrix'::jsonb -> 'rows') AS row_
    CROSS JOIN LATERAL jsonb_each(row_ -> 'access') AS access
) AS cell
JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(cell.object) AND c.relrowsecurity
LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = cell.role
WHERE cell.verdict IS DISTINCT FROM 'denied'
    AND NOT coalesce(r.rolsuper, false)
    AND NOT (
        -- The helper functions' role reads, and does nothing else.
        (cell.command = 'SELECT' AND EXISTS (
            SELECT FROM crm_access.object AS o WHERE o.kind = 'option' AND o.schema_name = 'reader_role' AND o.name = cell.role
        ))
        -- The application's roles have what the policies leave of each command, but never TRUNCATE. Some policies call a helper function
        -- that gives keys of visible records, and foreign keys act as the tables' owner; docs/pgrls.md says why both are meant.
        OR (cell.role <> 'PUBLIC' AND cell.command <> 'TRUNCATE' AND (
            cell.verdict = 'conditional'
            OR cell.note LIKE 'through SECURITY DEFINER crm\_access\_rules.%'
            OR cell.note LIKE 'rows referencing % (foreign key %'
        ))
        -- Row security does not hold for TRUNCATE, which only the owner has.
        OR (cell.command = 'TRUNCATE' AND r.oid = c.relowner)
    )
ORDER BY 1, 2, 3;
