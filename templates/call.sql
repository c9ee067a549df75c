SELECT {{ function | q }}({% for argument in arguments %}{% if not loop.first %}, {% endif %}{{ argument | q }}{% endfor %});
