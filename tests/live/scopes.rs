//! `crm_access.in_scope`: whether keys are asked for by an index, one by one or all at once, it answers what the generated function gives under
//! the statement's snapshot (DESIGN section 5.5). Only the extension has it.
//!
//! Bruno (2) is an employee who sees all companies, Lena (3) one who sees 38 of them and the contacts of these.

use crm_access::program::Target;
use postgres::Client;

use crate::guards::connect_and_listen;
use crate::support::{Refused, World, apply_as, connect, first_column, project_file, refused};

const LENA: &str = "3";
/// Every way of finding rows on its own.
const WAYS: [&str; 4] = [
    "SELECT 1",
    "SET LOCAL enable_seqscan = off",
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexonlyscan = off",
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off",
];

fn world() -> World {
    World::new("teamleader", Target::Extension)
}

/// A table of numbers that no policy protects.
fn numbers(world: &mut World) {
    world.force(
        "CREATE TABLE numbers (n integer PRIMARY KEY); GRANT SELECT ON numbers TO crm_app;
         INSERT INTO numbers SELECT generate_series(1, 50000); ANALYZE numbers",
    );
}

fn ask(client: &mut Client, query: &str) -> Result<Vec<String>, Refused> {
    Ok(first_column(client.simple_query(query)?))
}

fn act_as(client: &mut Client, user: &str) {
    client.batch_execute(&format!("SELECT crm_access.act_as({user})")).unwrap();
}

#[test]
fn each_way_of_asking_gives_the_same_rows() {
    let mut world = world();
    let queries = [
        // Single keys, as many as there are, and as different types.
        ("SELECT n FROM generate_series(1, 700) n WHERE crm_access.in_scope('company_readable', n)", "n"),
        ("SELECT n FROM generate_series(1, 700) n WHERE crm_access.in_scope('company_readable', n::bigint)", "n"),
        ("SELECT n FROM generate_series(1, 700) n WHERE crm_access.in_scope('company_readable', n::smallint)", "n"),
        // A scope that is not the same in each row.
        (
            "SELECT n FROM generate_series(1, 700) n WHERE crm_access.in_scope(CASE n % 2 WHEN 0 THEN 'company_readable' ELSE 'company_' || 'readable' END, n)",
            "n",
        ),
        // By an index of a table that is not protected.
        ("SELECT n FROM numbers WHERE crm_access.in_scope('company_readable', n)", "n"),
        ("SELECT n FROM numbers WHERE n > 0 AND (crm_access.in_scope('company_readable', n) OR n < 0)", "n"),
        ("SELECT a.n FROM numbers a JOIN numbers b ON a.n = b.n WHERE crm_access.in_scope('company_readable', b.n)", "n"),
    ];
    numbers(&mut world);
    for user in ["2", LENA] {
        let expected = world.sees(user, "SELECT k FROM crm_access_rules.company_readable() k WHERE k <= 700 ORDER BY 1");
        assert!(expected.len() >= 38, "{user}: {}", expected.len());
        for (query, order) in queries {
            for way in WAYS {
                let found = world.sees(user, &format!("{way}; {query} ORDER BY {order}"));
                let found: Vec<String> = found.into_iter().skip(usize::from(way == "SELECT 1")).collect();
                assert_eq!(found, expected, "{user}: {query} {way}");
            }
        }
    }
    let nobody = &mut connect(&world.database, "crm_backend");
    assert!(ask(nobody, "SELECT n FROM numbers WHERE crm_access.in_scope('company_readable', n)").unwrap().is_empty());
}

#[test]
fn an_index_answers_what_is_a_small_part_of_a_table() {
    let mut world = world();
    numbers(&mut world);
    // The table is not protected, so its plan may be seen.
    let plan = "EXPLAIN SELECT count(*) FROM numbers WHERE crm_access.in_scope('company_readable', n)";
    let lena = world.sees(LENA, plan).join("\n");
    assert!(lena.contains("Index Cond") && lena.contains("scope_keys"), "{lena}");
    let joined = "EXPLAIN SELECT count(*) FROM numbers WHERE crm_access.in_scope('company_readable', n) AND n = 7";
    let pinned = world.sees(LENA, joined).join("\n");
    assert!(!pinned.contains("scope_keys"), "no keys are gathered for one row: {pinned}");
}

