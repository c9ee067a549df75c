//! Column protection: what applying does to privileges and makes beside the table, what it refuses, and what removing leaves.

use crate::catalog::{assert_same, catalog};
use crate::margins::{COLUMNS, TABLES, text, world};
use crate::support::{REFUSED, Refused, TARGETS, World, applier, apply_as, connect, refused, tables_from};
use crm_access::apply::Outcome;
use crm_access::program::Target;

fn applied(database: &str, target: Target, columns: &str) -> Result<Outcome, Refused> {
    apply_as(database, applier(target), target, &text(columns))
}

#[test]
fn column_protection_refuses_to_be_applied_where_somebody_could_read_past_it() {
    for target in TARGETS {
        let database = tables_from(TABLES, target);
        let mut admin = connect(&database, "postgres");
        let other = format!("other_{database}");
        let member = format!("member_{database}");
        admin.batch_execute(&format!("CREATE ROLE {other}; CREATE ROLE {member} IN ROLE crm_app, {other}")).unwrap();
        let all = |role: &str| (format!("GRANT SELECT ON deals TO {role}"), format!("REVOKE SELECT ON deals FROM {role}"));
        let one =
            |role: &str| (format!("GRANT SELECT (margin) ON deals TO {role}"), format!("REVOKE SELECT (margin) ON deals FROM {role}"));
        for ((open, close), message) in [
            (all("PUBLIC"), "could still read the protected columns of public.deals"),
            (one("PUBLIC"), "could still read the protected columns of public.deals"),
            (all(&other), "could still read the protected columns of public.deals"),
            (one(&other), "could still read the protected columns of public.deals"),
            (all(&member), "could still read the protected columns of public.deals"),
            (("CREATE VIEW deals_shown AS SELECT 1 AS one".to_owned(), "DROP VIEW deals_shown".to_owned()), "is there already"),
            (
                (
                    format!("CREATE POLICY p ON deals AS RESTRICTIVE TO {other} USING (id < 3)"),
                    "DROP POLICY p ON deals".to_owned(),
                ),
                "would show what policy \"p\"",
            ),
            (
                (
                    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER zzz BEFORE UPDATE ON deals FOR EACH ROW EXECUTE FUNCTION f()".to_owned(),
                    "DROP TRIGGER zzz ON deals; DROP FUNCTION f()".to_owned(),
                ),
                "trigger \"zzz\" on public.deals fires after",
            ),
            (("ALTER TABLE deals ALTER cost SET DEFAULT 10 * random()".to_owned(), "ALTER TABLE deals ALTER cost SET DEFAULT 7".to_owned()), "never the same twice"),
            (("CREATE SEQUENCE s; ALTER TABLE deals ALTER cost SET DEFAULT nextval('s')".to_owned(), "ALTER TABLE deals ALTER cost SET DEFAULT 7".to_owned()), "never the same twice"),
            (
                ("ALTER TABLE deals DROP cost; ALTER TABLE deals ADD cost int GENERATED ALWAYS AS (id) STORED".to_owned(), "ALTER TABLE deals DROP cost; ALTER TABLE deals ADD cost int DEFAULT 7".to_owned()),
                "is computed from others",
            ),
            (("CREATE TABLE child () INHERITS (deals); ALTER TABLE child OWNER TO crm_owner".to_owned(), "DROP TABLE child".to_owned()), "has children by inheritance"),
            (("ALTER TABLE deals RENAME secret TO hidden".to_owned(), "ALTER TABLE deals RENAME hidden TO secret".to_owned()), "column \"secret\" of table public.deals does not exist"),
        ] {
            admin.batch_execute(&open).unwrap();
            let error = applied(&database, target, COLUMNS).expect_err(&open);
            assert!(error.message.contains(message), "{}: {open}: {error:?}", target.name());
            // The hint is the way out.
            if error.hint.starts_with("REVOKE") {
                admin.batch_execute(&error.hint).unwrap_or_else(|wrong| panic!("{}: {wrong}", error.hint));
            }
            admin.batch_execute(&close).unwrap();
        }
        assert_eq!(applied(&database, target, COLUMNS), Ok(Outcome::Applied));
        let mut world = World::open(database, target);
        assert_eq!(world.sees("1", "SELECT count(margin) FROM deals_shown"), ["20"]);
    }
}

