//! Inputs made to end a backend, and statements that are canceled: each is an error of its statement, and the server goes on.

use crm_access::program::Target;
use postgres::Client;

use crate::support::{Refused, connect, refused, tables_from};

/// A database with the extension and as many tables as are asked for.
fn database(tables: usize) -> String {
    let script: String = (0..tables).map(|n| format!("CREATE TABLE t{n} (id int PRIMARY KEY, owner int);\n")).collect();
    let name = tables_from(&format!("CREATE TABLE users (id int PRIMARY KEY);\n{script}"), Target::Extension);
    connect(&name, "postgres")
        .batch_execute(
            "DO $$ BEGIN CREATE ROLE crm_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
             DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;",
        )
        .unwrap();
    name
}

/// A configuration of as many entities, restrictions and roles.
fn configuration(entities: usize, restrictions: usize, roles: usize) -> String {
    let mut text = "version: 1\napplication_role: crm_app\nkey_type: int4\nidentity: {act_as: crm_backend}\n".to_owned();
    text.push_str("directory: {users: {table: users}}\nentities:\n");
    (0..entities).for_each(|n| text.push_str(&format!("  e{n}: {{table: t{n}, owners: owner}}\n")));
    text.push_str("roles:\n");
    (0..roles).for_each(|n| text.push_str(&format!("  r{n}: {{grants: {{\"*\": own}}}}\n")));
    if restrictions > 0 {
        text.push_str("restrictions:\n");
        (0..restrictions).for_each(|n| text.push_str(&format!("  x{n}: {{entities: {{e0: own}}, others: hidden}}\n")));
    }
    text + "assignments: {listed: {role: r0, everyone: true}}\n"
}

/// Which server and which backend answer: neither changes when an error is only an error.
fn who(client: &mut Client) -> (i32, String) {
    let row = client.query_one("SELECT pg_backend_pid(), pg_postmaster_start_time()::text", &[]).unwrap();
    (row.get(0), row.get(1))
}

fn ask(client: &mut Client, sql: &str, config: &str) -> Result<u64, Refused> {
    Ok(client.query(sql, &[&config])?.len() as u64)
}

/// Nothing of an apply is there.
fn nothing_is_there(client: &mut Client) {
    let row = client
        .query_one(
            "SELECT (SELECT count(*) FROM pg_policy) + (SELECT count(*) FROM crm_access.object) + (SELECT count(*) FROM crm_access.version)
                 + (SELECT count(*) FROM pg_class WHERE relrowsecurity) + (SELECT count(*) FROM pg_namespace WHERE nspname = 'crm_access_rules')",
            &[],
        )
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[test]
fn a_configuration_made_to_exhaust_stack_or_memory_is_an_error_of_its_statement() {
    let name = database(0);
    let mut client = connect(&name, "postgres");
    let before = who(&mut client);
    let deep: Vec<String> = [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("&a [", "]")]
        .iter()
        .flat_map(|(open, close)| [format!("{}x{}", open.repeat(100_000), close.repeat(100_000)), open.repeat(1_000_000)])
        .collect();
    let aliases = (1..60).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| text + &format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1));
    let chain = {
        let entities: String = (0..900).map(|n| format!("  e{n}: {{table: t{n}, parents: {{e{}: up}}}}\n", n + 1)).collect();
        let grants: Vec<String> = (0..900).map(|n| format!("e{n}: parent(e{})", n + 1)).collect();
        format!(
            "version: 1\napplication_role: crm_app\nidentity: {{act_as: crm_backend}}\ndirectory: {{users: {{table: users}}}}\nentities:\n{entities}  e900: {{table: top, owners: o}}\nroles:\n  r: {{grants: {{{}, e900: own}}}}\n",
            grants.join(", ")
        )
    };
    let condition = |text: String| configuration(1, 0, 1).replace("own", &format!("{{where: \"{text}\"}}"));
    let conditions = ["(", "not ", "lower(", "a = 1 or (", "coalesce(a, "].map(|open| condition(open.repeat(1300)));
    let many = [configuration(1000, 1000, 1000), configuration(1000, 0, 1000), configuration(50_000, 0, 1)];
    for text in deep.iter().chain([&aliases, &chain]).chain(&conditions).chain(&many) {
        for stack in ["100kB", "2MB"] {
            client.batch_execute(&format!("SET max_stack_depth = '{stack}'")).unwrap();
            assert!(ask(&mut client, "SELECT * FROM crm_access.check($1)", text).unwrap() > 0);
            refused(ask(&mut client, "SELECT crm_access.apply($1)", text), "22023");
            refused(ask(&mut client, "SELECT crm_access.generate($1, 'portable')", text), "22023");
        }
    }
    assert_eq!(who(&mut client), before);
    nothing_is_there(&mut client);
}

