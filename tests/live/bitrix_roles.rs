//! Bitrix24, rules B1 to B5 and B7: who has a role, and from when until when.

use crate::bitrix::{COMPANIES, DEALS, KINDS, LEADS, department_tree, employee_reads, manager_reads, observed, own};
use crate::support::{TARGETS, World, refused};

/// A manager's rights on leads, which differ by no stage.
fn assert_manager(world: &mut World, user: &str) {
    let update = format!("({} OR {})", own(user), department_tree(user));
    LEADS.assert_rights(world, user, &manager_reads("leads", user), &update, &own(user));
}

fn assert_employee(world: &mut World, user: &str) {
    for rows in KINDS {
        let (read, update) = (employee_reads(rows.table, user), own(user));
        rows.assert_rights(world, user, &read, &update, "false");
    }
}

#[test]
fn b1_a_role_is_given_to_a_user_a_department_a_group_or_a_workgroup() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        crate::rows::drop_foreign_keys(&mut world);
        COMPANIES.assert_every(&mut world, "1", "true"); // a user
        for user in ["2", "3", "4"] {
            assert_manager(&mut world, user); // a department
        }
        assert_employee(&mut world, "10"); // a group
        for user in ["8", "12"] {
            let read = format!("({} OR {} OR t.opened)", own(user), observed("deals", user));
            DEALS.assert_rights(&mut world, user, &read, "false", "false"); // a workgroup: a member and its owner
            LEADS.assert_nothing(&mut world, user);
        }
        // The same at run time.
        for (subject, user) in [("'user', '14'", "14"), ("'department', '6'", "15"), ("'group', '2'", "11"), ("'workgroup', '2'", "14")] {
            world.force("UPDATE departments SET head_id = NULL WHERE id = 6; DELETE FROM crm_access.assignment");
            let before = world.sees(user, "SELECT id FROM leads");
            world.assigns(&format!("SELECT crm_access.assign('auditor', {subject})")).unwrap();
            assert_eq!(world.count(user, "leads"), 200, "{subject}");
            world.assigns(&format!("SELECT crm_access.revoke('auditor', {subject})")).unwrap();
            assert_eq!(world.sees(user, "SELECT id FROM leads"), before, "{subject}");
        }
    }
}

#[test]
fn b2_administrator_and_manager_exist_from_the_start_and_further_roles_are_added_and_removed() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let roles = world.really("SELECT name FROM crm_access.object WHERE kind = 'role'");
        assert!(["administrator", "manager"].iter().all(|name| roles.iter().any(|role| role == name)), "{roles:?}");
        let added = crate::support::project_file("examples/bitrix24.yaml")
            .replace("\n  employee:\n", "\n  reader:\n    grants: {lead: {read: all}}\n  employee:\n")
            .replace("    - {role: auditor, user: 9}\n", "    - {role: auditor, user: 9}\n    - {role: reader, user: 14}\n");
        assert_eq!(world.count("14", "leads"), 0);
        crate::support::apply_as(&world.database, crate::support::applier(target), target, &added).unwrap();
        assert_eq!(world.count("14", "leads"), 200);
        let shipped = crate::support::project_file("examples/bitrix24.yaml");
        crate::support::apply_as(&world.database, crate::support::applier(target), target, &shipped).unwrap();
        assert_eq!(world.count("14", "leads"), 0);
    }
}

#[test]
fn b3_a_departments_role_reaches_its_head_and_its_people_and_those_below_only_where_set() {
    let line = "{role: manager, department: 2}";
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let sees = |world: &mut World, user: &str| world.count(user, "leads") > 0;
        // Hugo heads Sales without being in it; 5 and 7 are below, 16 heads a department below, 13 is not active.
        assert_eq!(["2", "3", "4", "5", "7", "16", "8"].map(|user| sees(&mut world, user)), [true, true, true, false, false, false, false]);
        let mut world = World::changed("bitrix24", target, line, "{role: manager, department: 2, subdepartments: true}");
        assert_eq!(["2", "3", "4", "5", "7", "16", "8"].map(|user| sees(&mut world, user)), [true, true, true, true, true, true, false]);
        assert_manager(&mut world, "5");
        // The tree and its heads are live.
        world.own("UPDATE departments SET parent_id = 1 WHERE id = 3").unwrap();
        assert_eq!(["5", "7", "16"].map(|user| sees(&mut world, user)), [false, false, false]);
        world.own("UPDATE departments SET head_id = 14 WHERE id = 2").unwrap();
        assert_eq!(["2", "14"].map(|user| sees(&mut world, user)), [false, true]);
        // Stored assignments have the same setting.
        world.assigns("SELECT crm_access.assign('auditor', 'department', '3')").unwrap();
        assert_eq!(["5", "7", "16"].map(|user| world.count(user, "leads")), [200, 0, 0]);
        world.assigns("SELECT crm_access.assign('auditor', 'department', '3', subdepartments => true)").unwrap();
        assert_eq!(["5", "7", "16"].map(|user| world.count(user, "leads")), [200, 200, 200]);
    }
}

