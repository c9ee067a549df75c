//! Deals with columns that not everybody may read or change.

use crm_access::program::Target;

use crate::support::World;

/// Users 1 chief, 2 clerk, 3 boss, 4 guest, 5 a chief who is not active, 6 clerk. Deals 1 to 20, of the users in turn.
pub const TABLES: &str = "
DO $$ BEGIN CREATE ROLE crm_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$;
CREATE TABLE users (id int PRIMARY KEY, active boolean, role text, login text);
INSERT INTO users VALUES (1, true, 'chief'), (2, true, 'clerk'), (3, true, 'boss'), (4, true, 'guest'), (5, false, 'chief'), (6, true, 'clerk');
CREATE TABLE deals (
    id int PRIMARY KEY, title text, owner int, cost int DEFAULT 7, margin numeric(10, 2), note text, rating int, secret text, extra json,
    code text UNIQUE, CONSTRAINT not_too_much CHECK (margin < 1000000));
INSERT INTO deals SELECT n, 'Deal ' || n, 1 + n % 6, 7, n * 1000.5, 'note ' || n, n % 5, 'secret ' || n, '{\"a\": 1}', 'code' || n FROM generate_series(1, 20) AS n;
GRANT USAGE ON SCHEMA public TO crm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON deals TO crm_app;
";

pub const COLUMNS: &str = "
    view: deals_shown
    columns:
      cost: {change: chief}
      margin: {read: chief, change: [chief]}
      note: {read: [chief, clerk]}
      rating: {change: []}
      secret: {read: []}
      extra: {read: chief, change: chief}";

pub fn text(columns: &str) -> String {
    format!(
        "version: 1
application_role: crm_app
key_type: int4
identity: {{act_as: crm_backend, database_role: login, setting: {{name: app.user_token, signed: true, issuers: crm_backend}}}}
directory: {{users: {{table: users, active: active}}}}
entities:
  deal:
    table: deals
    owners: owner{columns}
roles:
  guest: {{grants: {{deal: {{read: all}}}}}}
  clerk: {{grants: {{deal: {{read: own, create: all, update: own, delete: own, import: all}}}}}}
  chief: {{grants: {{deal: all}}}}
  boss: {{includes: chief}}
assignments: {{tables: {{table: users, user: id, role: role}}}}
"
    )
}

pub fn world(target: Target) -> World {
    World::made(TABLES, target, &text(COLUMNS))
}
