SELECT EXISTS (SELECT 1 FROM {{ table | q }} AS j WHERE j.{{ left | q }} = $1)
