-- A small CRM with one of everything that the catalog query describes; crm.json is what the query says about it.
--
-- `tools/catalog-documents` makes crm.json anew.
CREATE ROLE crm_owner NOLOGIN;
CREATE ROLE crm_user NOLOGIN;
CREATE ROLE crm_staff NOLOGIN;
CREATE ROLE crm_report NOLOGIN BYPASSRLS;
CREATE ROLE crm_backend LOGIN NOINHERIT IN ROLE crm_user;
GRANT crm_staff TO crm_user;
GRANT CREATE, USAGE ON SCHEMA public TO crm_owner, crm_report;
GRANT CREATE ON DATABASE crm TO crm_owner;

SET ROLE crm_owner;
CREATE DOMAIN email AS varchar(100);
CREATE DOMAIN work_email AS email CHECK (VALUE LIKE '%@%');
CREATE TABLE company (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL,
    number integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    mail work_email,
    label text GENERATED ALWAYS AS (lower(name)) STORED,
    "Region" varchar(20) DEFAULT 'north',
    gone integer,
    owner_id bigint,
    UNIQUE (tenant, number) INCLUDE (name),
    UNIQUE (name, tenant) DEFERRABLE
);
ALTER TABLE company DROP COLUMN gone;
CREATE UNIQUE INDEX company_mail ON company (mail) WHERE mail IS NOT NULL;
CREATE UNIQUE INDEX company_lower_name ON company (tenant, lower(name));
CREATE INDEX company_owner ON company (owner_id, name);
ALTER TABLE company ENABLE ROW LEVEL SECURITY;
ALTER TABLE company FORCE ROW LEVEL SECURITY;
CREATE POLICY company_read ON company FOR SELECT TO crm_user USING (owner_id = 1);
CREATE POLICY company_floor ON company AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK (owner_id IS NOT NULL);
COMMENT ON POLICY company_floor ON company IS 'kept by hand';
GRANT SELECT, INSERT ON company TO crm_user;
GRANT UPDATE (name) ON company TO crm_user WITH GRANT OPTION;

CREATE TABLE deal (
    id bigint PRIMARY KEY,
    company_id bigint REFERENCES company ON DELETE CASCADE,
    tenant integer,
    number integer,
    stage text
);
ALTER TABLE deal ADD FOREIGN KEY (tenant, number) REFERENCES company (tenant, number) ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;
GRANT SELECT ON deal TO PUBLIC;

CREATE TABLE activity (id bigint NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE activity_2025 PARTITION OF activity FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY RANGE (at);
CREATE TABLE activity_2025_spring PARTITION OF activity_2025 FOR VALUES FROM ('2025-03-01') TO ('2025-06-01');

CREATE TABLE note (id bigint PRIMARY KEY, text text);
CREATE TABLE note_kept () INHERITS (note);

CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER deal_stamp BEFORE INSERT ON deal FOR EACH ROW EXECUTE FUNCTION stamp();

CREATE VIEW company_names WITH (security_invoker = on) AS SELECT id, name FROM company;
GRANT SELECT (name) ON company_names TO crm_user;
CREATE TABLE deal_log (id bigint);
CREATE RULE deal_log_copy AS ON INSERT TO deal_log DO ALSO INSERT INTO deal (id) VALUES (new.id);
CREATE RULE deal_quiet AS ON DELETE TO deal DO INSTEAD NOTHING;
GRANT SELECT ON company, company_names TO crm_report;
RESET ROLE;

SET ROLE crm_report;
CREATE VIEW named_companies WITH (security_barrier) AS SELECT name FROM company_names;
GRANT SELECT ON named_companies TO PUBLIC;
RESET ROLE;
CREATE MATERIALIZED VIEW company_count AS SELECT count(*) AS companies, (SELECT count(*) FROM deal) AS deals FROM named_companies;
