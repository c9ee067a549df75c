//! EXPLAIN and its siblings: A01 (estimates), A02 (counts of removed rows), and logged plans.

use crm_access::program::Target;

use crate::guards::{LENA, as_lena, connect_and_listen, switch};
use crate::support::{REFUSED, Refused, World, connect, first_column, refused};

/// Every way to see a plan of what Lena may partly read; `PLAN` is EXPLAIN with or without options.
const FORMS: [&str; 24] = [
    "PLAN SELECT * FROM companies",
    "PLAN TABLE companies",
    "PLAN SELECT 1 FROM users u WHERE EXISTS (SELECT 1 FROM deals d WHERE d.responsible_id = u.id)",
    "PLAN WITH c AS MATERIALIZED (SELECT * FROM companies) SELECT 1 FROM c",
    "PLAN WITH c AS (DELETE FROM deals RETURNING *) SELECT 1 FROM c",
    "PLAN SELECT * FROM users LEFT JOIN LATERAL (SELECT * FROM contacts WHERE created_by = users.id) c ON true",
    "PLAN SELECT name FROM users UNION ALL SELECT name FROM companies",
    "PLAN SELECT id FROM users WHERE id = (SELECT count(*) FROM companies)",
    "PLAN SELECT * FROM shown",
    "PLAN SELECT * FROM shown_by_its_owner",
    "PLAN SELECT * FROM inlined('A%')",
    "PLAN INSERT INTO companies (name, account_manager_id) VALUES ('x', 3)",
    "PLAN INSERT INTO scratch SELECT id FROM companies",
    "PLAN UPDATE companies SET city = 'x'",
    "PLAN DELETE FROM deals",
    "PLAN MERGE INTO scratch s USING companies c ON s.id = c.id WHEN MATCHED THEN DELETE",
    "PLAN CREATE TEMPORARY TABLE made AS SELECT * FROM companies",
    "PLAN CREATE TEMPORARY TABLE made AS EXECUTE prepared",
    "PLAN SELECT 1 INTO TEMPORARY made FROM companies",
    "PLAN DECLARE c CURSOR FOR SELECT * FROM companies",
    "PLAN EXECUTE prepared",
    "PLAN EXECUTE prepared_with('A%')",
    "DO $$ DECLARE line text; BEGIN EXECUTE 'PLAN SELECT * FROM companies' INTO line; END $$",
    "SELECT explains('PLAN SELECT * FROM companies')",
];

const OPTIONS: [&str; 5] =
    ["EXPLAIN", "EXPLAIN ANALYZE", "EXPLAIN (ANALYZE, TIMING off, SUMMARY off)", "EXPLAIN (COSTS off)", "EXPLAIN (VERBOSE, FORMAT json)"];

