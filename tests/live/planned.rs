//! Plans for who asks, in the portable target: an application that sets `crm_access.plan_for_user` gets plans by what the user may do, and by nobody
//! else's plan a row too many (DESIGN sections 5.1, 5.4 and 5.8).
//!
//! Alice (1) is an administrator, Bruno (2) an employee who sees all companies, Lena (3) one who sees 38 of them, and 10 is an intern with one.

use crm_access::program::Target;
use postgres::Client;

use crate::support::{Refused, World, connect, first_column};

/// What a plan is refused with that was made for somebody else.
const STALE: &str = "40001";
const COMPANIES: &str = "SELECT count(*) FROM companies";

fn world() -> World {
    World::changed("teamleader", Target::Portable, "version: 1", "version: 1\nplans: user")
}

fn planning(world: &World) -> Client {
    let mut client = connect(&world.database, "crm_backend");
    client.batch_execute("SET crm_access.plan_for_user = on").unwrap();
    client
}

fn ask(client: &mut Client, query: &str) -> Result<String, Refused> {
    Ok(first_column(client.simple_query(query)?).join("\n"))
}

fn becomes(client: &mut Client, user: Option<u32>) {
    let token = user.map_or_else(|| "''".to_owned(), |user| format!("crm_access.issue('{user}')"));
    client.batch_execute(&format!("SELECT set_config('app.user_token', {token}, true)")).unwrap();
}

/// What a user is answered in a transaction of their own.
fn answer(client: &mut Client, user: Option<u32>, query: &str) -> Result<String, Refused> {
    client.batch_execute("BEGIN").unwrap();
    becomes(client, user);
    let answer = ask(client, query);
    client.batch_execute("ROLLBACK").unwrap();
    answer
}

fn rows(user: Option<u32>) -> &'static str {
    match user {
        Some(3) => "38",
        Some(10) => "1",
        Some(_) => "612",
        None => "0",
    }
}

/// Asks for one user after the other: each is answered what they may see, or refused by the plan of another and then answered. A plan of which
/// nothing remained gives nothing.
#[track_caller]
fn assert_never_more(client: &mut Client, query: &str) -> (usize, usize) {
    let (mut refusals, mut missing) = (0, 0);
    for user in [Some(1), Some(3), Some(10), None, Some(3), Some(1), Some(10), Some(2), Some(2), None, Some(3), None, Some(10), Some(1)] {
        match answer(client, user, query) {
            Ok(count) if count == rows(user) => {}
            Ok(count) if count == "0" => missing += 1,
            Ok(count) => panic!("{user:?} is answered {count} by {query}"),
            Err(refused) => {
                assert_eq!(refused.state, STALE, "{user:?}: {refused:?}");
                assert_eq!(answer(client, user, query).as_deref(), Ok(rows(user)), "{user:?}: planned anew");
                refusals += 1;
            }
        }
    }
    (refusals, missing)
}

#[test]
fn the_application_may_call_what_these_plans_need_and_nothing_else_more() {
    let callable = "SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace::regnamespace::text IN ('crm_access', 'crm_access_rules') AND has_function_privilege('crm_app', p.oid, 'EXECUTE')";
    let before = World::new("teamleader", Target::Portable).really(callable);
    let mut more = world().really(callable);
    more.retain(|function| !before.contains(function));
    let expected = [
        "crm_access.as_planned(boolean)",
        "crm_access.forget_plans()",
        "crm_access.plans_for_user()",
        "crm_access_rules.few_company_readable()",
        "crm_access_rules.few_contact_readable()",
        "crm_access_rules.few_contact_with_company_readable()",
        "crm_access_rules.few_deal_owned()",
        "crm_access_rules.planned_granted(text[])",
        "crm_access_rules.planned_restricted(text)",
        "crm_access_rules.planned_roles_among(text[])",
        "crm_access_rules.roles_among(text[])",
    ];
    assert_eq!(more, expected);
}

#[test]
fn a_statement_of_its_own_answers_each_user() {
    let client = &mut planning(&world());
    for _ in 0..2 {
        assert_eq!(assert_never_more(client, COMPANIES), (0, 0));
    }
}

#[test]
fn a_prepared_statement_answers_no_user_with_more_than_their_own_rows() {
    let world = world();
    for mode in ["auto", "force_generic_plan", "force_custom_plan"] {
        let client = &mut planning(&world);
        client.batch_execute(&format!("SET plan_cache_mode = {mode}; PREPARE companies AS {COMPANIES}")).unwrap();
        let (refusals, _) = assert_never_more(client, "EXECUTE companies");
        assert!(refusals > 0, "{mode}: without parameters a plan is kept in each");
        // With plans forgotten for each, nobody is refused and nobody misses a row.
        for user in [Some(1), None, Some(3), Some(2), None, Some(1)] {
            client.batch_execute("SELECT crm_access.forget_plans()").unwrap();
            assert_eq!(answer(client, user, "EXECUTE companies").as_deref(), Ok(rows(user)));
        }
    }
    // The driver's own, over the extended protocol.
    let client = &mut planning(&world);
    let statement = client.prepare(COMPANIES).unwrap();
    for user in [Some(1), Some(3), None, Some(1), None] {
        let mut transaction = client.transaction().unwrap();
        let token = user.map_or_else(|| "''".to_owned(), |user| format!("crm_access.issue('{user}')"));
        transaction.batch_execute(&format!("SELECT set_config('app.user_token', {token}, true)")).unwrap();
        match transaction.query_one(&statement, &[]) {
            Ok(row) => assert!([rows(user), "0"].contains(&row.get::<_, i64>(0).to_string().as_str())),
            Err(error) => assert_eq!(Refused::from(error).state, STALE),
        }
    }
}

