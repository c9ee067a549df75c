LOCK TABLE {% for table in tables %}{% if not loop.first %}, {% endif %}{{ table | q }}{% endfor %} IN ACCESS EXCLUSIVE MODE;
