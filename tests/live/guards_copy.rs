//! COPY: A24. What may be exported, and the flag that policies about it ask.

use crm_access::program::Target;

use crate::guards::{LENA, as_lena, copied, switch};
use crate::support::{REFUSED, Refused, TARGETS, World, connect, first_column, project_file, refused};

/// Lines that a COPY sends to Lena.
fn lines(client: &mut postgres::Client, command: &str) -> Result<Vec<String>, Refused> {
    client.batch_execute("BEGIN").unwrap();
    client.batch_execute(LENA).unwrap();
    let result = copied(client, command);
    client.batch_execute("ROLLBACK").unwrap();
    result.map(|text| text.lines().map(str::to_owned).collect())
}

/// The preset where nobody may export anything or, if asked for, employees the companies of Ghent; with functions of the application's.
fn world(target: Target, export: bool) -> World {
    let mut text = project_file("examples/teamleader.yaml");
    let employees = "company: {read: all, create: all, update: all, delete: own";
    for (from, to) in [
        ("{\"*\": all}".to_owned(), "{\"*\": {every: all, export: none}}".to_owned()),
        (format!("{employees}}}"), format!("{employees}, export: {{where: city = 'Gent'}}}}")),
    ] {
        assert_eq!(text.matches(&from).count(), 1, "{from}");
        if export || to.contains("none") {
            text = text.replace(&from, &to);
        }
    }
    for narrower in ["contact_company: parent(contact) and parent(company)", "ticket: all", "activity: all"] {
        let (entity, level) = narrower.split_once(": ").unwrap();
        text = text.replacen(narrower, &format!("{entity}: {{every: {level}, export: none}}"), 1);
    }
    let mut world = World::with("teamleader", target, &text);
    world.force(
        "CREATE VIEW shown WITH (security_invoker) AS SELECT * FROM companies; GRANT SELECT ON shown TO crm_app;
         CREATE FUNCTION inlined() RETURNS SETOF companies LANGUAGE sql STABLE AS 'SELECT * FROM companies';
         CREATE FUNCTION counted() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT count(*) FROM companies); END';
         CREATE TABLE scratch (id int); GRANT SELECT, INSERT ON scratch TO crm_app;
         UPDATE companies SET city = 'Gent' WHERE id % 5 = 0",
    );
    world
}

#[test]
fn a24_nothing_of_a_protected_table_that_nobody_may_export_is_copied() {
    let mut world = world(Target::Extension, false);
    world.backend.batch_execute("PREPARE p AS SELECT * FROM companies").unwrap();
    for command in [
        "COPY companies TO STDOUT",
        "COPY companies (id, name) TO STDOUT WITH (FORMAT csv)",
        "COPY (SELECT * FROM companies) TO STDOUT",
        "COPY (TABLE companies) TO STDOUT (FORMAT binary)",
        "COPY (SELECT u.name FROM users u WHERE u.id IN (SELECT account_manager_id FROM companies)) TO STDOUT",
        "COPY (WITH c AS (SELECT * FROM companies) SELECT * FROM c) TO STDOUT",
        "COPY (SELECT * FROM shown) TO STDOUT",
        "COPY (SELECT * FROM inlined()) TO STDOUT",
        "COPY (SELECT counted()) TO STDOUT",
        "COPY (INSERT INTO companies (name, account_manager_id) VALUES ('x', 3) RETURNING *) TO STDOUT",
        "COPY (INSERT INTO scratch SELECT id FROM companies RETURNING *) TO STDOUT",
        "COPY (UPDATE companies SET city = 'x' RETURNING *) TO STDOUT",
    ] {
        let refusal = refused(lines(&mut world.backend, command), REFUSED);
        assert_eq!(refusal.message, "permission denied to copy from the protected table \"companies\"", "{command}");
        assert!(refusal.hint.contains("export") && refusal.hint.contains("crm_access.guard_copy"), "{refusal:?}");
    }
    assert_eq!(lines(&mut world.backend, "COPY (SELECT 1) TO STDOUT").unwrap(), ["1"]);
    assert!(lines(&mut world.backend, "COPY users (id) TO STDOUT").unwrap().len() > 5);
    assert_eq!(lines(&mut world.backend, "COPY (SELECT crm_access.current_user_key()) TO STDOUT").unwrap(), ["3"]);
    assert_eq!(as_lena(&mut world.backend, "SELECT count(*) FROM companies").unwrap(), ["38"]);
    // A server's file is out of reach anyway.
    refused(as_lena(&mut world.backend, "COPY companies TO '/tmp/companies'"), REFUSED);
    refused(as_lena(&mut world.backend, "COPY companies TO PROGRAM 'cat'"), REFUSED);
    assert_eq!(lines(&mut world.admin, "COPY companies TO STDOUT").unwrap().len(), 612);
}

#[test]
fn a24_with_the_guard_off_who_may_read_may_copy() {
    for target in TARGETS {
        let mut world = world(target, false);
        if target == Target::Extension {
            switch(&mut world, "guard_copy", "off");
        }
        let identity = world.identity("3");
        let mut client = connect(&world.database, "crm_backend");
        client.batch_execute(&format!("BEGIN; {identity}")).unwrap();
        let text = copied(&mut client, "COPY companies TO STDOUT").unwrap();
        assert_eq!(text.lines().count(), 38, "{}", target.name());
    }
}

