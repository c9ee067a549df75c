//! What the best of other CRMs have, on the preset that uses every feature: a test or more for each of their features, named after it.

use crate::rows::Rows;
use crate::support::{REFUSED, TARGETS, World, connect, refused};

/// SQLSTATE of a combination of roles and restrictions that is forbidden.
const BROKEN: &str = "23514";

pub const COMPANIES: Rows = Rows { table: "crm.companies", key: "id", touch: "name = 'touched'" };
pub const LEADS: Rows = Rows { table: "crm.leads", key: "id", touch: "title = 'touched'" };
pub const DEALS: Rows = Rows { table: "crm.deals", key: "id", touch: "title = 'touched'" };
pub const CONTACTS: Rows = Rows { table: "crm.contacts", key: "id", touch: "name = 'touched'" };

/// The records of a firm, and those that are shared by all.
pub fn readable(firm: &str) -> String {
    format!("(coalesce(t.firm_id = {firm}, false) OR t.firm_id IS NULL)")
}

/// The records of a firm, which alone may be changed there.
pub fn changeable(firm: &str) -> String {
    format!("coalesce(t.firm_id = {firm}, false)")
}

pub fn owned(users: &str) -> String {
    format!("(coalesce(t.manager_id IN ({users}), false) OR coalesce(t.second_manager_id IN ({users}), false))")
}

/// Gives a user one role, from the application's table, and takes every other role and restriction that tables give.
pub fn only(world: &mut World, user: &str, role: &str) {
    world.force(&format!(
        "DELETE FROM staff.user_roles WHERE user_id = {user}; DELETE FROM staff.user_restrictions WHERE user_id = {user};
         INSERT INTO staff.user_roles (user_id, role) VALUES ({user}, '{role}')"
    ));
}

#[test]
fn multi_company_a_firm_sees_its_own_records_and_shared_ones_and_changes_its_own() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        // Who may do everything else is held to the firm like everybody: an accountant has every company and order.
        for (user, firm) in [("10", "2"), ("5", "1")] {
            only(&mut world, user, "accountant");
            COMPANIES.assert_rights(&mut world, user, &readable(firm), "false", "false");
            let orders =
                format!("SELECT o.number FROM crm.orders AS o JOIN crm.companies AS t ON t.id = o.company_id WHERE {}", readable(firm));
            assert_eq!(world.sees(user, "SELECT number FROM crm.orders"), world.really(&orders), "{user}");
        }
        // A salesperson of firm 2 changes what is theirs and firm 2's, not what is theirs and shared.
        only(&mut world, "10", "salesperson");
        let own = owned("10");
        let seen = "coalesce(t.created_by = 10, false) OR coalesce(t.watched_by = 10, false)";
        let shared = COMPANIES.really(&mut world, &format!("t.firm_id IS NULL AND {own}"));
        assert!(!shared.is_empty());
        let read = format!("{} AND ({own} OR {seen} OR t.for_everyone)", readable("2"));
        COMPANIES.assert_rights(&mut world, "10", &read, &format!("{} AND {own}", changeable("2")), "false");
        // No record is moved to another firm, or created there, or made everybody's.
        let insert = |firm: &str| format!("INSERT INTO crm.companies (name, firm_id, created_by) VALUES ('New', {firm}, 10)");
        assert_eq!(world.tries("10", &insert("2")), Ok(1));
        refused(world.tries("10", &insert("1")), REFUSED);
        refused(world.tries("10", &insert("NULL")), REFUSED);
        let mine = COMPANIES.really(&mut world, &format!("t.firm_id = 2 AND {own}"))[0].clone();
        for firm in ["1", "NULL"] {
            refused(world.tries("10", &format!("UPDATE crm.companies SET firm_id = {firm} WHERE id = {mine}")), REFUSED);
        }
        // The holding's people see both firms, whatever their further roles; who belongs to no firm sees what is shared.
        COMPANIES.assert_rights(&mut world, "12", "true", "false", "false");
        world.force("UPDATE staff.users SET firm_id = NULL WHERE user_id = 10");
        let none = format!("t.firm_id IS NULL AND ({own} OR {seen} OR t.for_everyone)");
        COMPANIES.assert_rights(&mut world, "10", &none, "false", "false");
    }
}

