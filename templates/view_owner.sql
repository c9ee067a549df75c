{# The verifying parser knows no ALTER VIEW ... OWNER; the server takes this for views as well. -#}
ALTER TABLE {{ view | q }} OWNER TO {{ role | q }};