#[test]
fn an_index_answers_for_a_joined_table_by_itself() {
    let mut world = world();
    numbers(&mut world);
    world.force("CREATE TABLE pairs (n integer, m integer); INSERT INTO pairs SELECT n, n FROM numbers; ANALYZE pairs; GRANT SELECT ON pairs TO crm_app");
    let of_pairs = "FROM pairs p JOIN numbers ON numbers.n = p.n WHERE crm_access.in_scope('company_readable', numbers.n)";
    let all = world.sees(LENA, &format!("EXPLAIN SELECT count(*) {of_pairs}")).join("\n");
    assert!(all.contains("scope_keys"), "{all}");
    // For one row of the other table the index is asked for that row, and not for all keys too.
    let one = world.sees(
        LENA,
        &format!("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; EXPLAIN SELECT count(*) {of_pairs} AND p.m = 7"),
    );
    let one = one.join("\n");
    assert!(one.contains("Index Cond: (n = p.n)") && !one.contains("scope_keys"), "{one}");
    let expected = world.sees(LENA, "SELECT count(*) FROM crm_access_rules.company_readable()");
    assert_eq!(world.sees(LENA, &format!("SELECT count(*) {of_pairs}")), expected);
}

#[test]
fn conditions_that_policies_come_before_keep_no_index_from_them() {
    let mut world = world();
    numbers(&mut world);
    world.force(
        "ALTER TABLE numbers ENABLE ROW LEVEL SECURITY;
         CREATE POLICY seen ON numbers FOR SELECT TO crm_app USING (crm_access.in_scope('company_readable', n))",
    );
    // Few rows are expected of either; only those of the first can be found before the policy is asked.
    let by_key = world.sees(LENA, "EXPLAIN SELECT count(*) FROM numbers WHERE n IN (7, 8, 9)").join("\n");
    assert!(by_key.contains("Index Cond") && !by_key.contains("scope_keys"), "{by_key}");
    let leaky = world.sees(LENA, "EXPLAIN SELECT count(*) FROM numbers WHERE n::text LIKE '7' AND n::text LIKE '8'").join("\n");
    assert!(leaky.contains("scope_keys"), "{leaky}");
}