#[test]
fn multi_company_null_is_nobodys_where_it_is_not_said_to_be_shared() {
    for target in TARGETS {
        let mut world = World::changed(
            "full",
            target,
            "      company: &of_own_firm\n        read: {where: firm_id = user.firm_id OR firm_id IS NULL}",
            "      company: &of_own_firm\n        read: {where: firm_id = user.firm_id}",
        );
        only(&mut world, "10", "accountant");
        COMPANIES.assert_rights(&mut world, "10", &changeable("2"), "false", "false");
    }
}

#[test]
fn delete_window_the_creator_deletes_a_lead_within_a_day_while_it_is_unassigned() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        crate::rows::drop_foreign_keys(&mut world);
        world.force("UPDATE crm.leads SET created_by = 4 + id / 2 % 2 WHERE id <= 90");
        for user in ["4", "5"] {
            let mut lines = 0;
            let window = format!(
                "{} AND coalesce(t.created_by = {user}, false) AND t.owner_id IS NULL AND t.created_at > now() - interval '24 hours'",
                changeable("1")
            );
            for (row, seen) in
                [(window.clone(), 1), (window.replace("> now()", "<= now()"), 0), (window.replace("IS NULL", "IS NOT NULL"), 0)]
            {
                for id in LEADS.really(&mut world, &row) {
                    lines += 1;
                    assert_eq!(world.tries(user, &format!("DELETE FROM crm.leads WHERE id = {id}")), Ok(seen), "{user}: {id}");
                }
            }
            assert!(lines > 2, "{user}");
            let deleted = world.sees(user, "DELETE FROM crm.leads RETURNING id");
            assert_eq!(deleted, LEADS.really(&mut world, &window), "{user}");
            // The hour passes for a lead that could be deleted, and somebody takes it.
            let one = deleted[0].clone();
            for change in ["created_at = now() - interval '24 hours 1 second'", "created_at = now(), owner_id = 3"] {
                world.force(&format!("UPDATE crm.leads SET {change} WHERE id = {one}"));
                assert_eq!(world.tries(user, &format!("DELETE FROM crm.leads WHERE id = {one}")), Ok(0), "{change}");
            }
        }
    }
}

#[test]
fn portal_user_an_outside_contact_sees_their_own_accounts_records_and_nothing_else() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        for (user, account) in [("17", "1"), ("18", "2")] {
            COMPANIES.assert_rights(&mut world, user, &format!("t.id = {account}"), "false", "false");
            for table in ["crm.orders", "crm.invoices", "desk.tickets"] {
                let key = if table == "crm.orders" { "number" } else { "id" };
                let theirs = world.really(&format!("SELECT {key} FROM {table} WHERE company_id = {account}"));
                assert!(!theirs.is_empty(), "{table}");
                assert_eq!(world.sees(user, &format!("SELECT {key} FROM {table}")), theirs, "{table}");
            }
            for table in
                ["crm.contacts", "crm.contact_companies", "crm.leads", "crm.deals", "crm.quotations", "crm.activities", "desk.documents"]
            {
                assert_eq!(world.count(user, table), 0, "{table}");
            }
            // The price list is everyone's, and customers are named there; a default that they are not named for does not reach them.
            assert_eq!(world.count(user, "crm.products"), 20);
            // They write tickets about their account, in their own name.
            let ticket = |account: &str, author: &str| {
                format!("INSERT INTO desk.tickets (subject, company_id, created_by) VALUES ('Help', {account}, {author})")
            };
            assert_eq!(world.tries(user, &ticket(account, user)), Ok(1));
            refused(world.tries(user, &ticket("3", user)), REFUSED);
            refused(world.tries(user, &ticket("NULL", user)), REFUSED);
            refused(world.tries(user, &ticket(account, "4")), REFUSED);
        }
        // Nor do they over the application that is meant for them.
        let backend = std::mem::replace(&mut world.backend, connect(&world.database, "crm_portal"));
        COMPANIES.assert_rights(&mut world, "17", "t.id = 1", "false", "false");
        world.backend = backend;
        // A sharing rule to everyone and a share leave them where they are.
        let open = COMPANIES.really(&mut world, "t.for_everyone AND t.territory = 'north' AND t.firm_id = 1");
        assert!(!open.is_empty());
        let company = COMPANIES.really(&mut world, "t.manager_id = 4 AND t.firm_id = 1").remove(0);
        world.run("4", &format!("SELECT crm_access.share('company', '{company}', 'user', '17')")).unwrap();
        COMPANIES.assert_rights(&mut world, "17", "t.id = 1", "false", "false");
        // No further role changes that, and a role of the firm's own people is refused.
        world.assigns("SELECT crm_access.assign('accountant', 'user', '17')").unwrap();
        COMPANIES.assert_rights(&mut world, "17", "t.id = 1", "false", "false");
        refused(world.assigns("SELECT crm_access.assign('salesperson', 'user', '17')"), BROKEN);
    }
}

