//! A03, A21, A22, A32: what the server itself tells of rows that it does not show: statistics, sequences, positions, locks, other sessions.
//!
//! Much of it is open in PostgreSQL. Each leak is shown as it is, so that docs/security.md stays honest, beside what holds.

use crm_access::program::Target;

use crate::attacker::{acting, after, assert_audited, person};
use crate::support::{REFUSED, TARGETS, World, connect, first_column, refused};

#[test]
fn a03_sizes_and_counters_are_open_and_values_are_not() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world.force("CREATE STATISTICS name_and_city ON name, city FROM companies; ANALYZE companies");
        let mut lena = person(&mut world, "3");
        // Open: how many rows there are, and how large the table is.
        assert_eq!(after(&mut lena, &["SELECT reltuples::int FROM pg_class WHERE oid = 'companies'::regclass"]).unwrap(), ["612"]);
        assert_ne!(after(&mut lena, &["SELECT pg_relation_size('companies')"]).unwrap(), ["0"]);
        assert_eq!(after(&mut lena, &["SELECT count(*) FROM pg_stat_all_tables WHERE relname = 'companies'"]).unwrap(), ["1"]);
        assert_audited(&world, "statistics", "how many records");
        // Closed: what stands in them.
        for query in [
            "SELECT count(*) FROM pg_stats WHERE tablename = 'companies'",
            "SELECT count(*) FROM pg_stats_ext WHERE tablename = 'companies'",
            "SELECT count(*) FROM pg_stats_ext_exprs WHERE tablename = 'companies'",
        ] {
            assert_eq!(after(&mut lena, &[query]).unwrap(), ["0"], "{query}");
            assert_eq!(
                after(&mut connect(&world.database, "crm_owner"), &[query]).unwrap(),
                ["0"],
                "{query}, as the owner, whom FORCE binds"
            );
        }
        for query in
            ["SELECT * FROM pg_statistic", "SELECT * FROM pg_statistic_ext_data", "SELECT * FROM pg_authid", "ANALYZE VERBOSE companies"]
        {
            match after(&mut lena, &[query]) {
                Err(refused) => assert_eq!(refused.state, REFUSED, "{query}"),
                // The server warns and skips the table.
                Ok(rows) => assert!(query.starts_with("ANALYZE") && rows.is_empty()),
            }
        }
    }
}

/// The leak as it is: the counters of one's own session count what scans touched, whether it was shown or not. An index lookup of a hidden
/// key is one fetch, of a free one none. The remedy is the administrator's, since these functions belong to the server.
#[test]
fn a03_counters_of_ones_own_session_tell_whether_a_hidden_key_exists() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut lena = person(&mut world, "3");
        lena.batch_execute("SET enable_seqscan = off; SET enable_bitmapscan = off").unwrap();
        let fetched = "SELECT pg_stat_get_xact_tuples_fetched('companies_vat_number_key'::regclass)";
        let mut counts = |vat: &str| {
            // In one transaction, since the counters go to the common ones after its end.
            lena.batch_execute("BEGIN").unwrap();
            let mut ask = |query: &str| first_column(lena.simple_query(query).unwrap());
            let before: i64 = ask(fetched)[0].parse().unwrap();
            assert_eq!(ask(&format!("SELECT id FROM companies WHERE vat_number = '{vat}'")), Vec::<String>::new());
            let fetched: i64 = ask(fetched)[0].parse().unwrap();
            lena.batch_execute("COMMIT").unwrap();
            fetched - before
        };
        assert_eq!((counts("DE0000000003"), counts("DE9999999999")), (1, 0));
        let scanned = "SELECT pg_stat_get_xact_tuples_returned('companies'::regclass)";
        lena.batch_execute("RESET ALL").unwrap();
        let all: i64 =
            after(&mut lena, &["BEGIN", "SELECT count(*) FROM companies WHERE city <> 'x'", scanned]).unwrap()[0].parse().unwrap();
        // The extension's plan for Lena reads by an index what is hers.
        assert_eq!(all >= 612, target == Target::Portable, "{all}");
        // The remedy.
        world.force(
            "REVOKE EXECUTE ON FUNCTION pg_stat_get_xact_tuples_fetched(oid), pg_stat_get_xact_tuples_returned(oid),
                pg_stat_get_tuples_fetched(oid), pg_stat_get_tuples_returned(oid) FROM PUBLIC",
        );
        for query in [fetched, scanned, "SELECT * FROM pg_stat_xact_user_tables", "SELECT * FROM pg_stat_user_tables"] {
            refused(after(&mut lena, &[query]), REFUSED);
        }
    }
}

