//! A13 and A17: becoming someone else by settings, roles and a second call.

use crm_access::program::Target;
use postgres::NoTls;

use crate::attacker::{ALL, COMPANIES, LENAS, after, person, role};
use crate::support::{REFUSED, Refused, TARGETS, World, connect, refused, url};

/// Ways to put a value into the extension's setting, by whoever may run SQL.
const ATTEMPTS: [&str; 9] = [
    "SET crm_access.identity_value = '2'",
    "SET LOCAL crm_access.identity_value = '2'",
    "SELECT set_config('crm_access.identity_value', '2', false)",
    "SELECT set_config('crm_access.identity_value', '2', true)",
    "SET crm_access.identity_value TO DEFAULT",
    "UPDATE pg_settings SET setting = '2' WHERE name = 'crm_access.identity_value'",
    "DO $$ BEGIN PERFORM set_config('crm_access.identity_value', '2', false); END $$",
    "DO $$ BEGIN BEGIN SET crm_access.identity_value = '2'; EXCEPTION WHEN OTHERS THEN NULL; END; END $$",
    "PREPARE p AS SELECT set_config('crm_access.identity_value', '2', false); EXECUTE p",
];

#[test]
fn a13_no_setting_makes_anybody_of_the_application_a_user() {
    let mut world = World::new("teamleader", Target::Extension);
    let grant = "GRANT SET ON PARAMETER crm_access.identity_value TO crm_app";
    for granted in [false, true] {
        if granted {
            world.force(&format!("SELECT crm_access.version(); {grant}"));
        }
        for attempt in ATTEMPTS {
            // The first query of a fresh connection loads the library: what stood in the placeholder before must not count.
            let mut client = connect(&world.database, "crm_backend");
            let _ = client.batch_execute(attempt);
            assert_eq!(after(&mut client, &[COMPANIES]).unwrap(), ["0"], "{attempt}");
            let _ = client.batch_execute(attempt);
            assert_eq!(after(&mut client, &[COMPANIES]).unwrap(), ["0"], "{attempt}");
            // Nor is the identity that there is replaced.
            let _ = client.batch_execute("BEGIN; SELECT crm_access.act_as(3); SAVEPOINT a");
            let _ = client.batch_execute(attempt);
            let seen = after(&mut client, &["ROLLBACK TO a", COMPANIES]).unwrap();
            assert!(seen == [LENAS] || seen == ["0"], "{attempt}: {seen:?}");
        }
    }
    world.force(&grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "));
}

#[test]
fn a13_a_value_set_within_the_query_itself_does_not_count_in_it() {
    let world = World::new("teamleader", Target::Extension);
    for query in [
        "WITH x AS MATERIALIZED (SELECT set_config('crm_access.identity_value', '2', true) AS v) SELECT count(*) FROM x, companies WHERE v = '2'",
        "SELECT count(*) FROM companies WHERE set_config('crm_access.identity_value', '2', true) = '2'",
        "SELECT set_config('crm_access.identity_value', '2', true), (SELECT count(*) FROM companies)",
    ] {
        let mut client = connect(&world.database, "crm_backend");
        // Either the setting is refused, or, as a placeholder of a library that is not loaded yet, it is thrown away.
        for _ in 0..2 {
            match after(&mut client, &[query]) {
                Ok(seen) => assert!(seen == ["0"] || seen == ["2"], "{query}: {seen:?}"),
                Err(refused) => assert_eq!(refused.state, REFUSED, "{query}"),
            }
            assert_eq!(after(&mut client, &[COMPANIES]).unwrap(), ["0"], "{query}");
        }
    }
}

#[test]
fn a13_startup_options_and_settings_of_roles_and_databases_name_nobody() {
    let mut world = World::new("teamleader", Target::Extension);
    let database = world.database.clone();
    let victim = role(&mut world, "optional", "LOGIN IN ROLE crm_app");
    for setting in [
        "ALTER ROLE ROLE SET crm_access.identity_value = '2'",
        "ALTER ROLE ROLE IN DATABASE DB SET crm_access.identity_value = '2'",
        "ALTER DATABASE DB SET crm_access.identity_value = '2'",
    ] {
        let setting = setting.replace("ROLE ROLE", &format!("ROLE {victim}")).replace("DB", &database);
        // The attacker may try it on their own role, and a superuser by mistake.
        let _ = connect(&database, &victim).batch_execute(&setting);
        let _ = world.admin.batch_execute(&setting);
        assert_eq!(after(&mut connect(&database, &victim), &[COMPANIES]).unwrap(), ["0"], "{setting}");
    }
    for options in ["-c crm_access.identity_value=2", "--crm_access.identity_value=2", "-c session_preload_libraries=crm_access"] {
        let mut config: postgres::Config = url(&database, &victim).parse().unwrap();
        if let Ok(mut client) = config.options(options).connect(NoTls) {
            assert_eq!(after(&mut client, &[COMPANIES]).unwrap(), ["0"], "{options}");
        }
    }
}

#[test]
fn a13_a_placeholder_value_reaches_no_parallel_worker() {
    let world = World::new("teamleader", Target::Extension);
    let mut client = connect(&world.database, "crm_backend");
    let workers = "SET parallel_leader_participation = off; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
        SET min_parallel_table_scan_size = 0";
    client.batch_execute(workers).unwrap();
    client.batch_execute("SET crm_access.identity_value = '2'").unwrap();
    assert_eq!(after(&mut client, &[COMPANIES]).unwrap(), ["0"]);
    // In a worker that has its identity from the leader it is the leader's.
    let seen = after(&mut client, &["BEGIN", "SELECT crm_access.act_as(3)", COMPANIES]).unwrap();
    assert_eq!(seen, [LENAS]);
    let plan = after(
        &mut connect(&world.database, "postgres"),
        &[workers, "SET max_parallel_workers_per_gather = 2", "SHOW max_parallel_workers"],
    );
    assert_ne!(plan.unwrap(), ["0"], "the server may start workers");
}

#[test]
fn a13_a_function_that_carries_the_setting_is_refused() {
    let mut world = World::new("teamleader", Target::Extension);
    world.force("GRANT CREATE ON SCHEMA public TO crm_app");
    let database = world.database.clone();
    let sly = "CREATE FUNCTION sly() RETURNS bigint LANGUAGE sql SET crm_access.identity_value = '2' AS 'SELECT count(*) FROM companies'";
    refused(after(&mut connect(&database, "crm_backend"), &[sly]), REFUSED);
    // A superuser's connection that has not loaded the library accepts any value, and keeps it in the function.
    world.force(sly);
    let mut client = connect(&database, "crm_backend");
    for _ in 0..2 {
        match after(&mut client, &["SELECT sly()"]) {
            Ok(seen) => assert_eq!(seen, ["0"]),
            Err(refused) => assert_eq!(refused.state, REFUSED, "{refused:?}"),
        }
    }
    refused(after(&mut client, &["BEGIN", "SELECT crm_access.act_as(3)", "SELECT sly()"]), REFUSED);
    // Not even one that would only take the identity away.
    world.force("CREATE FUNCTION shy() RETURNS bigint LANGUAGE sql SET crm_access.identity_value = '' AS 'SELECT count(*) FROM companies'");
    let act = "SELECT crm_access.act_as(3)";
    refused(after(&mut client, &["BEGIN", act, "SELECT shy()"]), REFUSED);
    assert_eq!(after(&mut client, &["BEGIN", act, "SAVEPOINT a", COMPANIES]).unwrap(), [LENAS]);
}

#[test]
fn a13_a_second_user_is_refused_in_whatever_way_the_transaction_asks() {
    let mut world = World::new("teamleader", Target::Extension);
    world.force(
        "GRANT CREATE ON SCHEMA public TO crm_app;
         CREATE FUNCTION fresh() RETURNS boolean LANGUAGE plpgsql SET crm_access.identity_value = '' AS
             'BEGIN PERFORM crm_access.act_as(2); RETURN true; END'",
    );
    let client = &mut world.backend;
    client
        .batch_execute(
            "CREATE FUNCTION other() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM crm_access.act_as(2); RETURN true; END';
             CREATE FUNCTION quiet() RETURNS boolean LANGUAGE plpgsql AS
                 'BEGIN PERFORM crm_access.act_as(2); RETURN true; EXCEPTION WHEN OTHERS THEN RETURN true; END'",
        )
        .unwrap();
    let act = "SELECT crm_access.act_as(3)";
    for commands in [
        vec!["SELECT crm_access.act_as(2)"],
        vec!["SAVEPOINT a", "SELECT crm_access.act_as(2)"],
        vec!["SET LOCAL crm_access.identity_value = ''", "SELECT crm_access.act_as(2)"],
        vec!["RESET ALL", "SELECT crm_access.act_as(2)"],
        vec!["SELECT other()"],
        vec!["SELECT fresh()"],
        vec!["SELECT count(*) FROM companies WHERE other()"],
        vec!["DO 'BEGIN PERFORM crm_access.act_as(2); END'"],
        vec!["DECLARE c CURSOR FOR SELECT crm_access.act_as(2)", "FETCH c"],
        vec!["PREPARE second AS SELECT crm_access.act_as(2)", "EXECUTE second"],
        vec!["SELECT crm_access.act_as('2'::text)"],
        vec!["SELECT crm_access.act_as('03')"],
        vec!["DO 'BEGIN COMMIT; PERFORM crm_access.act_as(2); END'"],
    ] {
        let all: Vec<&str> = ["BEGIN", act].into_iter().chain(commands.clone()).collect();
        let said = after(client, &all).unwrap_err();
        assert!([REFUSED, "2D000"].contains(&said.state.as_str()), "{commands:?}: {said:?}");
        client.batch_execute("DEALLOCATE ALL").unwrap();
    }
    // A failure that is caught leaves the first one.
    assert_eq!(after(client, &["BEGIN", act, "SELECT quiet()", COMPANIES]).unwrap(), [LENAS]);
    assert_eq!(after(client, &["BEGIN", act, "SAVEPOINT a", "SELECT quiet()", "ROLLBACK TO a", COMPANIES]).unwrap(), [LENAS]);
    // Whoever the transaction began as nobody for, nothing that was opened before shows more than that user may see.
    let seen = after(client, &["BEGIN", "DECLARE early CURSOR FOR SELECT count(*) FROM companies", act, "FETCH early"]);
    assert!(seen.as_ref().map_or_else(|refused| refused.state == "40001", |rows| rows == &["0"] || rows == &[LENAS]), "{seen:?}");
}

#[test]
fn a13_only_the_backend_calls_act_as_and_only_it_issues_identities() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut lena = person(&mut world, "3");
        let calls: &[&str] = match target {
            Target::Extension => &[
                "SELECT crm_access.act_as(2)",
                "SELECT crm_access.act_as('2')",
                "SELECT crm_access.act_as(2::bigint)",
                "SELECT crm_access.act_as('00000000-0000-4000-8000-000000000000'::uuid)",
                "SELECT crm_access.identity()",
            ],
            Target::Portable => &["SELECT crm_access.issue('2')", "SELECT crm_access.issue('2', 60)"],
        };
        for call in calls {
            refused(after(&mut lena, &[call]), REFUSED);
            refused(after(&mut lena, &["SET ROLE crm_app", call]), REFUSED);
            // A function that borrows nobody's rights gives none.
            let wrapped = format!(
                "CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN {}; END $$",
                call.replace("SELECT", "PERFORM")
            );
            refused(after(&mut lena, &["BEGIN", &wrapped, "SELECT pg_temp.f()"]), REFUSED);
        }
        refused(after(&mut lena, &["SET ROLE crm_backend"]), REFUSED);
        refused(after(&mut lena, &["GRANT crm_backend TO CURRENT_USER"]), REFUSED);
        assert_eq!(after(&mut lena, &[COMPANIES]).unwrap(), [LENAS]);
    }
}

