//! Who is asking: nobody can become someone else, and nobody at all sees nothing.

use crm_access::program::Target;

use crate::support::{REFUSED, Refused, TARGETS, World, connect, first_column, refused};

const COMPANIES: &str = "SELECT count(*) FROM companies";

fn seen(client: &mut postgres::Client) -> Result<String, Refused> {
    Ok(first_column(client.simple_query(COMPANIES)?).remove(0))
}

/// Runs commands one after the other on one connection and gives what is seen in the end; the transaction is left.
fn after(client: &mut postgres::Client, commands: &[&str]) -> Result<String, Refused> {
    let run = |client: &mut postgres::Client| {
        for command in commands {
            client.batch_execute(command)?;
        }
        seen(client)
    };
    let result = run(client);
    client.batch_execute("ROLLBACK").unwrap();
    result
}

#[test]
fn nobody_sees_no_row_and_does_nothing() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for role in ["crm_backend", "crm_owner"] {
            let mut client = connect(&world.database, role);
            for table in ["companies", "contacts", "contact_companies", "deals", "quotations", "invoices", "tickets", "activities"] {
                let rows = first_column(client.simple_query(&format!("SELECT count(*) FROM {table}")).unwrap());
                assert_eq!(rows, ["0"], "{role} {table}");
                assert_eq!(client.execute(&format!("DELETE FROM {table}"), &[]).unwrap(), 0, "{role} {table}");
            }
            let inserted = client.execute("INSERT INTO companies (name) VALUES ('x')", &[]).map_err(Refused::from);
            refused(inserted, REFUSED);
            assert_eq!(client.execute("UPDATE companies SET name = 'x'", &[]).unwrap(), 0);
            let copied = client.simple_query("SELECT crm_access.current_user_key()").map_err(Refused::from);
            if role == "crm_backend" {
                assert_eq!(first_column(copied.unwrap()), ["null"]);
            }
        }
        assert_eq!(world.really(COMPANIES), ["612"]);
    }
}

#[test]
fn an_inactive_an_unknown_and_a_malformed_user_see_nothing() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for user in ["8", "9999", "-1", "1 or 1=1", "1e0", " 3", "3 ", "99999999999999999999", "NULL", "ä", "0x3"] {
            match world.try_sees(user, COMPANIES) {
                Ok(rows) => assert_eq!(rows, ["0"], "{user}"),
                Err(refused) => assert_eq!(refused.state, "28000", "{user}: {refused:?}"),
            }
        }
        world.force("ALTER TABLE users ALTER is_active DROP NOT NULL; UPDATE users SET is_active = NULL WHERE id = 2");
        match world.try_sees("2", COMPANIES) {
            Ok(rows) => assert_eq!(rows, ["0"]),
            Err(refused) => assert_eq!(refused.state, "28000"),
        }
    }
}

#[test]
fn an_identity_ends_with_its_transaction_and_its_savepoint() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let identity = world.identity("3");
        let client = &mut world.backend;
        assert_eq!(after(client, &["BEGIN", &identity]).unwrap(), "38");
        assert_eq!(seen(client).unwrap(), "0");
        assert_eq!(after(client, &["BEGIN", &identity, "COMMIT", "BEGIN"]).unwrap(), "0");
        assert_eq!(after(client, &["BEGIN", "SAVEPOINT a", &identity, "ROLLBACK TO a"]).unwrap(), "0");
        assert_eq!(after(client, &["BEGIN", &identity, "SAVEPOINT a", "ROLLBACK TO a"]).unwrap(), "38");
        assert_eq!(after(client, &["BEGIN", "SAVEPOINT a", &identity, "RELEASE a"]).unwrap(), "38");
        assert_eq!(after(client, &["BEGIN", &identity, "COMMIT", "DISCARD ALL", "BEGIN"]).unwrap(), "0");
        assert!(["0", "38"].contains(&after(client, &["BEGIN", &identity, "RESET ALL"]).unwrap().as_str()));
        assert_eq!(after(client, &["BEGIN", &identity, "SET LOCAL ROLE crm_app"]).unwrap(), "38");
    }
}

