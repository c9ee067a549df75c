//! Rule T9: an administrator can't be restricted.

use crate::support::{Refused, TARGETS, World, refused};
use crate::teamleader_truth::{Sets, applied_after, preset_with, reads};

/// SQLSTATE of a combination that may not be.
const BROKEN: &str = "23514";
const REFUSE: &str = "promotion: refuse # T9";
const LIFT: &str = "promotion: lift # T9";

#[track_caller]
fn names_role_and_restriction(refusal: &Refused, user: &str, restriction: &str) {
    for part in [&format!("user {user} "), "\"administrator\"", restriction] {
        assert!(refusal.message.contains(part), "{refusal:?}");
    }
    assert!(!refusal.hint.is_empty());
}

/// The flags of all users, to see that a refused command left them.
fn flags(world: &mut World) -> Vec<String> {
    world.really("SELECT concat_ws(' ', id, role, is_admin, limited_crm, limited_deals) FROM users")
}

#[test]
fn t09_restricting_an_administrator_by_flag_fails() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let before = flags(&mut world);
        for user in ["1", "24"] {
            for (column, restriction) in [("limited_crm", "limited_crm_access"), ("limited_deals", "limited_deal_access")] {
                let confirmed = ["", ", limited_crm_confirmed = true"];
                for confirmed in confirmed {
                    let refusal = refused(world.own(&format!("UPDATE users SET {column} = true{confirmed} WHERE id = {user}")), BROKEN);
                    names_role_and_restriction(&refusal, user, restriction);
                }
            }
        }
        refused(world.own("UPDATE users SET limited_deals = true"), BROKEN);
        refused(world.own("INSERT INTO users (id, name, is_admin, limited_crm) VALUES (99, 'Both', true, true)"), BROKEN);
        assert_eq!(flags(&mut world), before);
        reads(&mut world, "1", &Sets::everything());
    }
}

#[test]
fn t09_promoting_a_restricted_user_by_flag_fails() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let before = flags(&mut world);
        for (user, restriction) in [("3", "limited_crm_access"), ("6", "limited_crm_access"), ("5", "limited_deal_access")] {
            let refusal = refused(world.own(&format!("UPDATE users SET is_admin = true WHERE id = {user}")), BROKEN);
            names_role_and_restriction(&refusal, user, restriction);
        }
        assert_eq!(flags(&mut world), before);
        reads(&mut world, "3", &Sets::limited("3"));
        // Once the restriction is gone, or in the same statement, it works.
        world.own("UPDATE users SET limited_crm = false WHERE id = 3; UPDATE users SET is_admin = true WHERE id = 3").unwrap();
        reads(&mut world, "3", &Sets::everything());
        world.own("UPDATE users SET limited_deals = false, is_admin = true WHERE id = 5").unwrap();
        world.own("UPDATE users SET is_admin = false, limited_deals = true WHERE id = 5").unwrap();
        reads(&mut world, "5", &Sets::limited_deals("5", false));
    }
}

#[test]
fn t09_restricting_an_administrator_by_a_stored_assignment_fails() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for confirmed in ["false", "true"] {
            let refusal =
                refused(world.assigns(&format!("SELECT crm_access.restrict('limited_crm_access', 'user', '1', {confirmed})")), BROKEN);
            names_role_and_restriction(&refusal, "1", "limited_crm_access");
        }
        // Through a department (1 is Alice's and Bastien's), through everyone, and through joining a restricted team afterwards.
        refused(world.assigns("SELECT crm_access.restrict('limited_deal_access', 'department', '1')"), BROKEN);
        refused(world.assigns("SELECT crm_access.restrict('limited_deal_access', 'everyone')"), BROKEN);
        world.own("DELETE FROM team_members WHERE team_id = 3").unwrap();
        world.assigns("SELECT crm_access.restrict('limited_deal_access', 'team', '3')").unwrap();
        let refusal = refused(world.own("INSERT INTO team_members (team_id, user_id) VALUES (3, 24)"), BROKEN);
        names_role_and_restriction(&refusal, "24", "limited_deal_access");
        refused(world.own("UPDATE teams SET leader_id = 24 WHERE id = 3"), BROKEN);
        world.own("INSERT INTO team_members (team_id, user_id) VALUES (3, 19)").unwrap();
        refused(world.own("UPDATE team_members SET user_id = 24 WHERE team_id = 3"), BROKEN);
        reads(&mut world, "19", &Sets::limited_deals("19", false));
        assert_eq!(
            world.really("SELECT concat_ws(' ', name, subject, subject_key) FROM crm_access.assignment"),
            ["limited_deal_access team 3"]
        );
        reads(&mut world, "1", &Sets::everything());
    }
}