#[test]
fn b4_who_joins_has_the_role_at_once_and_who_leaves_has_it_no_more() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let count = |world: &mut World, user: &str| world.count(user, "deals");
        assert_eq!(count(&mut world, "14"), 0);
        let open = world
            .really(
                "SELECT id FROM deals WHERE opened OR assigned_by_id = 14 OR id IN (SELECT deal_id FROM deal_observers WHERE user_id = 14)",
            )
            .len();
        for (join, leave, seen) in [
            ("INSERT INTO workgroup_members VALUES (1, 14)", "DELETE FROM workgroup_members WHERE user_id = 14 AND workgroup_id = 1", open),
            ("UPDATE workgroups SET owner_id = 14 WHERE id = 1", "UPDATE workgroups SET owner_id = 8 WHERE id = 1", open),
        ] {
            world.own(join).unwrap();
            assert_eq!(count(&mut world, "14"), seen as u64, "{join}");
            world.own(leave).unwrap();
            assert_eq!(count(&mut world, "14"), 0, "{leave}");
        }
        world.own("INSERT INTO user_group_members VALUES (1, 14)").unwrap();
        assert_employee(&mut world, "14");
        world.own("DELETE FROM user_group_members WHERE user_id = 14; UPDATE users SET department_id = 2 WHERE id = 14").unwrap();
        assert_manager(&mut world, "14");
        world.own("UPDATE users SET department_id = 6 WHERE id = 14").unwrap();
        LEADS.assert_nothing(&mut world, "14");
        // Within one transaction, too: the next statement sees it.
        world.own("INSERT INTO user_group_members VALUES (1, 14)").unwrap();
        let identity = world.identity("14");
        let mut transaction = world.backend.transaction().unwrap();
        transaction.batch_execute(&identity).unwrap();
        let mut count = || transaction.query_one("SELECT count(*) FROM leads", &[]).unwrap().get::<_, i64>(0);
        let before = count();
        world.owner.batch_execute("DELETE FROM user_group_members WHERE user_id = 14").unwrap();
        assert!(before > 0 && count() == 0, "{before}");
    }
}

#[test]
fn b5_deleting_a_role_takes_away_what_it_gave_at_once_and_for_good() {
    let shipped = crate::support::project_file("examples/bitrix24.yaml");
    let without = shipped
        .replace("\n  auditor:\n    description: reads and exports everything\n    grants: {\"*\": {read: all, export: all}}\n", "\n");
    let without = without.replace("    - {role: auditor, user: 9}\n", "");
    assert_eq!(shipped.len() - without.len(), 132, "the role and its assignment are left out");
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let apply =
            |world: &World, text: &str| crate::support::apply_as(&world.database, crate::support::applier(target), target, text).unwrap();
        world.assigns("SELECT crm_access.assign('auditor', 'user', '14'); SELECT crm_access.assign('employee', 'user', '15')").unwrap();
        assert_eq!(["9", "14"].map(|user| world.count(user, "leads")), [200, 200]);
        apply(&world, &without);
        assert_eq!(["9", "14"].map(|user| world.count(user, "leads")), [0, 0]);
        assert_employee(&mut world, "15");
        refused(world.assigns("SELECT crm_access.assign('auditor', 'user', '14')"), "42704");
        let log = world.really("SELECT detail ->> 'role' || ' ' || (detail ->> 'key') || ' ' || (detail ->> 'reason') FROM crm_access.log WHERE action = 'revoke'");
        assert_eq!(log, ["auditor 14 the role is not in the configuration any more"]);
        // A role of that name later is another one.
        apply(&world, &shipped);
        assert_eq!(["9", "14"].map(|user| world.count(user, "leads")), [200, 0]);
    }
}

#[test]
fn b7_without_a_role_there_is_nothing() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        for user in ["14", "15", "16", "13", "999"] {
            for rows in KINDS {
                rows.assert_nothing(&mut world, user);
            }
        }
        refused(world.tries("14", "INSERT INTO leads (title, assigned_by_id) VALUES ('x', 14)"), "42501");
    }
}

#[test]
fn b7_the_other_answer_is_a_role_for_every_employee() {
    let line = "    - {role: auditor, user: 9}\n";
    for target in TARGETS {
        let mut world = World::changed("bitrix24", target, line, &format!("{line}    - {{role: employee, everyone: true}}\n"));
        for user in ["14", "15", "16"] {
            assert_employee(&mut world, user);
        }
        for user in ["13", "999"] {
            LEADS.assert_nothing(&mut world, user);
        }
        world.own("INSERT INTO users VALUES (20, 'New', true, NULL)").unwrap();
        world.force("UPDATE leads SET assigned_by_id = 20 WHERE id IN (10, 20, 30)");
        assert_eq!(world.sees("20", "SELECT id FROM leads"), ["10", "20", "30"]);
    }
}
