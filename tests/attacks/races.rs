//! A30: what is seen while rights change, at each isolation level.
//!
//! A statement, or a transaction above READ COMMITTED, is decided by the snapshot that it reads: it never mixes old rights with new rows of
//! its own table, and what it decides about parents is as old as the statement.

use std::thread::JoinHandle;

use crate::attacker::{ALL, COMPANIES, LENAS, acting, after, person};
use crate::support::{Refused, TARGETS, World, connect, first_column, refused};

/// Starts commands on a connection of their own, and waits until the last of them waits for a lock.
fn blocked(world: &mut World, mut client: postgres::Client, commands: Vec<String>) -> JoinHandle<Result<Vec<String>, Refused>> {
    let process = first_column(client.simple_query("SELECT pg_backend_pid()").unwrap()).remove(0);
    let running = std::thread::spawn(move || {
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        after(&mut client, &commands)
    });
    let waits = format!("SELECT count(*) FROM pg_locks WHERE pid = {process} AND NOT granted");
    while world.really(&waits) == ["0"] {
        assert!(!running.is_finished(), "it did not wait: {:?}", running.join().unwrap());
        std::thread::yield_now();
    }
    running
}

fn in_transaction(world: &World, level: &str, user: &str, last: &str) -> Vec<String> {
    vec![format!("BEGIN ISOLATION LEVEL {level}"), world.identity(user), last.to_owned()]
}

#[test]
fn a30_a_row_that_is_lost_while_one_waits_for_it_is_not_given() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // A company that nothing refers to, so that it may be deleted.
        world.force("INSERT INTO companies (id, name) VALUES (7000, 'Lone')");
        let mut changing = connect(&world.database, "postgres");
        for statement in [
            "SELECT name FROM companies WHERE id = 7000 FOR UPDATE",
            "SELECT name FROM companies WHERE id = 7000 FOR NO KEY UPDATE",
            "SELECT name FROM companies WHERE id = 7000 FOR SHARE",
            "UPDATE companies SET name = name WHERE id = 7000 RETURNING name",
            "DELETE FROM companies WHERE id = 7000 RETURNING name",
        ] {
            for (level, expected) in [("READ COMMITTED", Ok(Vec::new())), ("REPEATABLE READ", Err("40001")), ("SERIALIZABLE", Err("40001"))]
            {
                world.force("UPDATE companies SET account_manager_id = 3, name = 'hers' WHERE id = 7000");
                changing
                    .batch_execute("BEGIN; UPDATE companies SET account_manager_id = 2, name = 'no longer hers' WHERE id = 7000")
                    .unwrap();
                let commands = in_transaction(&world, level, "3", statement);
                let backend = connect(&world.database, "crm_backend");
                let waiting = blocked(&mut world, backend, commands);
                changing.batch_execute("COMMIT").unwrap();
                let result = waiting.join().unwrap().map_err(|refused| refused.state);
                assert_eq!(result, expected.map_err(str::to_owned), "{level} {statement}");
            }
        }
    }
}

/// The limit that README.md and docs/security.md name: the parents of a row that one waited for are those of the statement's snapshot.
#[test]
fn a30_a_statement_that_waited_decides_about_parents_by_what_was_when_it_began() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let statement = "UPDATE deals SET title = title WHERE id = 1 RETURNING title";
        let change = "BEGIN; UPDATE companies SET account_manager_id = 2 WHERE id = 1; UPDATE deals SET title = 'changed' WHERE id = 1";
        let mut changing = connect(&world.database, "postgres");
        changing.batch_execute(change).unwrap();
        let commands = in_transaction(&world, "READ COMMITTED", "3", statement);
        let backend = connect(&world.database, "crm_backend");
        let waiting = blocked(&mut world, backend, commands);
        changing.batch_execute("COMMIT").unwrap();
        assert_eq!(waiting.join().unwrap().unwrap(), ["changed"], "the deal as it is now, by the company as it was");
        // The next statement knows.
        assert_eq!(acting(&mut world, "3", &[statement]).unwrap(), Vec::<String>::new());
        // A transaction that reads one snapshot is refused instead.
        changing.batch_execute("UPDATE companies SET account_manager_id = 3 WHERE id = 1").unwrap();
        changing.batch_execute(change).unwrap();
        let commands = in_transaction(&world, "REPEATABLE READ", "3", statement);
        let backend = connect(&world.database, "crm_backend");
        let waiting = blocked(&mut world, backend, commands);
        changing.batch_execute("COMMIT").unwrap();
        refused(waiting.join().unwrap(), "40001");
    }
}

