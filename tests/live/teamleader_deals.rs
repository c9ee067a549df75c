//! Rules T6, T7 and T13: deals, quotations and invoices.

use crate::support::{REFUSED, TARGETS, World, refused};
use crate::teamleader_truth::{LIMITED, Sets, among, commands, managed, reads, some_keys};

const ENGLISH: &str = "deal: own # T13";
const FRENCH: &str = "deal: [own, own(company)] # T13";
const DEAL: &str = "INSERT INTO deals (id, title, company_id, contact_id, responsible_id) VALUES";

/// What of deals, quotations and invoices written by hand the user sees.
fn by_hand(world: &mut World, user: &str) -> [String; 3] {
    ["deals", "quotations", "invoices"].map(|table| {
        let mut keys = world.sees(user, &format!("SELECT id FROM {table} WHERE id < 18"));
        keys.sort_by_key(|key| key.parse::<u32>().unwrap());
        keys.join(" ")
    })
}

#[test]
fn t06_deals_quotations_and_invoices_are_visible_through_their_company() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!(by_hand(&mut world, "3"), ["1 3 5 11", "1 3 7", "1 3 6 7"]);
        // Deal 2 is Lena's at Marc's company, deal 13 Tessa's at Nora's.
        assert_eq!(by_hand(&mut world, "4"), ["2 11 12 15", "2 7 8", "2 4 7"]);
        assert_eq!(by_hand(&mut world, "6"), ["", "", ""]);
        for user in LIMITED {
            reads(&mut world, user, &Sets::limited(user));
            let elsewhere =
                world.really(&format!("SELECT id FROM deals WHERE responsible_id = {user} AND company_id NOT IN ({})", managed(user)));
            let seen = world.sees(user, "SELECT id FROM deals");
            assert!(!elsewhere.is_empty() && elsewhere.iter().all(|key| !seen.contains(key)));
        }
        commands(&mut world, "6", &Sets::limited("6"));
    }
}

#[test]
fn t06_whom_a_deal_is_assigned_to_changes_nothing() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let before = world.sees("3", "SELECT id FROM deals");
        for value in ["3", "4", "NULL"] {
            assert_eq!(world.run("2", &format!("UPDATE deals SET responsible_id = {value}")), Ok(1616));
            assert_eq!(world.sees("3", "SELECT id FROM deals"), before);
            assert_eq!(world.run("3", "UPDATE deals SET amount = 1 WHERE id IN (1, 2)"), Ok(1));
        }
        assert_eq!(world.run("3", "UPDATE deals SET responsible_id = 4 WHERE id = 1"), Ok(1));
        assert_eq!(world.sees("3", "SELECT id FROM deals"), before);
    }
}

#[test]
fn t06_a_restricted_user_writes_deals_quotations_and_invoices_of_their_companies_alone() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let sets = Sets::limited("3");
        let keys = some_keys(&mut world, "companies");
        let companies = among(&mut world, &keys, &sets.companies);
        for responsible in ["3", "2", "NULL"] {
            let insert = format!("{DEAL} (9001, 'New', $key, NULL, {responsible})");
            assert_eq!(world.accepted("3", &keys, &insert), companies);
            assert_eq!(world.accepted("3", &keys, &format!("{insert} RETURNING id")), companies);
        }
        // A visible contact does not open another's company.
        assert_eq!(world.accepted("3", &keys, &format!("{DEAL} (9001, 'New', $key, 4, 3)")), companies);
        assert_eq!(
            world.accepted("3", &keys, "INSERT INTO invoices (number, company_id, contact_id, sales_user_id) VALUES ('X', $key, 4, 3)"),
            companies
        );
        let keys = some_keys(&mut world, "deals");
        let deals = among(&mut world, &keys, &sets.deals);
        assert_eq!(world.accepted("3", &keys, "INSERT INTO quotations (number, deal_id) VALUES ('X', $key) RETURNING id"), deals);
        // Out of view.
        refused(world.run("3", "UPDATE deals SET company_id = 3 WHERE id = 1"), REFUSED);
        refused(world.run("3", "UPDATE deals SET company_id = 3"), REFUSED);
        refused(world.run("3", "UPDATE deals SET company_id = NULL, contact_id = NULL WHERE id = 1"), REFUSED);
        refused(world.run("3", "UPDATE quotations SET deal_id = 2 WHERE id = 1"), REFUSED);
        refused(world.run("3", "UPDATE invoices SET company_id = 3 WHERE id = 1"), REFUSED);
        // Into view.
        assert_eq!(world.run("3", "UPDATE deals SET company_id = 1 WHERE id = 2"), Ok(0));
        assert_eq!(world.run("3", "UPDATE quotations SET deal_id = 1 WHERE id = 2"), Ok(0));
        assert_eq!(world.run("3", "UPDATE invoices SET company_id = 1 WHERE id = 2"), Ok(0));
        // Within it.
        assert_eq!(world.run("3", "UPDATE deals SET company_id = 2 WHERE id = 1"), Ok(1));
        assert_eq!(world.run("3", "UPDATE quotations SET deal_id = 5 WHERE id = 1"), Ok(1));
        assert_eq!(world.run("3", "UPDATE invoices SET company_id = 2 WHERE id = 1"), Ok(1));
        // Deal 5 is hers to delete, deal 1 Bruno's; nobody but an administrator deletes an invoice.
        assert_eq!(world.tries("3", "DELETE FROM invoices"), Ok(0));
        world.force("DELETE FROM activities; DELETE FROM quotations WHERE deal_id < 18");
        assert_eq!(world.run("3", "DELETE FROM deals WHERE id IN (1, 2, 5)"), Ok(1));
        assert_eq!(world.really("SELECT id FROM deals WHERE id IN (1, 2, 5)"), ["1", "2"]);
    }
}