#[test]
fn a13_a_login_name_can_not_be_imitated() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let admin = role(&mut world, "chief", "LOGIN IN ROLE crm_app");
        world.force(&format!("UPDATE users SET login = '{admin}' WHERE id = 1"));
        let mut lena = person(&mut world, "3");
        let lenas = after(&mut lena, &["SELECT session_user"]).unwrap().remove(0);
        for attempt in [
            format!("SET SESSION AUTHORIZATION {admin}"),
            format!("SET ROLE {admin}"),
            format!("SET session_authorization = '{admin}'"),
            format!("SELECT set_config('session_authorization', '{admin}', false)"),
            format!("SELECT set_config('role', '{admin}', false)"),
            format!("CREATE ROLE \"{}\" LOGIN", admin.to_uppercase()),
            format!("ALTER ROLE {lenas} RENAME TO {admin}x"),
            format!("UPDATE users SET login = NULL WHERE login = '{admin}'"),
            "UPDATE users SET login = session_user WHERE id = 1".to_owned(),
            "UPDATE users SET is_admin = true".to_owned(),
            "INSERT INTO team_members VALUES (1, 3)".to_owned(),
        ] {
            let said = after(&mut lena, &[&attempt]).unwrap_err();
            assert!([REFUSED, "0A000", "22023"].contains(&said.state.as_str()), "{attempt}: {said:?}");
            assert_eq!(after(&mut lena, &[COMPANIES]).unwrap(), [LENAS], "{attempt}");
        }
        // The name that a connection gives itself means nothing.
        lena.batch_execute(&format!("SET application_name = '{admin}'")).unwrap();
        assert_eq!(after(&mut lena, &[COMPANIES]).unwrap(), [LENAS]);
        // A name that two users have is nobody's.
        world.force(&format!("ALTER TABLE users DROP CONSTRAINT users_login_key; UPDATE users SET login = '{admin}' WHERE id IN (1, 3)"));
        let both = after(&mut connect(&world.database, &admin), &[COMPANIES]);
        refused(both, "21000");
    }
}

