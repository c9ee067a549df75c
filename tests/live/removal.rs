//! Rule O12: what is applied stands beside the application's tables, and goes without a trace.

use crate::catalog::{assert_same, catalog};
use crate::support::{REFUSED, TARGETS};
use crate::support::{World, applier, apply_as, connect, project_file, refused, tables_only};
use crm_access::apply::Outcome;
use crm_access::program::Target;

const PRESETS: [&str; 3] = ["odoo-crm", "teamleader", "jetpack"];

/// The preset with a reader role that no other test uses, so that removing it removes the role as well.
fn configuration(preset: &str, reader: &str) -> String {
    let text = project_file(&format!("examples/{preset}.yaml"));
    text.replace("application_role: crm_app\n", &format!("application_role: crm_app\nreader_role: {reader}\n"))
}

fn other_configuration(preset: &str, reader: &str) -> String {
    let text = configuration(preset, reader);
    let changed = match preset {
        "odoo-crm" => text
            .replace("lead: {read: [own, unassigned], create: [own, unassigned], update: [own, unassigned]}", "lead: own")
            .replace("  own_records_only: # O11", "  no_tickets: {entities: {ticket: none}, others: as_granted}\n  own_records_only: # O11")
            .replace(
                "  ticket:\n    table: tickets\n    owners: assignee_id\n",
                "  ticket:\n    table: tickets\n    owners: assignee_id\n    creator: assignee_id\n",
            ),
        "jetpack" => {
            text.replace("assign: own, import: own}", "assign: [own, unassigned]}").replace("      company: {read: all, assign: all}\n", "")
        }
        _ => text.replace("      quotation: {read: all, create: all, update: all, delete: own(deal)}\n", ""),
    };
    assert_ne!(text, changed);
    changed
}

fn remove(database: &str, target: Target) {
    let removed: bool = connect(database, applier(target)).query_one("SELECT crm_access.remove()", &[]).unwrap().get(0);
    assert!(removed);
}

/// The catalog without what the state schema holds, seen as superuser.
fn outside(database: &str, reader: &str) -> Vec<String> {
    catalog(&mut connect(database, "postgres"), "crm_access", &["crm_app", "crm_backend", "crm_owner", reader])
}

fn everything(database: &str, reader: &str) -> Vec<String> {
    catalog(&mut connect(database, "postgres"), "", &["crm_app", "crm_backend", "crm_owner", reader])
}

/// Applies and removes twice, each time two configurations, and compares the catalog each time; `prepare` is done to the tables before.
fn comes_and_goes(preset: &str, target: Target, prepare: &str) {
    let database = tables_only(preset, target);
    let reader = format!("reader_{database}");
    let context = format!("{preset} {} after: {prepare}", target.name());
    connect(&database, "postgres").batch_execute(&prepare.replace("{reader}", &reader)).unwrap();
    let before = outside(&database, &reader);
    let mut left = Vec::new();
    for round in 0..2 {
        for text in [configuration(preset, &reader), other_configuration(preset, &reader), configuration(preset, &reader)] {
            assert_eq!(
                apply_as(&database, applier(target), target, &text).map_err(|refused| format!("{context}: {refused:?}")),
                Ok(Outcome::Applied)
            );
            assert_ne!(outside(&database, &reader), before, "{context}");
        }
        remove(&database, target);
        assert_same(&before, &outside(&database, &reader), &context);
        let there = format!("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{reader}')");
        let there: bool = connect(&database, "postgres").query_one(&there, &[]).unwrap().get(0);
        assert_eq!(there, prepare.contains("CREATE ROLE {reader}"), "{context}: the reader role goes if it came with crm_access");
        // Nor does the state schema grow: tables, functions and rights in it are the same after each round.
        let now = everything(&database, &reader);
        if round > 0 {
            assert_same(&left, &now, &context);
        }
        left = now;
    }
    let removed: bool = connect(&database, applier(target)).query_one("SELECT crm_access.remove()", &[]).unwrap().get(0);
    assert!(!removed, "{context}: nothing stood");
}

#[test]
fn o12_removing_leaves_the_catalog_as_it_was() {
    for target in TARGETS {
        for preset in PRESETS {
            comes_and_goes(preset, target, "");
        }
    }
}

