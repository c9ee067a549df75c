//! A01, A02, A09, A10, A38: what PostgreSQL leaves open beside row security. The extension has guards for it, each with tests of its own
//! (tests/live/guards*.rs); these show what a guard is for, on the target that has none.

use crm_access::program::Target;

use crate::attacker::{acting, after, assert_audited, listening, person, role};
use crate::support::{REFUSED, TARGETS, World, applier, apply_as, connect, project_file, refused, tables_only};

fn estimate(client: &mut postgres::Client, condition: &str) -> f64 {
    let plan = client.simple_query(&format!("EXPLAIN (FORMAT JSON) SELECT * FROM companies WHERE {condition}")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&crate::support::first_column(plan).remove(0)).unwrap();
    plan[0]["Plan"]["Plan Rows"].as_f64().unwrap()
}

/// The leak as it is: the planner's estimates come from all rows.
#[test]
fn a01_estimates_tell_how_many_hidden_rows_match() {
    let mut world = World::new("teamleader", Target::Portable);
    world.force(
        "INSERT INTO companies (name, city, account_manager_id) SELECT 'Victim ' || n, 'Hiddenville', 2 FROM generate_series(1, 3000) AS n; ANALYZE companies",
    );
    let mut lena = person(&mut world, "3");
    let (there, missing) = (estimate(&mut lena, "city = 'Hiddenville'"), estimate(&mut lena, "city = 'Nowhere'"));
    assert!(there > 20.0 * missing, "{there} against {missing}");
    assert_eq!(after(&mut lena, &["SELECT count(*) FROM companies WHERE city = 'Hiddenville'"]).unwrap(), ["0"]);
    // EXPLAIN is not the only way to a plan: the server prints it to whoever asks it to.
    let login = after(&mut lena, &["SELECT session_user"]).unwrap().remove(0);
    let (mut client, notices) = listening(&world.database, &login, "-c debug_print_plan=on -c client_min_messages=log");
    client.batch_execute("SELECT count(*) FROM companies WHERE city = 'Hiddenville'").unwrap();
    assert!(notices.lock().unwrap().iter().any(|notice| notice.contains(":plan_rows")), "the plan came as a message");
}

/// The leak as it is: EXPLAIN ANALYZE counts what the policy removed.
#[test]
fn a02_explain_analyze_counts_the_rows_that_policies_removed() {
    let mut world = World::new("teamleader", Target::Portable);
    let mut lena = person(&mut world, "3");
    let plan = after(&mut lena, &["EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM companies"]).unwrap();
    assert!(plan.iter().any(|line| line.contains("Rows Removed by Filter: 574")), "{plan:?}");
}

#[test]
fn a09_no_role_of_the_application_may_truncate_whatever_it_was_given() {
    for target in TARGETS {
        // Also where it was given before the configuration came.
        let database = tables_only("teamleader", target);
        connect(&database, "crm_owner").batch_execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO crm_app").unwrap();
        apply_as(&database, applier(target), target, &project_file("examples/teamleader.yaml")).unwrap();
        let mut world = World::open(database, target);
        for table in ["companies", "contacts", "contact_companies", "deals", "quotations", "invoices", "tickets", "activities"] {
            refused(acting(&mut world, "1", &[&format!("TRUNCATE {table} CASCADE")]), REFUSED);
        }
        if target == Target::Portable {
            // The leak as it is: to whom the privilege is given by another road, no policy matters.
            let other = role(&mut world, "truncator", "LOGIN IN ROLE crm_app");
            world.force(&format!("GRANT TRUNCATE ON activities TO {other}"));
            assert_audited(&world, "excess-privilege", "activities");
            after(&mut connect(&world.database, &other), &["BEGIN", "TRUNCATE activities"]).unwrap();
            assert_eq!(after(&mut connect(&world.database, &other), &["SELECT count(*) FROM activities"]).unwrap(), ["0"]);
        }
    }
}

const PARTITIONED: &str = "
DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$;
CREATE TABLE users (id int PRIMARY KEY, login text);
INSERT INTO users VALUES (1), (2);
CREATE TABLE docs (id int, year int, owner int) PARTITION BY RANGE (year);
CREATE TABLE docs_old PARTITION OF docs FOR VALUES FROM (2000) TO (2020);
INSERT INTO docs SELECT n, 2001 + n % 10, 1 + n % 2 FROM generate_series(1, 40) AS n;
GRANT SELECT, INSERT, UPDATE, DELETE ON docs, docs_old TO crm_app;
";