/// Where a bitmap left what a scope leaves, rows are not asked again; where it was asked for something else they are.
#[test]
fn a_bitmap_answers_for_a_scope_only_where_it_asked_for_its_keys() {
    let mut world = world();
    world.force(
        "CREATE TABLE wide AS SELECT n, n / 2 AS m, repeat('x', 600) AS padding FROM generate_series(1, 50000) n;
         CREATE INDEX ON wide (n); ANALYZE wide; GRANT SELECT ON wide TO crm_app",
    );
    let scopes = [
        ("odd", "", "generate_series(1, 59, 2)"),
        ("low", "", "generate_series(1, 7)"),
        ("most", "", "generate_series(20, 40000)"),
        ("given", "text[]", "generate_series($1[1]::int, $1[2]::int)"),
    ];
    for (name, arguments, keys) in scopes {
        world.force(&format!(
            "CREATE FUNCTION crm_access_rules.{name}({arguments}) RETURNS SETOF int LANGUAGE plpgsql STABLE SECURITY DEFINER AS
             $f$#variable_conflict use_column\nBEGIN\n    RETURN QUERY\nSELECT n FROM {keys} n;\nEND$f$"
        ));
    }
    let only_bitmaps = "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL work_mem = '64kB'";
    let given = |from: u32, until: u32| format!("crm_access.in_scope('given', n, ARRAY['{from}', '{until}'])");
    let (odd, low, most) = ("crm_access.in_scope('odd', n)", "crm_access.in_scope('low', n)", "crm_access.in_scope('most', n)");
    // A condition, the rows that it leaves, and whether each is asked once more.
    let cases = [
        (odd.to_owned(), 30, false),
        // So many pages that single rows have no room in the bitmap.
        (format!("({odd} OR n > 20000)"), 30_030, false),
        (format!("({odd} OR {low})"), 33, false),
        (format!("{odd} AND {low}"), 4, false),
        // What no index was asked for: a wider condition, another one, so large a part of the column, another column, other keys of the same scope.
        (format!("({odd} OR n > 49990) AND n > 49980"), 10, true),
        (format!("({odd} OR n > 49990 AND m > 24997)"), 35, true),
        (format!("{odd} AND {most}"), 20, true),
        (format!("{odd} AND crm_access.in_scope('odd', m)"), 15, true),
        (format!("{} AND {}", given(1, 30), given(20, 40_000)), 11, true),
        (format!("{odd} AND NOT {low}"), 26, true),
        // What anybody may write themselves.
        (format!("{most} AND n = ANY (crm_access.scope_keys('odd', NULL, 1))"), 20, true),
        (format!("{most} AND n < ANY (crm_access.scope_keys('most', NULL, 1))"), 39_980, true),
    ];
    for (condition, left, asked_again) in cases {
        let query = format!("FROM wide WHERE {condition}");
        // How many keys there are is known after they have been gathered.
        let first = format!("{only_bitmaps}; SELECT count(*) FROM wide WHERE {most} AND {}", given(20, 40_000));
        let plan = world.sees(LENA, &format!("{first}; EXPLAIN SELECT * {query}")).join("\n");
        let is_asked = plan.lines().any(|line| line.contains("Filter:") && line.contains("in_scope"));
        assert_eq!(is_asked, asked_again, "{condition}:\n{plan}");
        assert!(asked_again || plan.contains("Bitmap Index Scan") && plan.contains("Recheck Cond"), "{plan}");
        let found = world.sees(LENA, &format!("{first}; SELECT 'left: ' || count(*) {query}"));
        assert!(found.contains(&format!("left: {left}")), "{condition}: {found:?} and not {left}");
    }
}

/// A scope is asked by a plan that is kept, without taking on its settings: what has changed meanwhile counts all the same.
#[test]
fn a_plan_that_is_kept_for_a_scope_is_one_of_what_there_is_now() {
    let mut world = world();
    world.force(
        "CREATE TABLE public.chosen (n int PRIMARY KEY, yes boolean, no boolean);
         INSERT INTO public.chosen SELECT n, n % 2 = 1, n % 2 = 0 FROM generate_series(1, 5000) n; ANALYZE public.chosen;
         GRANT SELECT ON public.chosen TO crm_access_reader;
         CREATE SCHEMA theirs; CREATE TABLE theirs.chosen AS SELECT n, true AS yes FROM generate_series(1, 5000) n;
         GRANT USAGE ON SCHEMA theirs TO crm_app; GRANT SELECT ON theirs.chosen TO crm_access_reader, crm_app; GRANT USAGE ON SCHEMA theirs TO crm_access_reader;
         CREATE FUNCTION crm_access_rules.chosen() RETURNS SETOF int LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
         $f$#variable_conflict use_column\nBEGIN\n    RETURN QUERY\nSELECT n FROM chosen WHERE yes;\nEND$f$;
         ALTER FUNCTION crm_access_rules.chosen() OWNER TO crm_access_reader;
         GRANT EXECUTE ON FUNCTION crm_access_rules.chosen() TO crm_app",
    );
    let client = &mut connect(&world.database, "crm_backend");
    client.batch_execute("SET search_path = theirs; SET crm_access.single_keys = 1000000").unwrap();
    let asked = "SELECT crm_access.in_scope('chosen', 7) || ',' || crm_access.in_scope('chosen', 8)";
    let answer = |client: &mut Client| ask(client, asked).unwrap().concat();
    for (change, expected) in [
        ("SELECT 1", "true,false"),
        ("UPDATE public.chosen SET yes = NOT yes, no = NOT no", "false,true"),
        ("ALTER TABLE public.chosen DROP CONSTRAINT chosen_pkey", "false,true"),
        ("ALTER TABLE public.chosen RENAME yes TO was; ALTER TABLE public.chosen RENAME no TO yes", "true,false"),
        (
            "CREATE TABLE public.other AS SELECT n, n = 8 AS yes FROM public.chosen; GRANT SELECT ON public.other TO crm_access_reader;
             DROP TABLE public.chosen; ALTER TABLE public.other RENAME TO chosen",
            "false,true",
        ),
        ("ALTER TABLE public.chosen ENABLE ROW LEVEL SECURITY", "false,false"),
        ("CREATE POLICY all_of_them ON public.chosen TO crm_access_reader USING (true)", "false,true"),
        ("REVOKE SELECT ON theirs.chosen FROM crm_access_reader", "false,true"),
    ] {
        world.force(change);
        for _ in 0..3 {
            assert_eq!(answer(client), expected, "after {change}");
        }
    }
    // While it is asked nobody changes its tables.
    client.batch_execute("BEGIN").unwrap();
    assert_eq!(answer(client), "false,true");
    let other = &mut connect(&world.database, "postgres");
    other.batch_execute("SET lock_timeout = '200ms'").unwrap();
    refused(other.batch_execute("ALTER TABLE public.chosen RENAME yes TO was").map_err(Refused::from), "55P03");
    client.batch_execute("COMMIT").unwrap();
    world.force("REVOKE SELECT ON public.chosen FROM crm_access_reader");
    refused(ask(client, asked), "42501");
}

