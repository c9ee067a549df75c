//! Records opened beyond the roles on the preset that uses every feature: sharing rules, shares, parents and children, handing over, cover.

use crate::full::{COMPANIES, CONTACTS, DEALS, LEADS, changeable, only, owned, readable};
use crate::support::{REFUSED, Refused, TARGETS, World, refused};

#[test]
fn sharing_rules_open_records_by_criteria_and_by_the_owners_group_and_only_add() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        // The board sees the large deals of its firm and of those that are shared.
        DEALS.assert_rights(&mut world, "15", &format!("{} AND t.amount >= 100000", readable("1")), "false", "false");
        // The Hunters take over from the Farmers: 14 has no other right on leads.
        LEADS.assert_nothing(&mut world, "14");
        world.force("INSERT INTO staff.team_members (team_id, user_id) VALUES (1, 14)");
        let farmers = |owners: &str| format!("coalesce(t.owner_id IN ({owners}), false)");
        let both = |world: &mut World, owners: &str| {
            let (read, update) = (readable("1"), changeable("1"));
            let owners = farmers(owners);
            LEADS.assert_rights(world, "14", &format!("{read} AND {owners}"), &format!("{update} AND {owners}"), "false");
        };
        both(&mut world, "9, 11, 16");
        world.force("DELETE FROM staff.team_members WHERE user_id = 9");
        both(&mut world, "11, 16");
        world.force("DELETE FROM staff.team_members WHERE user_id = 14");
        LEADS.assert_nothing(&mut world, "14");
    }
}

#[test]
fn record_share_opens_one_record_with_a_level_an_end_and_a_reason() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        let id = COMPANIES
            .really(
                &mut world,
                &format!("t.manager_id = 4 AND t.firm_id = 1 AND NOT t.for_everyone AND t.created_by <> 10 AND NOT {}", owned("5")),
            )
            .remove(0);
        // A salesperson of no team and no report, who sees nothing of this one.
        world.force("INSERT INTO staff.users (user_id, name, firm_id) VALUES (20, 'New', 1), (21, 'Other', 2)");
        only(&mut world, "20", "salesperson");
        only(&mut world, "21", "salesperson");
        world.force("UPDATE staff.user_roles SET valid_from = NULL");
        let (sees, updates, deletes) = (
            format!("SELECT id FROM crm.companies WHERE id = {id}"),
            format!("UPDATE crm.companies SET name = 'x' WHERE id = {id}"),
            format!("DELETE FROM crm.companies WHERE id = {id}"),
        );
        crate::rows::drop_foreign_keys(&mut world);
        let share = |world: &mut World, user: &str, rest: &str| {
            world.run("4", &format!("SELECT crm_access.share('company', '{id}', 'user', '{user}', {rest})")).map(drop)
        };
        assert!(world.sees("20", &sees).is_empty());
        for (level, update, delete) in [("read", 0, 0), ("update", 1, 0)] {
            share(&mut world, "20", &format!("'{level}', reason => 'fair', ends_at => now() + interval '1 hour'")).unwrap();
            assert_eq!(world.sees("20", &sees), std::slice::from_ref(&id));
            assert_eq!((world.tries("20", &updates), world.tries("20", &deletes)), (Ok(update), Ok(delete)), "{level}");
        }
        // A share ends at its time, and with the owner it came from.
        world.force("UPDATE crm_access.share SET ends_at = now() - interval '1 second', starts_at = NULL");
        assert!(world.sees("20", &sees).is_empty());
        share(&mut world, "20", "'read'").unwrap();
        assert_eq!(world.sees("20", &sees), std::slice::from_ref(&id));
        world.force(&format!("UPDATE crm.companies SET manager_id = 3, second_manager_id = NULL WHERE id = {id}"));
        assert!(world.sees("20", &sees).is_empty(), "the owner changed");
        world.force(&format!("UPDATE crm.companies SET manager_id = 4 WHERE id = {id}"));
        share(&mut world, "20", "'read', keep => true").unwrap();
        world.force(&format!("UPDATE crm.companies SET manager_id = 3 WHERE id = {id}"));
        assert_eq!(world.sees("20", &sees), std::slice::from_ref(&id), "kept when the owner changed");
        // It never opens a record of another firm.
        world.force(&format!("UPDATE crm.companies SET manager_id = 4 WHERE id = {id}"));
        share(&mut world, "21", "'read'").unwrap();
        assert!(world.sees("21", &sees).is_empty());
    }
}

