BEGIN
{%- if lifted %}
    DELETE FROM crm_access.restricted_user AS k
    WHERE NOT EXISTS (
        SELECT 1 FROM crm_access_rules.restrictions() AS r
        WHERE r.restriction = k.restriction AND r.user_key::text = k.user_key AND r.restriction = ANY ({{ lifted | q }}));
    INSERT INTO crm_access.restricted_user (restriction, user_key)
    SELECT r.restriction, r.user_key::text FROM crm_access_rules.restrictions() AS r WHERE r.restriction = ANY ({{ lifted | q }}) AND r.user_key IS NOT NULL
    ON CONFLICT DO NOTHING;
{%- else %}
    DELETE FROM crm_access.restricted_user;
{%- endif %}
END
