//! What the guards' tests share, and the guards as a whole: who may switch them, from when on they act, and what passes them unharmed.

use std::io::Read;

use postgres::{Client, NoTls};

use crm_access::program::Target;

use crate::support::{REFUSED, Refused, World, connect, first_column, refused};

/// Lena, an employee who is limited to her own 38 of 612 companies.
pub const LENA: &str = "SELECT crm_access.act_as(3)";

/// Runs a command in a transaction of the backend in which Lena is asking, and gives the first column; the transaction is left.
pub fn as_lena(client: &mut Client, command: &str) -> Result<Vec<String>, Refused> {
    let run = |client: &mut Client| -> Result<Vec<String>, Refused> {
        client.batch_execute("BEGIN")?;
        client.batch_execute(LENA)?;
        Ok(first_column(client.simple_query(command)?))
    };
    let result = run(client);
    client.batch_execute("ROLLBACK").unwrap();
    result
}

/// Switches a guard in a database, for sessions that begin from now on.
pub fn switch(world: &mut World, guard: &str, value: &str) {
    let command = format!("ALTER DATABASE {} SET crm_access.{guard} = {value}", world.database);
    world.force(&command);
}

/// Connects and keeps what the server says beside its answers.
pub fn connect_and_listen(database: &str, role: &str) -> (Client, std::sync::mpsc::Receiver<String>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut config: postgres::Config = std::env::var("CRM_ACCESS_TEST_URL").unwrap().parse().unwrap();
    config.dbname(database).user(role).notice_callback(move |notice| {
        let said = format!("{}: {} {}", notice.severity(), notice.message(), notice.detail().unwrap_or_default());
        sender.send(said).ok();
    });
    (config.connect(NoTls).unwrap(), receiver)
}

/// What a COPY TO STDOUT sends.
pub fn copied(client: &mut Client, command: &str) -> Result<String, Refused> {
    let mut text = String::new();
    client.copy_out(command)?.read_to_string(&mut text).map_err(|error| {
        let error = error.into_inner().unwrap();
        Refused::from(*error.downcast::<postgres::Error>().unwrap())
    })?;
    Ok(text)
}

/// What the guards say of themselves, as `guard since`.
fn guards(client: &mut Client) -> Vec<String> {
    first_column(client.simple_query("SELECT guard || ' ' || active || ' ' || split_part(since, ';', 1) FROM crm_access.guards()").unwrap())
}

#[test]
fn those_whom_a_guard_guards_against_can_not_switch_it() {
    let mut world = World::new("teamleader", Target::Extension);
    for guard in ["guard_explain", "guard_copy", "guard_truncate", "guard_listen", "guard_policies", "guard_children", "guard_views"] {
        for command in [
            "SET crm_access.GUARD = off",
            "SET LOCAL crm_access.GUARD = off",
            "SELECT set_config('crm_access.GUARD', 'off', true)",
            "RESET crm_access.GUARD",
            "ALTER ROLE crm_backend SET crm_access.GUARD = off",
            "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql SET crm_access.GUARD = off AS 'SELECT 1'",
        ] {
            refused(as_lena(&mut world.backend, &command.replace("GUARD", guard)), REFUSED);
        }
    }
    refused(as_lena(&mut world.backend, "SET crm_access.explain_role = crm_app"), REFUSED);
    // Before the library is loaded, names like these take any value; loading it takes the value away.
    for setting in ["crm_access.guard_explain = off", "crm_access.explain_role = 'crm_app'"] {
        let mut client = connect(&world.database, "crm_backend");
        client.batch_execute(&format!("SET {setting}")).unwrap();
        refused(as_lena(&mut client, "EXPLAIN SELECT * FROM companies"), REFUSED);
    }
    let mut config: postgres::Config = std::env::var("CRM_ACCESS_TEST_URL").unwrap().parse().unwrap();
    config.dbname(&world.database).user("crm_backend").options("-c crm_access.guard_explain=off");
    if let Ok(mut client) = config.connect(NoTls) {
        refused(as_lena(&mut client, "EXPLAIN SELECT * FROM companies"), REFUSED);
    }
}