#[test]
fn controlled_by_parent_quotations_are_read_and_changed_with_their_deal() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        let of = |world: &World, deals: &[String]| {
            let _ = world.target;
            format!("SELECT id FROM crm.quotations WHERE deal_id IN ({})", deals.join(", "))
        };
        for user in ["4", "3", "10"] {
            let deals = world.sees(user, "SELECT id FROM crm.deals");
            let changed = world.sees(user, "UPDATE crm.deals SET title = 'x' RETURNING id");
            assert!(deals.len() > changed.len() && !changed.is_empty(), "{user}");
            let (read, update) = (of(&world, &deals), of(&world, &changed));
            assert_eq!(world.sees(user, "SELECT id FROM crm.quotations"), world.really(&read), "{user}");
            for command in ["UPDATE crm.quotations SET total = 1 RETURNING id", "DELETE FROM crm.quotations RETURNING id"] {
                assert_eq!(world.sees(user, command), world.really(&update), "{user}: {command}");
            }
            let only_read = deals.iter().find(|id| !changed.contains(id)).cloned().unwrap();
            let insert = |deal: &str| format!("INSERT INTO crm.quotations (deal_id) VALUES ({deal})");
            assert_eq!(world.tries(user, &insert(&changed[0])), Ok(1));
            refused(world.tries(user, &insert(&only_read)), REFUSED);
        }
    }
}

#[test]
fn implied_parent_a_contact_is_read_because_of_a_deal_until_the_last_one_is_gone() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        // A contact of no company, created by somebody else, with two deals of Sam.
        world.force(
            "INSERT INTO crm.contacts (id, name, firm_id, created_by) VALUES (5000, 'C', 1, 2);
             INSERT INTO crm.deals (id, title, firm_id, contact_id, owner_id) VALUES (5000, 'A', 1, 5000, 5), (5001, 'B', 1, 5000, 5)",
        );
        let seen = |world: &mut World| world.sees("5", "SELECT id FROM crm.contacts WHERE id = 5000").len();
        assert_eq!(seen(&mut world), 1);
        assert_eq!(world.tries("5", "UPDATE crm.contacts SET name = 'x' WHERE id = 5000"), Ok(0), "read alone");
        world.run("5", "DELETE FROM crm.deals WHERE id = 5000").unwrap();
        assert_eq!(seen(&mut world), 1);
        world.run("5", "UPDATE crm.deals SET contact_id = NULL WHERE id = 5001").unwrap();
        assert_eq!(seen(&mut world), 0);
        assert!(!CONTACTS.really(&mut world, "t.id = 5000").is_empty());
    }
}