#[test]
fn a21_another_login_is_neither_watched_nor_ended_and_the_same_login_is() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut lena = person(&mut world, "3");
        let mut victim = connect(&world.database, "crm_backend");
        victim.batch_execute("BEGIN; SELECT 'a literal of a customer'").unwrap();
        let queries = format!("SELECT query FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()", world.database);
        let seen = after(&mut lena, &[&queries]).unwrap();
        assert!(seen.contains(&"<insufficient privilege>".to_owned()) && !seen.iter().any(|query| query.contains("literal")), "{seen:?}");
        let process = after(&mut victim, &["SELECT pg_backend_pid()"]).unwrap().remove(0);
        refused(after(&mut lena, &[&format!("SELECT pg_terminate_backend({process})")]), REFUSED);
        refused(after(&mut lena, &[&format!("SELECT pg_cancel_backend({process})")]), REFUSED);
        // The leak as it is: sessions of one shared login are open to each other, in what they ask and in that they may be ended.
        victim.batch_execute("BEGIN; SELECT 'a literal of a customer'").unwrap();
        let seen = after(&mut world.backend, &[&queries]).unwrap();
        assert!(seen.iter().any(|query| query.contains("a literal of a customer")), "{seen:?}");
        assert_eq!(after(&mut world.backend, &[&format!("SELECT pg_terminate_backend({process})")]).unwrap(), ["t"]);
        assert_audited(&world, "shared-login", "crm_backend");
        // Who acts for whom is not among it: the identity is no one else's to read.
        let setting = "SELECT coalesce(current_setting('crm_access.identity_value', true), '') || coalesce(current_setting('app.user_token', true), '')";
        assert_eq!(after(&mut world.backend, &[setting]).unwrap(), [""]);
    }
}

#[test]
fn a32_positions_samples_and_system_columns_show_no_hidden_row() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let place = world.really("SELECT ctid FROM companies WHERE id = 3").remove(0);
        for query in [
            format!("SELECT name FROM companies WHERE ctid = '{place}'"),
            format!("SELECT name FROM companies WHERE ctid = ANY (ARRAY['{place}'::tid])"),
            "SELECT name FROM companies WHERE ctid < '(0,9)' AND id = 3".to_owned(),
            "SELECT name FROM companies WHERE xmin IS NOT NULL AND id = 3".to_owned(),
            "SELECT name FROM companies WHERE tableoid = 'companies'::regclass AND id = 3".to_owned(),
            "SELECT name FROM ONLY companies WHERE id = 3".to_owned(),
            "TABLE companies EXCEPT SELECT * FROM companies WHERE account_manager_id = 3 OR second_account_manager_id = 3".to_owned(),
            "SELECT c FROM companies AS c WHERE c.id = 3".to_owned(),
            "SELECT row_to_json(c) FROM companies AS c WHERE c.id = 3".to_owned(),
            "SELECT query_to_xml('SELECT 1 FROM companies WHERE id = 3', true, true, '')::text WHERE query_to_xml('SELECT 1 FROM companies WHERE id = 3', true, true, '')::text <> ''".to_owned(),
        ] {
            assert_eq!(world.sees("3", &query), Vec::<String>::new(), "{query}");
        }
        for sample in ["SYSTEM (100)", "BERNOULLI (100)", "BERNOULLI (100) REPEATABLE (7)"] {
            assert_eq!(world.sees("3", &format!("SELECT count(*) FROM companies TABLESAMPLE {sample}")), ["38"], "{sample}");
        }
        let xml = "SELECT table_to_xml('companies', true, true, '')::text LIKE '%Nordwind%' OR schema_to_xml('public', true, true, '')::text LIKE '%Nordwind%'";
        match acting(&mut world, "3", &[xml]) {
            Ok(holds) => assert_eq!(holds, ["f"]),
            Err(refused) => assert_eq!(refused.state, REFUSED),
        }
        // The leak as it is: the server follows a row's versions by position without asking a policy, so that it can be learnt whether one was changed.
        let newest = format!("SELECT currtid2('companies', '{place}')::text");
        let before = acting(&mut world, "3", &[&newest]).unwrap();
        world.force("UPDATE companies SET city = 'Bremen' WHERE id = 3");
        assert_ne!(acting(&mut world, "3", &[&newest]).unwrap(), before);
        world.force("REVOKE EXECUTE ON FUNCTION currtid2(text, tid) FROM PUBLIC");
        refused(acting(&mut world, "3", &[&newest]), REFUSED);
    }
}