#[test]
fn t06_a_deal_and_its_quotations_follow_its_company_in_both_directions() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!(world.run("2", "UPDATE deals SET company_id = 3 WHERE id = 1"), Ok(1));
        assert_eq!(by_hand(&mut world, "3"), ["3 5 11", "3 7", "1 3 6 7"]);
        assert_eq!(by_hand(&mut world, "4"), ["1 2 11 12 15", "1 2 7 8", "2 4 7"]);
        assert_eq!(world.run("2", "UPDATE deals SET company_id = 1 WHERE id IN (1, 2)"), Ok(2));
        assert_eq!(by_hand(&mut world, "3"), ["1 2 3 5 11", "1 2 3 7", "1 3 6 7"]);
        assert_eq!(world.run("2", "UPDATE quotations SET deal_id = 6 WHERE id = 1"), Ok(1));
        assert_eq!(world.run("2", "UPDATE invoices SET company_id = 1 WHERE id = 5"), Ok(1));
        assert_eq!(by_hand(&mut world, "3"), ["1 2 3 5 11", "2 3 7", "1 3 5 6 7"]);
        reads(&mut world, "3", &Sets::limited("3"));
        reads(&mut world, "4", &Sets::limited("4"));
    }
}

#[test]
fn t07_a_deal_of_a_contact_without_company_follows_the_contact() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Of a contact she created, of one she didn't, of one of her company, of one linked elsewhere, and of nobody.
        assert_eq!(world.sees("3", "SELECT id FROM deals WHERE id IN (3, 4, 11, 12, 10)"), ["11", "3"]);
        let sets = Sets::limited("3");
        let keys = some_keys(&mut world, "contacts");
        let contacts = among(&mut world, &keys, &sets.contacts);
        assert_eq!(world.accepted("3", &keys, &format!("{DEAL} (9001, 'New', NULL, $key, 3)")), contacts);
        assert_eq!(world.accepted("3", &keys, "INSERT INTO invoices (number, contact_id, sales_user_id) VALUES ('X', $key, 3)"), contacts);
        refused(world.run("3", &format!("{DEAL} (9001, 'New', NULL, NULL, 3)")), REFUSED);
        refused(world.run("3", "UPDATE deals SET contact_id = 5 WHERE id = 3"), REFUSED);
        assert_eq!(world.run("3", "UPDATE deals SET contact_id = 4 WHERE id = 4"), Ok(0));
        assert_eq!(world.run("3", "UPDATE deals SET contact_id = 1 WHERE id = 3"), Ok(1));
        // A company, once there, decides alone.
        refused(world.run("3", "UPDATE deals SET company_id = 3 WHERE id = 3"), REFUSED);
        assert_eq!(world.run("3", "UPDATE deals SET company_id = 1, contact_id = 5 WHERE id = 3"), Ok(1));
        for user in LIMITED {
            let nobodys = world.sees(user, "SELECT id FROM deals WHERE company_id IS NULL AND contact_id IS NULL");
            assert!(nobodys.is_empty());
        }
    }
}

#[test]
fn t07_what_moves_the_contact_moves_its_deals_invoices_and_quotations() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Contact 4 gets a company of Marc's, contact 3 loses it, contact 5 changes its creator, contact 2 loses her company.
        assert_eq!(world.run("2", "INSERT INTO contact_companies (contact_id, company_id) VALUES (4, 3)"), Ok(1));
        assert_eq!(by_hand(&mut world, "3"), ["1 5 11", "1 7", "1 6 7"]);
        assert_eq!(by_hand(&mut world, "4"), ["2 3 11 12 15", "2 3 7 8", "2 3 4 7"]);
        assert_eq!(world.run("2", "DELETE FROM contact_companies WHERE contact_id = 3"), Ok(1));
        assert_eq!(by_hand(&mut world, "3"), ["1 5 11 12", "1 7 8", "1 4 6 7"]);
        assert_eq!(by_hand(&mut world, "4"), ["2 3 11 15", "2 3 7", "2 3 7"]);
        assert_eq!(world.run("2", "UPDATE contacts SET created_by = 3 WHERE id = 5"), Ok(1));
        assert_eq!(by_hand(&mut world, "3"), ["1 4 5 11 12", "1 4 7 8", "1 4 6 7"]);
        assert_eq!(world.run("2", "DELETE FROM contact_companies WHERE id = 2"), Ok(1));
        assert_eq!(by_hand(&mut world, "3"), ["1 4 5 12", "1 4 8", "1 4 6"]);
        for user in LIMITED {
            reads(&mut world, user, &Sets::limited(user));
        }
    }
}

