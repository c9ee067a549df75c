DECLARE
    changed boolean := true;
BEGIN
    -- The arguments are the columns that matter. What a trigger of the application changed counts as well, which UPDATE OF would overlook.
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0 THEN
        EXECUTE (
            SELECT format('SELECT EXISTS (SELECT ROW(%1$s)::text FROM new_rows EXCEPT ALL SELECT ROW(%1$s)::text FROM old_rows)',
                          string_agg(format('%I', a.name), ', '))
            FROM unnest(TG_ARGV) AS a(name)
        ) INTO changed;
    END IF;
    IF changed THEN
        PERFORM crm_access_rules.assert_consistent();
    END IF;
    RETURN NULL;
END
