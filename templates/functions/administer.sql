DECLARE
    asking {{ key_type | q }} := crm_access_rules.me();
    what text := CASE WHEN $1 IN ('assign', 'revoke') THEN 'role' ELSE 'restriction' END;
    taking text := CASE WHEN $1 IN ('assign', 'revoke') THEN 'revoke' ELSE 'unrestrict' END;
    standing crm_access.assignment;
    logins CONSTANT text[] := {{ logins | q }};
    narrowed jsonb;
    lifted text;
    done boolean := true;
BEGIN
{%- if delegation %}
{% include "functions/not_covering.sql" %}
{%- endif %}
    IF NOT crm_access_rules.administers($1, $2) THEN
        RAISE EXCEPTION '% may not % the % %', coalesce('user ' || asking::text, 'nobody'), $1, what, coalesce(quote_literal($2), 'NULL') USING
            ERRCODE = 'insufficient_privilege', HINT = format('A role whose "administers" has the %s under "%s" may.', what, $1);
    END IF;
    IF $1 <> taking THEN
        PERFORM crm_access.check_assignment(what, $2, $3, $4);
    END IF;
    -- Over every channel: what narrows the user there is theirs as much as what narrows them here.
    narrowed := (SELECT jsonb_object_agg(l.login, ARRAY(SELECT crm_access_rules.my_restrictions(l.login))) FROM unnest(logins) AS l(login));
    SELECT a.* INTO standing FROM crm_access.assignment AS a
    WHERE a.kind = what AND a.name = $2 AND a.subject = $3 AND a.subject_key = coalesce(crm_access.subject_key($3, $4), '')
    FOR UPDATE;
    -- Whoever changes what is stored takes it away and gives something else: another period, or without the departments below.
    IF standing.id IS NOT NULL AND ($1 = taking OR coalesce(standing.ends_at, 'infinity') > pg_catalog.clock_timestamp() AND
        (standing.subdepartments, standing.confirmed, coalesce(standing.starts_at, '-infinity'), coalesce(standing.ends_at, 'infinity'))
        IS DISTINCT FROM (coalesce($5, false), coalesce($6, false), coalesce($7, '-infinity'), coalesce($8, 'infinity')))
    THEN
        IF NOT crm_access_rules.administers(taking, $2) THEN
            RAISE EXCEPTION 'user % may not change the stored % %, which takes a part of it away', asking, what, quote_literal($2) USING
                ERRCODE = 'insufficient_privilege', HINT = format('A role whose "administers" has the %s under "%s" may.', what, taking);
        END IF;
        IF {% if union %}what = 'restriction' AND {% endif %}(standing.subject = 'channel' OR EXISTS (
            SELECT 1 FROM crm_access_rules.subjects_of(asking) AS s
            WHERE s.subject = CASE WHEN standing.subdepartments AND standing.subject = 'department' THEN 'department_tree' ELSE standing.subject END
              AND s.key = standing.subject_key))
        THEN
            RAISE EXCEPTION 'nobody takes a % from themselves, and % reaches user %', what, quote_literal($2), asking USING
                ERRCODE = 'insufficient_privilege', HINT = 'Somebody else who may can do it.';
        END IF;
    END IF;
    IF $1 = taking THEN
        done := crm_access.drop_assignment(asking::text, what, $2, $3, $4);
    ELSE
        PERFORM crm_access.store_assignment(asking::text, what, $2, $3, $4, $5, $6, $7, $8);
    END IF;
    -- A restriction that goes with a role, or rests under one, is lifted by the way.
    SELECT r.name INTO lifted FROM unnest(logins) AS l(login), jsonb_array_elements_text(narrowed -> l.login) AS r(name)
    WHERE r.name NOT IN (SELECT crm_access_rules.my_restrictions(l.login)) ORDER BY 1 LIMIT 1;
    IF lifted IS NOT NULL THEN
        RAISE EXCEPTION 'user % would lift the restriction % from themselves', asking, quote_literal(lifted) USING
            ERRCODE = 'insufficient_privilege', HINT = 'Somebody else who may can do it.';
    END IF;
    RETURN done;
END
