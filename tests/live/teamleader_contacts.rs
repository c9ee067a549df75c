//! Rules T3 to T5: contacts with one company, several, or none.

use crate::support::{REFUSED, TARGETS, World, refused};
use crate::teamleader_truth::{LIMITED, Sets, among, commands, managed, reads, some_keys};

const ANY: &str = "links: any # T3";
const ALL: &str = "links: all # T3";
const LINK: &str = "INSERT INTO contact_companies (contact_id, company_id) VALUES";

/// Of the contacts written by hand, those that Lena sees.
fn hers(world: &mut World) -> Vec<String> {
    let mut keys = world.sees("3", "SELECT id FROM contacts WHERE id < 18");
    keys.sort_by_key(|key| key.parse::<u32>().unwrap());
    keys
}

#[test]
fn t03_a_linked_contact_is_visible_when_at_least_one_of_its_companies_is() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Contact 2 has her company 1 and another's, contact 15 her company 2 and another's.
        assert_eq!(hers(&mut world), ["1", "2", "4", "6", "15"]);
        assert_eq!(world.count("3", "contacts"), 209);
        for user in LIMITED {
            reads(&mut world, user, &Sets::limited(user));
        }
        commands(&mut world, "20", &Sets::limited("20"));
    }
}

#[test]
fn t03_a_linked_contact_is_visible_when_all_of_its_companies_are_where_the_setting_says_so() {
    for target in TARGETS {
        let mut world = World::changed("teamleader", target, ANY, ALL);
        assert_eq!(hers(&mut world), ["1", "4", "6"]);
        assert_eq!(world.count("3", "contacts"), 95);
        for user in LIMITED {
            reads(&mut world, user, &Sets::limited_by_all_links(user));
        }
        commands(&mut world, "3", &Sets::limited_by_all_links("3"));
    }
}

#[test]
fn t03_a_contact_comes_and_goes_with_its_links() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Bruno, unrestricted, links and unlinks.
        assert_eq!(world.run("2", &format!("{LINK} (5, 1)")), Ok(1));
        assert_eq!(hers(&mut world), ["1", "2", "4", "5", "6", "15"]);
        assert_eq!(world.run("2", "UPDATE contact_companies SET company_id = 3 WHERE contact_id = 5"), Ok(1));
        assert_eq!(hers(&mut world), ["1", "2", "4", "6", "15"]);
        assert_eq!(world.run("2", "UPDATE contact_companies SET contact_id = 7 WHERE id = 1"), Ok(1));
        assert_eq!(hers(&mut world), ["2", "4", "6", "7", "15"]);
        assert_eq!(world.run("2", "DELETE FROM contact_companies WHERE contact_id = 2 AND company_id = 3"), Ok(1));
        assert_eq!(hers(&mut world), ["2", "4", "6", "7", "15"]);
        assert_eq!(world.run("2", "DELETE FROM contact_companies WHERE contact_id = 2"), Ok(1));
        assert_eq!(hers(&mut world), ["4", "6", "7", "15"]);
        reads(&mut world, "3", &Sets::limited("3"));
        reads(&mut world, "4", &Sets::limited("4"));
    }
}

#[test]
fn t03_one_link_elsewhere_hides_a_contact_where_all_companies_count() {
    for target in TARGETS {
        let mut world = World::changed("teamleader", target, ANY, ALL);
        assert_eq!(world.run("2", &format!("{LINK} (1, 3)")), Ok(1));
        assert_eq!(hers(&mut world), ["4", "6"]);
        assert_eq!(world.run("2", "DELETE FROM contact_companies WHERE company_id = 3 AND contact_id IN (1, 2)"), Ok(2));
        assert_eq!(hers(&mut world), ["1", "2", "4", "6"]);
        // A second company of hers does no harm, and she may not add one that isn't.
        assert_eq!(world.run("3", &format!("{LINK} (1, 2)")), Ok(1));
        assert_eq!(hers(&mut world), ["1", "2", "4", "6"]);
        refused(world.run("3", &format!("{LINK} (1, 8)")), REFUSED);
        reads(&mut world, "3", &Sets::limited_by_all_links("3"));
    }
}

