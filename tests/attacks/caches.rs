//! A15, A16, A27: what outlives the identity that it was made for.

use crm_access::program::Target;

use crate::attacker::{ALL, COMPANIES, LENAS, after, person, role};
use crate::support::{REFUSED, TARGETS, World, connect, refused};

/// Makes the backend see as a user until the commands end.
fn commands(world: &World, user: &str, rest: &[&str]) -> Vec<String> {
    let mut all = vec!["BEGIN".to_owned(), world.identity(user)];
    all.extend(rest.iter().map(|command| (*command).to_owned()));
    all
}

fn seen(world: &mut World, user: &str, rest: &[&str]) -> Vec<String> {
    let all = commands(world, user, rest);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    after(&mut world.backend, &all).unwrap()
}

#[test]
fn a15_nothing_that_reads_the_identity_is_immutable_or_leakproof() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let careless = "SELECT p.oid::regprocedure FROM pg_proc AS p
            WHERE p.pronamespace::regnamespace::text IN ('crm_access', 'crm_access_rules') AND (p.provolatile = 'i' OR p.proleakproof)
              AND p.proname NOT IN ('keyed_hash', 'guarded') AND NOT (p.proname = 'in_scope' AND p.provolatile = 's')";
        assert_eq!(world.really(careless), Vec::<String>::new());
        // Those are a hash of what it is given, a constant, and one that tells of a key nothing but its answer.
        let pinned = "SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.pronamespace::regnamespace::text = 'crm_access_rules'
            AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)";
        assert_eq!(world.really(pinned), Vec::<String>::new());
    }
}

#[test]
fn a15_a27_a_prepared_statement_asks_anew_for_each_user() {
    for target in TARGETS {
        for mode in ["auto", "force_generic_plan", "force_custom_plan"] {
            let mut world = World::new("teamleader", target);
            world
                .backend
                .batch_execute(&format!(
                    "SET plan_cache_mode = {mode};
                     PREPARE plain AS SELECT count(*) FROM companies;
                     PREPARE with_key(int) AS SELECT count(*) FROM companies WHERE id >= $1;
                     PREPARE cte AS WITH c AS MATERIALIZED (SELECT * FROM companies) SELECT count(*) FROM c;
                     PREPARE lookup(text) AS SELECT count(*) FROM companies WHERE vat_number = $1;
                     CREATE TEMP VIEW seen AS SELECT * FROM companies;
                     PREPARE of_view AS SELECT count(*) FROM seen;
                     CREATE FUNCTION pg_temp.sql_count() RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM public.companies';
                     CREATE FUNCTION pg_temp.pl_count() RETURNS bigint STABLE LANGUAGE plpgsql AS
                         'BEGIN RETURN (SELECT count(*) FROM public.companies); END'"
                ))
                .unwrap();
            // More than five times, so that the server may change to a generic plan, and back and forth between many and few rows.
            for (user, count) in
                [("2", ALL), ("3", LENAS), ("9", "0"), ("2", ALL), ("2", ALL), ("2", ALL), ("2", ALL), ("2", ALL), ("3", LENAS), ("1", ALL)]
            {
                for query in [
                    "EXECUTE plain",
                    "EXECUTE with_key(0)",
                    "EXECUTE cte",
                    "EXECUTE of_view",
                    "SELECT pg_temp.sql_count()",
                    "SELECT pg_temp.pl_count()",
                ] {
                    assert_eq!(seen(&mut world, user, &[query]), [count], "{mode} user {user}: {query}");
                }
                let hidden = if count == ALL { "1" } else { "0" };
                assert_eq!(seen(&mut world, user, &["EXECUTE lookup('DE0000000003')"]), [hidden], "{mode} user {user}");
            }
            for query in ["EXECUTE plain", "EXECUTE of_view", "SELECT pg_temp.pl_count()"] {
                match after(&mut world.backend, &[query]) {
                    Ok(rows) => assert_eq!(rows, ["0"], "{mode}: nobody: {query}"),
                    // The extension refuses the plan that was made for the last user.
                    Err(refused) => assert_eq!((refused.state.as_str(), target), ("40001", Target::Extension), "{mode}: {query}"),
                }
            }
        }
    }
}

