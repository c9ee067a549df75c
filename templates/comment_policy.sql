COMMENT ON POLICY {{ policy | q }} ON {{ table | q }} IS {{ comment | q }};
