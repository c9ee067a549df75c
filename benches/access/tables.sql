-- The tables of the benchmark, with the indexes that a CRM has for these queries anyway: every variant has the same ones.
-- Names compare byte by byte, so that LIKE 'ab%' and the range form may use one and the same index.
CREATE TABLE departments (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    parent_id bigint REFERENCES departments,
    head_id bigint
);
CREATE TABLE users (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    department_id bigint NOT NULL REFERENCES departments,
    role text NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);
CREATE TABLE companies (
    id bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    city text NOT NULL,
    owner_id bigint NOT NULL
);
CREATE TABLE contacts (
    id bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    note text NOT NULL,
    owner_id bigint,
    created_by bigint
);
CREATE TABLE contact_companies (
    id bigint PRIMARY KEY,
    contact_id bigint NOT NULL,
    company_id bigint NOT NULL
);
CREATE TABLE deals (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    stage text NOT NULL,
    amount bigint NOT NULL,
    company_id bigint,
    owner_id bigint NOT NULL,
    created_at timestamptz NOT NULL
);