#[test]
fn role_hierarchy_a_superior_sees_what_all_reports_see_and_changes_what_the_direct_ones_have() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        for (user, all, direct) in [("2", "2, 3, 4, 5, 9, 11, 13", "2, 3"), ("3", "3, 4, 5, 9, 11, 13", "3, 4, 5, 9, 11, 13")] {
            let seen = format!("coalesce(t.created_by = {user}, false) OR coalesce(t.watched_by = {user}, false) OR t.for_everyone");
            let read = format!("{} AND ({} OR {seen})", readable("1"), owned(all));
            COMPANIES.assert_rights(&mut world, user, &read, &format!("{} AND {}", changeable("1"), owned(direct)), "false");
        }
        // Whoever reports to somebody else now is out of sight at once, with everything they have.
        let gained = COMPANIES.really(
            &mut world,
            &format!("{} AND {} AND NOT t.for_everyone AND t.created_by <> 3 AND t.watched_by IS NULL", readable("1"), owned("4")),
        );
        let seen = |world: &mut World| world.sees("3", "SELECT id FROM crm.companies");
        assert!(gained.iter().all(|id| seen(&mut world).contains(id)));
        world.force("UPDATE staff.users SET manager_id = 12 WHERE user_id = 4");
        let kept = COMPANIES.really(&mut world, &owned("3, 5, 9, 11, 13"));
        assert!(gained.iter().any(|id| !kept.contains(id)));
        assert!(gained.iter().all(|id| kept.contains(id) == seen(&mut world).contains(id)));
    }
}

#[test]
fn organization_default_everyone_has_the_price_list_and_what_is_private_nobody_without_a_role() {
    for (from, to, update) in
        [("default: public_read #", "default: public_read #", "false"), ("default: public_read #", "default: public_read_write #", "true")]
    {
        for target in TARGETS {
            let mut world = World::changed("full", target, from, to);
            let products = Rows { table: "crm.products", key: "id", touch: "name = 'touched'" };
            // Dora says who works on leads and has no word about products; Sue supports; Ines is not active.
            for user in ["8", "6"] {
                products.assert_rights(&mut world, user, "true", update, "false");
            }
            products.assert_nothing(&mut world, "13");
            COMPANIES.assert_rights(&mut world, "16", "false", "false", "false");
        }
    }
}

#[test]
fn territory_its_members_and_leader_see_and_change_its_companies() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        // Tom leads the south and is a member of the north; the reference accounts of the north are everybody's.
        let of = |codes: &str| format!("coalesce(t.territory IN ({codes}), false)");
        let holds = |codes: &str, firm: String| format!("{firm} AND {}", of(codes));
        let reference = "(t.for_everyone AND coalesce(t.territory = 'north', false))";
        let reads = |codes: &str| format!("{} AND ({} OR {reference})", readable("1"), of(codes));
        COMPANIES.assert_rights(&mut world, "7", &reads("'north', 'south'"), &holds("'north', 'south'", changeable("1")), "false");
        world.force("DELETE FROM staff.territory_members WHERE user_id = 7");
        COMPANIES.assert_rights(&mut world, "7", &reads("'south'"), &holds("'south'", changeable("1")), "false");
        // A company that moves to another territory changes hands, and nobody gives one away into the dark.
        let id = COMPANIES.really(&mut world, "t.territory = 'south' AND t.firm_id = 1 AND NOT t.for_everyone").remove(0);
        refused(world.tries("7", &format!("UPDATE crm.companies SET territory = 'west' WHERE id = {id}")), REFUSED);
        world.force(&format!("UPDATE crm.companies SET territory = 'west' WHERE id = {id}"));
        assert!(!world.sees("7", "SELECT id FROM crm.companies").contains(&id));
    }
}

