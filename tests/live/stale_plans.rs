//! Plans are made with what the user may do when they are made, and nobody else's plan shows a row too many (DESIGN section 5.4).
//!
//! Only the extension does so. Alice (1) is an administrator, Bruno (2) an employee who sees all companies, Lena (3) one who sees 38 of them.

use crm_access::program::Target;
use postgres::Client;

use crate::support::{Refused, World, apply_as, connect, first_column, project_file};

/// What a plan is refused with that was made for somebody else.
const STALE: &str = "40001";
const COMPANIES: &str = "SELECT count(*) FROM companies";

fn world() -> World {
    World::new("teamleader", Target::Extension)
}

fn ask(client: &mut Client, query: &str) -> Result<String, Refused> {
    Ok(first_column(client.simple_query(query)?).concat())
}

/// What one user after the other is answered, each in a transaction of their own; nobody where there is none.
fn in_turn(client: &mut Client, users: &[Option<u32>], query: &str) -> Vec<Result<String, Refused>> {
    let one = |client: &mut Client, user: &Option<u32>| {
        if let Some(user) = user {
            client.batch_execute(&format!("SELECT crm_access.act_as({user})"))?;
        }
        ask(client, query)
    };
    users
        .iter()
        .map(|user| {
            client.batch_execute("BEGIN").unwrap();
            let answer = one(client, user);
            client.batch_execute("ROLLBACK").unwrap();
            answer
        })
        .collect()
}

/// Asserts that each user was answered what they may see. Nobody is answered that there is nothing, or refused.
#[track_caller]
fn assert_right(users: &[Option<u32>], answers: &[Result<String, Refused>]) {
    for (user, answer) in users.iter().zip(answers) {
        match (user, answer) {
            (Some(user), answer) => {
                let expected = if *user == 3 { "38" } else { "612" };
                assert_eq!(answer.as_deref().ok(), Some(expected), "{user}: {answers:?}");
            }
            (None, Ok(answer)) => assert_eq!(answer, "0", "{answers:?}"),
            (None, Err(refused)) => assert_eq!(refused.state, STALE, "{answers:?}"),
        }
    }
}

const TURNS: [Option<u32>; 12] = [Some(1), Some(1), Some(3), None, Some(3), Some(1), None, None, Some(2), Some(2), Some(3), Some(1)];

#[test]
fn a_prepared_statement_answers_each_user_with_their_own_rows() {
    let mut world = world();
    for mode in ["auto", "force_generic_plan", "force_custom_plan"] {
        let client = &mut connect(&world.database, "crm_backend");
        client.batch_execute(&format!("SET plan_cache_mode = {mode}; PREPARE companies AS {COMPANIES}")).unwrap();
        for _ in 0..3 {
            assert_right(&TURNS, &in_turn(client, &TURNS, "EXECUTE companies"));
        }
    }
    // The driver's own, over the extended protocol.
    let statement = world.backend.prepare(COMPANIES).unwrap();
    for _ in 0..3 {
        for (user, expected) in [(1, 612), (3, 38), (3, 38), (2, 612)] {
            let mut transaction = world.backend.transaction().unwrap();
            transaction.execute("SELECT crm_access.act_as($1::integer)", &[&user]).unwrap();
            for _ in 0..3 {
                assert_eq!(transaction.query_one(&statement, &[]).unwrap().get::<_, i64>(0), expected);
            }
            transaction.commit().unwrap();
        }
        match world.backend.query_one(&statement, &[]) {
            Ok(row) => assert_eq!(row.get::<_, i64>(0), 0),
            Err(error) => assert_eq!(Refused::from(error).state, STALE),
        }
    }
}

