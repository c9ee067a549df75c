//! Bitrix24, rules B8 to B11: levels by action and by stage, activities, observers.

use crate::bitrix::{
    ACTIVITIES, DEAL_OBSERVERS, DEALS, KINDS, department, department_tree, employee_reads, manager_reads, observed, own, with_roles,
};
use crate::rows::drop_foreign_keys;
use crate::support::{REFUSED, TARGETS, World, refused};

/// The screen's levels: how each is written, and which records it gives to a user.
fn levels(user: &str) -> [(&'static str, &'static str, String); 6] {
    let (own, department, tree) = (own(user), department(user), department_tree(user));
    [
        ("none", "none", "false".to_owned()),
        ("own", "own", own.clone()),
        ("department_of", "[own, department]", format!("({own} OR {department})")),
        ("tree", "[own, department_tree]", format!("({own} OR {tree})")),
        ("open_too", "[own, department_tree, open]", format!("({own} OR {tree} OR t.opened)")),
        ("everything", "all", "true".to_owned()),
    ]
}

#[test]
fn b8_each_level_gives_just_its_records_to_each_action() {
    // Of departments: none, one, one with others below, one led from elsewhere, the top.
    let users = ["14", "10", "5", "2", "16"];
    let roles: String = levels("0")
        .iter()
        .map(|(name, level, _)| format!("  {name}: {{grants: {{company: {level}, contact: {level}, lead: {level}, deal: {level}}}}}\n"))
        .collect();
    for target in TARGETS {
        let mut world = with_roles(target, &format!("roles:\n{roles}assignments: {{stored: true}}\n"));
        drop_foreign_keys(&mut world);
        for user in users {
            for (name, _, condition) in levels(user) {
                world.force(&format!("DELETE FROM crm_access.assignment; SELECT crm_access.assign('{name}', 'user', '{user}')"));
                for rows in KINDS {
                    rows.assert_every(&mut world, user, &condition);
                    for responsible in [user, "3", "7", "NULL"] {
                        rows.assert_insert(
                            &mut world,
                            user,
                            "title, assigned_by_id",
                            &format!("'N', {responsible}"),
                            &condition,
                            &condition,
                        );
                    }
                }
                let permitted = world.sees(user, "SELECT scope FROM crm_access.permissions() WHERE entity = 'deal' AND action = 'export'");
                let expected = ["none", "own", "department", "department_tree", "open", "all"];
                let place = levels(user).iter().position(|(level, ..)| *level == name).unwrap();
                assert_eq!(permitted, if place == 0 { Vec::new() } else { vec![expected[place].to_owned()] }, "{name}");
            }
        }
    }
}

#[test]
fn b8_actions_have_levels_of_their_own() {
    let roles = "roles:
  mixed:
    grants:
      deal: {read: [own, department_tree, open], create: own, update: [own, department], delete: own, export: [own, department]}
      lead: {read: all, create: all}
assignments: {listed: {role: mixed, user: 2}}
";
    for target in TARGETS {
        let mut world = with_roles(target, roles);
        drop_foreign_keys(&mut world);
        let [_, (_, _, mine), (_, _, near), _, (_, _, open), _] = levels("2");
        DEALS.assert_rights(&mut world, "2", &open, &near, &mine);
        for (responsible, accepted) in [("2", true), ("3", false), ("NULL", false)] {
            assert_eq!(
                DEALS.assert_insert(&mut world, "2", "title, assigned_by_id", &format!("'N', {responsible}"), &mine, &open),
                accepted
            );
        }
        crate::bitrix::LEADS.assert_rights(&mut world, "2", "true", "false", "false");
        let export = "SELECT entity || ' ' || scope FROM crm_access.permissions() WHERE action = 'export'";
        assert_eq!(world.sees("2", export), ["deal department"]);
        // What may be exported is read from the same function that guards it.
        let exported = world.sees("2", "SELECT crm_access.can('export', 'deal', ARRAY(SELECT id FROM deals))");
        assert_eq!(exported, DEALS.really(&mut world, &near), "{exported:?}");
    }
}