#[test]
fn t09_promoting_a_restricted_user_by_a_stored_assignment_fails() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for command in ["'user', '3'", "'team', '2'", "'department', '2', true", "'everyone'"] {
            let refusal = refused(world.assigns(&format!("SELECT crm_access.assign('administrator', {command})")), BROKEN);
            assert!(refusal.message.contains("administrator"), "{command}: {refusal:?}");
        }
        assert_eq!(world.really("SELECT count(*) FROM crm_access.assignment"), ["0"]);
        reads(&mut world, "3", &Sets::limited("3"));
        // Whoever is free of restrictions may be promoted, and can't be restricted from then on.
        world.assigns("SELECT crm_access.assign('administrator', 'user', '13')").unwrap();
        let refusal = refused(world.own("UPDATE users SET limited_crm = true WHERE id = 13"), BROKEN);
        names_role_and_restriction(&refusal, "13", "limited_crm_access");
        world.assigns("SELECT crm_access.revoke('administrator', 'user', '13')").unwrap();
        world.own("UPDATE users SET limited_crm = true WHERE id = 13").unwrap();
        reads(&mut world, "13", &Sets::limited("13"));
    }
}

const MEMBERSHIPS: &str = "CREATE TABLE user_roles (user_id int NOT NULL REFERENCES users, name text)";
const TABLES: &str = "  tables: {table: users, user: id, role: role}";
const MORE_TABLES: &str = "  tables:
    - {table: users, user: id, role: role}
    - {table: user_roles, user: user_id, role: name}";

#[test]
fn t09_promoting_a_restricted_user_by_a_row_of_a_table_fails() {
    for target in TARGETS {
        let mut world = applied_after(target, MEMBERSHIPS, &preset_with(&[(TABLES, MORE_TABLES)])).unwrap();
        let refusal = refused(world.own("INSERT INTO user_roles VALUES (3, 'administrator')"), BROKEN);
        names_role_and_restriction(&refusal, "3", "limited_crm_access");
        world.own("INSERT INTO user_roles VALUES (13, 'administrator'), (3, 'intern'), (5, 'employee')").unwrap();
        refused(world.own("UPDATE user_roles SET user_id = 3 WHERE user_id = 13"), BROKEN);
        refused(world.own("UPDATE user_roles SET name = 'administrator' WHERE user_id = 3"), BROKEN);
        refused(world.own("UPDATE user_roles SET name = 'administrator'"), BROKEN);
        refused(world.own("UPDATE users SET limited_deals = true WHERE id = 13"), BROKEN);
        // The column of the users table itself, once the application allows the name there.
        world.own("ALTER TABLE users DROP CONSTRAINT users_role_check").unwrap();
        refused(world.own("UPDATE users SET role = 'administrator' WHERE id = 3"), BROKEN);
        refused(world.own("INSERT INTO users (id, name, role, limited_crm) VALUES (99, 'Both', 'administrator', true)"), BROKEN);
        world.own("DELETE FROM user_roles WHERE user_id = 13; UPDATE users SET limited_deals = true WHERE id = 13").unwrap();
        reads(&mut world, "3", &Sets::limited("3"));
        reads(&mut world, "13", &Sets::limited_deals("13", false));
    }
}

#[test]
fn t09_a_role_that_includes_the_administrators_counts_as_one() {
    for target in TARGETS {
        let text = preset_with(&[("  intern:\n", "  director: {includes: administrator}\n  intern:\n")]);
        let mut world = World::with("teamleader", target, &text);
        refused(world.assigns("SELECT crm_access.assign('director', 'user', '3')"), BROKEN);
        world.assigns("SELECT crm_access.assign('director', 'user', '2')").unwrap();
        refused(world.own("UPDATE users SET limited_crm = true WHERE id = 2"), BROKEN);
    }
}