#[test]
fn a17_what_a_pooler_leaves_behind_is_nobody() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let identity = world.identity("3");
        let setting = match target {
            Target::Extension => "crm_access.identity_value",
            Target::Portable => "app.user_token",
        };
        let client = &mut world.backend;
        for reset in [
            "COMMIT",
            "ROLLBACK",
            "COMMIT; DISCARD ALL",
            "COMMIT; RESET ALL",
            "COMMIT; DISCARD PLANS",
            "COMMIT AND CHAIN",
            "ROLLBACK AND CHAIN",
        ] {
            client.batch_execute(&format!("BEGIN; {identity}")).unwrap();
            for command in reset.split("; ") {
                client.batch_execute(command).unwrap();
            }
            let left = after(client, &[&format!("SELECT coalesce(current_setting('{setting}', true), '')")]).unwrap();
            assert!(left == [""], "{reset}: {left:?}");
            assert_eq!(after(client, &[COMPANIES]).unwrap(), ["0"], "{reset}");
            assert_eq!(after(client, &["SELECT crm_access.current_user_key()"]).unwrap(), ["null"], "{reset}");
        }
        // Nor does garbage become a number.
        for garbage in ["", " ", "abc", "3;2", "3 OR true", "NaN", "\u{663}", "3e0", "+3", "0x3", "1_0", "-", "3.0", "-9223372036854775809"]
        {
            let attempt = match target {
                Target::Extension => format!("SELECT crm_access.act_as('{garbage}')"),
                Target::Portable => format!("SELECT set_config('app.user_token', crm_access.issue('{garbage}'), true)"),
            };
            match after(client, &["BEGIN", &attempt, COMPANIES]) {
                Ok(seen) => assert_eq!(seen, ["0"], "{garbage:?}"),
                Err(Refused { state, .. }) => assert!(["22023", "28000"].contains(&state.as_str()), "{garbage:?}: {state}"),
            }
        }
        assert_eq!(world.count("2", "companies").to_string(), ALL);
    }
}
