//! Rules O1 to O3: whose leads and opportunities.

use crate::odoo::{CRM, SALES, UNOWNED};
use crate::odoo::{LEADS, LINES, OPPORTUNITIES, ORDERS, OWNERS, lead, orders_of, owned, sold_by, through, user_leads, user_opportunities};
use crate::rows::{Move, drop_foreign_keys};
use crate::support::{REFUSED, TARGETS, World, refused};

const LEAD_LINE: &str = "lead: {read: [own, unassigned], create: [own, unassigned], update: [own, unassigned]}";
const OPPORTUNITY_LINE: &str = "opportunity: {read: [own, created and unassigned], create: created, update: [own, created and unassigned]}";
const MANAGER_LINES: &str =
    "      lead: {every: {where: company_id = user.company_id}}\n      opportunity: {every: {where: company_id = user.company_id}}\n";

#[test]
fn o01_crm_roles_give_no_command_in_sales_and_sales_roles_none_in_crm() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        drop_foreign_keys(&mut world);
        for user in ["6", "7", "23", "24"] {
            for table in CRM {
                table.assert_nothing(&mut world, user);
            }
        }
        for user in ["2", "3", "4", "5"] {
            for table in SALES {
                assert_eq!(world.tries(user, &format!("UPDATE {} SET {}", table.table, table.touch)), Ok(0));
                assert_eq!(world.tries(user, &format!("DELETE FROM {}", table.table)), Ok(0));
            }
            refused(world.tries(user, &format!("INSERT INTO sales.sales_orders (number, user_id) VALUES ('S-X', {user})")), REFUSED);
            refused(world.tries(user, "INSERT INTO sales.sales_order_lines (sales_order_id, product) VALUES (1, 'x')"), REFUSED);
        }
        // Bea has both: an order of hers at a lead that is not hers stays hers, and the lead stays hidden.
        assert_eq!(world.sees("8", "SELECT id FROM sales.sales_orders WHERE id IN (4, 6)"), ["4", "6"]);
        assert_eq!(world.run("8", "UPDATE sales.sales_orders SET amount = 2 WHERE id = 6"), Ok(1));
        let third = lead(3);
        assert_eq!(world.sees("8", &format!("SELECT id FROM sales.leads WHERE id = '{third}'")), Vec::<String>::new());
        // Taking one side away leaves the other as it is.
        let (leads, orders) = (world.count("8", "sales.leads"), sold_by("8"));
        world.own("DELETE FROM sales.user_roles WHERE user_id = 8 AND role = 'sales_user'").unwrap();
        assert_eq!(world.count("8", "sales.leads"), leads);
        let read = orders_of(&user_leads("8"), &user_opportunities("8"));
        ORDERS.assert_rights(&mut world, "8", &read, "false", "false");
        world.own("UPDATE sales.user_roles SET role = 'sales_user' WHERE user_id = 8").unwrap();
        ORDERS.assert_rights(&mut world, "8", &orders, &orders, "false");
        for table in CRM {
            table.assert_nothing(&mut world, "8");
        }
    }
}

#[test]
fn o02_a_crm_user_works_with_own_and_unassigned_leads() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        drop_foreign_keys(&mut world);
        for (user, count) in [("2", 432), ("3", 431), ("8", 428)] {
            assert_eq!(world.count(user, "sales.leads"), count);
        }
        for user in ["2", "3", "8", "17", "18", "20", "21", "22"] {
            let mine = user_leads(user);
            LEADS.assert_rights(&mut world, user, &mine, &mine, "false");
        }
        let mine = user_leads("2");
        let mut moves = |id: &str, set: &str| LEADS.assert_move(&mut world, "2", id, set, &mine, &mine);
        assert_eq!(moves(&lead(2), "user_id = 2"), Move::Done);
        assert_eq!(moves(&lead(1), "user_id = NULL"), Move::Done);
        assert_eq!(moves(&lead(1), "user_id = 3"), Move::Refused);
        assert_eq!(moves(&lead(2), "user_id = 3"), Move::Refused);
        assert_eq!(moves(&lead(3), "user_id = 2"), Move::Unseen);
        assert_eq!(moves(&lead(1), "company_id = 2, stage = 'lost'"), Move::Done);
        for (owner, accepted) in [("2", true), ("NULL", true), ("3", false)] {
            let values = format!("'New', {owner}, 1");
            assert_eq!(LEADS.assert_insert(&mut world, "2", "title, user_id, company_id", &values, &mine, &mine), accepted);
        }
    }
}

