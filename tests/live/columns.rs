//! Column protection: who reads a column through the view, who changes it, and what an application can ask about it.

use crate::margins::world;
use crate::support::{REFUSED, TARGETS, connect, refused};

/// Users with the deals they read, whether they are a chief, and whether they may read notes.
const PEOPLE: [(&str, &str, bool, bool); 5] = [
    ("1", "true", true, true),
    ("2", "owner = 2", false, true),
    ("3", "true", true, true),
    ("4", "true", false, false),
    ("6", "owner = 6", false, true),
];

#[test]
fn column_protection_shows_a_column_in_the_view_to_its_roles_and_to_nobody_in_the_table() {
    for target in TARGETS {
        let mut world = world(target);
        for (user, rows, chief, notes) in PEOPLE {
            for column in ["margin", "note", "secret", "extra"] {
                let error = refused(world.try_sees(user, &format!("SELECT {column} FROM deals")), REFUSED);
                assert!(error.message.contains("permission denied"), "{error:?}");
            }
            let open = "concat_ws('|', id, title, owner, cost, rating, code)";
            let (margin, note) = (if chief { "margin::text" } else { "NULL" }, if notes { "note" } else { "NULL" });
            let extra = if chief { "extra::text" } else { "NULL" };
            let really = world.really(&format!("SELECT concat_ws('|', {open}, {margin}, {note}, {extra}) FROM deals WHERE {rows}"));
            assert!(!really.is_empty());
            let shown = format!("SELECT concat_ws('|', {open}, margin, note, extra, secret) FROM deals_shown");
            assert_eq!(world.sees(user, &shown), really, "{} user {user}", target.name());
            // What is not protected is read as before.
            assert_eq!(world.sees(user, "SELECT title FROM deals"), world.sees(user, "SELECT title FROM deals_shown"));
            assert_eq!(world.sees(user, "SELECT count(margin) FROM deals_shown"), [if chief { "20" } else { "0" }]);
        }
        assert_eq!(world.sees("1", "SELECT id FROM deals_shown WHERE margin = 5002.50"), ["5"]);
        // Nobody, and who is not active, are shown nothing at all.
        let rows = world.backend.query("SELECT id FROM deals_shown", &[]).unwrap();
        assert!(rows.is_empty());
    }
}

#[test]
fn column_protection_knows_a_login_of_ones_own_as_well() {
    for target in TARGETS {
        let mut world = world(target);
        for (user, _, chief, _) in PEOPLE {
            let login = format!("crm_person_{user}_{}", world.database);
            world.force(&format!("CREATE ROLE {login} LOGIN IN ROLE crm_app; UPDATE users SET login = '{login}' WHERE id = {user}"));
            let mut person = connect(&world.database, &login);
            let count = |row: postgres::Row| row.get::<_, i64>(0);
            let shown = person.query_one("SELECT count(margin) FROM deals_shown", &[]).map(count).unwrap();
            assert_eq!(shown, if chief { 20 } else { 0 }, "{} user {user}", target.name());
            let rows = person.query_one("SELECT count(*) FROM deals_shown", &[]).map(count).unwrap();
            assert_eq!(rows, person.query_one("SELECT count(*) FROM deals", &[]).map(count).unwrap());
            drop(person);
            world.force(&format!("DROP ROLE {login}"));
        }
    }
}

