//! Ways round the rules that a hostile review found, each closed.

use crm_access::program::Target;

use crate::support::{REFUSED, Refused, TARGETS, World, applier, apply_as, connect, project_file, refused, tables_only};

#[test]
fn default_privileges_of_the_database_give_the_application_nothing_of_ours() {
    for target in TARGETS {
        let database = tables_only("teamleader", Target::Portable);
        for role in ["postgres", "crm_owner"] {
            connect(&database, "postgres")
                .batch_execute(&format!(
                    "ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO crm_app;
                     ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT EXECUTE ON FUNCTIONS TO crm_app;
                     ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT ALL ON SCHEMAS TO crm_app"
                ))
                .unwrap();
        }
        if target == Target::Extension {
            connect(&database, "postgres").batch_execute("CREATE EXTENSION crm_access").unwrap();
        }
        apply_as(&database, applier(target), target, &project_file("examples/teamleader.yaml")).unwrap();
        let mut person = connect(&database, "crm_person_of_review");
        for command in [
            "SELECT * FROM crm_access.assignment",
            "DELETE FROM crm_access.object",
            "SELECT crm_access_rules.roles()",
            "SELECT crm_access.assign('administrator', 'user', '3')",
            "SELECT crm_access.remove()",
            "CREATE FUNCTION crm_access_rules.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ] {
            refused(person.batch_execute(command).map_err(Refused::from), REFUSED);
        }
    }
}

#[test]
fn a_schema_that_somebody_else_made_is_not_used() {
    for target in TARGETS {
        let database = tables_only("teamleader", Target::Portable);
        let mut admin = connect(&database, "postgres");
        admin.batch_execute("CREATE SCHEMA crm_access AUTHORIZATION crm_person_of_review").unwrap();
        let result = match target {
            Target::Extension => admin.batch_execute("CREATE EXTENSION crm_access").map_err(Refused::from),
            Target::Portable => apply_as(&database, "postgres", target, &project_file("examples/teamleader.yaml")).map(|_| ()),
        };
        refused(result, REFUSED);
    }
}

#[test]
fn a_restriction_that_nobody_knows_closes_instead_of_opening() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        let before = world.count("5", "sales.leads");
        let broken = world.own("INSERT INTO sales.user_restrictions (user_id, restriction) VALUES (5, 'own_record_only')");
        refused(broken, "23514");
        // Even where the trigger was switched off.
        world.force(
            "SET session_replication_role = replica;
             INSERT INTO sales.user_restrictions (user_id, restriction) VALUES (5, 'own_record_only');
             RESET session_replication_role",
        );
        assert!(world.count("5", "sales.leads") < before);
    }
}

#[test]
fn row_security_of_a_table_of_people_hides_no_restriction_from_the_rules() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        let before = world.count("14", "sales.leads");
        world.force(
            "ALTER TABLE sales.user_restrictions ENABLE ROW LEVEL SECURITY; ALTER TABLE sales.user_restrictions FORCE ROW LEVEL SECURITY",
        );
        assert_eq!(world.count("14", "sales.leads"), before);
    }
}

#[test]
fn keys_of_stored_assignments_are_kept_as_the_server_prints_them() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world.force("SELECT crm_access.restrict('limited_crm_access', 'user', ' 02')");
        assert!(world.count("2", "companies") < 612);
        let garbage =
            world.admin.batch_execute("SELECT crm_access.restrict('limited_crm_access', 'user', 'nobody')").map_err(Refused::from);
        refused(garbage, "22P02");
    }
}

#[test]
fn the_caller_can_not_choose_the_day_or_the_meaning_of_a_date() {
    for target in TARGETS {
        let made = "version: 1
application_role: crm_app
key_type: int4
identity: {act_as: crm_backend, setting: {name: app.user_token, issuers: crm_backend}}
directory: {users: {table: users, active: is_active}}
entities:
  visit: {table: visits}
  remark: {table: remarks, parents: {visit: visit_id}}
roles: {reader: {grants: {visit: {read: {where: day = current_date}}, remark: {read: parent(visit)}}}}
assignments: {listed: {role: reader, everyone: true}}
";
        let database = tables_only("teamleader", target);
        connect(&database, "crm_owner")
            .batch_execute(
                "CREATE TABLE visits (id int PRIMARY KEY, day date); CREATE TABLE remarks (id int PRIMARY KEY, visit_id int);
                 INSERT INTO visits SELECT n, (now() AT TIME ZONE 'UTC')::date + n FROM generate_series(-9, 9) AS n;
                 INSERT INTO remarks SELECT id, id FROM visits; GRANT SELECT ON visits, remarks TO crm_app",
            )
            .unwrap();
        apply_as(&database, applier(target), target, made).unwrap();
        let mut world = World::open(database, target);
        for zone in ["UTC", "XXX+167", "XXX-167"] {
            world.backend.batch_execute(&format!("SET timezone = '{zone}'; SET datestyle = 'ISO, DMY'")).unwrap();
            assert_eq!(world.sees("3", "SELECT id FROM visits"), ["0"], "{zone}");
            assert_eq!(world.sees("3", "SELECT id FROM remarks"), ["0"], "{zone}");
        }
    }
}

#[test]
fn can_tells_nothing_about_a_record_that_can_not_be_read() {
    for target in TARGETS {
        let from = "contact: {read: [parent(company), created], create: created}";
        let mut world = World::changed("teamleader", target, from, "contact: {create: all}");
        assert_eq!(world.sees("10", "SELECT crm_access.can('create', 'contact')"), ["t"]);
        assert_eq!(world.sees("10", "SELECT crm_access.can('create', 'contact', 1)"), ["f"]);
    }
}

#[test]
fn nobody_who_asks_can_be_the_reader_role() {
    for target in TARGETS {
        let database = tables_only("teamleader", target);
        let reader = format!("reader_{database}");
        connect(&database, "postgres")
            .batch_execute(&format!("CREATE ROLE {reader} NOLOGIN; GRANT {reader} TO crm_person_of_review"))
            .unwrap();
        let text = project_file("examples/teamleader.yaml")
            .replace("application_role: crm_app", &format!("application_role: crm_app\nreader_role: {reader}"));
        refused(apply_as(&database, "postgres", target, &text), "55000");
        connect(&database, "postgres").batch_execute(&format!("DROP ROLE {reader}")).unwrap();
    }
}