#[test]
fn expiry_a_role_from_a_table_counts_from_its_beginning_until_its_end_and_no_job_runs() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        let all = world.really(&format!("SELECT count(*) FROM crm.companies AS t WHERE {}", readable("1"))).remove(0);
        let reference =
            format!("SELECT count(*) FROM crm.companies AS t WHERE {} AND t.for_everyone AND t.territory = 'north'", readable("1"));
        let none = world.really(&reference).remove(0);
        assert_ne!(all, none);
        for (from, until, seen) in [
            ("now() - interval '2 days'", "now() + interval '30 days'", &all),
            ("now() + interval '1 hour'", "NULL", &none),
            ("NULL", "now() - interval '1 second'", &none),
            ("NULL", "NULL", &all),
            ("now() - interval '1 hour'", "NULL", &all),
        ] {
            world.force(&format!("UPDATE staff.user_roles SET valid_from = {from}, valid_until = {until} WHERE user_id = 14"));
            assert_eq!(world.sees("14", "SELECT count(*) FROM crm.companies"), std::slice::from_ref(seen), "from {from} until {until}");
        }
        // A restriction that has ended narrows nobody any more.
        only(&mut world, "9", "salesperson");
        let deals = |world: &mut World| world.sees("9", "SELECT id FROM crm.deals").len();
        let free = deals(&mut world);
        for (until, narrow) in [("NULL", true), ("now() - interval '1 second'", false), ("now() + interval '1 hour'", true)] {
            world.force(&format!(
                "DELETE FROM staff.user_restrictions;
                 INSERT INTO staff.user_restrictions (user_id, restriction, valid_until) VALUES (9, 'own_deals_only', {until})"
            ));
            assert_eq!(deals(&mut world) < free, narrow, "{until}");
        }
        // What may not stand together (T9) comes about by no end that is put off either.
        world.force("UPDATE staff.user_restrictions SET valid_until = NULL; INSERT INTO staff.user_roles (user_id, role, valid_until) VALUES (9, 'administrator', now() - interval '1 day')");
        for until in ["NULL", "now() + interval '1 hour'"] {
            let longer = format!("UPDATE staff.user_roles SET valid_until = {until} WHERE role = 'administrator'");
            refused(world.assigns(&longer), BROKEN);
        }
        world.force("DELETE FROM staff.user_roles WHERE role = 'administrator' AND user_id = 9");
    }
}

#[test]
fn column_protection_the_cost_of_a_product_is_shown_to_two_roles_and_a_discount_is_the_managers() {
    for target in TARGETS {
        let mut world = World::new("full", target);
        let costs = world.really("SELECT cost FROM crm.products");
        // Manager and accountant see it in the view, a salesperson an empty column; in the table it is nobody's.
        for (user, shown) in [("3", true), ("19", true), ("4", false)] {
            let seen = world.sees(user, "SELECT cost FROM crm.products_shown WHERE cost IS NOT NULL");
            assert_eq!(seen, if shown { costs.clone() } else { Vec::new() }, "{user}");
            assert_eq!(world.sees(user, "SELECT count(*) FROM crm.products_shown"), ["20"], "{user}");
            refused(world.try_sees(user, "SELECT cost FROM crm.products"), REFUSED);
            assert_eq!(world.sees(user, "SELECT count(name) FROM crm.products"), ["20"], "{user}");
        }
        refused(world.tries("1", "UPDATE crm.products SET cost = 1"), REFUSED);
        assert_eq!(world.tries("1", "UPDATE crm.products SET price = 1"), Ok(20));
        // A salesperson changes what is theirs but for the discount, the manager whom they report to that as well.
        let id = COMPANIES.really(&mut world, &format!("{} AND {}", changeable("1"), owned("4"))).remove(0);
        let discount = format!("UPDATE crm.companies SET discount = 5 WHERE id = {id}");
        assert_eq!(world.tries("4", &format!("UPDATE crm.companies SET name = 'x' WHERE id = {id}")), Ok(1));
        refused(world.tries("4", &discount), REFUSED);
        assert_eq!(world.tries("3", &discount), Ok(1));
        let create =
            |discount: &str| format!("INSERT INTO crm.companies (name, firm_id, created_by, discount) VALUES ('New', 1, 4, {discount})");
        assert_eq!(world.tries("4", &create("DEFAULT")), Ok(1));
        refused(world.tries("4", &create("5")), REFUSED);
        assert_eq!(
            world.sees("4", "SELECT entity || ' ' || column_name || ' ' || can_read || ' ' || can_change FROM crm_access.columns()"),
            ["company discount true false", "product cost false false"]
        );
    }
}
