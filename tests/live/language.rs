//! A small schema for what no preset uses, and configurations over it.

use crate::rows::Rows;
use crate::support::World;
use crm_access::program::Target;

pub const DOCS: Rows = Rows { table: "docs", key: "id", touch: "title = 'touched'" };
pub const BOXES: Rows = Rows { table: "boxes", key: "id", touch: "title = 'touched'" };
pub const NOTES: Rows = Rows { table: "notes", key: "id", touch: "title = 'touched'" };

/// Users 1 to 12. Departments: 1 > (2 > 4, 3), 5 apart. Docs 1 to 60, boxes 1 to 30, notes 1 to 90.
pub const TABLES: &str = "
DO $$ BEGIN CREATE ROLE crm_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$;

CREATE TABLE departments (id int PRIMARY KEY, parent int, head int);
INSERT INTO departments VALUES (1, NULL, 12), (2, 1, 3), (3, 1, NULL), (4, 2, NULL), (5, NULL, NULL);
CREATE TABLE users (
    id int PRIMARY KEY, active boolean DEFAULT true, role text, department int, region text, level int, quota bigint, budget numeric, vip boolean,
    joined date, seen timestamptz, badge uuid);
INSERT INTO users
SELECT n, n <> 11, NULL, CASE WHEN n % 6 <> 0 THEN n % 6 END, (ARRAY['north', 'south', NULL, 'o''west'])[1 + n % 4], n % 5, n * 1000000000::bigint, n * 10.5, (ARRAY[true, false, NULL])[1 + n % 3],
    date '2024-01-01' + n, timestamptz '2024-01-01 00:00 UTC' + n * interval '1 hour', ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
FROM generate_series(1, 12) AS n;
CREATE TABLE department_members (department int, person int);
INSERT INTO department_members VALUES (1, 1), (2, 2), (2, 4), (4, 5), (3, 6), (4, 6), (5, 7), (1, NULL), (NULL, 8);
CREATE TABLE groups (id int PRIMARY KEY, leader int);
INSERT INTO groups VALUES (1, 9), (2, NULL);
CREATE TABLE group_members (grp int, person int);
INSERT INTO group_members VALUES (1, 1), (1, 2), (2, 3), (2, 11);
CREATE TABLE workgroups (id int PRIMARY KEY);
INSERT INTO workgroups VALUES (1), (2);
CREATE TABLE workgroup_members (workgroup int, person int);
INSERT INTO workgroup_members VALUES (1, 4), (1, 5), (2, 6);
CREATE TABLE teams (id int PRIMARY KEY, leader int);
INSERT INTO teams VALUES (1, 8), (2, NULL), (3, 1);
CREATE TABLE team_members (team int, person int);
INSERT INTO team_members VALUES (1, 2), (1, 3), (2, 3), (2, 7), (3, 10);

CREATE TABLE docs (
    id int PRIMARY KEY, title text, first_owner int, second_owner int, author int, department int, team int, shared boolean, stage text,
    region text, level int, quota bigint, budget numeric, flag boolean, due date, seen timestamptz, badge uuid);
INSERT INTO docs
SELECT n, 'Doc ' || n, CASE WHEN n % 4 <> 0 THEN 1 + n % 12 END, CASE WHEN n % 3 = 0 THEN 1 + n * 5 % 12 END, CASE WHEN n % 7 <> 0 THEN 1 + n * 7 % 12 END,
    CASE WHEN n % 6 <> 0 THEN n % 6 END, CASE WHEN n % 4 <> 0 THEN n % 4 END, (ARRAY[true, false, NULL])[1 + n % 3], (ARRAY['new', 'won', 'lost', NULL, 'odd''s'])[1 + n % 5],
    (ARRAY['north', 'south', NULL, 'o''west', 'NORTH-EAST'])[1 + n % 5], CASE WHEN n % 8 <> 0 THEN n % 7 END, n % 13 * 1000000000::bigint, n * 2.25, (ARRAY[true, false, NULL])[1 + n / 3 % 3],
    date '2024-01-01' + n % 20, timestamptz '2024-01-01 00:00 UTC' + n % 16 * interval '1 hour', ('00000000-0000-4000-8000-' || lpad((n % 15)::text, 12, '0'))::uuid
