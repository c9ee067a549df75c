//! Rules J1 to J9: ownership, as Jetpack CRM has it and as people wish it had.

use crate::rows::{Move, Rows, drop_foreign_keys};
use crate::support::{REFUSED, TARGETS, World, refused};
use crm_access::program::Target;

const COMPANIES: Rows = Rows { table: "jetpack.companies", key: "id", touch: "name = 'touched'" };
const CONTACTS: Rows = Rows { table: "jetpack.contacts", key: "id", touch: "name = 'touched'" };
const BOUGHT: [Rows; 3] = [
    Rows { table: "jetpack.transactions", key: "id", touch: "reference = 'touched'" },
    Rows { table: "jetpack.quotes", key: "id", touch: "reference = 'touched'" },
    Rows { table: "jetpack.invoices", key: "id", touch: "reference = 'touched'" },
];

/// Ada is an administrator, Dan a dispatcher, Finn is not active, Gus a team of one, Hal in no team.
const EMPLOYEES: [&str; 6] = ["2", "3", "4", "5", "7", "8"];
const ADMINISTRATOR: &str = "1";
const DISPATCHER: &str = "4";

/// Whose a record is that is bought by a contact or company.
fn owner_of_bought(user: &str) -> String {
    format!(
        "coalesce(CASE WHEN t.contact_id IS NOT NULL THEN (SELECT c.owner_id FROM jetpack.contacts AS c WHERE c.id = t.contact_id)
         ELSE (SELECT c.owner_id FROM jetpack.companies AS c WHERE c.id = t.company_id) END = {user}, false)"
    )
}

fn mine(user: &str) -> String {
    format!("coalesce(t.owner_id = {user}, false)")
}

#[test]
fn j1_an_assigned_contact_is_changed_by_its_assignee_or_an_administrator_alone() {
    for target in TARGETS {
        let mut world = World::new("jetpack", target);
        drop_foreign_keys(&mut world);
        for rows in [COMPANIES, CONTACTS] {
            for user in EMPLOYEES {
                rows.assert_rights(&mut world, user, "true", &mine(user), &mine(user));
            }
            rows.assert_every(&mut world, ADMINISTRATOR, "true");
            // Somebody else's, and one of nobody.
            assert_eq!(rows.assert_move(&mut world, "2", "3", "status = 'Customer'", "true", &mine("2")), Move::Unseen);
        }
        assert_eq!(CONTACTS.assert_move(&mut world, "2", "1", "status = 'Lead'", "true", &mine("2")), Move::Done);
    }
}

#[test]
fn j2_everybody_else_still_sees_it_in_lists() {
    for target in TARGETS {
        let mut world = World::new("jetpack", target);
        for user in EMPLOYEES {
            for table in ["companies", "contacts", "transactions", "quotes", "invoices", "tasks"] {
                let all = world.really(&format!("SELECT id FROM jetpack.{table}"));
                assert_eq!(world.sees(user, &format!("SELECT id FROM jetpack.{table}")), all, "{user}: {table}");
            }
        }
        let listed = "SELECT c.name FROM jetpack.contacts AS c WHERE c.owner_id = 7 AND c.id < 20";
        assert_eq!(world.sees("2", listed), ["Gil Grove"]);
    }
}

#[test]
fn j3_the_edit_view_locks_what_an_update_would_change_and_nothing_else() {
    for target in TARGETS {
        let mut world = World::new("jetpack", target);
        for user in EMPLOYEES {
            for rows in [COMPANIES, CONTACTS] {
                let own = rows.really(&mut world, &mine(user));
                for lock in ["FOR UPDATE", "FOR NO KEY UPDATE", "FOR SHARE", "FOR KEY SHARE"] {
                    assert_eq!(world.sees(user, &format!("SELECT id FROM {} {lock}", rows.table)), own, "{user} {lock}");
                }
            }
        }
        // The view of one contact: shown to everybody, opened for editing by whom it is assigned to.
        for (user, id, editable) in [("2", "1", true), ("3", "1", false), ("2", "3", false), (ADMINISTRATOR, "3", true)] {
            let view = format!("SELECT id FROM jetpack.contacts WHERE id = {id}");
            assert_eq!(world.sees(user, &view), [id]);
            assert_eq!(!world.sees(user, &format!("{view} FOR UPDATE")).is_empty(), editable, "{user} {id}");
            assert_eq!(world.tries(user, &format!("UPDATE jetpack.contacts SET name = 'x' WHERE id = {id}")), Ok(u64::from(editable)));
        }
    }
}

fn assign(world: &mut World, user: &str, entity: &str, key: &str, to: &str) -> crate::support::Outcomes {
    world.run(user, &format!("SELECT crm_access.assign_record('{entity}', {key}, {to})"))
}

