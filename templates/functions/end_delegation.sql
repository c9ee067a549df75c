DECLARE
    asking CONSTANT text := crm_access_rules.me()::text;
    ended crm_access.delegation;
BEGIN
{% include "functions/not_covering.sql" %}
    DELETE FROM crm_access.delegation AS d
    WHERE d.id = $1 AND (asking IN (d.delegator, d.delegate)
       OR EXISTS (SELECT 1 FROM crm_access_rules.roles_of((SELECT crm_access_rules.me())) AS r WHERE r.role = ANY ({{ for_others | q }})))
    RETURNING d.* INTO ended;
    IF ended.id IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO crm_access.log (actor, action, detail)
    VALUES (asking, 'end_delegation', jsonb_build_object('id', ended.id, 'from', ended.delegator, 'to', ended.delegate, 'ends_at', ended.ends_at));
    RETURN true;
END
