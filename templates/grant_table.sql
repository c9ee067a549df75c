GRANT {{ privileges | q }} ON {{ table | q }} TO {{ role | q }};