#[test]
fn a_scope_that_depends_on_settings_is_asked_under_its_own() {
    let mut world = world();
    world.force(
        "CREATE TABLE dated (n int PRIMARY KEY, moment timestamptz);
         INSERT INTO dated SELECT n, '2026-01-01 00:30+00'::timestamptz + n * interval '1 hour' FROM generate_series(1, 5000) n; ANALYZE dated;
         CREATE FUNCTION crm_access_rules.dated() RETURNS SETOF int LANGUAGE plpgsql STABLE SECURITY DEFINER SET TimeZone = 'UTC' AS
         $f$#variable_conflict use_column\nBEGIN\n    RETURN QUERY\nSELECT n FROM public.dated WHERE extract(hour FROM moment) = 7;\nEND$f$",
    );
    let client = &mut connect(&world.database, "crm_backend");
    client.batch_execute("SET TimeZone = 'Asia/Tokyo'; SET crm_access.single_keys = 1000000").unwrap();
    for _ in 0..3 {
        let asked = "SELECT n FROM generate_series(1, 60) n WHERE crm_access.in_scope('dated', n)";
        assert_eq!(ask(client, asked).unwrap(), ["31", "55", "7"]);
    }
}

#[test]
fn what_can_not_be_asked_is_refused_whatever_the_key() {
    let mut world = world();
    world.force("CREATE ROLE scope_stranger LOGIN; GRANT USAGE ON SCHEMA crm_access TO scope_stranger; GRANT EXECUTE ON FUNCTION crm_access.in_scope(text, anyelement, text[]), crm_access.scope_keys(text, text[], anyelement) TO scope_stranger");
    let backend = &mut connect(&world.database, "crm_backend");
    act_as_in_transaction(backend, LENA);
    let unknown = refused(ask(backend, "SELECT crm_access.in_scope('company_readabl', 1)"), "42883");
    assert!(unknown.message.contains("company_readabl"), "{unknown:?}");
    for (query, state) in [
        ("SELECT crm_access.in_scope('granted', 1)", "42883"),
        ("SELECT crm_access.in_scope('standing', 1)", "42883"),
        ("SELECT crm_access.in_scope('company_readable', 1, ARRAY['x'])", "42883"),
        ("SELECT crm_access.in_scope('company_readable', 'a'::text)", "42804"),
        ("SELECT crm_access.in_scope('company_readable', true)", "42804"),
        ("SELECT crm_access.scope_keys('company_readable', NULL, 1::bigint)", "42804"),
    ] {
        act_as_in_transaction(backend, LENA);
        refused(ask(backend, query), state);
    }
    act_as_in_transaction(backend, LENA);
    let nulls = "SELECT crm_access.in_scope('company_readable', NULL::integer) IS NULL AND crm_access.in_scope(NULL, 1) IS NULL";
    assert_eq!(ask(backend, nulls).unwrap(), ["t"]);
    let stranger = &mut connect(&world.database, "scope_stranger");
    for query in ["SELECT crm_access.in_scope('company_readable', 1)", "SELECT crm_access.scope_keys('company_readable', NULL, 1)"] {
        refused(ask(stranger, query), "42501");
    }
    world.force("DROP OWNED BY scope_stranger; DROP ROLE scope_stranger");
}

