-- What somebody could do to a database so that pgrls has to report it; the comment above each is what it must then say. {table} is a
-- protected table. tools/pgrls-check reads the comments, so an exception that is too wide is found.

-- SEC002 public.harm_open
-- SEC003 public.harm_open.harm_everyone
-- SEC008 public.harm_open.harm_everyone
CREATE TABLE public.harm_open (id int, user_id int);
ALTER TABLE public.harm_open ENABLE ROW LEVEL SECURITY;
CREATE POLICY harm_everyone ON public.harm_open USING (true);
GRANT SELECT ON public.harm_open TO PUBLIC;

-- SEC001 public.harm_off
CREATE TABLE public.harm_off (id int);

-- SEC001 crm_access.assignment
GRANT SELECT ON crm_access.assignment TO PUBLIC;

-- SEC008 {table}.harm_all
-- SEC005 {table}.harm_all
CREATE POLICY harm_all ON {table} FOR SELECT USING (true);

-- SEC002 {table}
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;

-- SEC014 crm_access_rules.harm_function
-- SEC015 crm_access_rules.harm_function
CREATE FUNCTION crm_access_rules.harm_function() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM {table}';

-- SEC008 {other}.crm_access_reader
-- SEC003 {other}.crm_access_reader
ALTER POLICY crm_access_reader ON {other} TO PUBLIC;

-- VIEW001 public.harm_view
-- VIEW002 public.harm_view
CREATE VIEW public.harm_view AS SELECT count(*) FROM {table};
