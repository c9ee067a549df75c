CREATE FUNCTION {{ name | q }}({% for argument in arguments %}{% if not loop.first %}, {% endif %}{{ argument | q }}{% endfor %})
RETURNS {% if returns.one %}{{ returns.one | q }}{% elif returns.set %}SETOF {{ returns.set | q }}{% elif returns.table %}TABLE ({% for column in returns.table %}{% if not loop.first %}, {% endif %}{{ column.0 | q }} {{ column.1 | q }}{% endfor %}){% elif returns == "trigger" %}trigger{% else %}void{% endif %}
LANGUAGE plpgsql {% if volatility == "immutable" %}IMMUTABLE PARALLEL SAFE{% elif volatility == "stable" %}STABLE PARALLEL SAFE{% else %}VOLATILE{% endif %}{% if security_definer %} SECURITY DEFINER{% endif %}
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC'
AS {{ body | q }};
