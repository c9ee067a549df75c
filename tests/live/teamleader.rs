//! Rules T1, T2, T15 and T16: what limited CRM access leaves of the roles, and whose a company is.

use crm_access::program::Target;

use crate::support::{REFUSED, TARGETS, World, refused};
use crate::teamleader_truth::{LIMITED, Sets, among, commands, managed, reads, some_keys};

#[test]
fn t01_whoever_is_unrestricted_sees_and_does_what_the_roles_give() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for user in ["1", "24"] {
            reads(&mut world, user, &Sets::everything());
        }
        for user in ["7", "12", "13"] {
            reads(&mut world, user, &Sets::everything());
        }
        reads(&mut world, "10", &Sets::intern("10"));
        assert_eq!(world.count("10", "tickets"), 135);
        commands(&mut world, "2", &Sets::everything());
        refused(world.run("2", "INSERT INTO contacts (first_name, last_name, created_by) VALUES ('Not', 'Hers', 3)"), REFUSED);
        assert_eq!(world.run("2", "INSERT INTO companies (name) VALUES ('Anyone''s')"), Ok(1));
    }
}

#[test]
fn t01_the_restriction_alone_never_adds_a_row() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        reads(&mut world, "11", &Sets::intern("11").and(&Sets::limited("11")));
        assert_eq!(world.sees("11", "SELECT id FROM contacts"), ["12", "14"]);
        assert_eq!(world.count("11", "deals"), 0);
        for user in ["2", "13", "14", "18", "19", "21", "22", "10", "11", "9"] {
            world.force(&format!("UPDATE users SET limited_crm = false WHERE id = {user}"));
            let tables = Sets::limited(user).tables(user);
            let before: Vec<Vec<String>> = tables.iter().map(|table| world.sees(user, &format!("SELECT id FROM {}", table.name))).collect();
            world.own(&format!("UPDATE users SET limited_crm = true WHERE id = {user}")).unwrap();
            for (table, before) in tables.iter().zip(before) {
                let expected = among(&mut world, &before, &table.keys);
                assert_eq!(world.sees(user, &format!("SELECT id FROM {}", table.name)), expected, "{} as {user}", table.name);
            }
        }
        // Without a role there is nothing to narrow; who is not active has nothing, or is not let in at all.
        for table in Sets::everything().tables("9") {
            assert_eq!(world.count("9", table.name), 0);
            let seen = world.try_sees("8", &format!("SELECT id FROM {}", table.name));
            match target {
                Target::Extension => assert_eq!(refused(seen, "28000").message, "user \"8\" is not an active user"),
                Target::Portable => assert_eq!(seen, Ok(Vec::new())),
            }
        }
    }
}

#[test]
fn t01_the_restriction_alone_gives_no_command() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Ines, restricted, manages company 10; the intern's role changes nothing and creates contacts alone.
        assert_eq!(world.run("11", "UPDATE companies SET city = 'Rome'"), Ok(0));
        assert_eq!(world.run("11", "UPDATE companies SET city = 'Rome' WHERE id = 10"), Ok(0));
        assert_eq!(world.run("11", "DELETE FROM companies WHERE id = 10"), Ok(0));
        assert_eq!(world.run("11", "DELETE FROM contacts"), Ok(0));
        refused(world.run("11", "INSERT INTO companies (name, account_manager_id) VALUES ('Hers', 11)"), REFUSED);
        refused(world.run("11", "INSERT INTO deals (title, company_id, responsible_id) VALUES ('Hers', 10, 11)"), REFUSED);
        assert_eq!(world.run("11", "INSERT INTO contacts (first_name, last_name, created_by) VALUES ('Her', 'Own', 11)"), Ok(1));
        refused(world.run("11", "INSERT INTO contact_companies (contact_id, company_id) VALUES (12, 10)"), REFUSED);
        // No role at all.
        world.own("UPDATE users SET limited_crm = true WHERE id = 9").unwrap();
        refused(world.run("9", "INSERT INTO companies (name, account_manager_id) VALUES ('His', 9)"), REFUSED);
        world.force("UPDATE companies SET account_manager_id = 9 WHERE id = 1");
        assert_eq!(world.run("9", "UPDATE companies SET city = 'Rome'"), Ok(0));
        assert_eq!(world.run("9", "DELETE FROM companies"), Ok(0));
    }
}