fn act_as_in_transaction(client: &mut Client, user: &str) {
    client.batch_execute("ROLLBACK; BEGIN").unwrap();
    act_as(client, user);
}

/// Contacts of a company that only Lena's company makes visible to her.
const CONTACTS: &str = "SELECT count(*) FROM contacts";

#[test]
fn keys_are_those_that_the_statement_sees() {
    let mut world = world();
    world.force("GRANT UPDATE ON companies TO crm_backend");
    let other = connect(&world.database, "postgres");
    let mut other = other;
    let count = |client: &mut Client| ask(client, CONTACTS).unwrap().concat().parse::<i64>().unwrap();
    let give = "UPDATE companies SET account_manager_id = 3 WHERE id = (SELECT min(l.company_id) FROM contact_companies l JOIN companies c ON c.id = l.company_id
                    WHERE c.account_manager_id IS DISTINCT FROM 3 AND c.second_account_manager_id IS DISTINCT FROM 3)";
    for (level, sees_it) in [("READ COMMITTED", true), ("REPEATABLE READ", false)] {
        let lena = &mut connect(&world.database, "crm_backend");
        lena.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}")).unwrap();
        act_as(lena, LENA);
        let before = count(lena);
        other.batch_execute(give).unwrap();
        assert_eq!(count(lena) > before, sees_it, "{level}: what another session committed");
        lena.batch_execute("ROLLBACK").unwrap();
    }
    // What a subtransaction did and took back, within one statement of the client and one snapshot.
    let take = "UPDATE companies SET account_manager_id = NULL, second_account_manager_id = NULL WHERE account_manager_id = 3";
    world.force(&format!(
        "CREATE FUNCTION public.taken(OUT during bigint, OUT after bigint) LANGUAGE plpgsql AS $$ BEGIN
             BEGIN
                 PERFORM public.take();
                 SELECT count(*) INTO during FROM contacts;
                 RAISE EXCEPTION 'taken back';
             EXCEPTION WHEN raise_exception THEN
                 SELECT count(*) INTO after FROM contacts;
             END;
         END $$;
         CREATE FUNCTION public.take() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN {take}; END $$;
         GRANT EXECUTE ON FUNCTION public.taken(), public.take() TO crm_app"
    ));
    for level in ["READ COMMITTED", "REPEATABLE READ"] {
        let lena = &mut connect(&world.database, "crm_backend");
        lena.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}")).unwrap();
        act_as(lena, LENA);
        let before = count(lena);
        let both = ask(lena, "SELECT during || ' ' || after FROM taken()").unwrap().concat();
        let (during, after) = both.split_once(' ').unwrap();
        assert!(during.parse::<i64>().unwrap() < before, "{level}: {both} of {before}");
        assert_eq!(after.parse::<i64>().unwrap(), before, "{level}: {both}");
        lena.batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn another_configuration_counts_for_what_is_asked_at_once() {
    let mut world = world();
    let lena = &mut connect(&world.database, "crm_backend");
    let query = "SELECT count(*) FROM generate_series(1, 700) n WHERE crm_access.in_scope('company_readable', n)";
    let once = |client: &mut Client| {
        act_as_in_transaction(client, LENA);
        let found = ask(client, query).unwrap().concat();
        client.batch_execute("COMMIT").unwrap();
        found
    };
    let before = once(lena);
    assert_eq!(before, once(lena));
    let source = project_file("examples/teamleader.yaml");
    let changed = source.replacen("company: own # T2, T15", "company: all", 1);
    assert_ne!(changed, source);
    apply_as(&world.database, "postgres", Target::Extension, &changed).unwrap();
    let expected = world.sees(LENA, "SELECT count(*) FROM crm_access_rules.company_readable() k WHERE k <= 700").concat();
    assert_ne!(before, expected);
    assert_eq!(once(lena), expected);
}