#[test]
fn assignment_limit_the_new_owner_is_in_ones_team_or_department_or_anyone_as_the_role_says() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        world.force(
            "UPDATE crm.leads SET firm_id = 1, source = 'web', status = 'new', department = NULL, owner_id = NULL;
             UPDATE crm.leads SET source = NULL WHERE id = 2; UPDATE crm.leads SET status = 'converted', owner_id = 5 WHERE id = 3;
             UPDATE crm.leads SET status = 'junk' WHERE id = 4",
        );
        let gives = |world: &mut World, user: &str, lead: &str, to: &str| {
            world.tries(user, &format!("SELECT crm_access.assign_record('lead', {lead}, {to})")).map(drop)
        };
        // Sam is in a team with Sara alone; to oneself is within any limit.
        for (to, may) in [("4", true), ("5", true), ("9", false), ("3", false)] {
            match may {
                true => gives(&mut world, "5", "1", to).unwrap(),
                false => drop(refused(gives(&mut world, "5", "1", to), REFUSED)),
            }
        }
        // A condition and a level by stage narrow it further: what has no source, what is converted, what is junk and not one's own.
        for lead in ["2", "3", "4"] {
            refused(gives(&mut world, "5", lead, "5"), REFUSED);
        }
        // A manager may hand to whom they share a department with, a dispatcher to anyone who is active.
        world.force("UPDATE crm.leads SET owner_id = 4 WHERE id = 1");
        gives(&mut world, "3", "1", "9").unwrap();
        refused(gives(&mut world, "3", "1", "6"), REFUSED);
        gives(&mut world, "8", "1", "6").unwrap();
        refused(gives(&mut world, "8", "1", "13"), REFUSED);
        // A plain UPDATE is held to the same.
        world.force("UPDATE crm.leads SET owner_id = 5 WHERE id = 1");
        refused(world.tries("5", "UPDATE crm.leads SET owner_id = 9 WHERE id = 1"), REFUSED);
        assert_eq!(world.tries("5", "UPDATE crm.leads SET title = 'x' WHERE id = 1"), Ok(1));
    }
}

#[test]
fn delegation_whoever_covers_has_what_the_colleague_has_for_the_time_that_may_be_and_passes_nothing_on() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        let ids = "SELECT id FROM crm.deals";
        let delegate =
            |world: &mut World, user: &str, rest: &str| world.run(user, &format!("SELECT crm_access.delegate({rest})")).map(drop);
        let acting = |world: &mut World, user: &str, other: &str, query: &str| -> Result<Vec<String>, Refused> {
            let rows = world.try_sees(user, &format!("SELECT 'acting' FROM crm_access.act_on_behalf_of({other}); {query}"))?;
            Ok(rows.into_iter().filter(|row| row != "acting").collect())
        };
        let (vic, sam) = (world.sees("9", ids), world.sees("5", ids));
        assert!(!vic.is_empty() && vic != sam);
        refused(acting(&mut world, "5", "9", ids), REFUSED);
        delegate(&mut world, "9", "5, now() + interval '14 days', reason => 'vacation'").unwrap();
        assert_eq!(acting(&mut world, "5", "9", ids), Ok(vic), "with Vic's restriction too");
        assert_eq!(world.sees("5", ids), sam, "their own without it");
        refused(acting(&mut world, "5", "9", "SELECT crm_access.delegate(4, now() + interval '1 day')"), REFUSED);
        // Longer than is allowed, by somebody without such a role, and for somebody else without the other one.
        assert!(delegate(&mut world, "9", "4, now() + interval '61 days'").is_err());
        refused(delegate(&mut world, "19", "4, now() + interval '1 day'"), REFUSED);
        refused(delegate(&mut world, "4", "5, now() + interval '1 day', from_user => 9"), REFUSED);
        delegate(&mut world, "3", "4, now() + interval '1 day', from_user => 9").unwrap();
        world.force("UPDATE crm_access.delegation SET ends_at = now() - interval '1 second', starts_at = now() - interval '1 day'");
        refused(acting(&mut world, "5", "9", ids), REFUSED);
    }
}