#[test]
fn column_protection_takes_a_change_from_its_roles_and_refuses_it_of_all_others() {
    for target in TARGETS {
        let mut world = world(target);
        let own = world.really("SELECT id FROM deals WHERE owner = 2");
        let context = target.name();
        for change in
            ["cost = 8", "cost = NULL", "margin = 1", "margin = NULL", "extra = '{\"a\": 2}'", "title = 'x', margin = 0", "extra = NULL"]
        {
            let error = refused(world.tries("2", &format!("UPDATE deals SET {change}")), REFUSED);
            assert!(error.message.starts_with("this user may not change the column "), "{context}: {error:?}");
            assert_eq!(error.hint, "Roles that may: chief, boss.");
            for chief in ["1", "3"] {
                assert_eq!(world.tries(chief, &format!("UPDATE deals SET {change}")), Ok(20), "{context}: {change}");
            }
        }
        for user in ["1", "2", "3"] {
            let error = refused(world.tries(user, "UPDATE deals SET rating = 9"), REFUSED);
            assert_eq!(error.hint, "No role may.");
            let error = refused(world.tries(user, "INSERT INTO deals (id, rating) VALUES (99, 1)"), REFUSED);
            assert_eq!(error.message, "this user may not change the column \"rating\" of \"deal\" records");
        }
        // What may not be read may be written where nothing is said of it, and what stays as it is is no change.
        assert_eq!(world.tries("2", "UPDATE deals SET note = 'new', secret = 'new', title = 'new'"), Ok(own.len() as u64));
        assert_eq!(world.tries("2", "UPDATE deals SET cost = 7"), Ok(own.len() as u64));
        // Its own margin, written blindly as it is; a guess of another is refused.
        let margin = world.really("SELECT margin FROM deals WHERE id = 7");
        assert_eq!(world.tries("2", &format!("UPDATE deals SET margin = {} WHERE id = 7", margin[0])), Ok(1));
        // A row that is not the user's is passed over before anybody looks at its columns.
        assert_eq!(world.tries("2", "UPDATE deals SET margin = 1 WHERE id = 3"), Ok(0));
        assert_eq!(world.tries("4", "UPDATE deals SET margin = 1"), Ok(0));
    }
}

#[test]
fn column_protection_lets_a_new_record_have_its_defaults() {
    for target in TARGETS {
        let mut world = world(target);
        for (columns, taken) in [
            ("(id, owner) VALUES (90, 2)", true),
            ("(id, owner, cost) VALUES (90, 2, 7)", true),
            ("(id, owner, cost, margin) VALUES (90, 2, DEFAULT, NULL)", true),
            ("(id, owner, note, secret) VALUES (90, 2, 'x', 'y')", true),
            ("(id, owner, cost) VALUES (90, 2, 8)", false),
            ("(id, owner, cost) VALUES (90, 2, NULL)", false),
            ("(id, owner, margin) VALUES (90, 2, 0)", false),
            ("(id, owner, margin) VALUES (90, 2, NULL), (91, 2, 1)", false),
            ("(id, owner, extra) VALUES (90, 2, 'null')", false),
            ("(id, owner) VALUES (7, 2) ON CONFLICT (id) DO UPDATE SET title = 'x'", true),
            ("(id, owner) VALUES (7, 2) ON CONFLICT (id) DO UPDATE SET margin = 1", false),
            ("(id, owner, margin) VALUES (7, 2, 1) ON CONFLICT DO NOTHING", false),
        ] {
            let insert = format!("INSERT INTO deals {columns}");
            match taken {
                true => assert!(world.tries("2", &insert).is_ok(), "{}: {insert}", target.name()),
                false => assert!(refused(world.tries("2", &insert), REFUSED).message.contains("may not change the column"), "{insert}"),
            }
            assert!(world.tries("1", &insert).is_ok(), "{}: {insert}", target.name());
        }
        // Whatever the way: MERGE, import and submit.
        let merge = "MERGE INTO deals AS d USING (VALUES (7)) AS s(id) ON d.id = s.id WHEN MATCHED THEN UPDATE SET margin = 1";
        refused(world.tries("2", merge), REFUSED);
        assert_eq!(world.tries("1", merge), Ok(1));
        for call in ["import('deal', '[{\"id\": 90, \"cost\": 8}]')", "submit('deal', '{\"id\": 90, \"cost\": 8}')"] {
            refused(world.tries("2", &format!("SELECT crm_access.{call}")), REFUSED);
            assert_eq!(world.tries("1", &format!("SELECT crm_access.{call}")), Ok(1));
            assert_eq!(world.tries("2", &format!("SELECT crm_access.{}", call.replace('8', "7"))), Ok(1));
        }
        // The default of today counts, not that of the apply.
        world.force("ALTER TABLE deals ALTER cost SET DEFAULT 8, ALTER margin SET DEFAULT 1.5");
        assert!(world.tries("2", "INSERT INTO deals (id, cost, margin) VALUES (90, 8, 1.50)").is_ok());
        refused(world.tries("2", "INSERT INTO deals (id, cost) VALUES (90, 7)"), REFUSED);
    }
}

