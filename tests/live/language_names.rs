//! Names that try to break out of the generated SQL, and tables that are special.

use crate::catalog::{assert_same, catalog};
use crate::rows::Rows;
use crate::support::{REFUSED, TARGETS, World, applier, apply_as, connect, refused, tables_from};

fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn yaml(name: &str) -> String {
    serde_json::to_string(name).unwrap()
}

/// A name of 63 bytes that ends in the middle of something.
fn longest(start: &str) -> String {
    let mut name = start.to_owned();
    while name.len() < 63 {
        name.push('x');
    }
    name
}

/// Hostile names: one is used for everything that a configuration names, each in turn.
fn hostile() -> Vec<String> {
    vec![
        "user".to_owned(),
        "select".to_owned(),
        "order".to_owned(),
        "x'; DROP TABLE victim; --".to_owned(),
        "x\"; DROP TABLE victim; --".to_owned(),
        "$$; DROP TABLE victim; --".to_owned(),
        "a\\b'c\\n".to_owned(),
        "größe ñ 日本 \u{1F600}".to_owned(),
        "{{ table }}{% for x in y %}".to_owned(),
        "*/ DROP TABLE victim /*".to_owned(),
        "Mixed.Case name".to_owned(),
        "%I %L %s $1".to_owned(),
        "null".to_owned(),
        "{a, \"b\\\", NULL}".to_owned(),
        longest("long'\""),
        longest("ä"),
    ]
}

