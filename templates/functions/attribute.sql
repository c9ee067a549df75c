SELECT u.{{ column | q }}::{{ type | q }} FROM {{ users | q }} AS u WHERE u.{{ user_key | q }} = (SELECT crm_access_rules.me())
