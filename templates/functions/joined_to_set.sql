SELECT j.{{ left | q }}::{{ type | q }} FROM {{ table | q }} AS j WHERE j.{{ right | q }} IN (SELECT {{ set | q }}({% if of_subject %}$1, $2{% endif %}))