#[test]
fn a_function_answers_each_user_with_their_own_rows() {
    let world = world();
    let functions = [
        ("LANGUAGE sql VOLATILE", "SELECT count(*) FROM companies"),
        ("LANGUAGE sql STABLE", "SELECT count(*) FROM companies"),
        ("LANGUAGE plpgsql VOLATILE", "BEGIN RETURN (SELECT count(*) FROM companies); END"),
        ("LANGUAGE plpgsql STABLE", "DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM companies; RETURN n; END"),
        ("LANGUAGE plpgsql VOLATILE", "DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM companies' INTO n; RETURN n; END"),
        (
            "LANGUAGE plpgsql VOLATILE",
            "DECLARE n bigint := 0; r record; BEGIN FOR r IN SELECT id FROM companies LOOP n := n + 1; END LOOP; RETURN n; END",
        ),
        (
            "LANGUAGE plpgsql VOLATILE",
            "DECLARE n bigint := 0; r record; c CURSOR FOR SELECT id FROM companies; BEGIN
                 OPEN c; LOOP FETCH c INTO r; EXIT WHEN NOT FOUND; n := n + 1; END LOOP; RETURN n; END",
        ),
        (
            "LANGUAGE plpgsql STABLE",
            "BEGIN RETURN CASE WHEN crm_access.restricted('limited_crm_access') THEN 38 WHEN crm_access.granted(ARRAY['employee']) THEN 612 ELSE 0 END; END",
        ),
    ];
    for (at, (kind, body)) in functions.iter().enumerate() {
        let name = format!("pg_temp.companies_{at}");
        let client = &mut connect(&world.database, "crm_backend");
        client.batch_execute(&format!("CREATE FUNCTION {name}() RETURNS bigint {kind} AS $$ {body} $$")).unwrap();
        for _ in 0..4 {
            assert_right(&TURNS, &in_turn(client, &TURNS, &format!("SELECT {name}()")));
        }
    }
}

#[test]
fn a_change_by_a_plan_of_another_user_is_refused() {
    let world = world();
    let client = &mut connect(&world.database, "crm_backend");
    client
        .batch_execute(
            "SET plan_cache_mode = force_generic_plan;
             PREPARE change AS UPDATE companies SET name = name;
             PREPARE removal AS DELETE FROM tickets WHERE id = (SELECT max(id) FROM tickets);
             PREPARE addition AS INSERT INTO companies (name, account_manager_id) VALUES ('new', 1)",
        )
        .unwrap();
    let attempt = |client: &mut Client, user: Option<u32>, command: &str| {
        let run = |client: &mut Client| {
            if let Some(user) = user {
                client.batch_execute(&format!("SELECT crm_access.act_as({user})"))?;
            }
            Ok::<u64, Refused>(client.execute(command, &[])?)
        };
        client.batch_execute("BEGIN").unwrap();
        let rows = run(client);
        client.batch_execute("ROLLBACK").unwrap();
        rows
    };
    for _ in 0..3 {
        for (user, changed) in [(Some(1), Ok(612)), (Some(3), Ok(38)), (None, Ok(0))] {
            let rows = attempt(client, user, "EXECUTE change");
            assert!(
                rows == changed || (user.is_none() && rows.as_ref().is_err_and(|refused| refused.state == STALE)),
                "{user:?}: {rows:?}"
            );
        }
        assert_eq!(attempt(client, Some(1), "EXECUTE removal"), Ok(1));
        assert_ne!(attempt(client, Some(10), "EXECUTE removal"), Ok(1), "an intern");
        assert_ne!(attempt(client, None, "EXECUTE removal"), Ok(1));
        assert_eq!(attempt(client, Some(1), "EXECUTE addition"), Ok(1));
        assert!(attempt(client, None, "EXECUTE addition").is_err());
    }
}

#[test]
fn nothing_of_a_user_is_left_when_the_identity_is_taken_back() {
    let world = world();
    let client = &mut connect(&world.database, "crm_backend");
    client.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE companies AS {COMPANIES}")).unwrap();
    let runs: [&[&str]; 6] = [
        &["BEGIN", "SAVEPOINT a", "SELECT crm_access.act_as(1)", "EXECUTE companies", "ROLLBACK TO a"],
        &["BEGIN", "SELECT crm_access.act_as(1)", "EXECUTE companies", "COMMIT", "BEGIN"],
        &["BEGIN", "SELECT crm_access.act_as(1)", "EXECUTE companies", "ROLLBACK", "BEGIN"],
        &["BEGIN", "SELECT crm_access.act_as(1)", "EXECUTE companies", "RESET ALL"],
        &["BEGIN", "SELECT crm_access.act_as(1)", "EXECUTE companies", "RESET crm_access.identity_value"],
        &["BEGIN", "SELECT crm_access.act_as(1)", "EXECUTE companies", "SET LOCAL crm_access.identity_value = ''"],
    ];
    for run in runs {
        // What may not be said at all is refused, and leaves the transaction with nothing.
        let said = run.iter().try_for_each(|command| client.batch_execute(command));
        match ask(client, "EXECUTE companies") {
            // RESET does not reach every value; where it does not, it is still Alice who asks.
            Ok(rows) => assert!(rows == "0" || ask(client, "SELECT crm_access.identity()").as_deref() == Ok("1"), "{run:?}: {rows}"),
            Err(refused) => assert_eq!(refused.state, if said.is_ok() { STALE } else { "25P02" }, "{run:?}"),
        }
        client.batch_execute("ROLLBACK").unwrap();
    }
    client.batch_execute("DISCARD ALL").unwrap();
    assert_eq!(ask(client, COMPANIES).unwrap(), "0");
}