#[test]
fn keys_that_an_index_gathered_are_for_nobody_else() {
    let mut world = world();
    numbers(&mut world);
    // No policy is asked, so that no answer about roles is in the plan.
    let client = &mut connect(&world.database, "crm_backend");
    let query = "SELECT n FROM numbers WHERE crm_access.in_scope('company_readable', n)";
    client.batch_execute("BEGIN").unwrap();
    act_as(client, LENA);
    client.batch_execute(&format!("SET LOCAL enable_seqscan = off; DECLARE c CURSOR FOR {query}; DECLARE d CURSOR FOR {query}")).unwrap();
    assert_eq!(ask(client, "FETCH 1 FROM c").unwrap().len(), 1);
    client.batch_execute("SAVEPOINT before; RESET ALL").unwrap();
    for cursor in ["c", "d"] {
        match ask(client, &format!("FETCH ALL FROM {cursor}")) {
            Ok(rows) => assert!(rows.is_empty(), "{cursor}: {}", rows.len()),
            Err(refused) => assert_eq!(refused.state, "40001", "{refused:?}"),
        }
        client.batch_execute("ROLLBACK TO before; RESET ALL").unwrap();
    }
}

/// Person 1 heads department 10, which is above 11, in which is 3; leads team 5, in which is 4; and 2 reports to them, to whom 6 reports. Everybody
/// owns one document.
const PEOPLE: &str = "DO $$ BEGIN CREATE ROLE crm_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
    EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END $$;
    CREATE TABLE departments (id int PRIMARY KEY, parent int, head int);
    CREATE TABLE users (id int PRIMARY KEY, department int, manager int);
    CREATE TABLE teams (id int PRIMARY KEY, leader int);
    CREATE TABLE members (team int, person int);
    CREATE TABLE docs (id int PRIMARY KEY, owner int, department int, kind text);
    INSERT INTO departments VALUES (10, NULL, 1), (11, 10, NULL), (12, NULL, NULL);
    INSERT INTO users VALUES (1, NULL, NULL), (2, NULL, 1), (3, 11, NULL), (4, NULL, NULL), (5, 12, NULL), (6, NULL, 2), (7, 12, NULL);
    INSERT INTO teams VALUES (5, 1), (6, 7);
    INSERT INTO members VALUES (5, 4), (6, 5);
    INSERT INTO docs SELECT id, id, NULL::int, 'team' FROM users UNION ALL SELECT id + 10, id, NULL, 'reports' FROM users
        UNION ALL SELECT id + 20, id, coalesce(department, 10), 'tree' FROM users;
    GRANT SELECT ON docs TO crm_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON users, departments, teams, members TO crm_app;";

const OF_PEOPLE: &str = "version: 1
application_role: crm_app
key_type: int4
identity: {act_as: crm_backend}
directory:
  users: {table: users, manager: manager}
  departments: {table: departments, parent: parent, head: head, members: department}
  teams: {table: teams, leader: leader, members: {table: members, of: team, user: person}}
entities: {doc: {table: docs, owners: owner, department: department}}
roles:
  a: {grants: {doc: {read: {scopes: team, where: kind = 'team'}}}}
  b: {grants: {doc: {read: {scopes: reports, where: kind = 'reports'}}}}
  c: {grants: {doc: {read: {scopes: department_tree, where: kind = 'tree'}}}}
assignments: {listed: [{role: a, everyone: true}, {role: b, everyone: true}, {role: c, everyone: true}]}
";

const DOCS: &str = "SELECT id FROM docs";

