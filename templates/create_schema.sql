CREATE SCHEMA {{ schema | q }};
