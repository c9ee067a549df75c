//! Keys of every type, those that look hostile among them.

use crate::rows::Rows;
use crate::support::{TARGETS, World};

/// Keys of a type, as texts in the form in which the server prints them.
fn keys(kind: &str) -> Vec<&'static str> {
    match kind {
        "int4" => vec!["1", "-1", "0", "2147483647", "-2147483648"],
        "int8" => vec!["1", "9223372036854775807", "-9223372036854775808", "4294967297", "0"],
        "uuid" => {
            vec!["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]
        }
        _ => vec![
            "a",
            "A",
            "007",
            "7",
            " 7",
            "7 ",
            "o'brien",
            "\"quoted\"",
            "back\\slash",
            "' OR true --",
            "'; DROP TABLE docs; --",
            "größe",
            "日本",
            "e\u{301}",
            "é",
            "{a,b}",
            "$1",
            "%",
            "_",
            "null",
            "NULL",
            "a:b:c",
            "1,2",
            "\u{1F600}",
            "\\x41",
            "true",
            "(1)",
            "[1]",
            "x\ty",
        ],
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

const DOCS: Rows = Rows { table: "docs", key: "id", touch: "title = 'touched'" };

#[test]
fn a_key_of_any_type_and_look_is_itself_and_no_other() {
    for target in TARGETS {
        for kind in ["int4", "int8", "uuid", "text"] {
            let all = keys(kind);
            let mut script = format!(
                "DO $$ BEGIN CREATE ROLE crm_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
                 DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
                 DO $$ BEGIN IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
                 EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END $$;
                 CREATE TABLE departments (id {kind} PRIMARY KEY, parent {kind});
                 CREATE TABLE users (id {kind} PRIMARY KEY, department {kind});
                 CREATE TABLE groups (id {kind} PRIMARY KEY);
                 CREATE TABLE members (grp {kind}, person {kind});
                 CREATE TABLE docs (id {kind} PRIMARY KEY, title text, owner {kind}, author {kind});
                 CREATE TABLE notes (id {kind} PRIMARY KEY, doc {kind});
                 GRANT SELECT, INSERT, UPDATE, DELETE ON docs, notes TO crm_app;"
            );
            for (number, key) in all.iter().enumerate() {
                let (key, next) = (quoted(key), quoted(all[(number + 1) % all.len()]));
                script += &format!(
                    "INSERT INTO departments VALUES ({key}); INSERT INTO users VALUES ({key}, {next}); INSERT INTO groups VALUES ({key}); INSERT INTO members VALUES ({key}, {key});
                     INSERT INTO docs VALUES ({key}, 'x', {key}, {next}); INSERT INTO notes VALUES ({key}, {next});"
                );
            }
            // Each user is in a group of the same key; the group of every other key has a role, and so has the department of the first.
            let mut listed = String::new();
            for key in all.iter().step_by(2) {
                listed += &format!("    - {{role: owner, group: {}}}\n", serde_json::to_string(key).unwrap());
            }
            let text = format!(
                "version: 1
application_role: crm_app
key_type: {kind}
identity: {{act_as: crm_backend, setting: {{name: app.user_token, signed: true, issuers: crm_backend}}}}
directory:
  users: {{table: users}}
  departments: {{table: departments, parent: parent, members: department}}
  groups: {{table: groups, members: {{table: members, of: grp, user: person}}}}
entities:
  doc: {{table: docs, owners: owner, creator: author}}
  note: {{table: notes, parents: {{doc: doc}}}}
roles:
  owner: {{grants: {{doc: own, note: parent(doc)}}}}
  author: {{grants: {{doc: {{read: created}}}}}}
assignments:
  stored: true
  listed:
{listed}    - {{role: author, department: {}}}
    - {{role: author, user: {}}}
",
                serde_json::to_string(all[0]).unwrap(),
                serde_json::to_string(all[1]).unwrap()
            );
            let mut world = World::made(&script, target, &text);
            let names: Vec<(usize, &&str)> = all.iter().enumerate().collect();
            for (number, user) in names {
                println!("{kind} {user:?}");
                let key = quoted(user);
                let own = if number % 2 == 0 { format!("t.owner = {key}") } else { "false".to_owned() };
                let author = number == 1 || number == all.len() - 1;
                let read = if author { format!("({own} OR t.author = {key})") } else { own.clone() };
                DOCS.assert_rights(&mut world, user, &read, &own, &own);
                let notes = format!("SELECT id FROM notes WHERE doc IN (SELECT id FROM docs AS t WHERE {read})");
                let seen = if number % 2 == 0 { world.really(&notes) } else { Vec::new() };
                assert_eq!(world.sees(user, "SELECT id FROM notes"), seen);
                for other in &all {
                    let readable = world.really(&format!("SELECT 1 FROM docs AS t WHERE id = {} AND ({read})", quoted(other))).len() == 1;
                    let asked = world.sees(user, &format!("SELECT crm_access.can('read', 'doc', {})", quoted(other)));
                    assert_eq!(asked, [if readable { "t" } else { "f" }], "{user:?} {other:?}");
                }
                // A stored assignment by the same key reaches this user and nobody else.
                world.force(&format!("SELECT crm_access.assign('author', 'user', {key})"));
                let read = format!("({own} OR t.author = {key})");
                DOCS.assert_rights(&mut world, user, &read, &own, &own);
                world.force(&format!("SELECT crm_access.revoke('author', 'user', {key})"));
            }
            for nobody in ["x", "00", "01", "1.0", "' '", "9223372036854775808", "b'", "a0eebc99"] {
                // `00` is the integer 0.
                let a_number_with_zeros = kind.starts_with("int") && nobody.starts_with('0');
                if !all.contains(&nobody) && !a_number_with_zeros {
                    DOCS.assert_nothing(&mut world, nobody);
                }
            }
        }
    }
}