#[test]
fn a_configuration_of_hundreds_of_megabytes_is_an_error_of_its_statement() {
    let name = database(0);
    let mut client = connect(&name, "postgres");
    let before = who(&mut client);
    for piece in ["x", "[", "a: b\n", "#", "\n"] {
        let text = format!("repeat('{piece}', {})", 300_000_000 / piece.len());
        for call in ["generate", "apply"] {
            let result = client.batch_execute(&format!("SELECT crm_access.{call}({text})")).map_err(Refused::from);
            assert!(refused(result, "22023").message.contains("larger than"), "{piece:?}");
        }
    }
    // And of the other arguments.
    for call in ["act_as(x)", "can('read', x, 1)", "can(x, 'e0', x)", "assign(x, x, x)", "generate('', x)"] {
        let result = client.batch_execute(&format!("SELECT crm_access.{} ", call.replace('x', "repeat('9', 200000000)")));
        if let Err(error) = result {
            assert!(error.as_db_error().is_some(), "{call}: {error}");
        }
    }
    assert_eq!(who(&mut client), before);
}

#[test]
fn a_canceled_statement_ends_and_leaves_nothing() {
    let name = database(60);
    let mut client = connect(&name, "postgres");
    let before = who(&mut client);
    // Checking alone takes longer than this, and has no statement of its own that could notice.
    let large = configuration(100, 20, 50);
    client.batch_execute("SET statement_timeout = '1ms'").unwrap();
    refused(ask(&mut client, "SELECT crm_access.generate($1)", &large), "57014");
    refused(ask(&mut client, "SELECT * FROM crm_access.check($1)", &large), "57014");
    refused(ask(&mut client, "SELECT crm_access.apply($1)", &large), "57014");
    // In the midst of an apply: the more time it has, the further it comes.
    let small = configuration(60, 2, 2);
    let mut ended = 0;
    for time in [20, 60, 120, 200, 300, 500, 800] {
        client.batch_execute(&format!("SET statement_timeout = '{time}ms'")).unwrap();
        match ask(&mut client, "SELECT crm_access.apply($1)", &small) {
            Ok(_) => break,
            Err(refused) => assert_eq!(refused.state, "57014", "{refused:?}"),
        }
        ended += 1;
        client.batch_execute("RESET statement_timeout").unwrap();
        nothing_is_there(&mut client);
    }
    assert!(ended > 0, "no apply was canceled");
    client.batch_execute("RESET statement_timeout").unwrap();
    ask(&mut client, "SELECT crm_access.apply($1)", &small).unwrap();
    assert_eq!(who(&mut client), before);
    let policies: i64 = client.query_one("SELECT count(*) FROM pg_policy WHERE polname = 'crm_access_read'", &[]).unwrap().get(0);
    assert_eq!(policies, 60);
}

#[test]
fn a_backend_that_is_ended_in_the_midst_of_an_apply_leaves_nothing() {
    let name = database(60);
    let mut client = connect(&name, "postgres");
    let mut other = connect(&name, "postgres");
    let process = who(&mut other).0;
    // It waits for a table that is locked, in the middle of its statements.
    client.batch_execute("BEGIN; LOCK TABLE t59 IN ACCESS SHARE MODE").unwrap();
    let applying = std::thread::spawn(move || ask(&mut other, "SELECT crm_access.apply($1)", &configuration(60, 2, 2)));
    let waits = "SELECT count(*) FROM pg_locks WHERE pid = $1 AND NOT granted";
    while client.query_one(waits, &[&process]).unwrap().get::<_, i64>(0) == 0 {
        assert!(!applying.is_finished(), "it did not wait");
    }
    client.query("SELECT pg_terminate_backend($1)", &[&process]).unwrap();
    assert!(applying.join().unwrap().is_err());
    client.batch_execute("COMMIT").unwrap();
    nothing_is_there(&mut client);
    ask(&mut client, "SELECT crm_access.apply($1)", &configuration(60, 2, 2)).unwrap();
}