#[test]
fn a_cursor_gives_no_row_to_whom_it_was_not_opened_for() {
    let world = world();
    let client = &mut connect(&world.database, "crm_backend");
    // Opened by nobody, before the user is there.
    client.batch_execute("BEGIN; DECLARE c CURSOR FOR SELECT id FROM companies; SELECT crm_access.act_as(1)").unwrap();
    let rows = client.simple_query("FETCH 5 FROM c").map(first_column).map_err(Refused::from);
    assert!(rows.as_ref().map_or_else(|refused| refused.state == STALE, Vec::is_empty), "{rows:?}");
    client.batch_execute("ROLLBACK").unwrap();
    // Over the extended protocol: bound by nobody, executed for Alice.
    let mut transaction = client.transaction().unwrap();
    let portal = transaction.bind(COMPANIES, &[]).unwrap();
    transaction.batch_execute("SELECT crm_access.act_as(1)").unwrap();
    match transaction.query_portal(&portal, 0) {
        Ok(rows) => assert_eq!(rows[0].get::<_, i64>(0), 0),
        Err(error) => assert_eq!(Refused::from(error).state, STALE),
    }
    transaction.rollback().unwrap();
    // One that is held over the end of its transaction has its own user's rows, and those of the next are theirs.
    client.batch_execute("BEGIN; SELECT crm_access.act_as(3); DECLARE h CURSOR WITH HOLD FOR SELECT id FROM companies; COMMIT").unwrap();
    assert_eq!(first_column(client.simple_query("FETCH ALL FROM h").unwrap()).len(), 38);
}