/// The preset, with things of the application's to explain.
fn world(target: Target) -> World {
    let mut world = World::new("teamleader", target);
    world.force(
        "CREATE TABLE scratch (id int); GRANT SELECT, INSERT, UPDATE, DELETE ON scratch TO crm_app;
         CREATE VIEW shown WITH (security_invoker) AS SELECT * FROM companies; GRANT SELECT ON shown TO crm_app;
         CREATE VIEW shown_by_its_owner AS SELECT * FROM companies; GRANT SELECT ON shown_by_its_owner TO crm_app;
         CREATE FUNCTION inlined(start text) RETURNS SETOF companies LANGUAGE sql STABLE AS 'SELECT * FROM companies WHERE name LIKE start';
         CREATE FUNCTION explains(what text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE line text; BEGIN EXECUTE what INTO line; RETURN line; END $$;
         ANALYZE",
    );
    prepare(&mut world.backend);
    world
}

fn prepare(client: &mut postgres::Client) {
    client
        .batch_execute(
            "PREPARE prepared AS SELECT * FROM companies; PREPARE prepared_with(text) AS SELECT * FROM companies WHERE name LIKE $1",
        )
        .unwrap();
}

#[test]
fn a01_a02_no_form_of_explain_shows_a_plan_of_a_protected_table() {
    let mut world = world(Target::Extension);
    for options in OPTIONS {
        for form in FORMS {
            let command = form.replace("PLAN", options);
            let refusal = match as_lena(&mut world.backend, &command) {
                Err(refusal) => refusal,
                Ok(shown) => panic!("{command}: {shown:?}"),
            };
            assert_eq!(refusal.state, REFUSED, "{command}: {refusal:?}");
            assert!(
                refusal.message.starts_with("permission denied to explain a statement on the protected table"),
                "{command}: {refusal:?}"
            );
            assert!(refusal.hint.contains("crm_access.explain_role") && refusal.hint.contains("crm_access.guard_explain"), "{refusal:?}");
        }
    }
    // Where nobody is asking, too, and in a read-only transaction.
    for opening in ["BEGIN", "BEGIN READ ONLY"] {
        world.backend.batch_execute(opening).unwrap();
        refused(world.backend.batch_execute("EXPLAIN SELECT * FROM companies").map_err(Refused::from), REFUSED);
        world.backend.batch_execute("ROLLBACK").unwrap();
    }
    // The owner is bound as well.
    world.owner.batch_execute("LOAD 'crm_access'").unwrap_err();
    world.force("GRANT crm_app TO crm_owner; GRANT EXECUTE ON FUNCTION crm_access.guarded() TO crm_owner; GRANT USAGE ON SCHEMA crm_access TO crm_owner");
    world.owner.batch_execute("SELECT crm_access.guarded()").unwrap();
    refused(world.own("EXPLAIN SELECT * FROM companies"), REFUSED);
    world.force("REVOKE crm_app FROM crm_owner");
}

#[test]
fn a01_with_the_guard_off_estimates_tell_how_many_hidden_companies_match() {
    for target in [Target::Extension, Target::Portable] {
        let mut world = world(target);
        if target == Target::Extension {
            switch(&mut world, "guard_explain", "off");
        }
        let mut client = connect(&world.database, "crm_backend");
        // The library is loaded, so nothing but the setting makes the difference.
        if target == Target::Extension {
            client.batch_execute(LENA).unwrap();
        }
        let estimate = |client: &mut postgres::Client, manager: u32| {
            let plan = client.simple_query(&format!("EXPLAIN SELECT * FROM companies WHERE account_manager_id = {manager}")).unwrap();
            first_column(plan).into_iter().find(|line| line.contains(" on companies")).unwrap()
        };
        assert_ne!(
            estimate(&mut client, 2).split("rows=").nth(1),
            estimate(&mut client, 424_242).split("rows=").nth(1),
            "{}",
            target.name()
        );
    }
}

#[test]
fn a02_with_the_guard_off_removed_rows_are_counted() {
    for target in [Target::Extension, Target::Portable] {
        let mut world = world(target);
        if target == Target::Extension {
            switch(&mut world, "guard_explain", "off");
        }
        let identity = world.identity("3");
        let mut client = connect(&world.database, "crm_backend");
        client.batch_execute(&format!("BEGIN; {identity}")).unwrap();
        // An index would find Lena's rows and remove none.
        client.batch_execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off").unwrap();
        let plan = first_column(client.simple_query("EXPLAIN ANALYZE SELECT * FROM companies").unwrap());
        assert!(plan.iter().any(|line| line.contains("Rows Removed by Filter: 574")), "{}: {plan:?}", target.name());
    }
}

#[test]
fn what_is_not_protected_can_be_explained() {
    let mut world = world(Target::Extension);
    for command in [
        "EXPLAIN SELECT * FROM users",
        "EXPLAIN ANALYZE SELECT count(*) FROM scratch",
        "EXPLAIN ANALYZE INSERT INTO scratch VALUES (1)",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT crm_access.current_user_key()",
        "EXPLAIN ANALYZE SELECT * FROM pg_class",
    ] {
        assert!(!as_lena(&mut world.backend, command).unwrap().is_empty(), "{command}");
    }
    // What is refused is the plan, not the statement.
    assert_eq!(as_lena(&mut world.backend, "SELECT count(*) FROM companies").unwrap(), ["38"]);
    assert_eq!(as_lena(&mut world.backend, "EXECUTE prepared").unwrap().len(), 38);
    // Without a configuration there is nothing to guard.
    world.force("SELECT crm_access.remove(); ALTER TABLE scratch ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON scratch USING (true)");
    world.backend.batch_execute("EXPLAIN SELECT * FROM companies; EXPLAIN SELECT * FROM scratch").unwrap();
}

#[test]
fn superusers_and_members_of_the_named_role_may_explain() {
    let mut world = world(Target::Extension);
    world.force("EXPLAIN ANALYZE SELECT * FROM companies");
    world.force(
        "DO $$ BEGIN CREATE ROLE crm_tuner NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         DO $$ BEGIN CREATE ROLE crm_developer LOGIN IN ROLE crm_backend, crm_tuner; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    );
    switch(&mut world, "explain_role", "crm_tuner");
    let mut developer = connect(&world.database, "crm_developer");
    assert!(as_lena(&mut developer, "EXPLAIN ANALYZE SELECT * FROM companies").unwrap().len() > 1);
    let mut backend = connect(&world.database, "crm_backend");
    let refusal = refused(as_lena(&mut backend, "EXPLAIN SELECT * FROM companies"), REFUSED);
    assert!(refusal.hint.contains("\"crm_tuner\""), "{refusal:?}");
    // A role that is not there lets nobody.
    switch(&mut world, "explain_role", "nobody_at_all");
    let mut developer = connect(&world.database, "crm_developer");
    refused(as_lena(&mut developer, "EXPLAIN SELECT * FROM companies"), REFUSED);
}

#[test]
fn a_function_that_runs_while_planning_changes_nothing_behind_the_guards_back() {
    let mut world = world(Target::Extension);
    let make = |table: &str| {
        format!("CREATE OR REPLACE FUNCTION pg_temp.rows() RETURNS TABLE (id int) LANGUAGE sql STABLE AS 'SELECT id FROM {table}'")
    };
    // What calls itself immutable runs while planning, and calls what does not.
    let swap = format!(
        "CREATE FUNCTION pg_temp.change() RETURNS int LANGUAGE plpgsql AS $$ BEGIN {}; RETURN 1; END $$;
         CREATE FUNCTION pg_temp.swap() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN pg_temp.change(); END'",
        make("companies")
    );
    let client = &mut world.backend;
    client.batch_execute(&format!("{}; {swap}", make("users"))).unwrap();
    for command in
        ["EXPLAIN SELECT * FROM pg_temp.rows() WHERE pg_temp.swap() = 1", "EXPLAIN SELECT (SELECT pg_temp.swap()), * FROM pg_temp.rows()"]
    {
        client.batch_execute(&make("users")).unwrap();
        let plan = as_lena(client, command).unwrap();
        assert!(!plan.concat().contains("companies"), "{command}: {plan:?}");
    }
    // Here the function is inlined after it was changed: what was analyzed names users, what would be shown names companies.
    client.batch_execute(&make("users")).unwrap();
    let late = "EXPLAIN SELECT * FROM (SELECT pg_temp.swap() OFFSET 0) s, LATERAL (SELECT * FROM pg_temp.rows() OFFSET 0) r";
    refused(as_lena(client, late), REFUSED);
}

#[test]
fn what_a_function_reads_while_it_is_explained_counts() {
    let mut world = world(Target::Extension);
    world.force("CREATE FUNCTION counted() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT count(*) FROM companies); END'");
    refused(as_lena(&mut world.backend, "EXPLAIN (ANALYZE, BUFFERS) SELECT counted()"), REFUSED);
    assert!(!as_lena(&mut world.backend, "EXPLAIN SELECT counted()").unwrap().is_empty());
    assert_eq!(as_lena(&mut world.backend, "SELECT counted()").unwrap(), ["38"]);
    // An error in between leaves nothing behind.
    let caught =
        "DO $$ BEGIN EXECUTE 'EXPLAIN ANALYZE SELECT counted()'; EXCEPTION WHEN insufficient_privilege THEN PERFORM counted(); END $$";
    as_lena(&mut world.backend, caught).unwrap();
}

#[test]
fn a_session_without_the_library_is_guarded_once_it_is_preloaded_or_a_policy_asks_for_it() {
    let explain = |world: &World, command: &str| {
        let mut client = connect(&world.database, "crm_backend");
        client.simple_query(command).map(first_column).map_err(Refused::from)
    };
    let forms = [
        "EXPLAIN SELECT * FROM companies",
        "EXPLAIN ANALYZE SELECT * FROM companies",
        "DO $$ BEGIN EXECUTE 'EXPLAIN SELECT * FROM companies'; END $$",
        "DO $$ BEGIN EXECUTE 'EXPLAIN ANALYZE SELECT * FROM companies'; END $$",
        "PREPARE p AS SELECT * FROM companies; EXPLAIN EXECUTE p",
    ];
    let mut world = world(Target::Extension);
    // A policy that asks about who asks loads the library while the statement is planned.
    for form in forms {
        refused(explain(&world, form), REFUSED);
    }
    world.force("DROP POLICY crm_access_read ON companies; CREATE POLICY crm_access_read ON companies TO crm_app USING (false)");
    world.force(
        "DO $$ DECLARE p record; BEGIN FOR p IN SELECT policyname FROM pg_policies WHERE tablename = 'companies' AND policyname NOT IN ('crm_access_read') AND qual LIKE '%crm_access.%' LOOP
             EXECUTE format('DROP POLICY %I ON companies', p.policyname); END LOOP; END $$",
    );
    for form in forms {
        assert!(explain(&world, form).is_ok(), "{form}: nothing has loaded the library");
    }
    world.force(
        "GRANT EXECUTE ON FUNCTION crm_access.guarded() TO crm_app;
         CREATE POLICY crm_access_guarded ON companies AS RESTRICTIVE TO crm_app USING (crm_access.guarded())",
    );
    for form in forms {
        refused(explain(&world, form), REFUSED);
    }
    // An ordinary first statement is none of the guard's business, and nothing of the function is left in a plan.
    assert_eq!(explain(&world, "SELECT count(*) FROM companies").unwrap(), ["0"]);
    let plan = world.really("EXPLAIN (VERBOSE) SELECT * FROM companies WHERE crm_access.guarded()");
    assert!(!plan.concat().contains("guarded"), "{plan:?}");
    world.force("DROP POLICY crm_access_guarded ON companies");
    assert!(explain(&world, forms[0]).is_ok());
    world.force("SELECT crm_access.preload()");
    for form in forms {
        refused(explain(&world, form), REFUSED);
    }
}

/// What the server says while Lena counts companies with plans being printed.
fn said(world: &World, role: &str, settings: &str) -> String {
    let (mut client, said) = connect_and_listen(&world.database, role);
    client.batch_execute(&format!("BEGIN; {LENA}; {settings}; SELECT count(*) FROM companies")).unwrap();
    drop(client);
    said.try_iter().collect::<Vec<_>>().concat()
}

#[test]
fn a01_the_server_logs_plans_for_itself_and_not_for_the_client() {
    let printed = "SET client_min_messages = log; SET debug_print_plan = on";
    let mut world = world(Target::Extension);
    assert!(!said(&world, "crm_backend", printed).contains(":plan_rows"));
    assert!(said(&world, "postgres", printed).contains(":plan_rows"));
    switch(&mut world, "guard_explain", "off");
    assert!(said(&world, "crm_backend", printed).contains(":plan_rows"));
    switch(&mut world, "guard_explain", "on");
    // The module that logs plans is the administrator's: nobody else loads or steers it.
    for command in [
        "LOAD 'auto_explain'",
        "LOAD '$libdir/auto_explain'",
        "LOAD '$libdir/plugins/auto_explain'",
        "SET session_preload_libraries = auto_explain",
    ] {
        let refusal = as_lena(&mut world.backend, command).unwrap_err();
        assert!([REFUSED, "58P01"].contains(&refusal.state.as_str()), "{command}: {refusal:?}");
    }
    let load = format!(
        "ALTER DATABASE {0} SET session_preload_libraries = auto_explain; ALTER DATABASE {0} SET auto_explain.log_min_duration = 0;
         ALTER DATABASE {0} SET auto_explain.log_analyze = on",
        world.database
    );
    for command in load.split(';') {
        world.force(command);
    }
    refused(as_lena(&mut connect(&world.database, "crm_backend"), "SET auto_explain.log_min_duration = 1"), REFUSED);
    assert!(!said(&world, "crm_backend", "SET client_min_messages = log").contains("Seq Scan"));
    assert!(said(&world, "postgres", "SET client_min_messages = log").contains("companies"));
    switch(&mut world, "guard_explain", "off");
    assert!(said(&world, "crm_backend", "SET client_min_messages = log").contains("companies"));
}
