//! Rules T10 and T11: leaders of teams and heads of departments.

use crate::support::{Refused, TARGETS, World, refused};
use crate::teamleader_truth::{Sets, applied_after, commands, preset_with, reads};

/// SQLSTATE of a combination that may not be.
const BROKEN: &str = "23514";
const CONFIRM: &str = "leaders: confirm # T10";
const FORBID: &str = "leaders: forbid # T10";
/// The preset's data are for `confirm`: Tessa leads a team and is restricted.
const TESSA_FREE: &str = "UPDATE users SET limited_crm = false WHERE id = 6";

#[track_caller]
fn names_leader<T: std::fmt::Debug>(result: Result<T, Refused>, user: &str) -> Refused {
    let refusal = refused(result, BROKEN);
    for part in [&format!("user {user} leads"), "\"limited_crm_access\""] {
        assert!(refusal.message.contains(part), "{refusal:?}");
    }
    assert!(!refusal.hint.is_empty());
    refusal
}

fn forbidding(target: crm_access::program::Target) -> World {
    applied_after(target, TESSA_FREE, &preset_with(&[(CONFIRM, FORBID)])).unwrap()
}

fn listed(rule: &str, line: &str) -> String {
    preset_with(&[(CONFIRM, rule), ("assignments:\n  listed:\n", &format!("assignments:\n  listed:\n    - {line}\n"))])
}

#[test]
fn t10_restricting_a_leader_takes_an_explicit_confirmation() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // The leader of a team and the heads of two departments.
        for user in ["12", "7", "23"] {
            let refusal = names_leader(world.own(&format!("UPDATE users SET limited_crm = true WHERE id = {user}")), user);
            assert!(refusal.hint.contains("Confirm"), "{refusal:?}");
            reads(&mut world, user, &Sets::everything());
            world.own(&format!("UPDATE users SET limited_crm = true, limited_crm_confirmed = true WHERE id = {user}")).unwrap();
            reads(&mut world, user, &Sets::limited(user));
            names_leader(world.own(&format!("UPDATE users SET limited_crm_confirmed = false WHERE id = {user}")), user);
        }
        // Tessa is confirmed in the data, and stays so as long as she is restricted and leads.
        reads(&mut world, "6", &Sets::limited("6"));
        names_leader(world.own("UPDATE users SET limited_crm_confirmed = false WHERE id = 6"), "6");
        names_leader(world.own("UPDATE users SET limited_crm_confirmed = DEFAULT"), "12");
        world.own("UPDATE teams SET leader_id = NULL WHERE id = 1; UPDATE users SET limited_crm_confirmed = false WHERE id = 6").unwrap();
        // Whoever leads nothing needs no confirmation, and limited deal access asks for none.
        world.own("UPDATE users SET limited_crm = true WHERE id = 13; UPDATE users SET limited_deals = true WHERE id = 2").unwrap();
    }
}

#[test]
fn t10_becoming_the_leader_of_a_team_while_restricted_goes_through_the_same_check() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        names_leader(world.own("UPDATE teams SET leader_id = 3 WHERE id = 3"), "3");
        names_leader(world.own("UPDATE teams SET leader_id = 3 WHERE id = 2"), "3");
        names_leader(world.own("INSERT INTO teams (name, leader_id) VALUES ('New', 3)"), "3");
        assert_eq!(world.really("SELECT count(*) FROM teams WHERE leader_id = 3"), ["0"]);
        world.own("UPDATE users SET limited_crm_confirmed = true WHERE id = 3; UPDATE teams SET leader_id = 3 WHERE id = 3").unwrap();
        reads(&mut world, "3", &Sets::limited("3"));
        // Being a member is no leading.
        world.own("INSERT INTO team_members (team_id, user_id) VALUES (3, 4)").unwrap();
    }
}

#[test]
fn t10_becoming_the_head_of_a_department_while_restricted_goes_through_the_same_check() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        names_leader(world.own("UPDATE departments SET head_id = 3 WHERE id = 4"), "3");
        names_leader(world.own("UPDATE departments SET head_id = 3 WHERE id = 2"), "3");
        names_leader(world.own("INSERT INTO departments (name, parent_id, head_id) VALUES ('New', 1, 3)"), "3");
        assert_eq!(world.really("SELECT count(*) FROM departments WHERE head_id = 3"), ["0"]);
        world.own("UPDATE users SET limited_crm_confirmed = true WHERE id = 3; UPDATE departments SET head_id = 3 WHERE id = 4").unwrap();
        reads(&mut world, "3", &Sets::limited("3"));
    }
}

