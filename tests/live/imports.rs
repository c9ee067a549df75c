//! `crm_access.import` (B8) and `crm_access.submit`.

use crate::language::{BY_COLUMN, Parts, only};
use crate::support::{REFUSED, TARGETS, World, refused};
use crm_access::program::Target;

fn world(target: Target, grants: &str) -> World {
    Parts { rest: &format!("roles:\n  s: {{grants: {grants}}}\n{BY_COLUMN}"), ..Parts::default() }.world(target)
}

fn imports(world: &mut World, entity: &str, records: &str) -> crate::support::Outcomes {
    let found = world.run("2", &format!("SELECT crm_access.import('{entity}', '{records}')"))?;
    assert_eq!(found, 1);
    Ok(found)
}

#[test]
fn b8_records_are_imported_where_import_and_create_are_granted_for_each_all_or_none() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: all, create: created, import: {where: level < 3}}}");
        only(&mut world, "2", "s");
        let new = "SELECT id FROM docs WHERE id > 100";
        imports(&mut world, "doc", r#"[{"id": 101, "author": 2, "level": 1}, {"author": 2, "level": 2, "id": 102, "title": "x"}]"#)
            .unwrap();
        assert_eq!(world.really(new), ["101", "102"]);
        assert_eq!(world.really("SELECT title FROM docs WHERE id = 102"), ["x"]);
        // Created for somebody else, or more than may be imported, or both.
        for wrong in [
            r#"{"id": 104, "author": 3, "level": 1}"#,
            r#"{"id": 104, "author": 2, "level": 3}"#,
            r#"{"id": 104, "author": 2}"#,
            "{\"id\": 104}",
        ] {
            let records = format!(r#"[{{"id": 103, "author": 2, "level": 1}}, {wrong}]"#);
            refused(imports(&mut world, "doc", &records), REFUSED);
            assert_eq!(world.really(new), ["101", "102"], "{wrong}");
        }
        // By hand, and by submit, what may be created is created; after an import as well.
        assert_eq!(world.run("2", "INSERT INTO docs (id, author, level) VALUES (105, 2, 9)"), Ok(1));
        let both = "DO $$ BEGIN PERFORM crm_access.import('doc', '[{\"id\": 106, \"author\": 2, \"level\": 1}]'); PERFORM crm_access.submit('doc', '{\"id\": 107, \"author\": 2, \"level\": 9}'); END $$";
        world.run("2", both).unwrap();
        assert_eq!(world.really(new), ["101", "102", "105", "106", "107"]);
        assert_eq!(world.sees("2", "SELECT crm_access.can('import', 'doc'), crm_access.can('import', 'note')"), ["t"]);
        refused(imports(&mut world, "note", "[]"), REFUSED);
        only(&mut world, "3", "s");
        refused(imports(&mut world, "doc", r#"[{"id": 108, "author": 2, "level": 1}]"#), REFUSED);
    }
}

#[test]
fn a_restriction_narrows_what_is_imported() {
    let rest = format!(
        "roles:\n  s: {{grants: {{doc: all}}}}\nrestrictions:\n  r: {{entities: {{doc: {{read: all, import: created}}}}, others: as_granted}}\n{BY_COLUMN}"
    );
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        only(&mut world, "2", "s");
        world.force("SELECT crm_access.restrict('r', 'user', '2')");
        refused(imports(&mut world, "doc", r#"[{"id": 101, "author": 3}]"#), REFUSED);
        imports(&mut world, "doc", r#"[{"id": 101, "author": 2}]"#).unwrap();
        assert_eq!(world.run("2", "INSERT INTO docs (id, author) VALUES (102, 3)"), Ok(1));
    }
}

#[test]
fn what_is_no_list_of_records_is_refused_with_the_name_of_what_is_wrong() {
    for target in TARGETS {
        let mut world = world(target, "{doc: all, box: {read: all, create: all}}");
        world.force("ALTER TABLE boxes ALTER id SET DEFAULT 777");
        only(&mut world, "2", "s");
        for records in ["{}", "1", "[1]", "[[]]", "[null]", "null", "\"x\"", "[{}, 1]"] {
            assert_eq!(refused(imports(&mut world, "doc", records), "22023").message, "records are not given as JSON objects", "{records}");
        }
        for name in ["nothing", "ctid", "tableoid", "id; DROP TABLE docs", "Title", "\\\"", ""] {
            let error = refused(imports(&mut world, "doc", &format!("[{{\"id\": 101}}, {{\"{name}\": 1, \"id\": 102}}]")), "42703");
            assert!(error.message.contains(&format!("column \"{}\"", name.replace("\\\"", "\""))), "{error:?}");
        }
        refused(imports(&mut world, "docs", "[]"), "22023");
        refused(imports(&mut world, "doc", r#"[{"id": "x"}]"#), "22P02");
        refused(world.run("2", "SELECT crm_access.submit('doc', NULL)"), "22023");
        refused(world.run("2", "SELECT crm_access.submit('nothing', '{}')"), "22023");
        // A column that is left out takes its default.
        world.run("2", "SELECT crm_access.submit('box', '{}')").unwrap();
        assert_eq!(world.really("SELECT id FROM boxes WHERE id = 777"), ["777"]);
    }
}

#[test]
fn submit_adds_what_its_author_can_not_read_and_tells_nothing() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: own, create: all}}");
        only(&mut world, "2", "s");
        refused(world.run("2", "INSERT INTO docs (id, first_owner) VALUES (101, 3) RETURNING id"), REFUSED);
        assert_eq!(world.sees("2", "SELECT crm_access.submit('doc', '{\"id\": 101, \"first_owner\": 3}')"), [""]);
        world.run("2", "SELECT crm_access.submit('doc', '{\"id\": 101, \"first_owner\": 3, \"title\": \"secret\"}')").unwrap();
        assert!(world.sees("2", "SELECT id FROM docs WHERE id = 101").is_empty());
        assert_eq!(world.really("SELECT title FROM docs WHERE id = 101"), ["secret"]);
        // Its key is taken, and that is all there is to learn.
        let taken = refused(world.run("2", "SELECT crm_access.submit('doc', '{\"id\": 101}')"), "23505");
        assert!(taken.detail.is_empty() && !taken.message.contains("secret"), "{taken:?}");
    }
}
