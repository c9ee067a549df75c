SELECT coalesce(
{%- if act_as %}
    crm_access.identity(),
{%- endif %}
{%- if setting and signed %}
    CASE WHEN coalesce(current_setting({{ setting | q }}, true), '') <> '' THEN coalesce(crm_access_rules.token_user(current_setting({{ setting | q }}, true)), '') END,
{%- elif setting %}
    nullif(current_setting({{ setting | q }}, true), ''),
{%- endif %}
{%- if login %}
    (SELECT u.{{ user_key | q }}::text FROM {{ users | q }} AS u WHERE u.{{ login | q }} = session_user::text),
{%- endif %}
    NULL::text)