FROM generate_series(1, 60) AS n;
CREATE TABLE boxes (id int PRIMARY KEY, title text, author int);
INSERT INTO boxes SELECT n, 'Box ' || n, CASE WHEN n % 5 <> 0 THEN 1 + n % 12 END FROM generate_series(1, 30) AS n;
CREATE TABLE box_owners (box int, person int);
INSERT INTO box_owners SELECT n, 1 + (n * 5 + k * 3) % 12 FROM generate_series(1, 30) AS n, generate_series(1, 2) AS k WHERE n % 4 <> 0 AND (k = 1 OR n % 3 = 0);
CREATE TABLE notes (id int PRIMARY KEY, title text, doc int, box int);
INSERT INTO notes SELECT n, 'Note ' || n, CASE WHEN n % 5 <> 0 THEN 1 + n * 7 % 60 END, CASE WHEN n % 3 = 0 THEN 1 + n % 30 END FROM generate_series(1, 90) AS n;
CREATE TABLE note_docs (note int, doc int);
INSERT INTO note_docs SELECT n, 1 + (n * 11 + k * 17) % 60 FROM generate_series(1, 90) AS n, generate_series(1, 3) AS k WHERE n % 4 <> 0 AND k <= n % 4;

GRANT USAGE ON SCHEMA public TO crm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON docs, boxes, box_owners, notes, note_docs TO crm_app;
";

pub const ACTIVE_USERS: [&str; 11] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "12"];

/// A configuration over these tables: parts of the directory and of the entities that tests vary, then roles and everything after them.
pub struct Parts<'a> {
    pub members: &'a str,
    pub doc: &'a str,
    pub note: &'a str,
    pub rest: &'a str,
}

impl Default for Parts<'_> {
    fn default() -> Self {
        Parts { members: "department", doc: "", note: "parents: {doc: doc, box: box}", rest: "" }
    }
}

impl Parts<'_> {
    pub fn text(&self) -> String {
        let Parts { members, doc, note, rest } = self;
        format!(
            "version: 1
application_role: crm_app
key_type: int4
identity: {{act_as: crm_backend, setting: {{name: app.user_token, signed: true, issuers: crm_backend}}}}
directory:
  users:
    table: users
    active: active
    attributes: {{region: text, level: int4, quota: int8, budget: numeric, vip: boolean, joined: date, seen: timestamptz, badge: uuid}}
  departments: {{table: departments, parent: parent, head: head, members: {members}}}
  groups: {{table: groups, leader: leader, members: {{table: group_members, of: grp, user: person}}}}
  workgroups: {{table: workgroups, members: {{table: workgroup_members, of: workgroup, user: person}}}}
  teams: {{table: teams, leader: leader, members: {{table: team_members, of: team, user: person}}}}
entities:
  doc:
    table: docs
    owners: [first_owner, second_owner]
    creator: author
    open: shared
    stage: {{column: stage, names: [new, won, lost, none, \"odd's\"]}}
    {doc}
  box:
    table: boxes
    creator: author
    owners: {{table: box_owners, record: box, user: person}}
  note:
    table: notes
    {note}
{rest}"
        )
    }

    pub fn world(&self, target: Target) -> World {
        World::made(TABLES, target, &self.text())
    }
}

/// Gives users the role that the column `users.role` names.
pub const BY_COLUMN: &str = "assignments: {tables: {table: users, user: id, role: role}, stored: true}\n";

/// Gives one user a role and takes everybody else's.
pub fn only(world: &mut World, user: &str, role: &str) {
    world.force(&format!("UPDATE users SET role = CASE WHEN id = {user} THEN '{}' END", role.replace('\'', "''")));
}