#[test]
fn j4_reassignment_moves_the_right_at_once() {
    for target in TARGETS {
        let mut world = World::new("jetpack", target);
        let change = "UPDATE jetpack.contacts SET status = 'Customer' WHERE id = 1";
        let bought = "UPDATE jetpack.transactions SET amount = 1 WHERE id = 77";
        world.force("UPDATE jetpack.transactions SET contact_id = 1 WHERE id = 77");
        let may = |world: &mut World| ["2", "3"].map(|user| [world.tries(user, change), world.tries(user, bought)]);
        assert_eq!(may(&mut world), [[Ok(1), Ok(1)], [Ok(0), Ok(0)]]);
        assert_eq!(assign(&mut world, "2", "contact", "1", "3"), Ok(1), "one's own is given away");
        assert_eq!(may(&mut world), [[Ok(0), Ok(0)], [Ok(1), Ok(1)]]);
        refused(assign(&mut world, "2", "contact", "1", "2"), REFUSED);
        // By UPDATE as well, as long as the giver may still change it.
        let give = "UPDATE jetpack.contacts SET owner_id = 2 WHERE id = 1";
        let error = refused(world.run("3", give), REFUSED);
        assert!(error.hint.contains("crm_access.assign_record("), "{error:?}");
        assert_eq!(world.run(ADMINISTRATOR, give), Ok(1));
        assert_eq!(may(&mut world), [[Ok(1), Ok(1)], [Ok(0), Ok(0)]]);
        let log = "SELECT concat_ws(' ', row_number() OVER (ORDER BY at), actor, entity, record_key, detail ->> 'from', detail ->> 'to') FROM crm_access.log";
        assert_eq!(world.really(log), ["1 2 contact 1 2 3"]);
    }
}

#[test]
fn j4_giving_away_works_although_the_giver_sees_it_no_more() {
    for target in TARGETS {
        let mut world = strict(target);
        assert_eq!(world.sees("2", "SELECT id FROM jetpack.contacts WHERE id < 20"), ["1", "2"]);
        refused(world.run("2", "UPDATE jetpack.contacts SET owner_id = 3 WHERE id = 1"), REFUSED);
        assert_eq!(assign(&mut world, "2", "contact", "1", "3"), Ok(1));
        assert_eq!(world.sees("2", "SELECT id FROM jetpack.contacts WHERE id < 20"), ["2"]);
        assert_eq!(world.sees("3", "SELECT id FROM jetpack.contacts WHERE id < 20"), ["1", "5"]);
        refused(assign(&mut world, "2", "contact", "1", "2"), REFUSED);
    }
}

#[test]
fn j5_who_may_reassign_is_an_action_of_its_own() {
    for target in TARGETS {
        let mut world = World::new("jetpack", target);
        // A dispatcher says whose a contact is and can't change its name; whoever may change it without `assign` can't say whose it is.
        assert_eq!(assign(&mut world, DISPATCHER, "contact", "5", "7"), Ok(1));
        assert_eq!(world.tries(DISPATCHER, "UPDATE jetpack.contacts SET name = 'x' WHERE id = 5"), Ok(0));
        assert_eq!(world.tries(DISPATCHER, "UPDATE jetpack.contacts SET owner_id = 2 WHERE id = 5"), Ok(0));
        refused(assign(&mut world, "3", "contact", "5", "3"), REFUSED);
        for to in ["6", "99", "'x'::text"] {
            refused(assign(&mut world, DISPATCHER, "contact", "5", to), REFUSED);
        }
        assert_eq!(world.sees(DISPATCHER, "SELECT crm_access.can('assign', 'contact', 5)"), ["t"]);
        assert_eq!(world.sees("3", "SELECT crm_access.can('assign', 'contact', 5)"), ["f"]);
        // Tasks go to one's team.
        assert_eq!(assign(&mut world, "2", "task", "1", "3"), Ok(1));
        refused(assign(&mut world, "2", "task", "2", "5"), REFUSED);
        let all = "SELECT crm_access.assign_record('company', ARRAY(SELECT id FROM jetpack.companies), 2)";
        assert_eq!(world.sees(DISPATCHER, all), ["206"]);
        refused(world.try_sees("2", all), REFUSED);
        let mut world = World::changed(
            "jetpack",
            target,
            "update: own, delete: own, assign: own, import: own}",
            "update: own, delete: own, assign: none}",
        );
        assert_eq!(world.tries("2", "UPDATE jetpack.contacts SET name = 'x' WHERE id = 1"), Ok(1));
        refused(world.tries("2", "UPDATE jetpack.contacts SET owner_id = NULL WHERE id = 1"), REFUSED);
        refused(assign(&mut world, "2", "contact", "1", "2"), REFUSED);
    }
}

#[test]
fn j6_a_record_without_owner_is_an_administrators_or_anyones_who_may_assign() {
    for target in TARGETS {
        let mut world = World::new("jetpack", target);
        let unowned = CONTACTS.really(&mut world, "t.owner_id IS NULL AND t.id < 100");
        assert!(unowned.contains(&"3".to_owned()) && unowned.len() > 5);
        let take = |user: &str| format!("SELECT crm_access.assign_record('contact', $key, {user})");
        assert_eq!(world.accepted("2", &unowned, &take("2")), Vec::<String>::new());
        assert_eq!(world.accepted(ADMINISTRATOR, &unowned, &take("1")), unowned);
        assert_eq!(world.accepted(ADMINISTRATOR, &unowned, "UPDATE jetpack.contacts SET owner_id = 2 WHERE id = $key"), unowned);
        let mut world = World::changed("jetpack", target, "assign: own, import: own}", "assign: [own, unassigned], import: own}");
        assert_eq!(world.accepted("2", &unowned, &take("2")), unowned);
        assert_eq!(world.tries("2", "UPDATE jetpack.contacts SET name = 'x' WHERE id = 3"), Ok(0), "taken first, changed then");
        assert_eq!(assign(&mut world, "2", "contact", "3", "2"), Ok(1));
        assert_eq!(world.tries("2", "UPDATE jetpack.contacts SET name = 'x' WHERE id = 3"), Ok(1));
    }
}