#[test]
fn a30_a_demotion_counts_from_the_next_statement_or_the_next_snapshot() {
    for target in TARGETS {
        for change in [
            "UPDATE users SET is_active = false WHERE id = 2",
            "UPDATE users SET role = NULL WHERE id = 2",
            "DELETE FROM team_members; UPDATE users SET limited_crm = true WHERE id = 2",
        ] {
            for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
                let mut world = World::new("teamleader", target);
                let mut bruno = person(&mut world, "2");
                // A cursor is one statement: what it began with goes on to its end.
                bruno.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; DECLARE c CURSOR FOR SELECT id FROM companies")).unwrap();
                assert_eq!(first_column(bruno.simple_query("FETCH 10 FROM c").unwrap()).len(), 10);
                let mut other = person(&mut world, "1");
                world.force(change);
                assert_eq!(first_column(bruno.simple_query("FETCH ALL FROM c").unwrap()).len(), 602, "{change} {level}");
                let next = first_column(bruno.simple_query(COMPANIES).unwrap());
                if level == "READ COMMITTED" {
                    assert_ne!(next, [ALL], "{change}");
                } else {
                    assert_eq!(next, [ALL], "{change} {level}: the transaction reads as of its snapshot");
                }
                bruno.batch_execute("COMMIT").unwrap();
                let fresh: u64 = first_column(bruno.simple_query(COMPANIES).unwrap())[0].parse().unwrap();
                assert!(fresh < 200, "{change}: {fresh}");
                assert_eq!(first_column(other.simple_query(COMPANIES).unwrap()), [ALL]);
            }
        }
    }
}

/// An old snapshot holds old rights, for whoever may use it. How long one may live is for the administrator to bound
/// (idle_in_transaction_session_timeout).
#[test]
fn a30_a_snapshot_from_before_the_demotion_keeps_the_rights_of_its_time() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut friend = person(&mut world, "4");
        let mut bruno = person(&mut world, "2");
        friend.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").unwrap();
        let snapshot = first_column(friend.simple_query("SELECT pg_export_snapshot()").unwrap()).remove(0);
        world.force("UPDATE users SET limited_crm = true WHERE id = 2");
        let import = format!("SET TRANSACTION SNAPSHOT '{snapshot}'");
        assert_eq!(after(&mut bruno, &["BEGIN ISOLATION LEVEL REPEATABLE READ", &import, COMPANIES]).unwrap(), [ALL]);
        friend.batch_execute("ROLLBACK").unwrap();
        refused(after(&mut bruno, &["BEGIN ISOLATION LEVEL REPEATABLE READ", &import]), "22023");
        assert_ne!(after(&mut bruno, &[COMPANIES]).unwrap(), [ALL]);
    }
}

#[test]
fn a30_two_promotions_at_once_do_not_make_a_restricted_administrator() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut changing = connect(&world.database, "crm_owner");
        changing.batch_execute("BEGIN; UPDATE users SET is_admin = true WHERE id = 2").unwrap();
        let owner = connect(&world.database, "crm_owner");
        let waiting = blocked(&mut world, owner, vec!["UPDATE users SET limited_crm = true WHERE id = 2".to_owned()]);
        changing.batch_execute("COMMIT").unwrap();
        refused(waiting.join().unwrap(), "23514");
        assert_eq!(world.count("2", "companies").to_string(), ALL);
        assert_eq!(world.count("3", "companies").to_string(), LENAS);
    }
}