#[test]
fn who_is_near_whom_is_remembered_until_that_changes() {
    let mut world = World::made(PEOPLE, Target::Extension, OF_PEOPLE);
    let database = world.database.clone();
    let first = ["1", "4", "11", "12", "16", "21", "22", "23", "24", "26"];
    // One session, in which everything is known after the first round.
    let backend = &mut connect(&database, "crm_backend");
    let mut in_turn = |expected: &[&str], what: &str| {
        let of_team = expected.iter().copied().filter(|document| ["1", "4", "7"].contains(document)).chain(["14"]).collect();
        for _ in 0..2 {
            for (user, mut documents) in [("1", expected.to_vec()), ("4", Vec::clone(&of_team))] {
                act_as_in_transaction(backend, user);
                documents.sort();
                assert_eq!(ask(backend, DOCS).unwrap(), documents, "{what}: {user}");
            }
        }
    };
    in_turn(&first, "at first");
    for (change, more, less) in [
        ("UPDATE users SET manager = 1 WHERE id = 5", vec!["15"], vec![]),
        ("UPDATE users SET manager = NULL WHERE id IN (2, 5)", vec![], vec!["12", "16"]),
        ("UPDATE users SET manager = 1 WHERE id = 2", vec!["12", "16"], vec![]),
        ("UPDATE departments SET parent = 11 WHERE id = 12", vec!["25", "27"], vec![]),
        ("UPDATE departments SET parent = NULL WHERE id = 12", vec![], vec![]),
        ("INSERT INTO members VALUES (5, 7)", vec!["7"], vec![]),
        ("DELETE FROM members WHERE team = 5 AND person = 7", vec![], vec![]),
        ("UPDATE teams SET leader = 1 WHERE id = 6", vec!["5"], vec![]),
        ("UPDATE teams SET leader = 7 WHERE id = 6", vec![], vec![]),
        ("BEGIN; UPDATE users SET manager = 1 WHERE id = 5; ROLLBACK", vec![], vec![]),
    ] {
        world.force(change);
        let mut expected: Vec<&str> = first.iter().copied().filter(|document| !less.contains(document)).collect();
        expected.extend(more.iter().filter(|document| !first.contains(document)));
        in_turn(&expected, change);
    }
}

#[test]
fn who_is_near_whom_is_what_the_statement_sees() {
    let mut world = World::made(PEOPLE, Target::Extension, OF_PEOPLE);
    let backend = &mut connect(&world.database, "crm_backend");
    let count = |client: &mut Client| ask(client, "SELECT count(*) FROM docs").unwrap().concat().parse::<i64>().unwrap();
    act_as_in_transaction(backend, "1");
    let before = count(backend);
    backend.batch_execute("COMMIT").unwrap();
    // In the transaction that changes it, after a part of it is rolled back, and after all of it is.
    act_as_in_transaction(backend, "1");
    backend.batch_execute("SAVEPOINT a; UPDATE users SET manager = 1 WHERE id = 5").unwrap();
    assert_eq!(count(backend), before + 1);
    backend.batch_execute("ROLLBACK TO a").unwrap();
    assert_eq!(count(backend), before);
    backend.batch_execute("INSERT INTO members VALUES (5, 5)").unwrap();
    assert_eq!(count(backend), before + 1);
    backend.batch_execute("ROLLBACK").unwrap();
    act_as_in_transaction(backend, "1");
    assert_eq!(count(backend), before);
    backend.batch_execute("COMMIT").unwrap();
    // A snapshot that is older than the change, while another session of the same user sees it.
    backend.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").unwrap();
    act_as(backend, "1");
    assert_eq!(count(backend), before);
    world.force("UPDATE users SET manager = 1 WHERE id = 5");
    assert_eq!(count(backend), before);
    backend.batch_execute("COMMIT").unwrap();
    act_as_in_transaction(backend, "1");
    assert_eq!(count(backend), before + 1);
    // A table in which changes could be missed: nothing is remembered then.
    backend.batch_execute("COMMIT").unwrap();
    world.force("ALTER TABLE users DISABLE TRIGGER USER");
    world.force("UPDATE users SET manager = NULL WHERE id = 5");
    act_as_in_transaction(backend, "1");
    assert_eq!(count(backend), before);
    // Whoever changes what a scope means is believed at once.
    backend.batch_execute("COMMIT").unwrap();
    world.force("ALTER TABLE users ENABLE TRIGGER USER");
    for (from, to, more) in
        [("{scopes: team, where: kind = 'team'}", "team", 1), ("{scopes: reports, where: kind = 'reports'}", "reports", 2)]
    {
        apply_as(&world.database, "postgres", Target::Extension, &OF_PEOPLE.replace(from, to)).unwrap();
        act_as_in_transaction(backend, "1");
        assert_eq!(count(backend), before + more, "{from}");
        backend.batch_execute("COMMIT").unwrap();
    }
}

