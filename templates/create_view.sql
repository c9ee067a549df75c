CREATE VIEW {{ name | q }} ({{ key | q }}) WITH (security_barrier = true) AS
{{ body | q }};