#[test]
fn a27_a_plan_of_one_database_role_is_not_used_by_another() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // The other role may read the table, by a grant of its own, and is in no policy.
        let stranger = role(&mut world, "stranger", "NOLOGIN");
        world.force(&format!("GRANT SELECT ON companies TO {stranger}; GRANT {stranger} TO crm_backend"));
        for mode in ["auto", "force_generic_plan"] {
            let change = format!("SET LOCAL ROLE {stranger}");
            world
                .backend
                .batch_execute(&format!(
                    "SET plan_cache_mode = {mode}; PREPARE p AS SELECT count(*) FROM companies;
                     PREPARE c AS WITH c AS MATERIALIZED (SELECT * FROM companies) SELECT count(*) FROM c"
                ))
                .unwrap();
            for query in ["EXECUTE p", "EXECUTE c"] {
                for _ in 0..7 {
                    assert_eq!(seen(&mut world, "2", &[query]), [ALL]);
                    assert_eq!(seen(&mut world, "2", &[query, &change, query]), ["0"], "{mode} {query}");
                    assert_eq!(seen(&mut world, "2", &[&change, query, "RESET ROLE", query]), [ALL], "{mode} {query}");
                }
            }
            world.backend.batch_execute("DEALLOCATE ALL").unwrap();
        }
        world.force(&format!("REVOKE {stranger} FROM crm_backend"));
    }
}

/// A copy that somebody was allowed to make stays with the connection. docs/security.md says so, and DISCARD ALL is the answer.
#[test]
fn a16_what_has_been_read_stays_read_until_the_connection_is_cleaned() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let read = commands(
            &world,
            "2",
            &[
                "DECLARE kept CURSOR WITH HOLD FOR SELECT id FROM companies",
                "CREATE TEMP TABLE copied AS SELECT id FROM companies",
                "COMMIT",
            ],
        );
        for command in &read {
            world.backend.batch_execute(command).unwrap();
        }
        // The cursor was read to its end when its transaction ended, by the one who opened it.
        assert_eq!(seen(&mut world, "3", &["FETCH ALL FROM kept"]).len(), 612);
        assert_eq!(seen(&mut world, "3", &["SELECT count(*) FROM copied"]), [ALL]);
        // What is asked of the table is not a copy.
        assert_eq!(seen(&mut world, "3", &["SELECT count(*) FROM copied JOIN companies USING (id)"]), [LENAS]);
        world.backend.batch_execute("DISCARD ALL").unwrap();
        refused(after(&mut world.backend, &["FETCH ALL FROM kept"]), "34000");
        refused(after(&mut world.backend, &["SELECT * FROM copied"]), "42P01");
        // Another connection has neither.
        refused(after(&mut connect(&world.database, "crm_backend"), &["SELECT * FROM copied"]), "42P01");
    }
}

#[test]
fn a16_a_cursor_that_is_open_reads_for_the_one_user_of_its_transaction() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let open = "DECLARE c SCROLL CURSOR FOR SELECT id FROM companies ORDER BY id";
        let rows =
            seen(&mut world, "3", &[open, "FETCH 5 FROM c", "SAVEPOINT a", "MOVE ABSOLUTE 0 IN c", "ROLLBACK TO a", "FETCH ALL FROM c"]);
        assert!(rows.len() <= 38);
        // It is gone with the transaction.
        refused(after(&mut world.backend, &["FETCH ALL FROM c"]), "34000");
        // WHERE CURRENT OF reaches no more than the policies let it.
        let mut lena = person(&mut world, "3");
        let others = "DECLARE c CURSOR FOR SELECT id FROM companies WHERE id IN (1, 3) ORDER BY id DESC";
        assert_eq!(after(&mut lena, &["BEGIN", others, "FETCH c"]).unwrap(), ["1"]);
        let give = "UPDATE companies SET account_manager_id = 2 WHERE CURRENT OF c";
        refused(after(&mut lena, &["BEGIN", others, "FETCH c", give]), REFUSED);
        assert_eq!(after(&mut lena, &[COMPANIES]).unwrap(), [LENAS]);
    }
}
