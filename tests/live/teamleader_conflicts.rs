//! Rule T12: limited CRM access and limited deal access can't be combined on one user.

use crate::support::{Refused, TARGETS, World, applier, connect, refused};
use crate::teamleader_truth::{Sets, applied_after, preset_with, reads};

/// SQLSTATE of a combination that may not be.
const BROKEN: &str = "23514";

#[track_caller]
fn names_both<T: std::fmt::Debug>(result: Result<T, Refused>, user: &str) {
    let refusal = refused(result, BROKEN);
    for part in [&format!("user {user} "), "\"limited_crm_access\"", "\"limited_deal_access\""] {
        assert!(refusal.message.contains(part), "{refusal:?}");
    }
    assert!(!refusal.hint.is_empty());
}

fn listed(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("    - {line}\n")).collect();
    preset_with(&[("assignments:\n  listed:\n", &format!("assignments:\n  listed:\n{lines}"))])
}

#[test]
fn t12_the_two_restrictions_can_not_be_combined_by_flags() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        names_both(world.own("UPDATE users SET limited_deals = true WHERE id = 3"), "3");
        names_both(world.own("UPDATE users SET limited_crm = true WHERE id = 5"), "5");
        names_both(world.own("UPDATE users SET limited_crm = true, limited_deals = true WHERE id = 13"), "13");
        names_both(world.own("INSERT INTO users (id, name, limited_crm, limited_deals) VALUES (99, 'Both', true, true)"), "99");
        assert_eq!(world.really("SELECT id FROM users WHERE (limited_crm AND limited_deals) OR id = 99"), [""; 0]);
        // Without an active account or a role it is no better.
        names_both(world.own("UPDATE users SET limited_crm = true, limited_deals = true WHERE id = 8"), "8");
        names_both(world.own("UPDATE users SET limited_crm = true, limited_deals = true WHERE id = 9"), "9");
        // One in place of the other, in one statement.
        world.own("UPDATE users SET limited_crm = false, limited_deals = true WHERE id = 3").unwrap();
        reads(&mut world, "3", &Sets::limited_deals("3", false));
        world.own("UPDATE users SET limited_crm = limited_deals, limited_deals = limited_crm WHERE id IN (3, 5)").unwrap();
        reads(&mut world, "5", &Sets::limited("5"));
    }
}

#[test]
fn t12_the_two_restrictions_can_not_be_combined_by_stored_assignments() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        names_both(world.assigns("SELECT crm_access.restrict('limited_deal_access', 'user', '3')"), "3");
        names_both(world.assigns("SELECT crm_access.restrict('limited_crm_access', 'user', '5')"), "5");
        world.assigns("SELECT crm_access.restrict('limited_deal_access', 'user', '13')").unwrap();
        names_both(world.assigns("SELECT crm_access.restrict('limited_crm_access', 'user', '13')"), "13");
        names_both(world.own("UPDATE users SET limited_crm = true WHERE id = 13"), "13");
        reads(&mut world, "13", &Sets::limited_deals("13", false));
        // The same one twice is no conflict.
        world.own("UPDATE users SET limited_deals = true WHERE id = 13").unwrap();
        world.assigns("SELECT crm_access.unrestrict('limited_deal_access', 'user', '13')").unwrap();
        reads(&mut world, "13", &Sets::limited_deals("13", false));
        assert_eq!(world.really("SELECT count(*) FROM crm_access.assignment"), ["0"]);
    }
}

#[test]
fn t12_the_two_restrictions_can_not_be_combined_through_a_team_or_a_department() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Lena is in team 2.
        names_both(world.assigns("SELECT crm_access.restrict('limited_deal_access', 'team', '2')"), "3");
        // Team 3 is free of limited CRM access, until Lena would join it.
        world.assigns("SELECT crm_access.restrict('limited_deal_access', 'team', '3')").unwrap();
        names_both(world.own("INSERT INTO team_members (team_id, user_id) VALUES (3, 3)"), "3");
        names_both(world.own("UPDATE team_members SET user_id = 3 WHERE team_id = 3 AND user_id = 21"), "3");
        names_both(world.own("UPDATE team_members SET team_id = 3 WHERE team_id = 2 AND user_id = 3"), "3");
        names_both(world.own("UPDATE users SET limited_crm = true WHERE id = 22"), "22");
        world.assigns("SELECT crm_access.unrestrict('limited_deal_access', 'team', '3')").unwrap();
        world.own("INSERT INTO team_members (team_id, user_id) VALUES (3, 3)").unwrap();
        // A department that nobody under limited CRM access is in, and one above it.
        world.force("INSERT INTO departments (id, name, parent_id) VALUES (50, 'Archive', NULL), (51, 'Cellar', 50), (52, 'Attic', NULL)");
        world.assigns("SELECT crm_access.restrict('limited_deal_access', 'department', '50', false, true)").unwrap();
        names_both(world.own("UPDATE users SET department_id = 51 WHERE id = 3"), "3");
        world.own("UPDATE users SET department_id = 52 WHERE id = 3").unwrap();
        names_both(world.own("UPDATE departments SET parent_id = 51 WHERE id = 52"), "3");
    }
}