/// With roles of its own, since membership in a role of the server counts in every database.
#[test]
fn column_protection_refuses_to_be_applied_where_a_user_of_the_application_reads_all_data() {
    for target in TARGETS {
        let database = tables_from(TABLES, target);
        let (app, member, reader) = (format!("app_{database}"), format!("all_{database}"), format!("reader_{database}"));
        let mut admin = connect(&database, "postgres");
        let roles = format!("CREATE ROLE {app}; CREATE ROLE {member} IN ROLE {app}, pg_read_all_data; GRANT SELECT ON deals TO {app}");
        admin.batch_execute(&roles).unwrap();
        let own = format!("application_role: {app}\nreader_role: {reader}");
        let text = text(COLUMNS).replace("application_role: crm_app", &own);
        let error = refused(apply_as(&database, applier(target), target, &text), "55000");
        assert!(error.message.contains("could still read the protected columns of public.deals"), "{error:?}");
        admin.batch_execute(&error.hint).unwrap();
        assert_eq!(apply_as(&database, applier(target), target, &text), Ok(Outcome::Applied));
        connect(&database, applier(target)).batch_execute("SELECT crm_access.remove()").unwrap();
        admin.batch_execute(&format!("DROP OWNED BY {app}; DROP ROLE {member}, {app}")).unwrap();
    }
}

#[test]
fn column_protection_comes_and_goes_without_a_trace() {
    for target in TARGETS {
        for before in [
            "SELECT 1",
            "GRANT SELECT ON deals TO crm_app WITH GRANT OPTION",
            "REVOKE SELECT ON deals FROM crm_app; GRANT SELECT (id, title, margin) ON deals TO crm_app; GRANT SELECT (cost) ON deals TO crm_app WITH GRANT OPTION",
            "GRANT SELECT (margin, title) ON deals TO crm_app",
            "REVOKE ALL ON deals FROM crm_app",
            "ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner, postgres GRANT ALL ON TABLES TO crm_app, PUBLIC",
        ] {
            let database = tables_from(TABLES, target);
            let reader = format!("reader_{database}");
            let named = |columns: &str| text(columns).replace("key_type:", &format!("reader_role: {reader}\nkey_type:"));
            connect(&database, "crm_owner")
                .batch_execute(before)
                .unwrap_or_else(|_| connect(&database, "postgres").batch_execute(before).unwrap());
            let roles = ["crm_app", "crm_backend", "crm_owner"];
            let whole = catalog(&mut connect(&database, "postgres"), "crm_access", &roles);
            for _ in 0..2 {
                for columns in [COLUMNS, "\n    columns: {secret: {read: []}}", COLUMNS] {
                    assert_eq!(apply_as(&database, applier(target), target, &named(columns)), Ok(Outcome::Applied), "{before}");
                    assert_eq!(apply_as(&database, applier(target), target, &named(columns)), Ok(Outcome::Unchanged), "{before}");
                    refused(connect(&database, "crm_backend").query("SELECT secret FROM deals", &[]).map_err(Refused::from), REFUSED);
                }
                connect(&database, applier(target)).batch_execute("SELECT crm_access.remove()").unwrap();
                assert_same(&whole, &catalog(&mut connect(&database, "postgres"), "crm_access", &roles), before);
            }
            let left = format!("SELECT count(*) FROM pg_roles WHERE rolname LIKE '{reader}%'");
            assert_eq!(connect(&database, "postgres").query_one(&left, &[]).unwrap().get::<_, i64>(0), 0, "{before}");
        }
    }
}

