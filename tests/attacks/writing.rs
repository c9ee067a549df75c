//! A18, A19 and the writing half of A24: rows that are moved, made for others, or written past the policies.

use crate::attacker::{acting, after, person};
use crate::support::{REFUSED, TARGETS, World, connect, refused};

#[test]
fn a18_no_row_is_moved_into_ones_view_or_out_of_it() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let owners = "SELECT id || ' ' || coalesce(account_manager_id::text, '') FROM companies";
        let before = world.really(owners);
        // Everything, without a column to read: only her own rows are reached, so that nobody else's becomes hers.
        assert_eq!(world.tries("3", "UPDATE companies SET account_manager_id = 3"), Ok(38));
        for returning in ["", " RETURNING id"] {
            for command in [
                "UPDATE companies SET account_manager_id = 3 WHERE id = 3",
                "UPDATE companies SET account_manager_id = 3 WHERE account_manager_id = 4",
                "UPDATE companies SET account_manager_id = 3 FROM (SELECT 4 AS other) AS u WHERE other = account_manager_id",
                "UPDATE deals SET company_id = 1 WHERE id = 2",
                "UPDATE deals SET responsible_id = 3, company_id = 1 WHERE company_id = 3",
                "UPDATE contacts SET created_by = 3 WHERE id = 3",
                "UPDATE contact_companies SET company_id = 1 WHERE contact_id = 3",
                "UPDATE quotations SET deal_id = 1 WHERE id = 2",
                "DELETE FROM companies WHERE id = 3",
                "DELETE FROM contact_companies WHERE company_id = 3",
                "WITH x AS (UPDATE companies SET account_manager_id = 3 WHERE id = 3 RETURNING id) SELECT * FROM x",
            ] {
                if command.starts_with("WITH") && !returning.is_empty() {
                    continue;
                }
                assert_eq!(acting(&mut world, "3", &[&format!("{command}{returning}")]).unwrap(), Vec::<String>::new(), "{command}");
            }
            for command in [
                "UPDATE companies SET account_manager_id = 2",
                "UPDATE companies SET account_manager_id = 2, second_account_manager_id = NULL WHERE id = 1",
                "UPDATE companies SET account_manager_id = NULL, second_account_manager_id = NULL WHERE id = 1",
                "UPDATE deals SET company_id = 3 WHERE id = 1",
                "UPDATE deals SET company_id = NULL, contact_id = NULL WHERE id = 1",
                "UPDATE contact_companies SET contact_id = 7 WHERE id = 1",
                "UPDATE contact_companies SET company_id = 3 WHERE id = 1",
                "UPDATE quotations SET deal_id = 2 WHERE id = 1",
            ] {
                refused(acting(&mut world, "3", &[&format!("{command}{returning}")]), REFUSED);
            }
        }
        assert_eq!(world.really(owners), before);
    }
}

#[test]
fn a19_no_row_is_made_for_somebody_else() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for returning in ["", " RETURNING id"] {
            for command in [
                "INSERT INTO companies (name, account_manager_id) VALUES ('x', 2)",
                "INSERT INTO companies (name) VALUES ('x')",
                "INSERT INTO companies (name, account_manager_id) VALUES ('mine', 3), ('not mine', 2)",
                "INSERT INTO deals (title, company_id, responsible_id) VALUES ('x', 3, 3)",
                "INSERT INTO contacts (first_name, last_name, created_by) VALUES ('x', 'x', 2)",
                // A link would make a hidden contact hers.
                "INSERT INTO contact_companies (contact_id, company_id) VALUES (3, 1)",
                "INSERT INTO contact_companies (contact_id, company_id) SELECT g, 1 FROM generate_series(3, 9) AS g",
                "INSERT INTO quotations (number, deal_id) VALUES ('x', 2)",
                "INSERT INTO invoices (number, company_id) VALUES ('x', 3)",
            ] {
                refused(acting(&mut world, "3", &[&format!("{command}{returning}")]), REFUSED);
            }
        }
        // A default that the attacker can't set, and a column list that leaves the owner out, are no way round.
        refused(acting(&mut world, "3", &["INSERT INTO companies DEFAULT VALUES"]), REFUSED);
        let from_hidden = "INSERT INTO companies (name, account_manager_id) SELECT name, 3 FROM companies WHERE id = 3";
        assert_eq!(world.tries("3", from_hidden), Ok(0));
        // An intern creates contacts in their own name and no company at all.
        refused(acting(&mut world, "10", &["INSERT INTO companies (name, account_manager_id) VALUES ('x', 10)"]), REFUSED);
        refused(acting(&mut world, "10", &["INSERT INTO contacts (first_name, last_name, created_by) VALUES ('x', 'x', 2)"]), REFUSED);
        assert_eq!(world.tries("10", "INSERT INTO contacts (first_name, last_name, created_by) VALUES ('x', 'x', 10)"), Ok(1));
        // Who has no role, is nobody, or no longer active creates nothing.
        refused(acting(&mut world, "9", &["INSERT INTO contacts (first_name, last_name, created_by) VALUES ('x', 'x', 9)"]), REFUSED);
        let nobody = "INSERT INTO contacts (first_name, last_name, created_by) VALUES ('x', 'x', NULL)";
        refused(after(&mut world.backend, &[nobody]), REFUSED);
        refused(after(&mut connect(&world.database, "crm_owner"), &[nobody]), REFUSED);
    }
}

#[test]
fn a24_copy_from_is_refused_and_row_security_off_is_an_error() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut lena = person(&mut world, "3");
        for copy in ["COPY companies FROM STDIN", "COPY companies (name, account_manager_id) FROM STDIN CSV", "COPY deals FROM STDIN"] {
            refused(after(&mut lena, &[copy]), "0A000");
            refused(acting(&mut world, "1", &[copy]), "0A000");
        }
        for file in [
            "COPY companies FROM '/etc/passwd'",
            "COPY companies FROM PROGRAM 'id'",
            "COPY companies TO '/tmp/stolen'",
            "COPY companies TO PROGRAM 'cat'",
        ] {
            refused(after(&mut lena, &[file]), REFUSED);
        }
        // Switching row security off gives an error instead of rows, to the owner as well.
        for query in
            ["SELECT count(*) FROM companies", "UPDATE companies SET name = 'x'", "DELETE FROM deals", "SELECT * FROM contacts FOR UPDATE"]
        {
            refused(after(&mut lena, &["SET row_security = off", query]), REFUSED);
            refused(after(&mut connect(&world.database, "crm_owner"), &["SET row_security = off", query]), REFUSED);
        }
        // Nor do our own functions answer then.
        refused(after(&mut lena, &["SET row_security = off", "SELECT crm_access.can('read', 'company', 3)"]), REFUSED);
        assert_eq!(after(&mut lena, &["RESET row_security", "SELECT crm_access.can('read', 'company', 3)"]).unwrap(), ["f"]);
    }
}
