-- What six people see in the data of teamleader.sql under the policies of teamleader.yaml: everyone asks the same questions.
-- For psql, as crm_backend, the role of the application's server. `make demo` runs it.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off

CREATE TEMPORARY TABLE seen (line int, question text, person text, column_order int, answer text);

-- One statement for everyone: not a word in it says who is asking.
PREPARE look(int, text) AS
INSERT INTO seen (column_order, person, line, question, answer)
SELECT $1, $2, line, question, answer
FROM (VALUES
    (10, 'SELECT count(*) FROM companies', (SELECT count(*)::text FROM companies)),
    (11, 'SELECT count(*) FROM contacts', (SELECT count(*)::text FROM contacts)),
    (12, 'SELECT count(*) FROM deals', (SELECT count(*)::text FROM deals)),
    (13, 'SELECT count(*) FROM quotations', (SELECT count(*)::text FROM quotations)),
    (14, 'SELECT count(*) FROM invoices', (SELECT count(*)::text FROM invoices)),
    (20, 'company Bakery Dubois, managed by Lena', (SELECT 'yes' FROM companies WHERE name = 'Bakery Dubois')),
    (21, 'company Harbor Logistics, Bruno and, second, Lena', (SELECT 'yes' FROM companies WHERE name = 'Harbor Logistics')),
    (22, 'company Orchard Dental, of Nora in Tessa''s team', (SELECT 'yes' FROM companies WHERE name = 'Orchard Dental')),
    (23, 'company Kestrel Print, managed by Ivo', (SELECT 'yes' FROM companies WHERE name = 'Kestrel Print')),
    (24, 'company Atelier Moreau, managed by nobody', (SELECT 'yes' FROM companies WHERE name = 'Atelier Moreau')),
    (30, 'contact Ben Carter, of Bakery Dubois and another', (SELECT 'yes' FROM contacts WHERE email = 'ben.carter@mail.example')),
    (31, 'contact Derek Olsen, of no company, made by Lena', (SELECT 'yes' FROM contacts WHERE email = 'derek.olsen@mail.example')),
    (32, 'contact Carmen Ruiz, of Nordwind, made by Lena', (SELECT 'yes' FROM contacts WHERE email = 'carmen@nordwind.example')),
    (40, 'deal Bakery oven, for Bruno at Lena''s company', (SELECT 'yes' FROM deals WHERE title = 'Bakery oven')),
    (41, 'deal Nordwind turbine, for Lena at Marc''s company', (SELECT 'yes' FROM deals WHERE title = 'Nordwind turbine service')),
    (42, 'deal Granite roof, for Dora', (SELECT 'yes' FROM deals WHERE title = 'Granite roof')),
    (43, 'deal Orchard chairs, for Tessa at Nora''s company', (SELECT 'yes' FROM deals WHERE title = 'Orchard chairs'))
) AS asked (line, question, answer);

-- The name of the person is set for one transaction, as an application does for each request.
BEGIN; SELECT crm_access.act_as(2) \g /dev/null
EXECUTE look(1, 'Bruno'); COMMIT;
BEGIN; SELECT crm_access.act_as(3) \g /dev/null
EXECUTE look(2, 'Lena'); COMMIT;
BEGIN; SELECT crm_access.act_as(6) \g /dev/null
EXECUTE look(3, 'Tessa'); COMMIT;
BEGIN; SELECT crm_access.act_as(5) \g /dev/null
EXECUTE look(4, 'Dora'); COMMIT;
BEGIN; SELECT crm_access.act_as(10) \g /dev/null
EXECUTE look(5, 'Ivo'); COMMIT;
BEGIN; SELECT crm_access.act_as(9) \g /dev/null
EXECUTE look(6, 'Noah'); COMMIT;
-- And once without saying who is asking.
BEGIN; EXECUTE look(7, '(nobody)'); COMMIT;

\echo 'The same questions, asked by six people. "yes": the record is there for this person; "-": it is not.'
\echo
SELECT question AS " ", person, coalesce(answer, '-') AS answer, column_order FROM seen ORDER BY line
\crosstabview 1 2 3 column_order
\echo
\echo 'Why they differ (the names in quotes are those of examples/teamleader.yaml):'
\echo '  Bruno  has the role "employee", which reads the whole CRM.'
\echo '  Lena   is an "employee" under "limited_crm_access": her own companies, and what belongs to them.'
\echo '         A contact of no company is hers if she made it. A deal at another''s company is hidden although it is assigned to her.'
\echo '  Tessa  is under the same restriction and leads a team. Leading adds nothing: the companies of her team stay hidden.'
\echo '  Dora   is an "employee" under "limited_deal_access": only her own deals and their quotations, all of the rest.'
\echo '  Ivo    has the role "intern": the companies he manages and who works there, and no deal, quotation or invoice.'
\echo '  Noah   has no role, so he sees nothing.'
\echo '  (nobody) is an application that forgot to say who is asking. It gets nothing, not everything.'