#[test]
fn column_protection_finds_what_was_changed_by_hand_and_columns_that_came_later() {
    for target in TARGETS {
        let mut world = world(target);
        let database = world.database.clone();
        assert_eq!(applied(&database, target, COLUMNS), Ok(Outcome::Unchanged));
        for (change, part) in [
            ("GRANT SELECT (margin) ON deals TO crm_app", "column privileges public.deals margin"),
            ("GRANT SELECT ON deals TO PUBLIC", "privileges public.deals"),
            ("GRANT UPDATE ON deals_shown TO crm_app", "view public.deals_shown"),
            (
                "CREATE OR REPLACE VIEW deals_shown AS SELECT r.id, r.title, r.owner, r.cost, r.margin::numeric, r.note, r.rating, r.secret, r.extra, r.code FROM deals AS r",
                "view public.deals_shown",
            ),
            ("ALTER VIEW deals_shown OWNER TO postgres", "view public.deals_shown"),
            ("ALTER TABLE deals DISABLE TRIGGER zz_crm_access_columns_update", "trigger public.deals zz_crm_access_columns_update"),
        ] {
            world.force(change);
            let drift = world.really("SELECT part FROM crm_access.drift()");
            assert!(drift.iter().any(|line| line.contains(part)), "{}: {change}: {drift:?}", target.name());
            if change.contains("PUBLIC") {
                refused(applied(&database, target, COLUMNS), "55000");
                world.force("REVOKE SELECT ON deals FROM PUBLIC");
            } else {
                assert_eq!(applied(&database, target, COLUMNS), Ok(Outcome::Applied), "{}: {change}", target.name());
            }
            assert_eq!(world.really("SELECT part FROM crm_access.drift()"), Vec::<String>::new(), "{change}");
        }
        world.own("ALTER TABLE deals ADD later text DEFAULT 'later'").unwrap();
        refused(world.try_sees("1", "SELECT later FROM deals"), REFUSED);
        assert_eq!(applied(&database, target, COLUMNS), Ok(Outcome::Applied));
        assert_eq!(world.sees("1", "SELECT DISTINCT later FROM deals_shown"), ["later"]);
        assert_eq!(world.sees("4", "SELECT DISTINCT later FROM deals"), ["later"]);
    }
}

#[test]
fn column_protection_holds_for_partitions_and_odd_names_and_a_view_in_a_schema_of_its_own() {
    let tables = TABLES
        .replace("id int PRIMARY KEY, title text", "id int, title text")
        .replace("code text UNIQUE", "code text, \"odd \"\"one'\" text DEFAULT 'o''dd'")
        .replace("< 1000000));", "< 1000000)) PARTITION BY RANGE (id);\nCREATE TABLE few PARTITION OF deals FOR VALUES FROM (0) TO (10);\nCREATE TABLE many PARTITION OF deals FOR VALUES FROM (10) TO (1000);\nCREATE SCHEMA \"o'dd \"\"schema\";\nGRANT USAGE ON SCHEMA \"o'dd \"\"schema\" TO crm_app;")
        + "GRANT SELECT ON few, many TO crm_app; ALTER TABLE deals ADD PRIMARY KEY (id);";
    let columns = COLUMNS.replace("view: deals_shown", "view: {name: \"the \\\"view'\", schema: \"o'dd \\\"schema\"}")
        + "\n      \"odd \\\"one'\": {read: chief, change: chief}";
    let view = "\"o'dd \"\"schema\".\"the \"\"view'\"";
    for target in TARGETS {
        let mut world = World::made(&tables, target, &text(&columns));
        for table in ["deals", "few", "many"] {
            refused(world.try_sees("1", &format!("SELECT margin FROM {table}")), REFUSED);
            assert!(world.try_sees("1", &format!("SELECT id FROM {table}")).is_ok());
        }
        let odd = format!("SELECT count(\"odd \"\"one'\") FROM {view}");
        assert_eq!(world.sees("1", &odd), ["20"]);
        assert_eq!(world.sees("4", &odd), ["0"]);
        assert_eq!(world.sees("2", &format!("SELECT count(*) FROM {view}")), world.really("SELECT count(*) FROM deals WHERE owner = 2"));
        for table in ["deals", "few"] {
            refused(world.tries("2", &format!("UPDATE {table} SET margin = 1 WHERE id = 7")), REFUSED);
            refused(world.tries("2", &format!("UPDATE {table} SET \"odd \"\"one'\" = 'x' WHERE id = 7")), REFUSED);
        }
        assert_eq!(world.tries("2", "UPDATE deals SET title = 'x' WHERE id = 7"), Ok(1));
        // A record that moves to another partition is a new one there.
        refused(world.tries("2", "UPDATE deals SET id = 100 WHERE id = 7"), REFUSED);
        refused(world.tries("1", "UPDATE deals SET id = 100 WHERE id = 7"), REFUSED);
        world.force("UPDATE deals SET rating = NULL");
        assert_eq!(world.tries("1", "UPDATE deals SET id = 100 WHERE id = 7"), Ok(1));
    }
}