#[test]
fn a10_a_partition_asked_directly_gives_nothing_and_one_that_came_later_waits_for_an_apply() {
    let text = "version: 1
application_role: crm_app
key_type: int4
identity: {act_as: crm_backend, setting: {name: app.user_token, signed: true, issuers: crm_backend}}
directory: {users: {table: users}}
entities: {doc: {table: docs, owners: owner}}
roles: {r: {grants: {doc: own}}}
assignments: {listed: {role: r, everyone: true}}
";
    for target in TARGETS {
        let mut world = World::made(PARTITIONED, target, text);
        assert_eq!(world.count("1", "docs"), 20);
        assert_eq!(world.count("1", "docs_old"), 0);
        assert_eq!(world.tries("1", "DELETE FROM docs_old"), Ok(0));
        refused(world.tries("1", "INSERT INTO docs_old VALUES (99, 2001, 1)"), REFUSED);
        // By way of the parent the policies of the parent hold in a partition that comes later too.
        world.own("CREATE TABLE docs_new PARTITION OF docs FOR VALUES FROM (2020) TO (2030); GRANT SELECT ON docs_new TO crm_app").unwrap();
        world.force("INSERT INTO docs SELECT n, 2021, 1 + n % 2 FROM generate_series(100, 139) AS n");
        assert_eq!(world.count("1", "docs"), 40);
        if target == Target::Portable {
            // The leak as it is: until the next apply it can be read directly by whom it was given to. Any change shows, so that it is mended.
            assert_eq!(world.count("1", "docs_new"), 40);
            assert_audited(&world, "unprotected-partition", "docs_new");
        }
        let outcome = apply_as(&world.database, applier(target), target, text);
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(world.count("1", "docs_new"), 0);
        assert_eq!(world.count("1", "docs"), 40);
    }
}

#[test]
fn a38_the_server_under_test_is_newer_than_the_faults_of_row_security_that_are_known() {
    let mut world = World::new("teamleader", Target::Extension);
    let version: i32 = world.really("SHOW server_version_num")[0].parse().unwrap();
    // The first minor of each major without CVE-2024-10976, 2024-10978 and 2025-8713, and all before them.
    let safe = match version / 10_000 {
        13 => 130_022,
        14 => 140_019,
        15 => 150_014,
        16 => 160_010,
        17 => 170_006,
        _ => 180_000,
    };
    assert!(version >= safe, "{version}");
    // CVE-2016-2193, 2023-2455 and 2024-10976 are one fault at heart: a plan kept for one role and used by another, also when the table is
    // reached in a sub-query that was inlined. `a27_a_plan_of_one_database_role_is_not_used_by_another` tries the plain forms.
    let stranger = role(&mut world, "inlined", "NOLOGIN");
    world.force(&format!(
        "GRANT SELECT ON companies TO {stranger}; GRANT {stranger} TO crm_backend;
         CREATE FUNCTION counted() RETURNS SETOF bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM public.companies';
         GRANT EXECUTE ON FUNCTION counted() TO PUBLIC"
    ));
    world
        .backend
        .batch_execute(
            "PREPARE inlined AS SELECT * FROM counted(); PREPARE deep AS SELECT (SELECT count(*) FROM companies AS c WHERE EXISTS (SELECT FROM companies AS d WHERE d.id = c.id));
             PREPARE cte AS WITH a AS (WITH b AS (SELECT * FROM companies) SELECT * FROM b) SELECT count(*) FROM a",
        )
        .unwrap();
    for query in ["EXECUTE inlined", "EXECUTE deep", "EXECUTE cte"] {
        for _ in 0..7 {
            assert_eq!(acting(&mut world, "2", &[query]).unwrap(), ["612"], "{query}");
            assert_eq!(acting(&mut world, "2", &[&format!("SET LOCAL ROLE {stranger}"), query]).unwrap(), ["0"], "{query}");
        }
    }
    world.force(&format!("REVOKE {stranger} FROM crm_backend"));
}