#[test]
fn t03_a_restricted_user_links_only_contacts_and_companies_they_see() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let keys = some_keys(&mut world, "companies");
        let companies = among(&mut world, &keys, &managed("3"));
        // Contact 4 is hers and of no company; contact 5 is hidden.
        assert_eq!(world.accepted("3", &keys, &format!("{LINK} (4, $key)")), companies);
        assert_eq!(world.accepted("3", &keys, &format!("{LINK} (5, $key)")), [""; 0]);
        let keys = some_keys(&mut world, "contacts");
        let linked = world.really("SELECT contact_id FROM contact_companies WHERE company_id = 1");
        let free: Vec<String> = keys.into_iter().filter(|key| !linked.contains(key)).collect();
        let visible = among(&mut world, &free, &Sets::limited("3").contacts);
        assert_eq!(world.accepted("3", &free, &format!("{LINK} ($key, 1)")), visible);
        // What she sees of the links is no more than she may change.
        assert_eq!(world.run("3", "DELETE FROM contact_companies WHERE id = 3"), Ok(0));
        refused(world.run("3", "UPDATE contact_companies SET company_id = 3 WHERE id = 1"), REFUSED);
        refused(world.run("3", "UPDATE contact_companies SET contact_id = 5 WHERE id = 1"), REFUSED);
        refused(world.run("3", "UPDATE contact_companies SET contact_id = 5"), REFUSED);
        assert_eq!(world.run("3", "UPDATE contact_companies SET company_id = 2 WHERE id = 1"), Ok(1));
        // She may unlink a contact of hers and lose it so.
        assert_eq!(world.sees("3", "DELETE FROM contact_companies WHERE id = 2 RETURNING id"), ["2"]);
        assert_eq!(world.run("3", "DELETE FROM contact_companies WHERE id = 2"), Ok(1));
        assert_eq!(hers(&mut world), ["1", "4", "6", "15"]);
        reads(&mut world, "3", &Sets::limited("3"));
    }
}

#[test]
fn t04_a_contact_of_no_company_is_visible_exactly_to_its_creator() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let unlinked = "SELECT k.id FROM contacts k WHERE NOT EXISTS (SELECT FROM contact_companies l WHERE l.contact_id = k.id)";
        for user in LIMITED {
            let truth = world.really(&format!("{unlinked} AND created_by = {user}"));
            // What the user sees without a link may have a hidden one, so the keys come from the truth.
            let keys = world.really(unlinked).join(", ");
            let query = |command: &str| format!("{command} id IN ({keys})");
            assert_eq!(world.sees(user, &query("SELECT id FROM contacts WHERE")), truth);
            assert_eq!(world.tries(user, &query("UPDATE contacts SET city = 'Rome' WHERE")), Ok(truth.len() as u64));
        }
        assert_eq!(world.sees("3", "SELECT id FROM contacts WHERE id IN (4, 5, 9)"), ["4"]);
        // The creator changes, and nobody is a creator.
        assert_eq!(world.run("2", "UPDATE contacts SET created_by = 4 WHERE id = 4"), Ok(1));
        assert_eq!(world.sees("3", "SELECT id FROM contacts WHERE id = 4"), [""; 0]);
        assert_eq!(world.sees("4", "SELECT id FROM contacts WHERE id = 4"), ["4"]);
        assert_eq!(world.run("2", "UPDATE contacts SET created_by = NULL WHERE id = 4"), Ok(1));
        assert_eq!(world.sees("4", "SELECT id FROM contacts WHERE id = 4"), [""; 0]);
        assert_eq!(world.run("2", "UPDATE contacts SET created_by = 3 WHERE id IN (4, 5)"), Ok(2));
        assert_eq!(world.sees("3", "SELECT id FROM contacts WHERE id IN (4, 5)"), ["4", "5"]);
    }
}