#[test]
fn o12_row_security_policies_and_grants_from_before_are_there_afterwards() {
    let odoo = "ALTER TABLE sales.leads ENABLE ROW LEVEL SECURITY;
        CREATE POLICY legacy ON sales.leads FOR SELECT TO crm_backend USING (stage <> 'lost');
        CREATE POLICY \"legacy; narrow\" ON sales.leads AS RESTRICTIVE FOR ALL TO PUBLIC USING (true) WITH CHECK (company_id > 0);
        ALTER TABLE sales.opportunities ENABLE ROW LEVEL SECURITY;
        ALTER TABLE sales.opportunities FORCE ROW LEVEL SECURITY;
        ALTER TABLE sales.tickets FORCE ROW LEVEL SECURITY;
        CREATE POLICY asleep ON sales.tickets USING (false);
        GRANT TRUNCATE, TRIGGER ON sales.leads TO crm_app;
        GRANT ALL ON sales.partners TO crm_app;
        GRANT SELECT ON sales.leads TO PUBLIC;
        REVOKE DELETE ON sales.activities FROM crm_app";
    let teamleader = "ALTER TABLE companies ENABLE ROW LEVEL SECURITY;
        CREATE POLICY legacy ON companies FOR UPDATE TO crm_app USING (city IS NOT NULL);
        GRANT REFERENCES, TRUNCATE ON contacts TO crm_app;
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER note AFTER UPDATE ON users FOR EACH STATEMENT EXECUTE FUNCTION note()";
    for target in TARGETS {
        comes_and_goes("odoo-crm", target, odoo);
        comes_and_goes("teamleader", target, teamleader);
    }
}

#[test]
fn o12_grant_options_from_before_are_there_afterwards() {
    for target in TARGETS {
        comes_and_goes("odoo-crm", target, "GRANT TRUNCATE, REFERENCES ON sales.leads TO crm_app WITH GRANT OPTION");
    }
}

#[test]
fn o12_memberships_in_the_reader_role_from_before_are_there_afterwards() {
    for target in TARGETS {
        let prepare = "CREATE ROLE {reader} NOLOGIN; GRANT {reader} TO crm_owner WITH ADMIN OPTION;
            GRANT SELECT ON sales.companies TO {reader}";
        comes_and_goes("odoo-crm", target, prepare);
    }
}

#[test]
fn o12_what_the_reader_role_could_read_before_it_can_read_afterwards() {
    for target in TARGETS {
        let prepare = "CREATE ROLE {reader} NOLOGIN; GRANT {reader} TO crm_owner;
            GRANT USAGE ON SCHEMA sales TO {reader}; GRANT SELECT ON sales.users TO {reader}; GRANT SELECT ON sales.companies TO {reader}";
        comes_and_goes("odoo-crm", target, prepare);
    }
}

#[test]
fn o12_privileges_that_go_round_row_security_are_taken_while_it_stands() {
    for target in TARGETS {
        let database = tables_only("odoo-crm", target);
        connect(&database, "crm_owner").batch_execute("GRANT ALL ON ALL TABLES IN SCHEMA sales TO crm_app").unwrap();
        apply_as(&database, applier(target), target, &project_file("examples/odoo-crm.yaml")).unwrap();
        let mut world = World::open(database, target);
        for table in ["leads", "opportunities", "opportunity_owners", "sales_orders", "tickets", "activities", "partners"] {
            for privilege in ["TRUNCATE", "REFERENCES", "TRIGGER"] {
                let held = format!("SELECT has_table_privilege('crm_backend', 'sales.{table}', '{privilege}')");
                assert_eq!(world.really(&held), ["f"], "{table} {privilege}");
            }
            refused(world.tries("1", &format!("TRUNCATE sales.{table} CASCADE")), REFUSED);
        }
    }
}

