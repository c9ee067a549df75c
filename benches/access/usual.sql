-- The usual advice: functions in a SELECT of their own, so that they run once in a statement, and IN (SELECT ...) for what belongs to others.
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO crm_app;

CREATE FUNCTION bench.uid() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT current_setting('bench.user_id')::bigint
$$;
CREATE FUNCTION bench.level() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.role FROM users u WHERE u.id = bench.uid() AND u.is_active
$$;
CREATE FUNCTION bench.team() RETURNS SETOF bigint LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH RECURSIVE tree (id) AS (
        SELECT u.department_id FROM users u WHERE u.id = bench.uid() AND u.role = 'head'
        UNION
        SELECT below.id FROM departments below JOIN tree ON below.parent_id = tree.id
    )
    SELECT u.id FROM users u WHERE u.department_id IN (SELECT tree.id FROM tree)
$$;

ALTER TABLE companies ENABLE ROW LEVEL SECURITY;
ALTER TABLE contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_companies ENABLE ROW LEVEL SECURITY;
ALTER TABLE deals ENABLE ROW LEVEL SECURITY;
CREATE POLICY usual ON companies TO crm_app USING (
    (SELECT bench.level()) = 'manager' OR owner_id = (SELECT bench.uid()) OR owner_id IN (SELECT bench.team())
);
CREATE POLICY usual ON contacts TO crm_app USING (
    (SELECT bench.level()) = 'manager' OR owner_id = (SELECT bench.uid()) OR owner_id IN (SELECT bench.team())
    OR created_by = (SELECT bench.uid()) OR id IN (SELECT l.contact_id FROM contact_companies l)
);
CREATE POLICY usual ON contact_companies TO crm_app USING (
    (SELECT bench.level()) = 'manager' OR company_id IN (SELECT c.id FROM companies c)
);
CREATE POLICY usual ON deals TO crm_app USING (
    (SELECT bench.level()) = 'manager' OR owner_id = (SELECT bench.uid()) OR owner_id IN (SELECT bench.team())
    OR company_id IN (SELECT c.id FROM companies c)
);
