//! Rules T8, T14 and T20: what the restriction covers, several account managers, and a change of manager.

use postgres::Client;

use crate::support::{REFUSED, TARGETS, World, refused};
use crate::teamleader_truth::{LIMITED, Sets, commands, managed, reads};

const AS_GRANTED: &str = "others: as_granted # T8";
const HIDDEN: &str = "others: hidden # T8";

#[test]
fn t08_what_the_restriction_does_not_list_stays_as_granted() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for user in LIMITED {
            assert_eq!((world.count(user, "tickets"), world.count(user, "activities")), (403, 1203));
        }
        // Those of hidden companies, contacts and deals as well, for every command.
        assert_eq!(world.run("3", "INSERT INTO tickets (subject, company_id) VALUES ('Theirs', 3)"), Ok(1));
        assert_eq!(world.run("3", "UPDATE tickets SET status = 'closed' WHERE company_id = 3 AND subject = 'Theirs'"), Ok(1));
        assert_eq!(world.sees("3", "DELETE FROM activities WHERE id = 1 RETURNING company_id"), ["3"]);
        assert_eq!(world.run("3", "UPDATE activities SET company_id = 3 WHERE id = 2"), Ok(1));
        commands(&mut world, "15", &Sets::limited("15"));
    }
}

#[test]
fn t08_what_the_restriction_does_not_list_is_hidden_where_the_setting_says_so() {
    for target in TARGETS {
        let mut world = World::changed("teamleader", target, AS_GRANTED, HIDDEN);
        let none = |table: &str| format!("SELECT id FROM {table} WHERE false");
        let hidden = |user: &str| Sets { tickets: none("tickets"), activities: none("activities"), ..Sets::limited(user) };
        for user in LIMITED {
            reads(&mut world, user, &hidden(user));
        }
        refused(world.run("3", "INSERT INTO tickets (subject, company_id) VALUES ('Hers', 1)"), REFUSED);
        refused(world.run("3", "INSERT INTO activities (kind, subject, company_id, user_id) VALUES ('call', 'Hers', 1, 3)"), REFUSED);
        assert_eq!(world.run("3", "UPDATE tickets SET status = 'closed'"), Ok(0));
        assert_eq!(world.run("3", "DELETE FROM activities"), Ok(0));
        // Nobody else is touched: unrestricted, or under the restriction that hides nothing else.
        reads(&mut world, "2", &Sets::everything());
        reads(&mut world, "5", &Sets::limited_deals("5", false));
        reads(&mut world, "10", &Sets::intern("10"));
        assert_eq!(world.count("11", "tickets"), 0);
        commands(&mut world, "3", &hidden("3"));
    }
}

#[test]
fn t08_a_setting_of_one_restriction_is_its_own() {
    for target in TARGETS {
        // Of limited deal access, whose line has no comment behind it.
        let mut world =
            World::changed("teamleader", target, "    others: as_granted\n\nassignments:", "    others: hidden\n\nassignments:");
        assert_eq!((world.count("5", "tickets"), world.count("5", "companies")), (0, 0));
        assert_eq!((world.count("5", "deals"), world.count("5", "quotations")), (99, 58));
        refused(world.run("5", "INSERT INTO companies (name, account_manager_id) VALUES ('His', 5)"), REFUSED);
        reads(&mut world, "3", &Sets::limited("3"));
    }
}

#[test]
fn t14_a_second_account_manager_counts_exactly_as_the_first() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Lena is second of company 2 behind Bruno; Marc is second of company 11 without a first.
        let second = "SELECT id FROM companies WHERE second_account_manager_id = 3 AND account_manager_id IS DISTINCT FROM 3";
        let keys = world.really(second);
        assert!(keys.contains(&"2".to_owned()));
        assert_eq!(world.sees("3", second), keys);
        assert_eq!(world.sees("4", "SELECT id FROM companies WHERE id = 11"), ["11"]);
        // Change the places of all managers: nothing else changes.
        let before: Vec<Vec<String>> = LIMITED.iter().map(|user| world.sees(user, "SELECT id FROM contacts")).collect();
        assert_eq!(
            world.run(
                "2",
                "UPDATE companies SET account_manager_id = second_account_manager_id, second_account_manager_id = account_manager_id"
            ),
            Ok(612)
        );
        for (user, before) in LIMITED.iter().zip(before) {
            reads(&mut world, user, &Sets::limited(user));
            assert_eq!(world.sees(user, "SELECT id FROM contacts"), before);
        }
        commands(&mut world, "3", &Sets::limited("3"));
    }
}

#[test]
fn t14_a_second_account_manager_writes_as_the_first() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!(world.run("3", "UPDATE companies SET city = 'Rome' WHERE id = 2"), Ok(1));
        assert_eq!(world.run("3", "INSERT INTO companies (id, name, second_account_manager_id) VALUES (9001, 'Hers', 3)"), Ok(1));
        assert_eq!(
            world.run("3", "INSERT INTO companies (name, account_manager_id, second_account_manager_id) VALUES ('Shared', 4, 3)"),
            Ok(1)
        );
        assert_eq!(world.run("3", "INSERT INTO deals (title, company_id, responsible_id) VALUES ('Crane', 2, 2)"), Ok(1));
        // She may let the first go, and become the first, but not go herself.
        assert_eq!(world.run("3", "UPDATE companies SET account_manager_id = NULL WHERE id = 2"), Ok(1));
        refused(world.run("3", "UPDATE companies SET second_account_manager_id = NULL WHERE id = 2"), REFUSED);
        assert_eq!(world.run("3", "UPDATE companies SET account_manager_id = 3, second_account_manager_id = NULL WHERE id = 2"), Ok(1));
        assert_eq!(world.run("3", "DELETE FROM companies WHERE id = 9001"), Ok(1));
    }
}

