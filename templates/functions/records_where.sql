SELECT {{ key | q }}::{{ type | q }} FROM {{ table | q }} WHERE {{ condition | q }}
