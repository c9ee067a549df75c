-- The data of the benchmark: the same rows in every run of the same scale. $companies, $users, $typical, $large and $below (users in the
-- department head's tree) are put in by the program.
--
-- Users 1 to 5 are those who are measured: s owns 5 companies, t a typical number, b a large one, d heads a department that owns about
-- 3.5 % of all, a is a manager. The companies of each are scattered over the table, since a multiplication by a prime permutes them.
INSERT INTO departments
SELECT n, 'department ' || n, CASE WHEN n = 1 THEN NULL WHEN n = 2 THEN 1 WHEN n <= 4 THEN 2 WHEN n = 5 THEN 4 ELSE 1 END, CASE n WHEN 2 THEN 4 END
FROM generate_series(1, 25) n;

INSERT INTO users
SELECT n, 'user ' || n,
    CASE WHEN n = 4 THEN 2 WHEN n = 5 THEN 1 WHEN n BETWEEN 6 AND 5 + $below THEN 2 + n % 4 ELSE 6 + n % 20 END,
    CASE n WHEN 4 THEN 'head' WHEN 5 THEN 'manager' ELSE 'salesperson' END
FROM generate_series(1, $users) n;

INSERT INTO companies
SELECT id, substr(md5('company ' || id), 1, 16), 'city ' || id % 500,
    CASE
        WHEN place < 5 THEN 1
        WHEN place < 5 + $typical THEN 2
        WHEN place < 5 + $typical + $large THEN 3
        WHEN place < 5 + $typical + $large + $companies * 35 / 1000 THEN 6 + place % $below
        ELSE 6 + $below + place % ($users - 5 - $below)
    END
FROM (SELECT id, id * 7919 % $companies AS place FROM generate_series(1::bigint, $companies) id) placed;

-- One in a hundred deals belongs to somebody else than their company, and one in fifty has no company.
INSERT INTO deals
SELECT j.id, 'deal ' || j.id, (ARRAY['new', 'qualified', 'proposal', 'negotiation', 'won', 'lost'])[1 + j.id * 31 % 6],
    j.id * 7177 % 1000000, CASE WHEN j.id % 50 <> 0 THEN c.id END,
    CASE WHEN j.id % 50 = 0 OR j.id % 100 = 1 THEN 1 + j.id / 50 % $users ELSE c.owner_id END,
    timestamptz '2026-01-01 00:00:00+00' + j.id * interval '10 seconds'
FROM generate_series(1::bigint, 3 * $companies) AS j (id)
JOIN companies c ON c.id = 1 + (j.id * 104729 + j.id / $companies) % $companies
ORDER BY j.id;

INSERT INTO contacts
SELECT j.id, substr(md5('contact ' || j.id), 1, 16),
    format('word%s word%s word%s', j.id * 7919 % 1009, j.id * 104729 % 1013, j.id % 997),
    CASE WHEN j.id % 4 = 0 THEN NULL WHEN j.id % 100 = 1 THEN 1 + j.id / 100 % $users ELSE c.owner_id END,
    CASE WHEN j.id % 50 = 2 THEN NULL WHEN j.id % 50 = 3 THEN 1 + j.id / 50 % $users ELSE c.owner_id END
FROM generate_series(1::bigint, 3 * $companies) AS j (id)
JOIN companies c ON c.id = 1 + (j.id * 15485863 + j.id / $companies) % $companies
ORDER BY j.id;

-- One contact in twenty has no company, and one in twenty has two.
INSERT INTO contact_companies
SELECT row_number() OVER (ORDER BY contact_id, company_id), contact_id, company_id
FROM (
    SELECT id AS contact_id, 1 + (id * 15485863 + id / $companies) % $companies AS company_id
    FROM contacts WHERE id % 20 <> 0
    UNION
    SELECT id, 1 + id * 32452843 % $companies FROM contacts WHERE id % 20 = 1
) links;

CREATE INDEX ON departments (parent_id);
CREATE INDEX ON departments (head_id);
CREATE INDEX ON users (department_id);
CREATE INDEX ON companies (owner_id, name);
CREATE INDEX ON companies (name);
CREATE INDEX ON contacts (owner_id);
CREATE INDEX ON contacts (created_by);
CREATE INDEX ON contacts (name);
CREATE INDEX ON contacts USING gin (name gin_trgm_ops);
CREATE INDEX ON contacts USING gin (to_tsvector('simple', note));
CREATE UNIQUE INDEX ON contact_companies (contact_id, company_id);
CREATE INDEX ON contact_companies (company_id, contact_id);
CREATE INDEX ON deals (owner_id, created_at);
CREATE INDEX ON deals (company_id);
CREATE INDEX ON deals (created_at);