#[test]
fn t09_promoting_a_restricted_user_lifts_the_restriction_where_the_setting_says_so() {
    for target in TARGETS {
        let mut world = World::changed("teamleader", target, REFUSE, LIFT);
        reads(&mut world, "3", &Sets::limited("3"));
        world.own("UPDATE users SET is_admin = true WHERE id = 3").unwrap();
        reads(&mut world, "3", &Sets::everything());
        assert_eq!(world.tries("3", "UPDATE companies SET city = 'Rome'"), Ok(612));
        assert_eq!(world.tries("3", "INSERT INTO companies (name, account_manager_id) VALUES ('Theirs', 4)"), Ok(1));
        assert_eq!(world.tries("3", "DELETE FROM quotations"), Ok(909));
        // It rests and is not forgotten.
        world.own("UPDATE users SET is_admin = false WHERE id = 3").unwrap();
        reads(&mut world, "3", &Sets::limited("3"));
        assert_eq!(world.tries("3", "UPDATE companies SET city = 'Rome'"), Ok(38));
        // By a stored assignment too; to nobody else.
        world.assigns("SELECT crm_access.assign('administrator', 'user', '3')").unwrap();
        reads(&mut world, "3", &Sets::everything());
        reads(&mut world, "4", &Sets::limited("4"));
        world.assigns("SELECT crm_access.revoke('administrator', 'user', '3')").unwrap();
        reads(&mut world, "3", &Sets::limited("3"));
        // The setting is limited CRM access's; limited deal access still refuses.
        refused(world.own("UPDATE users SET is_admin = true WHERE id = 5"), BROKEN);
    }
}

#[test]
fn t09_restricting_an_administrator_fails_where_promotion_lifts_as_well() {
    for target in TARGETS {
        let mut world = World::changed("teamleader", target, REFUSE, LIFT);
        refused(world.own("UPDATE users SET limited_crm = true WHERE id = 1"), BROKEN);
        refused(world.assigns("SELECT crm_access.restrict('limited_crm_access', 'user', '24', true)"), BROKEN);
    }
}

#[test]
fn t09_a_file_that_restricts_an_administrator_is_refused_before_any_database() {
    for target in TARGETS {
        let listed = |lines: &str| preset_with(&[("assignments:\n  listed:\n", &format!("assignments:\n  listed:\n{lines}"))]);
        let both = listed("    - {role: administrator, user: 3}\n    - {restriction: limited_crm_access, user: 3}\n");
        let holders = listed("    - {restriction: limited_deal_access, having_role: administrator}\n");
        for text in [both, holders] {
            let refusal = applied_after(target, "", &text).map(|_| ()).unwrap_err();
            assert_eq!(refusal.state, "", "{refusal:?}");
            assert!(refusal.message.contains("restricted-administrator"), "{refusal:?}");
        }
    }
}

#[test]
fn t09_a_file_that_breaks_the_rule_with_the_data_is_refused_and_nothing_is_applied() {
    for target in TARGETS {
        let listed = |line: &str| preset_with(&[("assignments:\n  listed:\n", &format!("assignments:\n  listed:\n    - {line}\n"))]);
        for (line, user, restriction) in [
            ("{restriction: limited_crm_access, user: 1, confirmed: true}", "1", "limited_crm_access"),
            ("{restriction: limited_deal_access, user: 24}", "24", "limited_deal_access"),
            ("{role: administrator, user: 3}", "3", "limited_crm_access"),
            ("{role: administrator, team: 1}", "6", "limited_crm_access"),
        ] {
            let refusal = refused(applied_after(target, "", &listed(line)).map(|_| ()), BROKEN);
            names_role_and_restriction(&refusal, user, restriction);
        }
        // The flags alone, set while nothing was applied.
        let refusal =
            refused(applied_after(target, "UPDATE users SET limited_crm = true WHERE id = 24", &preset_with(&[])).map(|_| ()), BROKEN);
        names_role_and_restriction(&refusal, "24", "limited_crm_access");
        // Under `lift` a restricted administrator in the data is no mistake.
        let mut world = applied_after(target, "UPDATE users SET is_admin = true WHERE id = 3", &preset_with(&[(REFUSE, LIFT)])).unwrap();
        reads(&mut world, "3", &Sets::everything());
    }
}