#[test]
fn a_function_and_a_setting_that_is_gone_answer_with_no_more_either() {
    let world = world();
    for (at, body) in [
        "LANGUAGE sql STABLE AS $$ SELECT count(*) FROM companies $$",
        "LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN (SELECT count(*) FROM companies); END $$",
        "LANGUAGE plpgsql VOLATILE AS $$ DECLARE n bigint := 0; r record; BEGIN FOR r IN SELECT id FROM companies LOOP n := n + 1; END LOOP; RETURN n; END $$",
    ]
    .iter()
    .enumerate()
    {
        let client = &mut planning(&world);
        client.batch_execute(&format!("CREATE FUNCTION pg_temp.companies_{at}() RETURNS bigint {body}")).unwrap();
        assert_never_more(client, &format!("SELECT pg_temp.companies_{at}()"));
    }
    // The plan stays when the setting goes, and still asks.
    let client = &mut planning(&world);
    client.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE companies AS {COMPANIES}")).unwrap();
    assert_eq!(answer(client, Some(1), "EXECUTE companies").unwrap(), "612");
    client.batch_execute("RESET crm_access.plan_for_user").unwrap();
    assert_eq!(answer(client, None, "EXECUTE companies").unwrap_err().state, STALE);
    assert_eq!(answer(client, Some(3), "EXECUTE companies").unwrap(), "38");
    assert_eq!(answer(client, Some(1), "EXECUTE companies").unwrap(), "612", "without the setting a plan is anybody's");
}

#[test]
fn a_view_of_records_asks_as_well() {
    let mut world = world();
    let client = &mut planning(&world);
    // Contacts are seen by the companies that are: the fact that Bruno is not limited is one of the view's.
    let contacts = "SELECT count(*) FROM contacts";
    client.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE contacts AS {contacts}")).unwrap();
    let keys = "SELECT count(*) FROM crm_access_rules.company_readable";
    client.batch_execute(&format!("PREPARE keys AS {keys}")).unwrap();
    let before = [answer(client, Some(2), "EXECUTE contacts").unwrap(), answer(client, Some(2), "EXECUTE keys").unwrap()];
    world.own("UPDATE users SET limited_crm = true, limited_crm_confirmed = true WHERE id = 2").unwrap();
    let fresh = &mut connect(&world.database, "crm_backend");
    for (at, (prepared, query)) in [("EXECUTE contacts", contacts), ("EXECUTE keys", keys)].into_iter().enumerate() {
        let now = answer(fresh, Some(2), query).unwrap();
        assert_ne!(now, before[at]);
        match answer(client, Some(2), prepared) {
            Ok(count) => assert_eq!(count, now),
            Err(refused) => assert_eq!(refused.state, STALE),
        }
        assert_eq!(answer(client, Some(2), prepared).unwrap(), now);
        assert_eq!(answer(client, Some(2), query).unwrap(), now);
    }
}

#[test]
fn who_is_demoted_sees_it_with_the_next_statement() {
    let mut world = world();
    let client = &mut planning(&world);
    client.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE companies AS {COMPANIES}")).unwrap();
    assert_eq!(answer(client, Some(2), "EXECUTE companies").unwrap(), "612");
    world.own("UPDATE users SET is_active = false WHERE id = 2").unwrap();
    match answer(client, Some(2), "EXECUTE companies") {
        Ok(count) => assert_eq!(count, "0"),
        Err(refused) => assert_eq!(refused.state, STALE),
    }
    assert_eq!(answer(client, Some(2), COMPANIES).unwrap(), "0");
    // In a transaction of one's own that has written, whatever was planned in it.
    world.own("UPDATE users SET is_active = true WHERE id = 2").unwrap();
    world.force("GRANT UPDATE ON users TO crm_backend");
    client.batch_execute("BEGIN").unwrap();
    becomes(client, Some(2));
    assert_eq!(ask(client, COMPANIES).unwrap(), "612");
    client.batch_execute("SAVEPOINT a; UPDATE users SET is_active = false WHERE id = 2").unwrap();
    assert_eq!(ask(client, COMPANIES).unwrap(), "0");
    client.batch_execute("ROLLBACK TO a").unwrap();
    assert_eq!(ask(client, COMPANIES).unwrap(), "612");
    client.batch_execute("ROLLBACK").unwrap();
}