#[test]
fn a_user_who_comes_in_the_middle_of_a_statement_sees_nothing_by_it() {
    let world = world();
    let client = &mut connect(&world.database, "crm_backend");
    client
        .batch_execute(
            "CREATE FUNCTION pg_temp.companies() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT count(*) FROM companies';
             CREATE FUNCTION pg_temp.becomes(integer) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM crm_access.act_as($1); RETURN true; END'",
        )
        .unwrap();
    for _ in 0..3 {
        let query = "SELECT string_agg(n::text, ' ') FROM (
                         SELECT CASE WHEN k = 2 THEN CASE WHEN pg_temp.becomes(1) THEN pg_temp.companies() END ELSE pg_temp.companies() END AS n
                         FROM generate_series(1, 3) AS k) AS x";
        client.batch_execute("BEGIN").unwrap();
        match ask(client, query) {
            Ok(rows) => assert!(["0 0 0", "0 612 612"].contains(&rows.as_str()), "{rows}"),
            Err(refused) => assert_eq!(refused.state, STALE),
        }
        client.batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn workers_of_a_parallel_query_see_what_the_user_sees() {
    let mut world = world();
    world.force("INSERT INTO companies (name) SELECT 'company ' || n FROM generate_series(1, 20000) AS n; ANALYZE companies");
    let client = &mut connect(&world.database, "crm_backend");
    client
        .batch_execute(
            "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
             SET plan_cache_mode = force_generic_plan; PREPARE companies AS SELECT count(*) FROM companies WHERE length(name) > 0",
        )
        .unwrap();
    let all = world.really(COMPANIES).concat();
    for _ in 0..3 {
        for (user, expected) in [(1, all.as_str()), (3, "38"), (2, all.as_str())] {
            assert_eq!(in_turn(client, &[Some(user)], "EXECUTE companies"), [Ok(expected.to_owned())]);
        }
    }
}

#[test]
fn who_is_demoted_in_another_session_sees_it_at_once() {
    let mut world = world();
    let limited = "UPDATE users SET limited_crm = true, limited_crm_confirmed = true WHERE id = 2";
    let client = &mut connect(&world.database, "crm_backend");
    client.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE companies AS {COMPANIES}")).unwrap();
    assert_eq!(in_turn(client, &[Some(2), Some(2)], "EXECUTE companies"), [Ok("612".to_owned()), Ok("612".to_owned())]);
    let few = world.sees("2", "SELECT count(*) FROM companies WHERE account_manager_id = 2 OR second_account_manager_id = 2").concat();
    // In the next transaction.
    world.own(limited).unwrap();
    assert_eq!(in_turn(client, &[Some(2)], "EXECUTE companies"), [Ok(few.clone())]);
    world.own("UPDATE users SET limited_crm = false WHERE id = 2").unwrap();
    assert_eq!(in_turn(client, &[Some(2)], "EXECUTE companies"), [Ok("612".to_owned())]);
    // In the middle of one: each statement sees what was committed before it began.
    client.batch_execute("BEGIN; SELECT crm_access.act_as(2)").unwrap();
    assert_eq!(ask(client, "EXECUTE companies").unwrap(), "612");
    world.own(limited).unwrap();
    client.batch_execute("SAVEPOINT a").unwrap();
    match ask(client, "EXECUTE companies") {
        Ok(rows) => assert_eq!(rows, few),
        Err(refused) => {
            assert_eq!(refused.state, STALE);
            client.batch_execute("ROLLBACK TO a").unwrap();
            assert_eq!(ask(client, "EXECUTE companies").unwrap(), few, "it is planned anew");
        }
    }
    assert_eq!(ask(client, COMPANIES).unwrap(), few);
    client.batch_execute("ROLLBACK").unwrap();
    // A snapshot that is older than the demotion sees everything as it was, and then not.
    world.own("UPDATE users SET limited_crm = false WHERE id = 2").unwrap();
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT crm_access.act_as(2)").unwrap();
    assert_eq!(ask(client, "EXECUTE companies").unwrap(), "612");
    world.own(limited).unwrap();
    assert_eq!(ask(client, "EXECUTE companies").unwrap(), "612");
    client.batch_execute("COMMIT").unwrap();
    assert_eq!(in_turn(client, &[Some(2)], "EXECUTE companies"), [Ok(few)]);
}

#[test]
fn a_change_that_is_taken_back_changes_nothing_and_ones_own_counts_at_once() {
    let mut world = world();
    world.force("GRANT UPDATE ON users TO crm_backend");
    let client = &mut connect(&world.database, "crm_backend");
    client.batch_execute("BEGIN; SELECT crm_access.act_as(2)").unwrap();
    assert_eq!(ask(client, COMPANIES).unwrap(), "612");
    client.batch_execute("SAVEPOINT a; UPDATE users SET limited_crm = true, limited_crm_confirmed = true WHERE id = 2").unwrap();
    let few = ask(client, COMPANIES).unwrap();
    assert_ne!(few, "612");
    client.batch_execute("ROLLBACK TO a").unwrap();
    assert_eq!(ask(client, COMPANIES).unwrap(), "612");
    client.batch_execute("UPDATE users SET is_active = false WHERE id = 2").unwrap();
    assert_eq!(ask(client, COMPANIES).unwrap(), "0");
    client.batch_execute("ROLLBACK").unwrap();
    // In the middle of the statement, before a trigger of ours could tell that the row has changed.
    world.force(
        "CREATE FUNCTION looks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             PERFORM set_config('app.seen', (SELECT count(*) FROM companies)::text, true); RETURN NULL; END $$;
         CREATE TRIGGER a_looks AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION looks()",
    );
    client.batch_execute("BEGIN; SELECT crm_access.act_as(2)").unwrap();
    assert_eq!(ask(client, COMPANIES).unwrap(), "612");
    client.batch_execute("UPDATE users SET limited_crm = true, limited_crm_confirmed = true WHERE id = 2").unwrap();
    assert_eq!(ask(client, "SELECT current_setting('app.seen')").unwrap(), few);
    client.batch_execute("ROLLBACK").unwrap();
    assert_eq!(in_turn(client, &[Some(2)], COMPANIES), [Ok("612".to_owned())]);
}

#[test]
fn a_change_that_no_trigger_could_tell_is_seen_all_the_same() {
    let limited = "UPDATE users SET limited_crm = true, limited_crm_confirmed = true WHERE id = 2";
    // Each in a database of its own, with a session that remembers Bruno.
    for (silence, change) in [
        ("", format!("SET session_replication_role = replica; {limited}")),
        ("ALTER TABLE users DISABLE TRIGGER ALL", limited.to_owned()),
        ("DROP TRIGGER crm_access_standing_update ON users", limited.to_owned()),
        ("CREATE TABLE more_users () INHERITS (users)", limited.to_owned()),
        ("", "TRUNCATE users CASCADE".to_owned()),
        (
            "CREATE FUNCTION narrows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.limited_crm := true; NEW.limited_crm_confirmed := true; RETURN NEW; END $$;
             CREATE TRIGGER narrows BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION narrows()",
            "UPDATE users SET name = name WHERE id = 2".to_owned(),
        ),
    ] {
        let mut world = world();
        let client = &mut connect(&world.database, "crm_backend");
        client.batch_execute(&format!("PREPARE companies AS {COMPANIES}")).unwrap();
        assert_eq!(in_turn(client, &[Some(2), Some(2)], "EXECUTE companies"), [Ok("612".to_owned()), Ok("612".to_owned())]);
        world.force(&format!("BEGIN; {silence}; COMMIT"));
        assert_eq!(in_turn(client, &[Some(2)], "EXECUTE companies"), [Ok("612".to_owned())], "{silence}");
        world.force(&format!("BEGIN; {change}; COMMIT"));
        for _ in 0..2 {
            let answers = in_turn(client, &[Some(2)], "EXECUTE companies");
            assert!(!answers.contains(&Ok("612".to_owned())), "{silence} {change}: {answers:?}");
        }
    }
}

#[test]
fn what_ends_at_a_moment_ends_for_plans_too() {
    let mut world = world();
    world.force(
        "SELECT crm_access.restrict('limited_crm_access', 'user', '2', confirmed => true, ends_at => clock_timestamp() + interval '2 seconds')",
    );
    let client = &mut connect(&world.database, "crm_backend");
    client.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE companies AS {COMPANIES}")).unwrap();
    let first = in_turn(client, &[Some(2)], "EXECUTE companies").remove(0).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2_500));
    let last = in_turn(client, &[Some(2)], "EXECUTE companies").remove(0).unwrap();
    assert_eq!(last, "612");
    assert_ne!(first, last, "the restriction held at first");
    // In the middle of a transaction, whose snapshots are the same.
    for level in ["READ COMMITTED", "REPEATABLE READ"] {
        world.force(
            "SELECT crm_access.restrict('limited_crm_access', 'user', '2', confirmed => true, ends_at => clock_timestamp() + interval '2 seconds')",
        );
        client.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT crm_access.act_as(2)")).unwrap();
        assert_eq!(ask(client, COMPANIES), Ok(first.clone()), "{level}");
        std::thread::sleep(std::time::Duration::from_millis(2_500));
        assert_eq!(ask(client, COMPANIES), Ok(last.clone()), "{level}");
        client.batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn another_configuration_counts_for_statements_that_are_prepared() {
    let world = world();
    let client = &mut connect(&world.database, "crm_backend");
    client.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE companies AS {COMPANIES}")).unwrap();
    assert_eq!(in_turn(client, &[Some(2), Some(10)], "EXECUTE companies")[0], Ok("612".to_owned()));
    let text = project_file("examples/teamleader.yaml");
    let line = "- {restriction: only_visible_contacts, everyone: true}";
    assert_eq!(text.matches(line).count(), 1);
    let other = text.replace(
        line,
        "- {restriction: only_visible_contacts, everyone: true}\n    - {restriction: limited_crm_access, user: 2, confirmed: true}",
    );
    apply_as(&world.database, "postgres", Target::Extension, &other).unwrap();
    let few = in_turn(client, &[Some(2)], "EXECUTE companies").remove(0).unwrap();
    assert_ne!(few, "612");
    apply_as(&world.database, "postgres", Target::Extension, &text).unwrap();
    assert_eq!(in_turn(client, &[Some(2)], "EXECUTE companies"), [Ok("612".to_owned())]);
}
