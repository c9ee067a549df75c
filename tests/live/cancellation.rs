//! Statements that are canceled anywhere, and that get little memory, leave a server that goes on and answers that are right.

use std::time::{Duration, Instant};

use crm_access::program::Target;
use postgres::Client;

use crate::support::{Refused, World, connect, first_column};

/// Statements of Lena, who is limited to her own companies and what belongs to them.
const STATEMENTS: [&str; 7] = [
    "SELECT count(*) FROM contacts",
    "SELECT count(*), sum(amount) FROM deals WHERE stage <> 'lost'",
    "SELECT count(*) FROM contacts AS c JOIN contact_companies AS l ON l.contact_id = c.id JOIN companies AS f ON f.id = l.company_id",
    "SELECT count(*) FROM contacts WHERE last_name LIKE 'a%'",
    "EXECUTE by_key(20011)",
    "WITH x AS (UPDATE contacts SET city = city RETURNING 1) SELECT count(*) FROM x",
    "WITH x AS (DELETE FROM deals WHERE amount > 500 RETURNING 1) SELECT count(*) FROM x",
];

const SIZES: [(&str, &str); 4] =
    [("crm_access.single_keys", "-1"), ("crm_access.single_keys", "1000000"), ("work_mem", "'64kB'"), ("work_mem", "'64MB'")];

/// A preset with enough records that a statement takes milliseconds.
fn world() -> World {
    let mut world = World::new("teamleader", Target::Extension);
    world.force(
        "SET session_replication_role = replica;
         INSERT INTO companies (id, name, account_manager_id) SELECT 20000 + n, 'company ' || n, n % 7 FROM generate_series(1, 20000) AS n;
         INSERT INTO contacts (id, first_name, last_name, created_by) SELECT 20000 + n, 'a', chr(97 + n % 26) || n, n % 5 FROM generate_series(1, 20000) AS n;
         INSERT INTO contact_companies (contact_id, company_id) SELECT 20000 + n, 20000 + 1 + n * 7 % 20000 FROM generate_series(1, 20000) AS n;
         INSERT INTO deals (id, title, company_id, contact_id, responsible_id, amount)
         SELECT 20000 + n, 'deal', 20000 + 1 + n * 3 % 20000, 20000 + n, n % 9, n % 1000 FROM generate_series(1, 20000) AS n;
         SET session_replication_role = origin; ANALYZE",
    );
    world
}

fn prepared(client: &mut Client) {
    client.batch_execute("PREPARE by_key(int) AS SELECT count(*) FROM contacts WHERE id = $1").unwrap();
}

/// What the statement gives Lena, which is taken back. Whichever of the commands is canceled, it is the answer.
fn answer(client: &mut Client, statement: &str) -> Result<Vec<String>, Refused> {
    let begun = client.batch_execute("BEGIN; SELECT crm_access.act_as(3)");
    let answer = begun.and_then(|()| client.simple_query(statement)).map(first_column).map_err(Refused::from);
    let mut undone = client.batch_execute("ROLLBACK");
    if undone.is_err() {
        undone = client.batch_execute("ROLLBACK");
    }
    undone.unwrap();
    answer
}

#[test]
fn statements_that_are_canceled_anywhere_leave_right_answers() {
    let world = world();
    let client = &mut connect(&world.database, "crm_backend");
    prepared(client);
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    let right: Vec<(Vec<String>, Duration)> = STATEMENTS
        .iter()
        .map(|statement| {
            let rows = answer(client, statement).unwrap();
            let begin = Instant::now();
            assert_eq!(answer(client, statement).unwrap(), rows);
            (rows, begin.elapsed())
        })
        .collect();
    let mut canceled = 0;
    for (name, value) in SIZES {
        client.batch_execute(&format!("SET {name} = {value}")).unwrap();
        for (statement, (rows, time)) in STATEMENTS.iter().zip(&right) {
            for part in 1..=12 {
                // From nearly at once to about the end, in the planner, in a question of ours and between two of them.
                let after = *time * part / 12;
                let database = world.database.clone();
                let other = std::thread::spawn(move || {
                    let mut other = connect(&database, "postgres");
                    std::thread::sleep(after);
                    other.execute("SELECT pg_cancel_backend($1)", &[&pid]).unwrap();
                });
                // The other one has to be there first; until it cancels, the statement runs again and again.
                let ended = loop {
                    match answer(client, statement) {
                        Ok(answered) => assert_eq!(&answered, rows, "{statement} with {name} = {value}"),
                        Err(refused) => break Some(refused),
                    }
                    if other.is_finished() {
                        break None;
                    }
                };
                other.join().unwrap();
                if let Some(refused) = ended {
                    assert_eq!(refused.state, "57014", "{statement}: {refused:?}");
                    canceled += 1;
                }
                assert_eq!(&answer(client, statement).unwrap(), rows, "{statement} with {name} = {value}, after it was canceled");
            }
        }
        client.batch_execute(&format!("RESET {name}")).unwrap();
    }
    assert!(canceled > 50, "{canceled} were canceled");
    let same: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    assert_eq!(same, pid, "it is the same backend");
}