/// What identifies a policy, function or trigger as the same one: its oid and the transaction that wrote it.
fn identities(database: &str) -> Vec<String> {
    let query = "SELECT 'policy ' || oid || ' ' || xmin || ' ' || polname AS line FROM pg_policy
        UNION ALL SELECT 'function ' || oid || ' ' || xmin || ' ' || proname FROM pg_proc WHERE pronamespace::regnamespace::text LIKE 'crm_access%'
        UNION ALL SELECT 'trigger ' || oid || ' ' || xmin || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'relation ' || oid || ' ' || xmin || ' ' || relname FROM pg_class WHERE relnamespace::regnamespace::text IN ('sales', 'public', 'crm_access')
        UNION ALL SELECT 'version ' || id || ' ' || xmin || ' ' || hash FROM crm_access.version
        UNION ALL SELECT 'object ' || xmin || ' ' || kind || schema_name || relation_name || name FROM crm_access.object
        UNION ALL SELECT 'assignment ' || id || ' ' || xmin FROM crm_access.assignment
        ORDER BY line";
    connect(database, "postgres").query(query, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn o12_applying_the_same_configuration_again_changes_nothing() {
    for target in TARGETS {
        for preset in PRESETS {
            let world = World::new(preset, target);
            let text = project_file(&format!("examples/{preset}.yaml"));
            let before = identities(&world.database);
            for _ in 0..2 {
                assert_eq!(apply_as(&world.database, applier(target), target, &text), Ok(Outcome::Unchanged));
                assert_same(&before, &identities(&world.database), preset);
            }
        }
    }
}

#[test]
fn o12_a_changed_configuration_leaves_no_old_policy_and_keeps_stored_assignments() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        world.force("SELECT crm_access.assign('crm_manager', 'team', '1'), crm_access.restrict('own_records_only', 'user', '18')");
        let stored = world.really("SELECT a::text FROM crm_access.assignment AS a");
        assert_eq!(stored.len(), 2);
        assert_eq!(world.count("18", "sales.leads"), world.really("SELECT id FROM sales.leads WHERE user_id = 18").len() as u64);
        let text = project_file("examples/odoo-crm.yaml");
        let (start, end) = (text.find("restrictions:").unwrap(), text.find("assignments:").unwrap());
        let smaller = format!("{}restrictions: {{}}\n{}", &text[..start], &text[end..])
            .replace("    - {table: user_restrictions, user: user_id, restriction: restriction}\n", "")
            .replace("  activity: # a lead's, an opportunity's or a ticket's\n", "  activity_of_a_record:\n")
            .replace("      activity:", "      activity_of_a_record:")
            .replace("activity: {", "activity_of_a_record: {");
        // A restriction that someone has can't vanish with the file: it would open what it closed.
        let kept = refused(apply_as(&world.database, applier(target), target, &smaller), "55000");
        assert_eq!(kept.message, "the stored restriction \"own_records_only\" of user 18 would no longer hold");
        assert_eq!(world.count("18", "sales.leads"), world.really("SELECT id FROM sales.leads WHERE user_id = 18").len() as u64);
        assert_eq!(world.really("SELECT crm_access.unrestrict('own_records_only', 'user', '18')"), ["t"]);
        let stored = world.really("SELECT a::text FROM crm_access.assignment AS a");
        assert_eq!(stored.len(), 1);
        assert_eq!(apply_as(&world.database, applier(target), target, &smaller), Ok(Outcome::Applied));
        // Exactly what a fresh database has.
        let fresh = tables_only("odoo-crm", target);
        apply_as(&fresh, applier(target), target, &smaller).unwrap();
        let roles = ["crm_app", "crm_backend", "crm_owner"];
        let expected = catalog(&mut connect(&fresh, "postgres"), "", &roles);
        assert_same(&expected, &catalog(&mut world.admin, "", &roles), target.name());
        assert_eq!(world.really("SELECT a::text FROM crm_access.assignment AS a"), stored);
        // The role still counts.
        assert_eq!(
            world.sees("18", "SELECT id FROM sales.leads"),
            world.really("SELECT id FROM sales.leads WHERE company_id = 1 OR user_id = 18 OR user_id IS NULL")
        );
        // Removed and applied again: the assignments are there still.
        remove(&world.database, target);
        assert_eq!(world.really("SELECT a::text FROM crm_access.assignment AS a"), stored);
        assert_eq!(apply_as(&world.database, applier(target), target, &text), Ok(Outcome::Applied));
        assert_eq!(
            world.sees("18", "SELECT id FROM sales.leads"),
            world.really("SELECT id FROM sales.leads WHERE company_id = 1 OR user_id = 18 OR user_id IS NULL")
        );
    }
}

#[test]
fn o12_a_configuration_that_fails_leaves_the_one_before_standing() {
    for target in TARGETS {
        let world = World::new("odoo-crm", target);
        let before = identities(&world.database);
        let broken = project_file("examples/odoo-crm.yaml").replace("table: activities", "table: nowhere");
        refused(apply_as(&world.database, applier(target), target, &broken), "42P01");
        assert_same(&before, &identities(&world.database), target.name());
    }
}