/// What of the rows written by hand moves with company 1.
fn moving(world: &mut World, user: &str) -> Vec<String> {
    [
        ("companies", "id = 1"),
        ("contacts", "id = 1"),
        ("contact_companies", "id = 1"),
        ("deals", "id = 1"),
        ("quotations", "id = 1"),
        ("invoices", "id = 1"),
    ]
    .iter()
    .flat_map(|(table, row)| world.sees(user, &format!("SELECT '{table}' FROM {table} WHERE {row}")))
    .collect()
}

const ALL_OF_IT: [&str; 6] = ["companies", "contacts", "contact_companies", "deals", "quotations", "invoices"];

#[test]
fn t20_a_change_of_account_manager_moves_the_company_and_everything_below_it_at_once() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!((moving(&mut world, "3"), moving(&mut world, "4")), (ALL_OF_IT.map(String::from).to_vec(), Vec::new()));
        assert_eq!(world.run("2", "UPDATE companies SET account_manager_id = 4 WHERE id = 1"), Ok(1));
        assert_eq!((moving(&mut world, "3"), moving(&mut world, "4")), (Vec::new(), ALL_OF_IT.map(String::from).to_vec()));
        assert_eq!(world.sees("3", "SELECT id FROM contacts WHERE id IN (1, 2)"), [""; 0]);
        assert_eq!(world.sees("3", "SELECT id FROM deals WHERE id < 18"), ["3", "5"]);
        assert_eq!(world.run("3", "UPDATE companies SET city = 'Rome' WHERE id = 1"), Ok(0));
        refused(world.run("3", "INSERT INTO deals (title, company_id, responsible_id) VALUES ('Too late', 1, 3)"), REFUSED);
        assert_eq!(world.run("4", "INSERT INTO deals (title, company_id, responsible_id) VALUES ('His', 1, 3)"), Ok(1));
        for user in LIMITED {
            reads(&mut world, user, &Sets::limited(user));
        }
        // And back.
        assert_eq!(world.run("2", "UPDATE companies SET account_manager_id = 3 WHERE id = 1"), Ok(1));
        assert_eq!((moving(&mut world, "3"), moving(&mut world, "4")), (ALL_OF_IT.map(String::from).to_vec(), Vec::new()));
        assert_eq!(world.sees("3", "SELECT id FROM contacts WHERE id IN (1, 2)"), ["1", "2"]);
        reads(&mut world, "3", &Sets::limited("3"));
    }
}

#[test]
fn t20_the_second_account_manager_moves_it_as_well() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!(world.run("2", "UPDATE companies SET second_account_manager_id = 4 WHERE id = 1"), Ok(1));
        let all = ALL_OF_IT.map(String::from).to_vec();
        assert_eq!((moving(&mut world, "3"), moving(&mut world, "4")), (all.clone(), all.clone()));
        // Lena passes it on to Marc alone, who is there already: the row as it becomes would not be hers.
        refused(world.run("3", "UPDATE companies SET account_manager_id = NULL WHERE id = 1"), REFUSED);
        assert_eq!(world.run("4", "UPDATE companies SET account_manager_id = NULL WHERE id = 1"), Ok(1));
        assert_eq!((moving(&mut world, "3"), moving(&mut world, "4")), (Vec::new(), all));
        assert_eq!(world.run("2", "UPDATE companies SET second_account_manager_id = NULL WHERE id = 1"), Ok(1));
        assert_eq!((moving(&mut world, "3"), moving(&mut world, "4")), (Vec::new(), Vec::new()));
    }
}

#[test]
fn t20_companies_move_by_the_hundred_and_the_next_statement_knows() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let lenas = world.really(&managed("3"));
        let identity = world.identity("3");
        let mut transaction = world.backend.transaction().unwrap();
        transaction.batch_execute(&identity).unwrap();
        // Asked with statements prepared once, so that a plan made before the change is used after it.
        let sets = Sets::limited("3");
        let questions: Vec<_> = [
            ("companies", &sets.companies),
            ("contacts", &sets.contacts),
            ("deals", &sets.deals),
            ("quotations", &sets.quotations),
            ("invoices", &sets.invoices),
        ]
        .map(|(table, truth)| (transaction.prepare(&format!("SELECT count(*) FROM {table}")).unwrap(), truth))
        .into();
        let mut counted = |admin: &mut Client| -> Vec<i64> {
            let truth: Vec<i64> = questions
                .iter()
                .map(|(_, truth)| admin.query_one(&format!("SELECT count(*) FROM ({truth}) AS truth"), &[]).unwrap().get(0))
                .collect();
            for (question, truth) in questions.iter().map(|(question, _)| question).zip(&truth) {
                for _ in 0..6 {
                    assert_eq!(transaction.query_one(question, &[]).unwrap().get::<_, i64>(0), *truth);
                }
            }
            truth
        };
        let before = counted(&mut world.admin);
        let to_marc = "UPDATE companies SET account_manager_id = CASE WHEN account_manager_id = 3 THEN 4 ELSE account_manager_id END,
            second_account_manager_id = CASE WHEN second_account_manager_id = 3 THEN 4 ELSE second_account_manager_id END";
        world.admin.batch_execute(to_marc).unwrap();
        let without = counted(&mut world.admin);
        assert_eq!((before[0], without[0]), (38, 0));
        world.admin.batch_execute("UPDATE companies SET account_manager_id = 3 WHERE id % 5 = 0").unwrap();
        assert!(counted(&mut world.admin)[0] > 100);
        transaction.rollback().unwrap();
        assert_ne!(world.really(&managed("3")), lenas);
        for user in LIMITED {
            reads(&mut world, user, &Sets::limited(user));
        }
    }
}
