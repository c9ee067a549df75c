-- One database role per level: each has policies of one arm, with the sets as arrays that are made once in a statement.
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO bench_salesperson, bench_head, bench_manager;

CREATE FUNCTION bench.uid() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT current_setting('bench.user_id')::bigint
$$;
CREATE FUNCTION bench.team() RETURNS SETOF bigint LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH RECURSIVE tree (id) AS (
        SELECT u.department_id FROM users u WHERE u.id = bench.uid()
        UNION
        SELECT below.id FROM departments below JOIN tree ON below.parent_id = tree.id
    )
    SELECT u.id FROM users u WHERE u.department_id IN (SELECT tree.id FROM tree)
$$;

ALTER TABLE companies ENABLE ROW LEVEL SECURITY;
ALTER TABLE contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_companies ENABLE ROW LEVEL SECURITY;
ALTER TABLE deals ENABLE ROW LEVEL SECURITY;

CREATE POLICY everything ON companies TO bench_manager USING (true);
CREATE POLICY everything ON contacts TO bench_manager USING (true);
CREATE POLICY everything ON contact_companies TO bench_manager USING (true);
CREATE POLICY everything ON deals TO bench_manager USING (true);

CREATE POLICY own ON companies TO bench_salesperson USING (owner_id = bench.uid());
CREATE POLICY own ON contacts TO bench_salesperson USING (
    owner_id = bench.uid() OR created_by = bench.uid() OR id = ANY (ARRAY(SELECT l.contact_id FROM contact_companies l))
);
CREATE POLICY own ON contact_companies TO bench_salesperson USING (company_id = ANY (ARRAY(SELECT c.id FROM companies c)));
CREATE POLICY own ON deals TO bench_salesperson USING (owner_id = bench.uid() OR company_id = ANY (ARRAY(SELECT c.id FROM companies c)));

CREATE POLICY below ON companies TO bench_head USING (owner_id = ANY (ARRAY(SELECT bench.team())));
CREATE POLICY below ON contacts TO bench_head USING (
    owner_id = ANY (ARRAY(SELECT bench.team())) OR created_by = bench.uid() OR id = ANY (ARRAY(SELECT l.contact_id FROM contact_companies l))
);
CREATE POLICY below ON contact_companies TO bench_head USING (company_id = ANY (ARRAY(SELECT c.id FROM companies c)));
CREATE POLICY below ON deals TO bench_head USING (
    owner_id = ANY (ARRAY(SELECT bench.team())) OR company_id = ANY (ARRAY(SELECT c.id FROM companies c))
);