#[test]
fn a24_copy_from_is_refused_by_the_server_and_row_security_off_is_an_error() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let identity = world.identity("3");
        for (command, state) in
            [("COPY companies (name) FROM STDIN", "0A000"), ("SET LOCAL row_security = off; SELECT * FROM companies", REFUSED)]
        {
            world.backend.batch_execute(&format!("BEGIN; {identity}")).unwrap();
            refused(world.backend.batch_execute(command).map_err(Refused::from), state);
            world.backend.batch_execute("ROLLBACK").unwrap();
        }
    }
    let mut world = World::new("teamleader", Target::Extension);
    refused(as_lena(&mut world.backend, "SET row_security = off; COPY companies TO STDOUT"), REFUSED);
}

#[test]
fn what_may_be_exported_is_copied_and_no_row_more() {
    let mut world = world(Target::Extension, true);
    let wanted = as_lena(&mut world.backend, "SELECT count(*) FROM companies WHERE city = 'Gent'").unwrap();
    let count: usize = wanted[0].parse().unwrap();
    assert!(count > 0 && count < 38);
    for command in ["COPY companies TO STDOUT", "COPY (SELECT * FROM shown) TO STDOUT", "COPY (SELECT * FROM inlined()) TO STDOUT"] {
        assert_eq!(lines(&mut world.backend, command).unwrap().len(), count, "{command}");
    }
    // A table that nobody may export stays closed, also beside one that somebody may.
    refused(lines(&mut world.backend, "COPY (SELECT 1 FROM companies c JOIN deals d ON d.company_id = c.id) TO STDOUT"), REFUSED);
    // The rest of the session sees what may be read.
    assert_eq!(as_lena(&mut world.backend, "SELECT count(*) FROM companies").unwrap(), ["38"]);
    // The first statement of a session is held to it as well, although it loads the library in its middle.
    let mut person = connect(&world.database, "crm_backend");
    person.batch_execute("BEGIN").unwrap();
    let text = copied(&mut person, "COPY (SELECT crm_access.exporting()) TO STDOUT").unwrap();
    assert_eq!(text, "t\n");
    assert_eq!(first_column(person.simple_query("SELECT crm_access.exporting()").unwrap()), ["f"]);
    assert_eq!(first_column(connect(&world.database, "crm_backend").simple_query("SELECT crm_access.exporting()").unwrap()), ["f"]);
}

#[test]
fn functions_inside_a_copy_export_and_cached_plans_tell_the_two_apart() {
    let mut world = world(Target::Extension, true);
    let client = &mut world.backend;
    client.batch_execute("SET plan_cache_mode = force_generic_plan; PREPARE counted AS SELECT counted()").unwrap();
    let exported = as_lena(client, "SELECT count(*) FROM companies WHERE city = 'Gent'").unwrap();
    client.batch_execute("BEGIN").unwrap();
    client.batch_execute(LENA).unwrap();
    for _ in 0..8 {
        assert_eq!(first_column(client.simple_query("SELECT counted()").unwrap()), ["38"]);
        assert_eq!(first_column(client.simple_query("EXECUTE counted").unwrap()), ["38"]);
        let text = copied(client, "COPY (SELECT counted()) TO STDOUT").unwrap();
        assert_eq!(text.trim(), exported[0]);
        assert_eq!(first_column(client.simple_query("SELECT crm_access.exporting()").unwrap()), ["f"]);
    }
    // A COPY inside of one that goes on, and an error that a function catches inside of it.
    let nested = "COPY (SELECT crm_access.exporting() AND attempted() AND crm_access.exporting()) TO STDOUT";
    client.batch_execute("ROLLBACK").unwrap();
    world.force(
        "CREATE FUNCTION attempted() RETURNS boolean LANGUAGE plpgsql AS $$
         BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN RETURN crm_access.exporting(); END $$",
    );
    let client = &mut world.backend;
    client.batch_execute("BEGIN").unwrap();
    assert_eq!(copied(client, nested).unwrap(), "t\n");
    // An error ends it: with the transaction, and with a savepoint.
    client.batch_execute("SAVEPOINT a").unwrap();
    refused(copied(client, "COPY (SELECT 1 / (id - 1) FROM users) TO STDOUT"), "22012");
    client.batch_execute("ROLLBACK TO a").unwrap();
    assert_eq!(first_column(client.simple_query("SELECT crm_access.exporting()").unwrap()), ["f"]);
    refused(copied(client, "COPY (SELECT 1 / (id - 1) FROM users) TO STDOUT"), "22012");
    client.batch_execute("ROLLBACK").unwrap();
    assert_eq!(first_column(client.simple_query("SELECT crm_access.exporting()").unwrap()), ["f"]);
}

#[test]
fn parallel_workers_export_what_their_leader_may() {
    let mut world = world(Target::Extension, true);
    let exported = as_lena(&mut world.backend, "SELECT count(*) FROM companies WHERE city = 'Gent'").unwrap();
    world
        .backend
        .batch_execute(
            "SET force_parallel_mode = on; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off",
        )
        .unwrap();
    assert_eq!(lines(&mut world.backend, "COPY (SELECT count(*) FROM companies) TO STDOUT").unwrap(), exported);
    assert_eq!(as_lena(&mut world.backend, "SELECT count(*) FROM companies").unwrap(), ["38"]);
    // What a function reads that runs in a worker, which plans it there; `users` is not protected.
    world.force(
        "CREATE FUNCTION counted_apart(of text) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS
         'DECLARE n bigint; BEGIN EXECUTE format(''SELECT count(*) FROM %I'', of) INTO n; RETURN n; END'",
    );
    let apart = |table: &str| format!("COPY (SELECT counted_apart('{table}') FROM users WHERE id = 1) TO STDOUT");
    assert_eq!(lines(&mut world.backend, &apart("companies")).unwrap(), exported);
    refused(lines(&mut world.backend, &apart("deals")), REFUSED);
    assert_eq!(as_lena(&mut world.backend, "SELECT counted_apart('companies') FROM users WHERE id = 1").unwrap(), ["38"]);
}