#[test]
fn a32_sequences_are_closed_and_a_new_key_tells_how_many_there_were() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for command in [
            "SELECT last_value FROM companies_id_seq",
            "SELECT nextval('companies_id_seq')",
            "SELECT setval('companies_id_seq', 1)",
            "SELECT currval('companies_id_seq')",
        ] {
            let said = acting(&mut world, "3", &[command]).unwrap_err();
            assert!([REFUSED, "55000"].contains(&said.state.as_str()), "{command}: {said:?}");
        }
        assert_eq!(
            acting(
                &mut world,
                "3",
                &["SELECT coalesce(last_value::text, 'unknown') FROM pg_sequences WHERE sequencename = 'companies_id_seq'"]
            )
            .unwrap(),
            ["unknown"]
        );
        // The leak as it is: two keys of one's own tell how many rows came in between. Keys without order (uuid) tell nothing.
        let insert = "INSERT INTO companies (name, account_manager_id) VALUES ('x', 3) RETURNING id";
        let first: i64 = acting(&mut world, "3", &[insert]).unwrap()[0].parse().unwrap();
        world.force("INSERT INTO companies (name, account_manager_id) SELECT 'hidden', 2 FROM generate_series(1, 17)");
        let second: i64 = acting(&mut world, "3", &[insert]).unwrap()[0].parse().unwrap();
        assert_eq!(second - first, 18);
    }
}

#[test]
fn a32_waiting_for_a_key_tells_that_somebody_is_writing_it() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut other = connect(&world.database, "postgres");
        other.batch_execute("BEGIN; INSERT INTO companies (name, vat_number, account_manager_id) VALUES ('Secret', 'NEW', 2)").unwrap();
        // The leak as it is: the server waits for the other one's end before it knows. Lock waits are not row security's.
        let insert = |vat: &str| format!("INSERT INTO companies (name, vat_number, account_manager_id) VALUES ('x', '{vat}', 3)");
        refused(acting(&mut world, "3", &["SET LOCAL lock_timeout = '50ms'", &insert("NEW")]), "55P03");
        assert!(acting(&mut world, "3", &["SET LOCAL lock_timeout = '50ms'", &insert("FREE")]).is_ok());
        other.batch_execute("ROLLBACK").unwrap();
        // A row lock on a hidden row is never asked for, so it neither waits nor tells.
        other.batch_execute("BEGIN; SELECT 1 FROM companies WHERE id = 3 FOR UPDATE").unwrap();
        for lock in ["FOR UPDATE", "FOR KEY SHARE", "FOR UPDATE NOWAIT", "FOR UPDATE SKIP LOCKED"] {
            let rows =
                acting(&mut world, "3", &["SET LOCAL lock_timeout = '50ms'", &format!("SELECT id FROM companies WHERE id = 3 {lock}")]);
            assert_eq!(rows.unwrap(), Vec::<String>::new(), "{lock}");
        }
        other.batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn a32_large_objects_of_others_are_closed() {
    let mut world = World::new("teamleader", TARGETS[0]);
    let mut lena = person(&mut world, "3");
    let object = world.really("SELECT lo_from_bytea(0, 'secret')").remove(0);
    for command in [
        "SELECT lo_get(#)",
        "SELECT lo_open(#, 262144)",
        "SELECT lo_put(#, 0, 'x')",
        "SELECT lo_unlink(#)",
        "SELECT lo_export(#, '/tmp/x')",
        "SELECT data FROM pg_largeobject",
    ] {
        refused(after(&mut lena, &["BEGIN", &command.replace('#', &object)]), REFUSED);
    }
}

/// The leak as it is: a notification goes to whoever listens, and a trigger may put anything into it.
#[test]
fn a22_whoever_listens_hears_what_triggers_send_about_hidden_rows() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world
            .own(
                "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_notify(''changes'', NEW.name); RETURN NULL; END';
                 CREATE TRIGGER tell AFTER UPDATE ON companies FOR EACH ROW EXECUTE FUNCTION tell()",
            )
            .unwrap();
        assert_audited(&world, "notifying-trigger", "tell");
        let mut lena = person(&mut world, "3");
        lena.batch_execute("LISTEN changes").unwrap();
        world.force("UPDATE companies SET city = 'moved' WHERE id = 3");
        lena.batch_execute("SELECT 1").unwrap();
        let heard = postgres::fallible_iterator::FallibleIterator::next(&mut lena.notifications().iter()).unwrap().unwrap();
        assert_eq!(heard.payload(), "Nordwind Energy");
    }
}
