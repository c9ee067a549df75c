#variable_conflict use_column
BEGIN
    -- assign_record changes owners, which are never among these; whoever goes past row security is not asked.
    IF current_user = {{ reader | q }} OR NOT (row_security_active(TG_RELID)
            OR EXISTS (SELECT 1 FROM pg_partition_ancestors(TG_RELID) AS a WHERE row_security_active(a.relid))) THEN
        RETURN NEW;
    END IF;
{%- for column in columns %}
    -- As text: a type need not have an equality, and two values that are equal may still say different things.
    IF (CASE TG_OP WHEN 'INSERT' THEN crm_access.column_default(TG_RELID, {{ column.text | q }}) ELSE OLD.{{ column.name | q }}::text END) IS DISTINCT FROM NEW.{{ column.name | q }}::text
            AND (SELECT {{ column.holds | q }}) IS NOT TRUE THEN
        RAISE EXCEPTION 'this user may not change the column "%" of "%" records', {{ column.text | q }}, {{ entity | q }}
            USING ERRCODE = 'insufficient_privilege', HINT = {{ column.hint | q }};
    END IF;
{%- endfor %}
    RETURN NEW;
END