#[test]
fn t10_a_stored_restriction_of_a_leader_takes_an_explicit_confirmation() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        names_leader(world.assigns("SELECT crm_access.restrict('limited_crm_access', 'user', '12')"), "12");
        names_leader(world.assigns("SELECT crm_access.restrict('limited_crm_access', 'department', '3')"), "23");
        world.assigns("SELECT crm_access.restrict('limited_crm_access', 'user', '12', confirmed => true)").unwrap();
        reads(&mut world, "12", &Sets::limited("12"));
        // Giving it again without the confirmation takes the confirmation away.
        names_leader(world.assigns("SELECT crm_access.restrict('limited_crm_access', 'user', '12')"), "12");
        reads(&mut world, "12", &Sets::limited("12"));
        assert_eq!(world.assigns("SELECT crm_access.unrestrict('limited_crm_access', 'user', '12')"), Ok(()));
        reads(&mut world, "12", &Sets::everything());
        // The leader of a team that is restricted, and one who becomes its leader afterwards.
        world.assigns("SELECT crm_access.restrict('limited_crm_access', 'team', '3')").unwrap_err();
        world.own("DELETE FROM team_members WHERE team_id = 3 AND user_id = 23").unwrap();
        world.assigns("SELECT crm_access.restrict('limited_crm_access', 'team', '3')").unwrap();
        names_leader(world.own("UPDATE teams SET leader_id = 21 WHERE id = 3"), "21");
        names_leader(world.own("UPDATE teams SET leader_id = 13 WHERE id = 3"), "13");
        names_leader(world.own("INSERT INTO team_members (team_id, user_id) VALUES (3, 7)"), "7");
        reads(&mut world, "21", &Sets::limited("21"));
    }
}

#[test]
fn t10_no_leader_can_be_restricted_where_the_setting_forbids_it() {
    for target in TARGETS {
        let mut world = forbidding(target);
        reads(&mut world, "6", &Sets::everything());
        for user in ["6", "12", "7", "23"] {
            for confirmed in ["", ", limited_crm_confirmed = true"] {
                let refusal = names_leader(world.own(&format!("UPDATE users SET limited_crm = true{confirmed} WHERE id = {user}")), user);
                assert!(!refusal.message.contains("confirmation"), "{refusal:?}");
            }
            names_leader(world.assigns(&format!("SELECT crm_access.restrict('limited_crm_access', 'user', '{user}', true)")), user);
        }
        reads(&mut world, "3", &Sets::limited("3"));
        world.own("UPDATE users SET limited_crm = true WHERE id = 13").unwrap();
    }
}

#[test]
fn t10_no_restricted_user_becomes_a_leader_where_the_setting_forbids_it() {
    for target in TARGETS {
        let mut world = forbidding(target);
        world.own("UPDATE users SET limited_crm_confirmed = true WHERE id = 3").unwrap();
        for command in [
            "UPDATE teams SET leader_id = 3 WHERE id = 3",
            "INSERT INTO teams (name, leader_id) VALUES ('New', 3)",
            "UPDATE departments SET head_id = 3 WHERE id = 4",
            "INSERT INTO departments (name, head_id) VALUES ('New', 3)",
        ] {
            names_leader(world.own(command), "3");
        }
        // Without the restriction she may lead, and from then on she can't be restricted.
        world.own("UPDATE users SET limited_crm = false WHERE id = 3; UPDATE teams SET leader_id = 3 WHERE id = 3").unwrap();
        names_leader(world.own("UPDATE users SET limited_crm = true WHERE id = 3"), "3");
        reads(&mut world, "3", &Sets::everything());
    }
}

#[test]
fn t10_a_file_that_restricts_leaders_is_refused_before_any_database() {
    for target in TARGETS {
        for (rule, line) in [
            (CONFIRM, "{restriction: limited_crm_access, department: 4}"),
            (CONFIRM, "{restriction: limited_crm_access, team: 3, confirmed: false}"),
            (FORBID, "{restriction: limited_crm_access, department: 4, confirmed: true}"),
            (FORBID, "{restriction: limited_crm_access, team: 3, confirmed: true}"),
        ] {
            let refusal = applied_after(target, TESSA_FREE, &listed(rule, line)).map(|_| ()).unwrap_err();
            assert_eq!(refusal.state, "", "{refusal:?}");
            assert!(refusal.message.contains("unconfirmed-leader"), "{line}: {refusal:?}");
        }
        // A column that can't confirm is one too, where confirmation is asked for.
        let text = preset_with(&[(", confirmed: limited_crm_confirmed}", "}")]);
        let refusal = applied_after(target, TESSA_FREE, &text).map(|_| ()).unwrap_err();
        assert!(refusal.state.is_empty() && refusal.message.contains("unconfirmed-leader"), "{refusal:?}");
    }
}