#[test]
fn b8_the_responsible_person_is_changed_and_records_are_imported_at_levels_of_their_own() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let one =
            |world: &mut World, condition: &str| world.really(&format!("SELECT t.id FROM leads AS t WHERE {condition} LIMIT 1")).remove(0);
        // An employee gives away their own, sees it no more, and imports nothing.
        let (mine, other) = (one(&mut world, &own("10")), one(&mut world, &format!("NOT {} AND NOT t.opened", department_tree("10"))));
        let give = |record: &str, to: &str| format!("SELECT crm_access.assign_record('lead', {record}, {to})");
        world.run("10", &give(&mine, "12")).unwrap();
        assert!(world.sees("10", &format!("SELECT id FROM leads WHERE id = {mine}")).is_empty());
        refused(world.run("10", &give(&other, "10")), REFUSED);
        refused(world.run("10", &give(&mine, "10")), REFUSED);
        let import =
            |responsible: &str| format!("SELECT crm_access.import('lead', '[{{\"title\": \"N\", \"assigned_by_id\": {responsible}}}]')");
        let error = refused(world.run("10", &import("10")), REFUSED);
        assert_eq!(error.message, "this user may not import \"lead\" records");
        // A manager creates for everybody of the department, and imports only what is their own.
        let near =
            world.really(&format!("SELECT t.assigned_by_id FROM leads AS t WHERE {} AND NOT {}", department_tree("2"), own("2"))).remove(0);
        let add = format!("INSERT INTO leads (title, assigned_by_id) VALUES ('N', {near})");
        assert_eq!((world.tries("2", &add), world.tries("2", &import("2"))), (Ok(1), Ok(1)));
        refused(world.run("2", &import(&near)), REFUSED);
        assert!(
            !world.sees("2", "SELECT crm_access.can('assign', 'deal', ARRAY(SELECT id FROM deals WHERE stage = 'sales:new'))").is_empty()
        );
        assert!(
            world.sees("2", "SELECT crm_access.can('assign', 'deal', ARRAY(SELECT id FROM deals WHERE stage = 'sales:lost'))").is_empty()
        );
        let may = |user: &str, world: &mut World| world.sees(user, "SELECT action FROM crm_access.permissions() WHERE entity = 'deal'");
        assert_eq!(may("10", &mut world), ["assign", "create", "read", "update"]);
        assert_eq!(may("2", &mut world), ["assign", "create", "delete", "export", "import", "read", "update"]);
    }
}

#[test]
fn b9_a_stage_takes_its_own_level_and_another_that_of_the_deal() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        drop_foreign_keys(&mut world);
        for user in ["2", "3", "11"] {
            let (own, tree) = (own(user), department_tree(user));
            let read = format!("CASE t.stage WHEN 'sales:lost' THEN true ELSE {} END", manager_reads("deals", user));
            let update = format!("CASE t.stage WHEN 'sales:won' THEN {own} WHEN 'sales:lost' THEN false ELSE {own} OR {tree} END");
            let delete = format!("({own} AND t.stage <> 'sales:won')");
            DEALS.assert_rights(&mut world, user, &read, &update, &delete);
            for id in ["2", "9", "3", "10", "16", "33", "58"] {
                for stage in ["sales:won", "sales:lost", "service:new"] {
                    DEALS.assert_move(&mut world, user, id, &format!("stage = '{stage}'"), &read, &update);
                }
            }
        }
    }
}

#[test]
fn b9_a_pipeline_has_a_level_of_its_own() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        drop_foreign_keys(&mut world);
        world.assigns("SELECT crm_access.assign('service_desk', 'user', '14')").unwrap();
        let service = "(t.stage IN ('service:new', 'service:visit', 'service:done'))";
        DEALS.assert_rights(&mut world, "14", service, service, "false");
        for (stage, accepted) in [("service:new", true), ("sales:new", false)] {
            assert_eq!(DEALS.assert_insert(&mut world, "14", "title, stage", &format!("'N', '{stage}'"), service, service), accepted);
        }
        // Out of the pipeline is out of reach.
        DEALS.assert_move(&mut world, "14", "4", "stage = 'sales:new'", service, service);
        DEALS.assert_move(&mut world, "14", "4", "stage = 'service:done'", service, service);
    }
}

fn of_parents(conditions: &[(&str, &str, String)]) -> String {
    let parts: Vec<String> = conditions
        .iter()
        .map(|(column, table, condition)| format!("coalesce(t.{column} IN (SELECT t.id FROM {table} AS t WHERE {condition}), false)"))
        .collect();
    format!("({})", parts.join(" OR "))
}