#[test]
fn the_identity_setting_of_the_extension_can_not_be_set_by_anyone() {
    let mut world = World::new("teamleader", Target::Extension);
    let database = world.database.clone();
    for role in ["crm_backend", "crm_owner", "postgres"] {
        let mut client = connect(&database, role);
        let attempts = [
            "SET crm_access.identity_value = '2'",
            "SET LOCAL crm_access.identity_value = '2'",
            "SET SESSION crm_access.identity_value TO '2'",
            "SELECT set_config('crm_access.identity_value', '2', true)",
            "SELECT set_config('crm_access.identity_value', '2', false)",
            "WITH x AS (SELECT set_config('crm_access.identity_value', '2', true)) SELECT * FROM x",
            "UPDATE pg_settings SET setting = '2' WHERE name = 'crm_access.identity_value'",
        ];
        // Before the library is loaded a placeholder takes any value; loading it must throw that away.
        for loaded in [false, true] {
            if loaded {
                client.batch_execute("LOAD 'crm_access'").or_else(|_| client.batch_execute("SELECT crm_access.version()")).ok();
            }
            for attempt in attempts {
                client.batch_execute("BEGIN").unwrap();
                let _ = client.batch_execute(&format!("SAVEPOINT a; {attempt}"));
                let _ = client.batch_execute("ROLLBACK TO a");
                let _ = client.batch_execute(attempt);
                let _ = client.batch_execute("ROLLBACK");
                let _ = client.batch_execute(attempt);
                if role == "crm_backend" {
                    assert_eq!(seen(&mut client).unwrap(), "0", "{role} {attempt}");
                }
            }
        }
    }
    world.force("ALTER ROLE crm_backend RESET ALL");
    for (role, attempt) in [
        ("crm_backend", "ALTER ROLE crm_backend SET crm_access.identity_value = '2'"),
        ("postgres", "ALTER DATABASE DB SET crm_access.identity_value = '2'"),
        ("postgres", "ALTER ROLE crm_backend IN DATABASE DB SET crm_access.identity_value = '2'"),
    ] {
        let mut client = connect(&database, role);
        let _ = client.batch_execute(&attempt.replace("DB", &database));
        let mut fresh = connect(&database, "crm_backend");
        assert_eq!(seen(&mut fresh).unwrap(), "0", "{attempt}");
    }
    let mut config: postgres::Config = std::env::var("CRM_ACCESS_TEST_URL").unwrap().parse().unwrap();
    config.dbname(&database).user("crm_backend").options("-c crm_access.identity_value=2");
    if let Ok(mut fresh) = config.connect(postgres::NoTls) {
        assert_eq!(seen(&mut fresh).unwrap(), "0");
    }
}

#[test]
fn one_transaction_acts_for_one_user() {
    let mut world = World::new("teamleader", Target::Extension);
    let client = &mut world.backend;
    let (lena, bruno) = ("SELECT crm_access.act_as(3)", "SELECT crm_access.act_as(2)");
    assert_eq!(after(client, &["BEGIN", lena, lena]).unwrap(), "38");
    refused(after(client, &["BEGIN", lena, bruno]), REFUSED);
    refused(after(client, &["BEGIN", "SAVEPOINT a", lena, "ROLLBACK TO a", bruno]), REFUSED);
    refused(after(client, &["BEGIN", lena, "RESET ALL", bruno]), REFUSED);
    refused(after(client, &["BEGIN", lena, "RESET crm_access.identity_value"]), REFUSED);
    assert_eq!(after(client, &["BEGIN", lena, "SAVEPOINT a", "SELECT 1", "ROLLBACK TO a", lena]).unwrap(), "38");
    assert_eq!(after(client, &["BEGIN", lena, "COMMIT", "BEGIN", bruno]).unwrap(), "612");
    // A statement that names both gets neither.
    refused(after(client, &["BEGIN", "SELECT crm_access.act_as(3), crm_access.act_as(2)"]), REFUSED);
    // Inside one statement the identity is that of its snapshot's user for every row.
    let mixed = after(client, &["BEGIN", lena, "SELECT name FROM companies WHERE crm_access.act_as(2) IS NULL"]);
    refused(mixed, REFUSED);
}

