//! Inputs made to end a backend, and statements that are canceled: each is an error of its statement, and the server goes on.

use std::os::unix::fs::MetadataExt;

use crm_access::program::Target;
use postgres::Client;

use crate::support::{Refused, World, connect, first_column, refused, tables_from};

const ROLES: &str = "DO $$ BEGIN CREATE ROLE crm_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN GRANT crm_app TO crm_backend; EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END $$;";

/// A database with the extension and as many tables as are asked for.
fn database(tables: usize) -> String {
    let script: String = (0..tables).map(|n| format!("CREATE TABLE t{n} (id int PRIMARY KEY, owner int);\n")).collect();
    let name = tables_from(&format!("CREATE TABLE users (id int PRIMARY KEY);\n{script}"), Target::Extension);
    connect(&name, "postgres").batch_execute(ROLES).unwrap();
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

#[test]
fn a_scope_that_memory_does_not_hold_is_an_error_of_its_statement() {
    for (key_type, key) in [("int8", "n * 7919"), ("text", "md5(n::text) || md5(n::text)"), ("uuid", "md5(n::text)::uuid")] {
        let script = format!(
            "CREATE TABLE users (id int PRIMARY KEY);
             INSERT INTO users VALUES (1);
             CREATE TABLE companies (id {key_type} PRIMARY KEY, owner int);
             CREATE TABLE deals (id int PRIMARY KEY, company {key_type});
             INSERT INTO companies SELECT {key}, 1 FROM generate_series(1::int8, 60000) AS n;
             INSERT INTO deals SELECT n, {key} FROM generate_series(1::int8, 60000) AS n;
             ANALYZE;
             GRANT SELECT ON ALL TABLES IN SCHEMA public TO crm_app"
        );
        let text = format!(
            "version: 1\napplication_role: crm_app\nkey_type: int4\nidentity: {{act_as: crm_backend}}\ndirectory: {{users: {{table: users}}}}\nentities:
  company: {{table: companies, key_type: {key_type}, owners: owner}}
  deal: {{table: deals, parents: {{company: company}}}}
roles: {{r: {{grants: {{deal: {{read: parent(company)}}, company: {{read: own}}}}}}}}\nassignments: {{listed: {{role: r, everyone: true}}}}\n"
        );
        connect("postgres", "postgres").batch_execute(ROLES).unwrap();
        let world = World::made(&script, Target::Extension, &text);
        let mut refusals = 0;
        for room in 0..24 {
            // A backend of its own: what one has had of the system it keeps.
            let mut client = connect(&world.database, "crm_backend");
            client.batch_execute("SET crm_access.single_keys = -1; BEGIN; SELECT crm_access.act_as('1')").unwrap();
            client.batch_execute("SELECT FROM companies LIMIT 1; SELECT count(*) FROM deals WHERE id = 1").unwrap();
            let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
            limit_memory(pid, room * 512 * 1024);
            match client.simple_query("SELECT count(*) FROM deals").map(first_column).map_err(Refused::from) {
                Ok(rows) => assert_eq!(rows, ["60000"], "{key_type}, {room}"),
                Err(error) => {
                    assert_eq!(error.state, "53200", "{key_type}, {room}: {error:?}");
                    refusals += 1;
                }
            }
            client.batch_execute("ROLLBACK; BEGIN; SELECT crm_access.act_as('1')").unwrap();
            let rows = first_column(client.simple_query("SELECT count(*) FROM deals WHERE id < 3").unwrap());
            assert_eq!(rows, ["2"], "{key_type}, {room}: the same backend goes on");
        }
        assert!(refusals > 0, "{key_type}: there was always enough memory");
    }
}

/// Gives a backend so many bytes more than it has.
fn limit_memory(pid: i32, more: u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap().trim().trim_end_matches(" kB").parse::<u64>().unwrap();
    let limit = format!("--as={}", size * 1024 + more);
    let pid = pid.to_string();
    // Who is root here has the server run as another user.
    let owner = std::fs::metadata(format!("/proc/{pid}")).unwrap();
    let own = std::fs::metadata("/proc/self").unwrap();
    let words: &[&str] = if owner.uid() == own.uid() { &[] } else { &["runuser", "-u", "postgres", "--"] };
    let words: Vec<&str> = words.iter().copied().chain(["prlimit", "--pid", &pid, &limit]).collect();
    assert!(std::process::Command::new(words[0]).args(&words[1..]).status().unwrap().success(), "{words:?}");
}