#[test]
fn t12_a_file_that_combines_them_is_refused_before_any_database() {
    for target in TARGETS {
        for subject in ["user: 13", "team: 3", "everyone: true"] {
            let first = format!("{{restriction: limited_crm_access, {subject}, confirmed: true}}");
            let second = format!("{{restriction: limited_deal_access, {subject}}}");
            let refusal = applied_after(target, "", &listed(&[&first, &second])).map(|_| ()).unwrap_err();
            assert_eq!(refusal.state, "", "{refusal:?}");
            assert!(refusal.message.contains("conflicting-restrictions"), "{refusal:?}");
            assert!(refusal.message.contains("limited_crm_access") && refusal.message.contains("limited_deal_access"), "{refusal:?}");
        }
    }
}

#[test]
fn t12_a_file_that_combines_them_with_the_data_is_refused_and_nothing_is_applied() {
    for target in TARGETS {
        let refusal = |prepared: &str, lines: &[&str]| {
            let text = if lines.is_empty() { preset_with(&[]) } else { listed(lines) };
            applied_after(target, prepared, &text).map(|_| ())
        };
        names_both(refusal("", &["{restriction: limited_deal_access, user: 3}"]), "3");
        names_both(refusal("", &["{restriction: limited_crm_access, user: 5}"]), "5");
        names_both(refusal("", &["{restriction: limited_deal_access, team: 2}"]), "3");
        // Two subjects in the file that have a user in common: Xavier is in team 3.
        names_both(refusal("", &["{restriction: limited_crm_access, user: 21}", "{restriction: limited_deal_access, team: 3}"]), "21");
        names_both(refusal("UPDATE users SET limited_crm = true, limited_deals = true WHERE id = 13", &[]), "13");
        // Free of conflicts it stands, and what the file gives is in force.
        let mut world = applied_after(target, "", &listed(&["{restriction: limited_crm_access, user: 21}"])).unwrap();
        reads(&mut world, "21", &Sets::limited("21"));
        names_both(world.own("UPDATE users SET limited_deals = true WHERE id = 21"), "21");
    }
}

#[test]
fn t12_two_transactions_that_each_look_sound_alone_do_not_both_commit() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut flagging = world.owner.transaction().unwrap();
        flagging.batch_execute("UPDATE users SET limited_crm = true WHERE id = 13").unwrap();
        let mut other = connect(&world.database, applier(target));
        let storing = std::thread::spawn(move || {
            other.batch_execute("SELECT crm_access.restrict('limited_deal_access', 'user', '13')").map_err(Refused::from)
        });
        // The other one waits for this one's end, and then sees it.
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let since = std::time::Instant::now();
        while world.admin.query_one(waits, &[]).unwrap().get::<_, i64>(0) == 0 {
            assert!(!storing.is_finished() && since.elapsed().as_secs() < 60, "it did not wait");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        flagging.commit().unwrap();
        names_both(storing.join().unwrap(), "13");
        reads(&mut world, "13", &Sets::limited("13"));
    }
}

#[test]
fn t12_a_transaction_with_an_older_snapshot_does_not_add_the_other_restriction() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut older = connect(&world.database, applier(target));
        older.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM users").unwrap();
        world.own("UPDATE users SET limited_crm = true WHERE id = 13").unwrap();
        // Refused as a conflict or as a serialization failure, at the command or at the end.
        let stored = older
            .batch_execute("SELECT crm_access.restrict('limited_deal_access', 'user', '13')")
            .and_then(|()| older.batch_execute("COMMIT"))
            .map_err(Refused::from);
        let refusal = stored.expect_err("both restrictions were accepted");
        assert!([BROKEN, "40001"].contains(&refusal.state.as_str()), "{refusal:?}");
        assert_eq!(world.really("SELECT count(*) FROM crm_access.assignment"), ["0"]);
    }
}

#[test]
fn t12_what_a_trigger_of_the_application_writes_is_checked_as_well() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world.force(
            "CREATE FUNCTION limit_deals() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN NEW.limited_deals := true; RETURN NEW; END $$;
             CREATE TRIGGER limit_deals BEFORE UPDATE OF region ON users FOR EACH ROW EXECUTE FUNCTION limit_deals()",
        );
        names_both(world.own("UPDATE users SET region = 'south' WHERE id = 3"), "3");
        world.own("UPDATE users SET region = 'south' WHERE id = 13").unwrap();
        reads(&mut world, "13", &Sets::limited_deals("13", false));
    }
}
