GRANT EXECUTE ON FUNCTION {{ function | q }}({% for argument in arguments %}{% if not loop.first %}, {% endif %}{{ argument | q }}{% endfor %}) TO {{ role | q }};