#[test]
fn sharing_rules_open_records_to_one_user_and_to_a_workgroup_by_owner() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        // The dispatcher has no right on companies but what is shared with them and with everyone.
        let open = "coalesce(t.for_everyone AND t.territory = 'north', false)";
        let shared = format!("{} AND (coalesce(t.territory = 'west', false) OR {open})", readable("1"));
        assert!(COMPANIES.really(&mut world, &format!("t.territory = 'west' AND {}", readable("1"))).len() > 5);
        COMPANIES.assert_rights(&mut world, "8", &shared, "false", "false");
        COMPANIES.assert_rights(&mut world, "15", &readable("1"), "false", "false");
        only(&mut world, "15", "dispatcher");
        world.force("DELETE FROM staff.group_members WHERE user_id = 15");
        COMPANIES.assert_rights(&mut world, "15", &format!("{} AND {open}", readable("1")), "false", "false");

        // Who works on the project sees what its manager has, besides what the role of its members opens.
        world.force("INSERT INTO staff.project_members (project_id, user_id) VALUES (1, 15)");
        world.force("UPDATE crm.deals SET owner_id = 3 WHERE id % 9 = 0");
        only(&mut world, "15", "dispatcher");
        let large = "coalesce(t.amount > 50000 AND t.stage IN ('won', 'proposal'), false)";
        let managers = "coalesce(t.owner_id = 3, false)";
        assert!(!DEALS.really(&mut world, &format!("{} AND {managers} AND NOT {large}", readable("1"))).is_empty());
        DEALS.assert_rights(&mut world, "15", &format!("{} AND ({large} OR {managers})", readable("1")), "false", "false");
    }
}

#[test]
fn controlled_by_parent_links_and_watchers_need_a_role_and_their_parents() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        // Who leads the south sees a link between one of its companies and a contact that they created, and no other.
        world.force(
            "INSERT INTO crm.contacts (id, name, firm_id, created_by) VALUES (901, 'Mine', 1, 7), (902, 'Not mine', 1, 4);
             INSERT INTO crm.companies (id, name, firm_id, manager_id, created_by, territory) VALUES (901, 'South', 1, 4, 4, 'south'), (902, 'None', 1, 4, 4, NULL);
             INSERT INTO crm.contact_companies (id, contact_id, company_id) VALUES (901, 901, 901), (902, 902, 901), (903, 901, 902)",
        );
        assert_eq!(world.sees("7", "SELECT id FROM crm.contact_companies WHERE id > 900"), ["901"]);
        world.force("DELETE FROM crm.contact_companies WHERE id > 900");
        let link = |contact: &str, company: &str| {
            format!("INSERT INTO crm.contact_companies (id, contact_id, company_id) VALUES (901, {contact}, {company})")
        };
        assert_eq!(world.tries("7", &link("901", "901")), Ok(1));
        for (contact, company) in [("902", "901"), ("901", "902")] {
            refused(world.tries("7", &link(contact, company)), REFUSED);
        }
        // The dispatcher sees every lead of the firm, and with no role of the firms' own people nobody who watches it.
        world.force("INSERT INTO crm.lead_watchers (id, lead_id, user_id) SELECT 900 + id, id, 5 FROM crm.leads AS t WHERE t.id < 20");
        assert!(!world.sees("8", "SELECT id FROM crm.leads WHERE id < 20").is_empty());
        assert_eq!(world.sees("8", "SELECT id FROM crm.lead_watchers"), Vec::<String>::new());
        only(&mut world, "8", "employee");
        let visible = format!("SELECT 900 + t.id FROM crm.leads AS t WHERE t.id < 20 AND {}", readable("1"));
        assert_eq!(world.sees("8", "SELECT id FROM crm.lead_watchers WHERE id > 900"), world.really(&visible));
    }
}

#[test]
fn confirmation_of_a_leaders_restriction_is_not_taken_back() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        let given = |confirmed: &str| {
            format!("INSERT INTO staff.user_restrictions (user_id, restriction, confirmed) VALUES (4, 'limited_crm_access', {confirmed})")
        };
        // 4 leads the Hunters.
        refused(world.own(&given("false")), "23514");
        world.force(&given("true"));
        refused(world.own("UPDATE staff.user_restrictions SET confirmed = false WHERE user_id = 4"), "23514");
        assert_eq!(world.really("SELECT confirmed FROM staff.user_restrictions WHERE user_id = 4"), ["t"]);
    }
}