#[test]
fn a_question_that_errors_and_savepoints_interrupt_is_asked_anew_and_leaves_nothing_open() {
    let mut world = world();
    world.force(
        "CREATE FUNCTION stumbling() RETURNS bigint LANGUAGE plpgsql AS
         'DECLARE n bigint := 0; m bigint; BEGIN
            FOR i IN 1..30 LOOP
              BEGIN
                SELECT count(*) INTO m FROM contacts WHERE i % 3 <> 0 OR 1 / (id % 7) IS NOT NULL; n := n + m;
              EXCEPTION WHEN division_by_zero THEN n := n + 1000; END;
            END LOOP; RETURN n; END'",
    );
    let all = world.sees(LENA, "SELECT id FROM contacts");
    assert!(all.len() > 20 && all.len() < 500, "{}", all.len());
    let expected = [(20 * all.len() + 10 * 1000).to_string()];
    let (mut client, said) = connect_and_listen(&world.database, "crm_backend");
    for single in ["1000000", "3", "-1"] {
        client.batch_execute(&format!("SET crm_access.single_keys = {single}; SET enable_bitmapscan = off; BEGIN")).unwrap();
        act_as(&mut client, LENA);
        assert_eq!(ask(&mut client, "SELECT stumbling()").unwrap(), expected);
        // A cursor asks while others do, fail and are taken back.
        let cursor = "DECLARE c CURSOR FOR SELECT id FROM contacts ORDER BY id; DECLARE d CURSOR FOR SELECT id FROM contacts";
        client.batch_execute(cursor).unwrap();
        let mut fetched = ask(&mut client, "FETCH 5 FROM d").unwrap();
        for _ in 0..3 {
            client.batch_execute("SAVEPOINT a; SAVEPOINT b").unwrap();
            assert_eq!(ask(&mut client, "SELECT stumbling()").unwrap(), expected);
            fetched.extend(ask(&mut client, "FETCH 5 FROM d").unwrap());
            client.batch_execute("RELEASE b").unwrap();
            refused(ask(&mut client, "SELECT 1 / (id % 7) FROM contacts"), "22012");
            client.batch_execute("ROLLBACK TO a; SET LOCAL statement_timeout = 3").unwrap();
            refused(ask(&mut client, "SELECT count(*) FROM contacts WHERE pg_sleep(0.001) IS NOT NULL"), "57014");
            client.batch_execute("ROLLBACK TO a; RELEASE a").unwrap();
            fetched.extend(ask(&mut client, "FETCH 2 FROM d").unwrap());
        }
        fetched.extend(ask(&mut client, "FETCH ALL FROM d").unwrap());
        fetched.sort();
        assert_eq!(fetched, all, "{single}");
        assert_eq!(ask(&mut client, "FETCH ALL FROM c").unwrap(), all);
        client.batch_execute("COMMIT; BEGIN").unwrap();
        act_as(&mut client, LENA);
        // What is open when the transaction ends, is held beyond it, or goes with an error.
        client.batch_execute("DECLARE e CURSOR FOR SELECT id FROM contacts; FETCH 3 FROM e").unwrap();
        client.batch_execute("DECLARE f CURSOR WITH HOLD FOR SELECT id FROM contacts; FETCH 3 FROM f; COMMIT").unwrap();
        assert_eq!(ask(&mut client, "FETCH ALL FROM f").unwrap().len(), all.len() - 3);
        client.batch_execute("CLOSE f; BEGIN").unwrap();
        act_as(&mut client, LENA);
        client.batch_execute("DECLARE e CURSOR FOR SELECT id FROM contacts; FETCH 3 FROM e").unwrap();
        refused(ask(&mut client, "SELECT 1 / (id % 7) FROM contacts"), "22012");
        client.batch_execute("ROLLBACK").unwrap();
    }
    assert_eq!(said.try_iter().collect::<Vec<_>>(), [""; 0]);
}