#[test]
fn column_protection_sees_what_a_trigger_of_the_application_made_of_a_row() {
    for target in TARGETS {
        let mut world = world(target);
        let function = "CREATE FUNCTION dear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.title = 'dear' THEN NEW.margin := 9; END IF; RETURN NEW; END $$;
            CREATE TRIGGER y_dear BEFORE INSERT OR UPDATE ON deals FOR EACH ROW EXECUTE FUNCTION dear()";
        world.own(function).unwrap();
        refused(world.tries("2", "UPDATE deals SET title = 'dear'"), REFUSED);
        refused(world.tries("2", "INSERT INTO deals (id, title) VALUES (90, 'dear')"), REFUSED);
        assert_eq!(world.tries("1", "UPDATE deals SET title = 'dear'"), Ok(20));
        assert_eq!(world.tries("2", "UPDATE deals SET title = 'cheap'"), Ok(4));
    }
}

#[test]
fn column_protection_binds_nobody_whom_row_security_does_not_bind() {
    for target in TARGETS {
        let mut world = world(target);
        world.force("UPDATE deals SET margin = 1, rating = 1; INSERT INTO deals (id, margin, rating) VALUES (90, 1, 1)");
        // A reference's own action is done by the server in the owner's name.
        world.force("CREATE TABLE raters (id int PRIMARY KEY, who int); INSERT INTO raters VALUES (1); GRANT SELECT, DELETE, UPDATE (id) ON raters TO crm_app;
            ALTER TABLE raters OWNER TO crm_owner;
            ALTER TABLE deals ADD FOREIGN KEY (rating) REFERENCES raters ON DELETE SET NULL ON UPDATE CASCADE");
        assert_eq!(world.tries("1", "UPDATE raters SET id = 2"), Ok(1));
        assert_eq!(world.run("1", "DELETE FROM raters"), Ok(1));
        assert_eq!(world.really("SELECT count(*) FROM deals WHERE rating IS NULL"), ["21"]);
        // The handing over changes the owner and nothing else.
        assert!(world.run("1", "UPDATE deals SET owner = 3").is_ok());
    }
}

#[test]
fn column_protection_can_be_asked_about() {
    for target in TARGETS {
        let mut world = world(target);
        let ask = "SELECT concat_ws(' ', entity, column_name, can_read, can_change, shown_in) FROM crm_access.columns()";
        let expected = |chief: bool, note: bool| {
            let word = |truth: bool| if truth { "t" } else { "f" };
            let mut lines = vec![
                format!("deal cost t {}", word(chief)),
                format!("deal margin {0} {0} public.deals_shown", word(chief)),
                format!("deal note {} t public.deals_shown", word(note)),
                "deal rating t f".to_owned(),
                "deal secret f t public.deals_shown".to_owned(),
                format!("deal extra {0} {0} public.deals_shown", word(chief)),
            ];
            lines.sort();
            lines
        };
        for (user, _, chief, note) in PEOPLE {
            assert_eq!(world.sees(user, ask), expected(chief, note), "{} user {user}", target.name());
        }
        assert!(world.backend.query("SELECT * FROM crm_access.columns()", &[]).unwrap().is_empty());
        // A role that is given or taken counts at once.
        world.force("UPDATE users SET role = 'guest' WHERE id = 1");
        assert_eq!(world.sees("1", "SELECT count(margin) FROM deals_shown"), ["0"]);
    }
}