#[test]
fn the_guards_act_from_the_first_use_on_or_where_preloaded_from_the_start() {
    let mut world = World::new("teamleader", Target::Extension);
    let seen = guards(&mut world.admin);
    assert_eq!(
        seen,
        [
            "children true always",
            "copy true first use in the session",
            "explain true first use in the session",
            "listen false first use in the session",
            "policies true always",
            "truncate true first use in the session",
            "views true always",
        ]
    );
    let preload = |world: &mut World, argument: &str| world.really(&format!("SELECT crm_access.preload({argument})"));
    assert_eq!(preload(&mut world, ""), ["crm_access"]);
    assert_eq!(preload(&mut world, "true"), ["crm_access"]);
    assert!(guards(&mut connect(&world.database, "postgres")).contains(&"explain true session start".to_owned()));
    // What stands in the list stays there.
    let alter = format!("ALTER DATABASE {} SET session_preload_libraries = 'auto_explain', '$libdir/passwordcheck'", world.database);
    world.force(&alter);
    assert_eq!(preload(&mut world, ""), ["auto_explain, $libdir/passwordcheck, crm_access"]);
    assert_eq!(preload(&mut world, "false"), ["auto_explain, $libdir/passwordcheck"]);
    world.force(&format!("ALTER DATABASE {} RESET session_preload_libraries", world.database));
    assert_eq!(preload(&mut world, ""), ["crm_access"]);
    assert_eq!(preload(&mut world, "false"), [""]);
    assert_eq!(world.really("SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text LIKE '%preload%' AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"), ["0"]);
    refused(as_lena(&mut world.backend, "SELECT crm_access.preload()"), REFUSED);
    refused(as_lena(&mut world.backend, "SELECT * FROM crm_access.guards()"), REFUSED);
}

#[test]
fn an_error_passes_the_hooks_with_all_that_it_says() {
    let mut world = World::new("teamleader", Target::Extension);
    world.force(
        "CREATE TABLE plain (id int CONSTRAINT only_once PRIMARY KEY); GRANT INSERT, SELECT ON plain TO crm_app;
         CREATE PROCEDURE twice() LANGUAGE plpgsql AS 'BEGIN INSERT INTO plain VALUES (1); INSERT INTO plain VALUES (1); END';
         CREATE FUNCTION twice_and_one() RETURNS int LANGUAGE plpgsql AS 'BEGIN CALL twice(); RETURN 1; END'",
    );
    as_lena(&mut world.backend, "SELECT 1").unwrap();
    for command in [
        "CALL twice()",
        "DO $$ BEGIN CALL twice(); END $$",
        "COPY (SELECT twice_and_one()) TO STDOUT",
        "EXPLAIN ANALYZE SELECT twice_and_one()",
        "EXPLAIN ANALYZE INSERT INTO plain VALUES (1), (1)",
    ] {
        let error = if command.starts_with("COPY") {
            let mut text = String::new();
            let error = world.backend.copy_out(command).unwrap().read_to_string(&mut text).unwrap_err();
            *error.into_inner().unwrap().downcast::<postgres::Error>().unwrap()
        } else {
            world.backend.batch_execute(command).unwrap_err()
        };
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "23505", "{command}");
        assert_eq!((error.constraint(), error.table()), (Some("only_once"), Some("plain")), "{command}");
        assert_eq!(error.where_().is_some_and(|context| context.contains("twice() line 1")), !command.contains("INSERT"), "{command}");
    }
    let error = world.backend.batch_execute("EXPLAIN SELECT nothing FROM plain").unwrap_err();
    assert!(error.as_db_error().unwrap().position().is_some());
}

#[test]
fn a_cancelled_statement_leaves_no_guard_behind() {
    let mut world = World::new("teamleader", Target::Extension);
    as_lena(&mut world.backend, "SELECT 1").unwrap();
    let ends = |client: &mut Client, command: &str| match command.starts_with("COPY") {
        true => copied(client, command).map(|_| ()),
        false => client.batch_execute(command).map_err(Refused::from),
    };
    for command in ["COPY (SELECT pg_sleep(30)) TO STDOUT", "EXPLAIN ANALYZE SELECT pg_sleep(30)"] {
        let client = &mut world.backend;
        client.batch_execute("SET statement_timeout = '50ms'").unwrap();
        refused(ends(client, command), "57014");
        client.batch_execute("BEGIN; SAVEPOINT a").unwrap();
        refused(ends(client, command), "57014");
        client.batch_execute("ROLLBACK TO a; SET LOCAL statement_timeout = 0").unwrap();
        client.batch_execute(LENA).unwrap();
        assert_eq!(first_column(client.simple_query("SELECT count(*) FROM companies").unwrap()), ["38"], "{command}");
        client.batch_execute("ROLLBACK; RESET statement_timeout").unwrap();
    }
}
