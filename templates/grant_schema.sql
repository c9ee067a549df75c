GRANT {{ privilege | q }} ON SCHEMA {{ schema | q }} TO {{ role | q }};