#[test]
fn a_hostile_name_is_only_a_name() {
    for (turn, name) in hostile().iter().enumerate() {
        for target in TARGETS {
            println!("{name:?}");
            let (n, column) = (ident(name), ident(name));
            // Names of database roles belong to the whole server, so these differ from test to test in their last letter.
            let app = format!("{} a{turn}", name.chars().take(12).collect::<String>());
            let backend = format!("{} b{turn}", name.chars().take(12).collect::<String>());
            let reader = format!("{} r{turn}{}", name.chars().take(12).collect::<String>(), target.name());
            let (a, b) = (ident(&app), ident(&backend));
            let script = format!(
                "DO $do$ BEGIN
                     IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {}) THEN CREATE ROLE {a} NOLOGIN; CREATE ROLE {b} LOGIN; GRANT {a} TO {b}; END IF;
                 END $do$;
                 DO $do$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$;
                 CREATE TABLE victim (id int);
                 CREATE SCHEMA {n};
                 CREATE TABLE {n}.{n} ({column} int PRIMARY KEY, \"owner of it\" int, stage text, note text, parent int);
                 INSERT INTO {n}.{n} SELECT n, 1 + n % 3, (ARRAY['new', {}])[1 + n % 2], (ARRAY[{}, 'x'])[1 + n % 2], n - 1 FROM generate_series(1, 12) AS n;
                 CREATE TABLE people (id int PRIMARY KEY, {column} text, \"the role\" text, \"the restriction\" text);
                 INSERT INTO people VALUES (1, {}, {}, NULL), (2, 'x', {}, {}), (3, 'x', NULL, NULL);
                 GRANT USAGE ON SCHEMA {n} TO {a}; GRANT ALL ON {n}.{n} TO {a};",
                literal(&app), literal(name), literal(name), literal(name), literal(name), literal(name), literal(name)
            );
            let quoted = yaml(name);
            // Scopes are written with these, so the name of an entity must not hold them.
            let entity = name.replace(['*', '(', ')', ','], "");
            let of = yaml(&entity);
            let in_predicate = format!("note = '{}' OR note = user.{}", name.replace('\'', "''"), ident(name));
            let text = format!(
                "version: 1
application_role: {}
reader_role: {}
schema: {quoted}
key_type: int4
identity: {{act_as: {}, setting: {{name: app.user_token, signed: true, issuers: {}}}}}
directory:
  users: {{schema: public, table: people, attributes: {{{quoted}: text}}}}
entities:
  {of}: {{table: {quoted}, key: {quoted}, owners: \"owner of it\", stage: {{column: stage, names: [new, {quoted}]}}}}
roles:
  {quoted}: {{description: {quoted}, grants: {{{of}: {{read: [own, {{scope: all, where: {}}}], update: {{scopes: all, stages: {{{quoted}: own}}}}, delete: own, create: own}}}}}}
restrictions:
  {quoted}: {{description: {quoted}, entities: {{{of}: own}}, others: as_granted}}
assignments:
  stored: true
  tables:
    - {{schema: public, table: people, user: id, role: the role}}
    - {{schema: public, table: people, user: id, restriction: the restriction}}
",
                yaml(&app), yaml(&reader), yaml(&backend), yaml(&backend), yaml(&in_predicate)
            );
            // A restriction table with nulls is refused: nobody knows what they mean. Only user 2 has a row that says something.
            let text = text.replace("table: people, user: id, restriction", "table: restricted, user: id, restriction");
            let script = format!(
                "{script} CREATE TABLE restricted AS SELECT id, \"the restriction\" FROM people WHERE \"the restriction\" IS NOT NULL;"
            );
            let database = tables_from(&script, target);
            let roles = [app.as_str(), backend.as_str(), reader.as_str(), "crm_owner"];
            let before = catalog(&mut connect(&database, "postgres"), "crm_access", &roles);
            apply_as(&database, applier(target), target, &text).unwrap_or_else(|refused| panic!("{name:?} {}: {refused:?}", target.name()));
            let mut world = World::open(database.clone(), target);
            world.backend = connect(&database, &backend);
            let table = format!("{n}.{n}");
            let rows = Rows { table: &table, key: &column, touch: "parent = 0" };
            let note = format!("t.note = {}", literal(name));
            let stage = format!("(t.stage <> {0} OR t.stage = {0} AND t.\"owner of it\" = $u)", literal(name));
            let own = "t.\"owner of it\" = $u";
            rows.assert_rights(
                &mut world,
                "1",
                &format!("({} OR {note})", own.replace("$u", "1")),
                &stage.replace("$u", "1"),
                &own.replace("$u", "1"),
            );
            let mine = own.replace("$u", "2");
            rows.assert_rights(&mut world, "2", &mine, &format!("{mine} AND {}", stage.replace("$u", "2")), &mine);
            rows.assert_nothing(&mut world, "3");
            rows.assert_insert(
                &mut world,
                "1",
                &format!("{column}, \"owner of it\""),
                "90, 1",
                &own.replace("$u", "1"),
                "t.\"owner of it\" = 1",
            );
            rows.assert_insert(
                &mut world,
                "1",
                &format!("{column}, \"owner of it\""),
                "90, 2",
                &own.replace("$u", "1"),
                "t.\"owner of it\" = 1",
            );
            assert_eq!(world.sees("1", &format!("SELECT crm_access.can('read', {}, 3)", literal(&entity))).len(), 1);
            world.force(&format!("SELECT crm_access.assign({0}, 'user', '3'), crm_access.restrict({0}, 'user', '3')", literal(name)));
            rows.assert_rights(
                &mut world,
                "3",
                &own.replace("$u", "3"),
                &format!("{} AND {}", own.replace("$u", "3"), stage.replace("$u", "3")),
                &own.replace("$u", "3"),
            );
            assert_eq!(world.really("SELECT to_regclass('public.victim') IS NOT NULL"), ["t"]);
            // Policies are the generated ones and nothing else.
            let strange = "SELECT polname FROM pg_policy WHERE polname NOT LIKE 'crm\\_access%'";
            assert_eq!(world.really(strange), Vec::<String>::new());
            world.backend = connect(&database, "crm_backend");
            let removed: bool = connect(&database, applier(target)).query_one("SELECT crm_access.remove()", &[]).unwrap().get(0);
            assert!(removed);
            assert_same(&before, &catalog(&mut world.admin, "crm_access", &roles), name);
        }
    }
}

fn literal(text: &str) -> String {
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

const PARTITIONED: &str = "
DO $$ BEGIN CREATE ROLE crm_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$;
CREATE SCHEMA other;
CREATE TABLE users (id int PRIMARY KEY);
INSERT INTO users VALUES (1), (2);
CREATE TABLE other.docs (id int, year int, owner int, CHECK (id > 0)) PARTITION BY RANGE (year);
CREATE TABLE other.docs_old PARTITION OF other.docs FOR VALUES FROM (2000) TO (2020);
CREATE TABLE public.docs_new PARTITION OF other.docs FOR VALUES FROM (2020) TO (2030) PARTITION BY LIST (owner);
CREATE TABLE public.docs_new_1 PARTITION OF docs_new FOR VALUES IN (1);
CREATE TABLE public.docs_new_2 PARTITION OF docs_new FOR VALUES IN (2, NULL);
INSERT INTO other.docs SELECT n, 2015 + n % 10, 1 + n % 2 FROM generate_series(1, 40) AS n;
CREATE TABLE other.parent (id int, owner int);
CREATE TABLE other.child () INHERITS (other.parent);
INSERT INTO other.parent VALUES (1, 1), (2, 2);
INSERT INTO other.child VALUES (3, 1), (4, 2);
GRANT USAGE ON SCHEMA other, public TO crm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA other, public TO crm_app;
REVOKE ALL ON users FROM crm_app;
";

#[test]
fn partitions_and_children_give_nothing_when_they_are_asked_directly() {
    let text = "version: 1
application_role: crm_app
schema: other
key_type: int4
identity: {act_as: crm_backend, setting: {name: app.user_token, signed: true, issuers: crm_backend}}
directory: {users: {schema: public, table: users}}
entities:
  doc: {table: docs, owners: owner}
  thing: {table: parent, owners: owner}
roles: {r: {grants: {doc: own, thing: own}}}
assignments: {listed: {role: r, everyone: true}}
";
    for target in TARGETS {
        let database = tables_from(PARTITIONED, target);
        let before = catalog(&mut connect(&database, "postgres"), "crm_access", &["crm_app", "crm_owner"]);
        apply_as(&database, applier(target), target, text).unwrap();
        let mut world = World::open(database.clone(), target);
        let docs = Rows { table: "other.docs", key: "id", touch: "year = 2021" };
        let things = Rows { table: "other.parent", key: "id", touch: "id = 7" };
        for user in ["1", "2"] {
            let own = format!("t.owner = {user}");
            assert_eq!(world.sees(user, "SELECT id FROM other.docs"), docs.really(&mut world, &own));
            assert_eq!(world.tries(user, "UPDATE other.docs SET year = 2021"), Ok(20));
            assert_eq!(world.tries(user, "DELETE FROM other.docs"), Ok(20));
            assert_eq!(world.sees(user, "SELECT id FROM other.parent"), things.really(&mut world, &own));
            assert_eq!(world.tries(user, "UPDATE other.parent SET id = 7"), Ok(2));
            docs.assert_insert(&mut world, user, "id, year, owner", "900, 2022, 1", &own, &own);
            docs.assert_insert(&mut world, user, "id, year, owner", "900, 2002, 2", &own, &own);
            docs.assert_move(&mut world, user, "9", "owner = 1", &own, &own);
            docs.assert_move(&mut world, user, "10", "owner = 2, year = 2001", &own, &own);
            for part in ["other.docs_old", "docs_new", "docs_new_1", "docs_new_2", "other.child"] {
                assert_eq!(world.count(user, part), 0, "{part}");
                assert_eq!(world.tries(user, &format!("UPDATE {part} SET id = 7")), Ok(0), "{part}");
                assert_eq!(world.tries(user, &format!("DELETE FROM {part}")), Ok(0), "{part}");
            }
            for (part, year) in [("other.docs_old", 2001), ("docs_new", 2021), ("docs_new_1", 2021)] {
                refused(world.tries(user, &format!("INSERT INTO {part} (id, year, owner) VALUES (901, {year}, 1)")), REFUSED);
            }
        }
        let removed: bool = connect(&database, applier(target)).query_one("SELECT crm_access.remove()", &[]).unwrap().get(0);
        assert!(removed);
        assert_same(&before, &catalog(&mut world.admin, "crm_access", &["crm_app", "crm_owner"]), target.name());
    }
}