#[test]
fn o02_a_crm_user_works_with_own_leads_only_where_the_setting_says_so() {
    for target in TARGETS {
        let mut world = World::changed("odoo-crm", target, LEAD_LINE, "lead: {read: own, create: own, update: own}");
        drop_foreign_keys(&mut world);
        for user in ["2", "3", "8", "17", "18"] {
            let mine = format!("t.user_id = {user}");
            LEADS.assert_rights(&mut world, user, &mine, &mine, "false");
        }
        let mine = "t.user_id = 2";
        let mut moves = |id: &str, set: &str| LEADS.assert_move(&mut world, "2", id, set, mine, mine);
        assert_eq!(moves(&lead(2), "user_id = 2"), Move::Unseen);
        assert_eq!(moves(&lead(1), "user_id = NULL"), Move::Refused);
        assert_eq!(moves(&lead(1), "title = 'mine'"), Move::Done);
        for (owner, accepted) in [("2", true), ("NULL", false), ("3", false)] {
            let values = format!("'New', {owner}, 1");
            assert_eq!(LEADS.assert_insert(&mut world, "2", "title, user_id, company_id", &values, mine, mine), accepted);
        }
    }
}

fn opportunity_rights(world: &mut World, mine: fn(&str) -> String) {
    drop_foreign_keys(world);
    for user in ["2", "3", "8", "17", "18", "20", "21", "22"] {
        let (mine, created) = (mine(user), format!("t.created_by = {user}"));
        OPPORTUNITIES.assert_rights(world, user, &mine, &mine, "false");
        for creator in [user, "NULL", "5"] {
            let values = format!("'New', {creator}, 1");
            OPPORTUNITIES.assert_insert(world, user, "title, created_by, company_id", &values, &created, &mine);
        }
        for id in ["1", "2", "3", "4", "5", "20", "30"] {
            for set in ["created_by = NULL", "created_by = 3", "created_by = 2", "lead_id = NULL, company_id = 2"] {
                OPPORTUNITIES.assert_move(world, user, id, set, &mine, &mine);
            }
        }
    }
}

#[test]
fn o02_a_crm_user_works_with_own_opportunities_and_new_ones_without_owner() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        assert_eq!((world.count("2", "sales.opportunities"), world.count("3", "sales.opportunities")), (105, 93));
        opportunity_rights(&mut world, user_opportunities);
    }
}

#[test]
fn o02_a_crm_user_works_with_all_unassigned_opportunities_where_the_setting_says_so() {
    for target in TARGETS {
        let to = "opportunity: {read: [own, unassigned], create: created, update: [own, unassigned]}";
        let mut world = World::changed("odoo-crm", target, OPPORTUNITY_LINE, to);
        assert_eq!(world.sees("2", "SELECT id FROM sales.opportunities WHERE id < 6"), ["1", "2"]);
        opportunity_rights(&mut world, |user| format!("({} OR {UNOWNED})", owned(user)));
    }
}

#[test]
fn o02_a_crm_user_works_with_own_opportunities_only_where_the_setting_says_so() {
    for target in TARGETS {
        let mut world = World::changed("odoo-crm", target, OPPORTUNITY_LINE, "opportunity: {read: own, create: created, update: own}");
        assert_eq!(world.sees("3", "SELECT id FROM sales.opportunities WHERE id < 6"), ["1", "3"]);
        opportunity_rights(&mut world, owned);
    }
}

#[test]
fn o02_owner_rows_follow_their_opportunity_and_move_it_at_once() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        for user in ["2", "3", "8"] {
            let rows = through("opportunity_id", &OPPORTUNITIES, &user_opportunities(user));
            OWNERS.assert_rights(&mut world, user, &rows, &rows, "false");
        }
        let add = |opportunity: u32, user: u32| {
            format!("INSERT INTO sales.opportunity_owners (opportunity_id, user_id) VALUES ({opportunity}, {user})")
        };
        let sees = |world: &mut World, user: &str| world.sees(user, "SELECT id FROM sales.opportunities WHERE id < 6");
        // Not one's own: neither by a new row nor by turning another's row round.
        for (user, opportunity) in [("2", 2), ("2", 3), ("2", 4), ("8", 1)] {
            refused(world.run(user, &add(opportunity, user.parse().unwrap())), REFUSED);
        }
        assert_eq!(world.run("2", "UPDATE sales.opportunity_owners SET user_id = 2 WHERE opportunity_id = 3"), Ok(0));
        refused(world.run("2", "UPDATE sales.opportunity_owners SET opportunity_id = 3 WHERE id = 1"), REFUSED);
        // The creator of an opportunity without owner says whose it is, and it is theirs no more.
        assert_eq!(world.run("3", &add(2, 2)), Ok(1));
        assert_eq!((sees(&mut world, "2"), sees(&mut world, "3")), (vec!["1".into(), "2".into()], vec!["1".into(), "3".into()]));
        world.force("DELETE FROM sales.opportunity_owners WHERE opportunity_id = 2");
        assert_eq!((sees(&mut world, "2"), sees(&mut world, "3")), (vec!["1".into()], vec!["1".into(), "2".into(), "3".into()]));
        // Giving away one's own share, and nobody deletes one.
        assert_eq!(world.run("2", "UPDATE sales.opportunity_owners SET user_id = 8 WHERE id = 1"), Ok(1));
        assert_eq!((sees(&mut world, "2"), sees(&mut world, "8")), (vec![], vec!["1".into()]));
        assert_eq!(world.run("3", "DELETE FROM sales.opportunity_owners"), Ok(0));
    }
}

