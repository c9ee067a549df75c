-- Naive policies: a function for each row, which looks everything up again.
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO crm_app;

CREATE FUNCTION bench.sees_owner(owner bigint) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    me bigint := current_setting('bench.user_id')::bigint;
    level text;
BEGIN
    SELECT u.role INTO level FROM users u WHERE u.id = me AND u.is_active;
    IF level = 'manager' THEN
        RETURN true;
    ELSIF level = 'head' THEN
        RETURN EXISTS (
            WITH RECURSIVE tree (id) AS (
                SELECT u.department_id FROM users u WHERE u.id = me
                UNION
                SELECT below.id FROM departments below JOIN tree ON below.parent_id = tree.id
            )
            SELECT FROM users u WHERE u.id = owner AND u.department_id IN (SELECT tree.id FROM tree)
        );
    END IF;
    RETURN owner = me;
END
$$;

CREATE FUNCTION bench.sees_company(company bigint) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM companies c WHERE c.id = company AND bench.sees_owner(c.owner_id));
END
$$;

CREATE FUNCTION bench.sees_contact(contact bigint, owner bigint, creator bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN bench.sees_owner(owner)
        OR creator = current_setting('bench.user_id')::bigint
        OR EXISTS (SELECT FROM contact_companies l WHERE l.contact_id = contact AND bench.sees_company(l.company_id));
END
$$;

ALTER TABLE companies ENABLE ROW LEVEL SECURITY;
ALTER TABLE contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_companies ENABLE ROW LEVEL SECURITY;
ALTER TABLE deals ENABLE ROW LEVEL SECURITY;
CREATE POLICY naive ON companies TO crm_app USING (bench.sees_owner(owner_id));
CREATE POLICY naive ON contacts TO crm_app USING (bench.sees_contact(id, owner_id, created_by));
CREATE POLICY naive ON contact_companies TO crm_app USING (bench.sees_company(company_id));
CREATE POLICY naive ON deals TO crm_app USING (bench.sees_owner(owner_id) OR bench.sees_company(company_id));