#[test]
fn t02_a_restricted_user_sees_exactly_the_companies_they_manage() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for user in LIMITED {
            let managed = world.really(&managed(user));
            assert_eq!(world.sees(user, "SELECT id FROM companies"), managed);
            reads(&mut world, user, &Sets::limited(user));
        }
        assert_eq!(world.count("3", "companies"), 38);
        assert_eq!(world.run("3", "UPDATE companies SET name = name WHERE id = 3"), Ok(0));
        assert_eq!(world.run("3", "DELETE FROM companies WHERE id = 3"), Ok(0));
        refused(world.run("3", "INSERT INTO companies (name, account_manager_id) VALUES ('Theirs', 4)"), REFUSED);
        assert_eq!(world.run("3", "INSERT INTO companies (name, account_manager_id) VALUES ('Hers', 3)"), Ok(1));
        assert_eq!(world.run("3", "UPDATE companies SET city = 'Ghent' WHERE id = 1"), Ok(1));
    }
}

#[test]
fn t02_every_command_of_a_restricted_user_reaches_exactly_what_they_see() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for user in ["3", "4"] {
            commands(&mut world, user, &Sets::limited(user));
        }
    }
}

#[test]
fn t02_a_restricted_user_neither_takes_nor_gives_away_a_company() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let before = world
            .really("SELECT id || ' ' || coalesce(account_manager_id, 0) || ' ' || coalesce(second_account_manager_id, 0) FROM companies");
        // Into view: what is hidden is not reached, with or without a condition.
        assert_eq!(world.tries("3", "UPDATE companies SET account_manager_id = 3"), Ok(38));
        assert_eq!(world.run("3", "UPDATE companies SET account_manager_id = 3 WHERE id = 3"), Ok(0));
        assert_eq!(world.sees("3", "UPDATE companies SET account_manager_id = 3 WHERE id IN (3, 4) RETURNING id"), [""; 0]);
        // Out of view: the record as it becomes must be theirs as well.
        refused(world.run("3", "UPDATE companies SET account_manager_id = 4 WHERE id = 1"), REFUSED);
        refused(world.run("3", "UPDATE companies SET account_manager_id = 4"), REFUSED);
        refused(world.run("3", "UPDATE companies SET second_account_manager_id = NULL WHERE id = 2"), REFUSED);
        refused(world.try_sees("3", "UPDATE companies SET account_manager_id = NULL WHERE id = 1 RETURNING id"), REFUSED);
        let after = world
            .really("SELECT id || ' ' || coalesce(account_manager_id, 0) || ' ' || coalesce(second_account_manager_id, 0) FROM companies");
        assert_eq!(before, after);
        // Staying in view.
        assert_eq!(world.run("3", "UPDATE companies SET account_manager_id = 4, second_account_manager_id = 3 WHERE id = 1"), Ok(1));
        assert_eq!(
            world.sees("3", "INSERT INTO companies (id, name, second_account_manager_id) VALUES (9001, 'Hers', 3) RETURNING id"),
            ["9001"]
        );
        for insert in ["(9002, 'Theirs', 4)", "(9002, 'Nobody''s', NULL)"] {
            let command = format!("INSERT INTO companies (id, name, account_manager_id) VALUES {insert}");
            refused(world.run("3", &command), REFUSED);
            refused(world.try_sees("3", &format!("{command} RETURNING id")), REFUSED);
        }
        // An unrestricted colleague moves companies in both directions.
        assert_eq!(world.run("2", "UPDATE companies SET account_manager_id = 3 WHERE id IN (3, 4)"), Ok(2));
        assert_eq!(world.run("2", "UPDATE companies SET second_account_manager_id = NULL WHERE id = 2"), Ok(1));
        reads(&mut world, "3", &Sets::limited("3"));
        assert_eq!(world.sees("3", "SELECT id FROM companies WHERE id < 18"), ["1", "3", "4"]);
    }
}