/// The preset with strict ownership: one line is begun.
fn strict(target: Target) -> World {
    World::changed(
        "jetpack",
        target,
        "# - {restriction: strict_ownership, everyone: true}",
        "- {restriction: strict_ownership, everyone: true}",
    )
}

#[test]
fn j7_strict_ownership_is_one_line_of_configuration() {
    for target in TARGETS {
        let mut world = strict(target);
        drop_foreign_keys(&mut world);
        for user in EMPLOYEES {
            for rows in [COMPANIES, CONTACTS] {
                rows.assert_every(&mut world, user, &mine(user));
            }
            for rows in BOUGHT {
                rows.assert_every(&mut world, user, &owner_of_bought(user));
            }
        }
        for rows in [COMPANIES, CONTACTS].iter().chain(&BOUGHT) {
            rows.assert_every(&mut world, ADMINISTRATOR, "true");
        }
        let mine = world.really("SELECT count(*) FROM jetpack.contacts WHERE owner_id = 7");
        assert_eq!(world.sees("7", "SELECT count(*) FROM jetpack.contacts"), mine);
        // A dispatcher without sight assigns nothing but their own.
        refused(assign(&mut world, DISPATCHER, "contact", "1", "4"), REFUSED);
    }
}

#[test]
fn j8_members_of_a_team_see_the_teams_records_and_nobody_elses() {
    let (from, to) = ("# - {restriction: team_ownership, everyone: true}", "- {restriction: team_ownership, everyone: true}");
    for target in TARGETS {
        let mut world = World::changed("jetpack", target, from, to);
        drop_foreign_keys(&mut world);
        // Dan leads the team that Eve and Finn are in; Gus is a team of one, Hal in none.
        for (user, team) in [("2", "2, 3"), ("3", "2, 3"), ("4", "4, 5, 6"), ("5", "4, 5, 6"), ("7", "7"), ("8", "8")] {
            let shared = format!("coalesce(t.owner_id IN ({team}), false)");
            for rows in [COMPANIES, CONTACTS] {
                rows.assert_rights(&mut world, user, &shared, &mine(user), &mine(user));
            }
            for rows in BOUGHT {
                let shared = owner_of_bought("ANY (ARRAY[TEAM]::bigint[])").replace("TEAM", team);
                rows.assert_rights(&mut world, user, &shared, &owner_of_bought(user), &owner_of_bought(user));
            }
        }
        // Who joins sees at once, who leaves no more.
        world.force("UPDATE jetpack.team_members SET user_id = 8 WHERE user_id = 3");
        let seen = |world: &mut World, user: &str| world.sees(user, "SELECT id FROM jetpack.contacts WHERE id < 20");
        assert_eq!((seen(&mut world, "8"), seen(&mut world, "3")), (vec!["1".to_owned(), "2".into(), "8".into()], vec!["5".to_owned()]));
    }
}

#[test]
fn j9_what_is_bought_takes_its_contacts_owner_else_its_companys() {
    for target in TARGETS {
        let mut world = World::new("jetpack", target);
        drop_foreign_keys(&mut world);
        for rows in BOUGHT {
            for user in EMPLOYEES {
                let own = owner_of_bought(user);
                rows.assert_rights(&mut world, user, "true", &own, &own);
                for (contact, company) in
                    [("1", "NULL"), ("2", "2"), ("5", "1"), ("NULL", "1"), ("NULL", "3"), ("3", "1"), ("NULL", "NULL")]
                {
                    rows.assert_insert(
                        &mut world,
                        user,
                        "reference, contact_id, company_id",
                        &format!("'new', {contact}, {company}"),
                        &own,
                        "true",
                    );
                }
            }
            rows.assert_every(&mut world, ADMINISTRATOR, "true");
            // By hand: a contact of Ben's at a company of Cleo's is Ben's; the company alone Cleo's; a contact of nobody's is nobody's.
            for (user, id, done) in
                [("2", "1", 1), ("3", "1", 0), ("3", "2", 1), ("3", "3", 1), ("2", "4", 0), ("2", "5", 0), ("2", "6", 0)]
            {
                let change = format!("UPDATE {} SET amount = 1 WHERE id = {id}", rows.table);
                assert_eq!(world.tries(user, &change), Ok(done), "{user}: {change}");
            }
            // One's own can't be put on somebody else's account.
            assert_eq!(rows.assert_move(&mut world, "2", "1", "contact_id = 5", "true", &owner_of_bought("2")), Move::Refused);
        }
    }
}