#[test]
fn only_the_backend_may_act_for_users() {
    let mut world = World::new("teamleader", Target::Extension);
    world.force(
        "DO $$ BEGIN CREATE ROLE crm_person LOGIN IN ROLE crm_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    );
    let mut person = connect(&world.database, "crm_person");
    for function in [
        "crm_access.act_as(3)",
        "crm_access.act_as('3')",
        "crm_access.remove()",
        "crm_access.apply('')",
        "crm_access.clear()",
        "crm_access.assign('administrator', 'user', '3')",
        "crm_access.restrict('limited_crm_access', 'user', '3')",
        "crm_access_rules.roles()",
        "crm_access_rules.identity_key()",
        "crm_access.identity()",
        "crm_access.take_over('public', 'users', 'crm_app')",
    ] {
        refused(person.batch_execute(&format!("SELECT {function}")).map_err(Refused::from), REFUSED);
    }
    for table in ["crm_access.version", "crm_access.object", "crm_access.assignment"] {
        refused(person.batch_execute(&format!("SELECT * FROM {table}")).map_err(Refused::from), REFUSED);
        refused(person.batch_execute(&format!("DELETE FROM {table}")).map_err(Refused::from), REFUSED);
    }
    assert_eq!(seen(&mut person).unwrap(), "0");
}

#[test]
fn act_as_says_what_is_wrong() {
    let mut world = World::new("teamleader", Target::Extension);
    let client = &mut world.backend;
    refused(after(client, &["BEGIN", "SELECT crm_access.act_as(NULL::text)"]), "22004");
    refused(after(client, &["BEGIN", "SELECT crm_access.act_as('')"]), "22023");
    let unknown = refused(after(client, &["BEGIN", "SELECT crm_access.act_as(9999)"]), "28000");
    assert_eq!(unknown.message, "user \"9999\" is not an active user");
    // After a failure in a savepoint another user may be tried: nobody was acted for.
    assert_eq!(after(client, &["BEGIN", "SAVEPOINT a", "SELECT 1", "ROLLBACK TO a", "SELECT crm_access.act_as(2)"]).unwrap(), "612");
}

#[test]
fn who_logs_in_by_name_is_known_by_it() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world.force(
            "DO $$ BEGIN CREATE ROLE tl_lena LOGIN IN ROLE crm_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
             DO $$ BEGIN CREATE ROLE tl_stranger LOGIN IN ROLE crm_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        );
        let mut lena = connect(&world.database, "tl_lena");
        assert_eq!(seen(&mut lena).unwrap(), "38");
        assert_eq!(first_column(lena.simple_query("SELECT crm_access.current_user_key()").unwrap()), ["3"]);
        // SET ROLE changes what one may do, not who one is.
        lena.batch_execute("SET ROLE crm_app").unwrap();
        assert_eq!(seen(&mut lena).unwrap(), "38");
        let mut stranger = connect(&world.database, "tl_stranger");
        assert_eq!(seen(&mut stranger).unwrap(), "0");
        refused(stranger.batch_execute("SET SESSION AUTHORIZATION tl_lena").map_err(Refused::from), REFUSED);
        world.force("UPDATE users SET is_active = false WHERE id = 3");
        assert_eq!(seen(&mut lena).unwrap(), "0");
    }
}

#[test]
fn a_signed_value_can_not_be_forged_changed_or_used_after_it_expired() {
    let mut world = World::new("teamleader", Target::Portable);
    let token = first_column(world.backend.simple_query("SELECT crm_access.issue('3', 60)").unwrap()).remove(0);
    let set = |value: &str| format!("SELECT set_config('app.user_token', '{value}', true)");
    let client = &mut world.backend;
    assert_eq!(after(client, &["BEGIN", &set(&token)]).unwrap(), "38");
    let parts: Vec<&str> = token.split(':').collect();
    let forged = [
        String::new(),
        "3".to_owned(),
        "33".to_owned(),
        format!("32:{}:{}", parts[1], parts[2]),
        format!("{}:{}:{}", parts[0], "99999999999", parts[2]),
        format!("{}:{}:{}", parts[0], parts[1], "0".repeat(64)),
        format!("{}:{}:", parts[0], parts[1]),
        format!("{}:{}:{}:x", parts[0], parts[1], parts[2]),
        format!("{token} "),
        format!("{token}\n"),
        parts[2].to_owned(),
        token.to_uppercase(),
        "x".repeat(100_000),
    ];
    for value in &forged {
        assert_eq!(after(client, &["BEGIN", &set(value)]).unwrap(), "0", "{value}");
    }
    let short = first_column(client.simple_query("SELECT crm_access.issue('3', 1)").unwrap()).remove(0);
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    assert_eq!(after(client, &["BEGIN", &set(&short)]).unwrap(), "0");
    for (user, seconds) in [("''", "60"), ("NULL", "60"), ("'3'", "0"), ("'3'", "86401"), ("'3'", "NULL")] {
        let issued = client.simple_query(&format!("SELECT crm_access.issue({user}, {seconds})")).map_err(Refused::from);
        refused(issued, "22023");
    }
    world.force(
        "DO $$ BEGIN CREATE ROLE crm_person LOGIN IN ROLE crm_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    );
    let mut person = connect(&world.database, "crm_person");
    for command in [
        "SELECT crm_access.issue('3')",
        "SELECT * FROM crm_access.identity_key",
        "SELECT crm_access.keyed_hash('a', 'b')",
        "SELECT crm_access_rules.token_user('x')",
    ] {
        refused(person.batch_execute(command).map_err(Refused::from), REFUSED);
    }
    // A value that is not valid is nobody, not the login role.
    let mut world = World::new("teamleader", Target::Portable);
    world.force(
        "DO $$ BEGIN CREATE ROLE tl_lena LOGIN IN ROLE crm_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    );
    let mut lena = connect(&world.database, "tl_lena");
    assert_eq!(after(&mut lena, &["BEGIN", &set("3:4:5")]).unwrap(), "0");
}