#[test]
fn o03_a_crm_manager_has_all_of_the_company() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        drop_foreign_keys(&mut world);
        assert_eq!((world.count("4", "sales.leads"), world.count("5", "sales.leads")), (1273, 657));
        for (user, company) in [("4", "1"), ("5", "2")] {
            let all = format!("t.company_id = {company}");
            let leads = format!("({all} OR {})", user_leads(user));
            let opportunities = format!("({all} OR {})", user_opportunities(user));
            LEADS.assert_rights(&mut world, user, &leads, &leads, &all);
            OPPORTUNITIES.assert_rights(&mut world, user, &opportunities, &opportunities, &all);
            let owners = through("opportunity_id", &OPPORTUNITIES, &opportunities);
            OWNERS.assert_every(&mut world, user, &owners);
            let orders = orders_of(&leads, &opportunities);
            ORDERS.assert_rights(&mut world, user, &orders, "false", "false");
            LINES.assert_rights(&mut world, user, &through("sales_order_id", &ORDERS, &orders), "false", "false");
            for id in [1, 2, 3, 4, 5, 8] {
                for set in
                    ["company_id = 1", "company_id = 2", "user_id = 3", "user_id = NULL, company_id = 2", "user_id = 4, company_id = 2"]
                {
                    LEADS.assert_move(&mut world, user, &lead(id), set, &leads, &leads);
                }
            }
            for values in ["'N', 3, 1", "'N', 3, 2", "'N', 4, 2", "'N', 5, 1", "'N', NULL, 1"] {
                LEADS.assert_insert(&mut world, user, "title, user_id, company_id", values, &leads, &leads);
            }
        }
        // Changing the company of the manager changes what they see at once.
        world.own("UPDATE sales.users SET company_id = 2 WHERE id = 4").unwrap();
        LEADS.assert_rights(
            &mut world,
            "4",
            "(t.company_id = 2 OR t.user_id = 4 OR t.user_id IS NULL)",
            "t.company_id = 2 OR t.user_id = 4 OR t.user_id IS NULL",
            "t.company_id = 2",
        );
    }
}

#[test]
fn o03_a_crm_manager_has_all_of_the_department_where_the_setting_says_so() {
    for (scope, departments) in [("department_tree", "2, 4"), ("department", "2")] {
        for target in TARGETS {
            let lines = format!("      lead: {scope}\n      opportunity: {scope}\n");
            let mut world = World::changed("odoo-crm", target, MANAGER_LINES, &lines);
            drop_foreign_keys(&mut world);
            let near = |departments: &str| {
                let owner = format!(
                    "EXISTS (SELECT FROM sales.opportunity_owners AS o JOIN sales.users AS u ON u.id = o.user_id
                             WHERE o.opportunity_id = t.id AND u.department_id IN ({departments}))"
                );
                (format!("coalesce(t.department_id IN ({departments}), false)"), owner)
            };
            let rights = |world: &mut World, departments: &str| {
                let (leads, opportunities) = near(departments);
                let mine = format!("({leads} OR {})", user_leads("4"));
                LEADS.assert_rights(world, "4", &mine, &mine, &leads);
                let others = format!("({opportunities} OR {})", user_opportunities("4"));
                OPPORTUNITIES.assert_rights(world, "4", &others, &others, &opportunities);
                for id in [1, 3, 4, 5] {
                    for set in ["department_id = 2", "department_id = 4", "department_id = NULL", "department_id = 3, user_id = 4"] {
                        LEADS.assert_move(world, "4", &lead(id), set, &mine, &mine);
                    }
                }
                for values in ["'N', 3, 1, 2", "'N', 3, 1, 4", "'N', 3, 1, 3", "'N', 3, 1, NULL", "'N', 4, 1, 3"] {
                    LEADS.assert_insert(world, "4", "title, user_id, company_id, department_id", values, &mine, &mine);
                }
            };
            rights(&mut world, departments);
            world.own("UPDATE sales.users SET department_id = 3 WHERE id = 4").unwrap();
            rights(&mut world, "3");
            world.own("UPDATE sales.departments SET parent_id = 3 WHERE id = 5").unwrap();
            rights(&mut world, if scope == "department" { "3" } else { "3, 5" });
        }
    }
}
