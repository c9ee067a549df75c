GRANT SELECT ON {{ table | q }} TO {{ role | q }};