#[test]
fn t10_a_file_that_restricts_a_leader_of_the_data_is_refused_and_nothing_is_applied() {
    for target in TARGETS {
        let apply = |prepared: &str, text: &str| applied_after(target, prepared, text).map(|_| ());
        // Whether a listed user leads is for the data to say.
        names_leader(apply("", &listed(CONFIRM, "{restriction: limited_crm_access, user: 12}")), "12");
        names_leader(apply(TESSA_FREE, &listed(FORBID, "{restriction: limited_crm_access, user: 12, confirmed: true}")), "12");
        let interns = "{restriction: limited_crm_access, having_role: intern}";
        names_leader(apply("UPDATE teams SET leader_id = 10 WHERE id = 3", &listed(CONFIRM, interns)), "10");
        // The data as they are shipped are against `forbid`, and against `confirm` without Tessa's confirmation.
        names_leader(apply("", &preset_with(&[(CONFIRM, FORBID)])), "6");
        names_leader(apply("UPDATE users SET limited_crm_confirmed = false", &preset_with(&[])), "6");
        names_leader(apply("UPDATE departments SET head_id = 3 WHERE id = 5", &preset_with(&[])), "3");
        // Confirmed in the file it is in force.
        let mut world =
            applied_after(target, "", &listed(CONFIRM, "{restriction: limited_crm_access, user: 12, confirmed: true}")).unwrap();
        reads(&mut world, "12", &Sets::limited("12"));
        world.own("UPDATE departments SET head_id = 12 WHERE id = 5").unwrap();
    }
}

#[test]
fn t11_a_restricted_team_leader_gains_no_row_from_leading() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!(world.sees("6", "SELECT id FROM companies WHERE id IN (5, 6)"), ["5"]);
        let before = world.sees("6", "SELECT id FROM companies");
        assert_eq!(before.len(), 36);
        commands(&mut world, "6", &Sets::limited("6"));
        for change in [
            "UPDATE teams SET leader_id = NULL WHERE id = 1",
            "DELETE FROM team_members WHERE user_id = 6",
            "UPDATE teams SET leader_id = 6",
            "INSERT INTO team_members SELECT 3, id FROM users WHERE id IN (2, 3, 4, 6, 13)",
            "UPDATE departments SET head_id = 6",
        ] {
            world.own(change).unwrap();
            reads(&mut world, "6", &Sets::limited("6"));
        }
        assert_eq!(world.sees("6", "SELECT id FROM companies"), before);
        assert_eq!(world.run("6", "UPDATE companies SET city = 'Rome' WHERE id = 6"), Ok(0));
    }
}

#[test]
fn t11_a_restricted_team_leader_gains_no_row_from_a_role_that_gives_the_team_its_rows() {
    for target in TARGETS {
        let text = preset_with(&[(
            "company: {read: all, create: all, update: all, delete: own}",
            "company: {read: [own, team, department_tree], create: all, update: team, delete: own}",
        )]);
        let mut world = World::with("teamleader", target, &text);
        let team = "SELECT id FROM companies WHERE account_manager_id IN (6, 13, 14, 18) OR second_account_manager_id IN (6, 13, 14, 18)";
        let hers = Sets::limited("6").companies;
        assert_eq!(world.sees("6", "SELECT id FROM companies"), world.really(&hers));
        assert_eq!(world.run("6", "UPDATE companies SET city = 'Rome' WHERE id = 6"), Ok(0));
        // Without the restriction the team's companies are there, so it is the restriction that hides them.
        world.own("UPDATE users SET limited_crm = false WHERE id = 6; UPDATE users SET department_id = NULL").unwrap();
        assert_eq!(world.sees("6", "SELECT id FROM companies"), world.really(team));
        assert_eq!(world.sees("6", "UPDATE companies SET city = 'Rome' RETURNING id"), world.really(team));
        world.own("UPDATE users SET limited_crm = true WHERE id = 6").unwrap();
        assert_eq!(world.sees("6", "UPDATE companies SET city = 'Rome' RETURNING id"), world.really(&hers));
    }
}