#[test]
fn t13_limited_deal_access_leaves_the_deals_one_is_responsible_for() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!(by_hand(&mut world, "5"), ["7 8", "6 9", "1 2 3 4 5 6 7 8"]);
        assert_eq!((world.count("5", "deals"), world.count("5", "quotations")), (99, 58));
        // Everything else is as granted: companies, contacts, links, invoices, tickets and activities.
        for user in ["5", "17"] {
            reads(&mut world, user, &Sets::limited_deals(user, false));
        }
        commands(&mut world, "5", &Sets::limited_deals("5", false));
    }
}

#[test]
fn t13_limited_deal_access_leaves_the_deals_of_managed_companies_where_the_french_page_is_followed() {
    for target in TARGETS {
        let mut world = World::changed("teamleader", target, ENGLISH, FRENCH);
        assert_eq!(by_hand(&mut world, "5"), ["6 7 8", "5 6 9", "1 2 3 4 5 6 7 8"]);
        assert_eq!((world.count("5", "deals"), world.count("5", "quotations")), (213, 141));
        for user in ["5", "17"] {
            reads(&mut world, user, &Sets::limited_deals(user, true));
        }
        commands(&mut world, "5", &Sets::limited_deals("5", true));
    }
}

#[test]
fn t13_a_user_with_limited_deal_access_writes_their_own_deals_alone() {
    for target in TARGETS {
        for french in [false, true] {
            let (from, to) = (ENGLISH, if french { FRENCH } else { ENGLISH });
            let mut world = World::changed("teamleader", target, from, to);
            let users: Vec<String> = world.really("SELECT id FROM users").into_iter().chain(["NULL".to_owned()]).collect();
            let anyone = if french { users.clone() } else { vec!["5".to_owned()] };
            // Dora manages company 7 and not company 8.
            assert_eq!(world.accepted("5", &users, &format!("{DEAL} (9001, 'New', 7, NULL, $key)")), anyone);
            assert_eq!(world.accepted("5", &users, &format!("{DEAL} (9001, 'New', 8, NULL, $key) RETURNING id")), ["5"]);
            assert_eq!(world.accepted("5", &users, &format!("{DEAL} (9001, 'New', NULL, NULL, $key)")), ["5"]);
            let keys = some_keys(&mut world, "deals");
            let deals = among(&mut world, &keys, &Sets::limited_deals("5", french).deals);
            assert_eq!(world.accepted("5", &keys, "INSERT INTO quotations (number, deal_id) VALUES ('X', $key)"), deals);
            // Deal 7 is at company 8, deal 8 at company 7.
            refused(world.run("5", "UPDATE deals SET responsible_id = 2 WHERE id = 7"), REFUSED);
            refused(world.run("5", "UPDATE deals SET responsible_id = 2"), REFUSED);
            let given = world.run("5", "UPDATE deals SET responsible_id = 2 WHERE id = 8");
            if french {
                assert_eq!(given, Ok(1));
                assert_eq!(world.run("5", "UPDATE deals SET responsible_id = 5 WHERE id = 8"), Ok(1));
            } else {
                refused(given, REFUSED);
            }
            assert_eq!(world.run("5", "UPDATE deals SET responsible_id = 5 WHERE id = 1"), Ok(0));
            assert_eq!(world.run("5", "UPDATE deals SET company_id = 1 WHERE id = 8"), Ok(1));
            // The restriction says nothing of invoices.
            assert_eq!(world.run("5", "UPDATE invoices SET amount = 1 WHERE id = 1"), Ok(1));
        }
    }
}

#[test]
fn t13_a_deal_comes_and_goes_with_its_responsible_user() {
    for target in TARGETS {
        for french in [false, true] {
            let mut world = World::changed("teamleader", target, ENGLISH, if french { FRENCH } else { ENGLISH });
            assert_eq!(world.run("2", "UPDATE deals SET responsible_id = 5 WHERE id = 1"), Ok(1));
            assert_eq!(world.sees("5", "SELECT id FROM quotations WHERE id = 1"), ["1"]);
            assert_eq!(world.run("2", "UPDATE deals SET responsible_id = 2 WHERE id IN (1, 7, 8)"), Ok(3));
            let [deals, quotations, _] = by_hand(&mut world, "5");
            assert_eq!((deals.as_str(), quotations.as_str()), if french { ("6 8", "5 9") } else { ("", "") });
            reads(&mut world, "5", &Sets::limited_deals("5", french));
            // The company's manager changes, in both directions.
            assert_eq!(world.run("2", "UPDATE companies SET account_manager_id = 2 WHERE id = 7"), Ok(1));
            assert_eq!(world.run("2", "UPDATE companies SET second_account_manager_id = 5 WHERE id = 1"), Ok(1));
            let [deals, quotations, _] = by_hand(&mut world, "5");
            assert_eq!((deals.as_str(), quotations.as_str()), if french { ("1", "1") } else { ("", "") });
            reads(&mut world, "5", &Sets::limited_deals("5", french));
        }
    }
}
