SELECT crm_access.user_key()::{{ key_type | q }}