#[test]
fn b10_an_activity_is_read_with_its_parent_and_changed_by_whoever_may_update_the_parent() {
    let parents = [("lead_id", "leads"), ("deal_id", "deals"), ("contact_id", "contacts"), ("company_id", "companies")];
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        for user in ["10", "6"] {
            let read = of_parents(&parents.map(|(column, table)| (column, table, employee_reads(table, user))));
            let update =
                of_parents(&parents.map(|(column, table)| (column, table, format!("({} AND {})", employee_reads(table, user), own(user)))));
            ACTIVITIES.assert_rights(&mut world, user, &read, &update, &update);
            assert!(ACTIVITIES.really(&mut world, &read).len() > ACTIVITIES.really(&mut world, &update).len());
            for (column, table) in parents {
                let mine = world.really(&format!("SELECT min(id) FROM {table} WHERE assigned_by_id = {user}"))[0].clone();
                let seen = format!("SELECT min(id) FROM {table} AS t WHERE {} AND NOT {}", observed(table, user), own(user));
                let seen = world.really(&seen)[0].clone();
                for (parent, accepted) in [(mine, true), (seen, false), ("9999".to_owned(), false)] {
                    let insert = format!("INSERT INTO activities (subject, {column}) VALUES ('N', {parent})");
                    match world.tries(user, &insert) {
                        Ok(rows) => assert!(accepted && rows == 1, "{user}: {insert}"),
                        Err(refused) => assert!(!accepted && refused.state == "42501", "{user}: {insert}: {refused:?}"),
                    }
                }
            }
        }
        // Being responsible for an activity gives nothing.
        let responsible = world.really("SELECT id FROM activities WHERE responsible_id = 14");
        assert!(!responsible.is_empty());
        ACTIVITIES.assert_nothing(&mut world, "14");
        // A project member reads those of open deals, and changes none.
        let user = "12";
        let deals = format!("({} OR {} OR t.opened)", own(user), observed("deals", user));
        ACTIVITIES.assert_rights(&mut world, user, &of_parents(&[("deal_id", "deals", deals)]), "false", "false");
    }
}

#[test]
fn b11_observers_read_a_record_only_if_they_have_base_read() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        drop_foreign_keys(&mut world);
        // Olga observes records of each kind and has no role.
        for rows in KINDS {
            let watched = observed(rows.table, "15");
            assert!(!rows.really(&mut world, &watched).is_empty(), "{}", rows.table);
            rows.assert_nothing(&mut world, "15");
        }
        // A role that reads no deal gives no deal; one that reads any kind gives what is observed of that kind, to be read only.
        world.assigns("SELECT crm_access.assign('head_of_staff', 'user', '15')").unwrap();
        DEALS.assert_nothing(&mut world, "15");
        world.assigns("SELECT crm_access.assign('project_member', 'user', '15')").unwrap();
        let deals = format!("({} OR {} OR t.opened)", own("15"), observed("deals", "15"));
        DEALS.assert_rights(&mut world, "15", &deals, "false", "false");
        crate::bitrix::LEADS.assert_nothing(&mut world, "15");
        world
            .assigns("SELECT crm_access.revoke('project_member', 'user', '15'); SELECT crm_access.assign('employee', 'user', '15')")
            .unwrap();
        for rows in KINDS {
            rows.assert_rights(&mut world, "15", &employee_reads(rows.table, "15"), &own("15"), "false");
        }
        // Who no longer observes reads it no more.
        world.force("DELETE FROM deal_observers WHERE user_id = 15; UPDATE companies SET observer_id = NULL WHERE observer_id = 15");
        for rows in [DEALS, crate::bitrix::COMPANIES] {
            rows.assert_rights(&mut world, "15", &own("15"), &own("15"), "false");
        }
    }
}

#[test]
fn b11_nobody_makes_themselves_an_observer_of_what_they_may_not_update() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let updates = format!("coalesce(t.deal_id IN (SELECT t.id FROM deals AS t WHERE {}), false)", own("10"));
        let reads = format!("coalesce(t.deal_id IN (SELECT t.id FROM deals AS t WHERE {}), false)", employee_reads("deals", "10"));
        DEAL_OBSERVERS.assert_rights(&mut world, "10", &reads, &updates, &updates);
        let hidden = world.really(&format!("SELECT min(id) FROM deals AS t WHERE NOT {}", employee_reads("deals", "10")))[0].clone();
        refused(world.tries("10", &format!("INSERT INTO deal_observers (deal_id, user_id) VALUES ({hidden}, 10)")), "42501");
        let own = world.really("SELECT min(id) FROM deals WHERE assigned_by_id = 10")[0].clone();
        assert_eq!(world.tries("10", &format!("INSERT INTO deal_observers (deal_id, user_id) VALUES ({own}, 14)")), Ok(1));
    }
}
