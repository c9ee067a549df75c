SELECT j.{{ left | q }}::{{ type | q }} FROM {{ table | q }} AS j WHERE j.{{ right | q }} = (SELECT crm_access_rules.me())
