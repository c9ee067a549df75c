//! Rules T1 to T16 and T20: limited CRM access.

use crate::support::{REFUSED, TARGETS, World, refused};

#[test]
fn t02_a_restricted_user_sees_exactly_the_companies_they_manage() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let managed = world.really("SELECT id FROM companies WHERE 3 IN (account_manager_id, second_account_manager_id)");
        assert_eq!(world.sees("3", "SELECT id FROM companies"), managed);
        assert_eq!(managed.len(), 38);
        assert_eq!(world.run("3", "UPDATE companies SET name = name WHERE id = 3"), Ok(0));
        assert_eq!(world.run("3", "DELETE FROM companies WHERE id = 3"), Ok(0));
        refused(world.run("3", "INSERT INTO companies (name, account_manager_id) VALUES ('Theirs', 4)"), REFUSED);
        assert_eq!(world.run("3", "INSERT INTO companies (name, account_manager_id) VALUES ('Hers', 3)"), Ok(1));
        assert_eq!(world.run("3", "UPDATE companies SET city = 'Ghent' WHERE id = 1"), Ok(1));
    }
}