#[test]
fn t04_a_restricted_user_creates_contacts_in_their_own_name_alone() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let users: Vec<String> = world.really("SELECT id FROM users").into_iter().chain(["NULL".to_owned()]).collect();
        let insert = "INSERT INTO contacts (id, first_name, last_name, created_by) VALUES (9001, 'New', 'Person', $key)";
        assert_eq!(world.accepted("3", &users, insert), ["3"]);
        assert_eq!(world.accepted("3", &users, &format!("{insert} RETURNING id")), ["3"]);
        assert_eq!(world.run("3", &insert.replace("$key", "3")), Ok(1));
        assert_eq!(world.sees("3", "SELECT id FROM contacts WHERE id = 9001"), ["9001"]);
        assert_eq!(world.sees("4", "SELECT id FROM contacts WHERE id = 9001"), [""; 0]);
        // Away from themselves only where a company of theirs keeps it in view.
        for value in ["2", "NULL"] {
            refused(world.run("3", &format!("UPDATE contacts SET created_by = {value} WHERE id = 9001")), REFUSED);
            refused(world.run("3", &format!("UPDATE contacts SET created_by = {value}")), REFUSED);
        }
        assert_eq!(world.run("3", "UPDATE contacts SET created_by = 3 WHERE id = 1"), Ok(1));
        assert_eq!(world.run("3", "UPDATE contacts SET created_by = 2 WHERE id = 1"), Ok(1));
        // A hidden contact is not taken by becoming its creator.
        assert_eq!(world.run("3", "UPDATE contacts SET created_by = 3 WHERE id = 5"), Ok(0));
        assert_eq!(world.tries("3", "UPDATE contacts SET created_by = 3"), Ok(210));
        // Employees delete what they created, of what they see.
        assert_eq!(world.run("3", "DELETE FROM contacts WHERE id = 9001"), Ok(1));
        assert_eq!(world.run("3", "DELETE FROM contacts WHERE id = 5"), Ok(0));
    }
}

#[test]
fn t05_a_contact_linked_elsewhere_is_hidden_from_its_creator() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Contact 3 is of a company of Marc's, contact 8 of a company that nobody manages; Lena created both.
        let hidden = "SELECT id FROM contacts WHERE id IN (3, 8)";
        assert_eq!(world.sees("3", hidden), [""; 0]);
        assert_eq!(world.sees("2", hidden), ["3", "8"]);
        assert_eq!(world.run("3", "UPDATE contacts SET city = 'Rome' WHERE id IN (3, 8)"), Ok(0));
        assert_eq!(world.run("3", "DELETE FROM contacts WHERE id IN (3, 8)"), Ok(0));
        assert_eq!(world.sees("3", "SELECT id FROM contact_companies WHERE contact_id IN (3, 8)"), [""; 0]);
        for user in LIMITED {
            let elsewhere = world.really(&format!(
                "SELECT k.id FROM contacts k WHERE created_by = {user}
                 AND EXISTS (SELECT FROM contact_companies l WHERE l.contact_id = k.id)
                 AND NOT EXISTS (SELECT FROM contact_companies l WHERE l.contact_id = k.id AND l.company_id IN ({}))",
                managed(user)
            ));
            assert!(elsewhere.len() > 50);
            let seen = world.sees(user, &format!("SELECT id FROM contacts WHERE created_by = {user}"));
            assert!(!seen.is_empty() && elsewhere.iter().all(|key| !seen.contains(key)));
        }
    }
}

#[test]
fn t05_linking_hides_a_contact_at_once_and_unlinking_brings_it_back() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let contact = |key: u32| format!("SELECT id FROM contacts WHERE id = {key}");
        assert_eq!(world.run("2", &format!("{LINK} (4, 3)")), Ok(1));
        assert_eq!(world.sees("3", &contact(4)), [""; 0]);
        assert_eq!(world.sees("3", "SELECT id FROM deals WHERE contact_id = 4"), [""; 0]);
        assert_eq!(world.run("3", "DELETE FROM contact_companies WHERE contact_id = 4"), Ok(0));
        assert_eq!(world.run("2", "DELETE FROM contact_companies WHERE contact_id = 4"), Ok(1));
        assert_eq!(world.sees("3", &contact(4)), ["4"]);
        assert_eq!(world.sees("3", "SELECT id FROM deals WHERE contact_id = 4"), ["3"]);
        assert_eq!(world.run("4", "DELETE FROM contact_companies WHERE id = 4"), Ok(1));
        assert_eq!(world.sees("3", &contact(3)), ["3"]);
        assert_eq!(world.sees("4", &contact(3)), [""; 0]);
        // Within her own transaction as well: the next statement knows of the link that was committed meanwhile.
        let identity = world.identity("3");
        let mut transaction = world.backend.transaction().unwrap();
        transaction.batch_execute(&identity).unwrap();
        assert_eq!(transaction.query(&contact(3), &[]).unwrap().len(), 1);
        world.admin.batch_execute(&format!("{LINK} (3, 3)")).unwrap();
        assert_eq!(transaction.query(&contact(3), &[]).unwrap().len(), 0);
        world.admin.batch_execute("DELETE FROM contact_companies WHERE contact_id = 3").unwrap();
        assert_eq!(transaction.query(&contact(3), &[]).unwrap().len(), 1);
        transaction.rollback().unwrap();
        reads(&mut world, "3", &Sets::limited("3"));
    }
}
