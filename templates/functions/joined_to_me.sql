SELECT j.{{ left | q }}::{{ type | q }} FROM {{ table | q }} AS j WHERE j.{{ right | q }} = {{ me | q }}