#[test]
fn what_is_asked_while_planning_is_planned_for_nobody() {
    let mut world = world();
    let client = &mut planning(&world);
    // Whether the intern sees few companies is asked of a view, which asks whether they are limited.
    let contacts = "SELECT count(*) FROM contacts";
    let before = answer(client, Some(10), contacts).unwrap();
    world.own("UPDATE users SET limited_crm = true, limited_crm_confirmed = true WHERE id = 10").unwrap();
    assert_eq!(answer(client, Some(10), contacts).unwrap(), before);
}

#[test]
fn a_function_that_changes_rights_is_answered_by_what_it_changed() {
    let mut world = world();
    world.force("GRANT UPDATE ON users TO crm_backend");
    let client = &mut planning(&world);
    client
        .batch_execute(
            "CREATE FUNCTION pg_temp.demotes() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
                 UPDATE users SET is_active = false WHERE id = 2; RETURN (SELECT count(*) FROM companies); END $$;
             CREATE FUNCTION pg_temp.changes() RETURNS void LANGUAGE sql AS 'UPDATE users SET is_active = false WHERE id = 2';
             CREATE FUNCTION pg_temp.then() RETURNS bigint LANGUAGE sql AS 'SELECT pg_temp.changes(); SELECT count(*) FROM companies'",
        )
        .unwrap();
    for _ in 0..3 {
        assert_eq!(answer(client, Some(2), "SELECT pg_temp.demotes()").as_deref(), Ok("0"));
    }
    // All statements of a function in SQL are planned before the first of them writes.
    assert_eq!(answer(client, Some(2), "SELECT pg_temp.then()").unwrap_err().state, STALE);
}

#[test]
fn a_change_by_a_plan_of_another_user_is_refused() {
    let client = &mut planning(&world());
    client
        .batch_execute(
            "SET plan_cache_mode = force_generic_plan;
             PREPARE change AS WITH x AS (UPDATE companies SET name = name RETURNING 1) SELECT count(*) FROM x;
             PREPARE removal AS WITH x AS (DELETE FROM tickets WHERE id = (SELECT max(id) FROM tickets) RETURNING 1) SELECT count(*) FROM x;
             PREPARE addition AS WITH x AS (INSERT INTO companies (name, account_manager_id) VALUES ('new', 1) RETURNING 1) SELECT count(*) FROM x",
        )
        .unwrap();
    for _ in 0..2 {
        assert_eq!(answer(client, Some(1), "EXECUTE change").unwrap(), "612");
        assert_eq!(answer(client, None, "EXECUTE change").unwrap_err().state, STALE);
        assert_eq!(answer(client, None, "EXECUTE change").unwrap(), "0");
        client.batch_execute("DEALLOCATE change").unwrap();
        client.batch_execute("PREPARE change AS WITH x AS (UPDATE companies SET name = name RETURNING 1) SELECT count(*) FROM x").unwrap();
        assert_eq!(answer(client, Some(1), "EXECUTE removal").unwrap(), "1");
        assert_ne!(answer(client, None, "EXECUTE removal").as_deref(), Ok("1"));
        assert_eq!(answer(client, Some(1), "EXECUTE addition").unwrap(), "1");
        assert!(answer(client, None, "EXECUTE addition").is_err());
        client.batch_execute("SELECT crm_access.forget_plans()").unwrap();
    }
}

#[test]
fn a_cursor_gives_no_row_to_whom_it_was_not_opened_for() {
    let client = &mut planning(&world());
    client.batch_execute("BEGIN").unwrap();
    becomes(client, Some(1));
    client.batch_execute("DECLARE c CURSOR FOR SELECT id FROM companies").unwrap();
    becomes(client, None);
    assert_eq!(ask(client, "FETCH 5 FROM c").unwrap_err().state, STALE);
    client.batch_execute("ROLLBACK").unwrap();
}

#[test]
fn only_what_the_user_has_remains_in_a_plan() {
    let world = world();
    let client = &mut planning(&world);
    let plan = "EXPLAIN (COSTS off) SELECT * FROM contacts WHERE id = 1";
    let (alice, intern) = (answer(client, Some(1), plan).unwrap(), answer(client, Some(10), plan).unwrap());
    client.batch_execute("SET crm_access.plan_for_user = off").unwrap();
    let anybody = answer(client, Some(1), plan).unwrap();
    assert!(
        alice.lines().count() < intern.lines().count() && intern.lines().count() < anybody.lines().count(),
        "{alice}\n{intern}\n{anybody}"
    );
    assert!(intern.contains("(id = ANY ("), "few keys are an array: {intern}");
    assert!(!anybody.contains("(id = ANY ("), "{anybody}");
    // What may be anything is no setting to be guessed at.
    for value in ["1", "yes", "ON", "true", ""] {
        client.batch_execute(&format!("SET crm_access.plan_for_user = '{value}'")).unwrap();
        assert_eq!(answer(client, Some(1), plan).unwrap(), anybody, "{value}");
    }
}