#[test]
fn t02_the_owner_of_the_tables_sees_nothing_without_an_identity() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for table in Sets::everything().tables("3") {
            let rows = world.owner.query(&format!("SELECT id FROM {}", table.name), &[]).unwrap();
            assert!(rows.is_empty(), "{}", table.name);
            assert_eq!(world.owner.execute(&format!("DELETE FROM {}", table.name), &[]).unwrap(), 0);
        }
        assert_eq!(world.owner.execute("UPDATE companies SET city = 'Rome'", &[]).unwrap(), 0);
        refused(world.own("INSERT INTO companies (name, account_manager_id) VALUES ('Hers', 3)"), REFUSED);
        // Neither does the application without saying for whom it asks.
        assert!(world.backend.query("SELECT id FROM companies", &[]).unwrap().is_empty());
        assert_eq!(world.backend.execute("UPDATE companies SET city = 'Rome'", &[]).unwrap(), 0);
        assert_eq!(world.backend.execute("DELETE FROM contact_companies", &[]).unwrap(), 0);
        assert!(world.backend.execute("INSERT INTO companies (name) VALUES ('Nobody''s')", &[]).is_err());
    }
}

#[test]
fn t15_a_company_without_account_manager_is_visible_to_no_restricted_user() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let nobodys = "SELECT id FROM companies WHERE account_manager_id IS NULL AND second_account_manager_id IS NULL";
        let keys = world.really(nobodys);
        assert_eq!(keys.len(), 23);
        for user in LIMITED {
            assert_eq!(world.sees(user, nobodys), [""; 0]);
            for command in ["UPDATE companies SET city = 'Rome'", "DELETE FROM companies"] {
                assert_eq!(
                    world.run(user, &format!("{command} WHERE account_manager_id IS NULL AND second_account_manager_id IS NULL")),
                    Ok(0)
                );
            }
            refused(world.run(user, "INSERT INTO companies (name) VALUES ('Nobody''s')"), REFUSED);
            let below = "SELECT d.id FROM deals d WHERE d.company_id IS NOT NULL AND NOT EXISTS (SELECT FROM companies c WHERE c.id = d.company_id)";
            assert_eq!(world.sees(user, below), [""; 0]);
        }
        assert_eq!(world.sees("2", nobodys), keys);
        // Losing the last manager hides it, getting one shows it.
        assert_eq!(world.run("2", "UPDATE companies SET account_manager_id = NULL WHERE id = 1"), Ok(1));
        assert_eq!(world.sees("3", "SELECT id FROM companies WHERE id = 1"), [""; 0]);
        assert_eq!(world.run("2", "UPDATE companies SET second_account_manager_id = 3 WHERE id = 4"), Ok(1));
        assert_eq!(world.sees("3", "SELECT id FROM companies WHERE id = 4"), ["4"]);
        reads(&mut world, "3", &Sets::limited("3"));
    }
}

#[test]
fn t16_an_unrelated_user_column_of_a_contact_or_an_invoice_grants_nothing() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!(world.sees("3", "SELECT id FROM contacts WHERE id IN (7, 9)"), [""; 0]);
        assert_eq!(world.sees("3", "SELECT id FROM invoices WHERE id IN (2, 5)"), [""; 0]);
        assert_eq!(world.run("3", "UPDATE contacts SET city = 'Rome' WHERE support_user_id = 3 AND id IN (7, 9)"), Ok(0));
        assert_eq!(world.run("3", "DELETE FROM contacts WHERE id IN (7, 9)"), Ok(0));
        refused(
            world.run("3", "INSERT INTO contacts (first_name, last_name, created_by, support_user_id) VALUES ('Not', 'Hers', 2, 3)"),
            REFUSED,
        );
        refused(world.run("3", "INSERT INTO invoices (number, company_id, sales_user_id) VALUES ('X-1', 3, 3)"), REFUSED);
        let before: Vec<_> = Sets::limited("3").tables("3").iter().map(|table| world.really(&table.keys)).collect();
        // Written everywhere, it still changes nothing; taken away everywhere as well.
        for value in ["3", "NULL"] {
            assert_eq!(world.run("2", &format!("UPDATE contacts SET support_user_id = {value}")), Ok(2417));
            assert_eq!(world.run("2", &format!("UPDATE invoices SET sales_user_id = {value}")), Ok(908));
            for (table, before) in Sets::limited("3").tables("3").iter().zip(&before) {
                assert_eq!(world.sees("3", &format!("SELECT id FROM {}", table.name)), *before, "{}", table.name);
            }
        }
        let keys = some_keys(&mut world, "companies");
        let hers = among(&mut world, &keys, &managed("3"));
        assert_eq!(world.accepted("3", &keys, "INSERT INTO invoices (number, company_id, sales_user_id) VALUES ('X-2', $key, 3)"), hers);
    }
}
