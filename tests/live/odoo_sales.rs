//! Rules O4, O5, O9 and O10: no role, orders of one's leads, support, and who deletes.

use crate::odoo::{ACTIVITIES, CRM, LEADS, LINES, OPPORTUNITIES, ORDERS, OWNERS, SALES, TICKETS};
use crate::odoo::{lead, orders_of, sold_by, through, user_leads, user_opportunities};
use crate::rows::{Move, drop_foreign_keys, is_nobody};
use crate::support::{REFUSED, TARGETS, World, refused};

#[test]
fn o04_without_a_crm_role_there_is_no_crm_row_and_no_command() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        drop_foreign_keys(&mut world);
        // Sonja has every right in Sales, Nils no role, Ines is not active, 999 and the rest are nobody.
        for user in ["7", "15", "16", "999", "x", " 7"] {
            for table in CRM {
                table.assert_nothing(&mut world, user);
            }
            if is_nobody(&mut world, user) {
                continue;
            }
            for command in [
                format!("INSERT INTO sales.leads (title, user_id, company_id) VALUES ('N', {}, 1)", if user == "7" { "7" } else { "NULL" }),
                "INSERT INTO sales.opportunities (title, created_by, company_id) VALUES ('N', 7, 1)".to_owned(),
                "INSERT INTO sales.opportunity_owners (opportunity_id, user_id) VALUES (1, 7)".to_owned(),
                format!("INSERT INTO sales.activities (summary, lead_id) VALUES ('N', '{}')", lead(1)),
            ] {
                refused(world.tries(user, &command), REFUSED);
            }
        }
        for user in ["15", "16", "999"] {
            for table in SALES.into_iter().chain([TICKETS]) {
                table.assert_nothing(&mut world, user);
            }
        }
        assert_eq!((world.count("7", "sales.sales_orders"), world.count("7", "sales.sales_order_lines")), (906, 1806));
        for table in SALES {
            table.assert_every(&mut world, "7", "true");
        }
        // Nobody asking at all, and the owner of the tables, whom FORCE binds.
        for table in CRM.into_iter().chain(SALES).chain([TICKETS]) {
            for client in [&mut world.backend, &mut world.owner] {
                let seen: i64 = client.query_one(&format!("SELECT count(*) FROM {}", table.table), &[]).unwrap().get(0);
                assert_eq!(seen, 0, "{}", table.table);
                assert_eq!(client.execute(&format!("UPDATE {} SET {}", table.table, table.touch), &[]).unwrap(), 0);
                assert_eq!(client.execute(&format!("DELETE FROM {}", table.table), &[]).unwrap(), 0);
            }
        }
        for client in [&mut world.backend, &mut world.owner] {
            let error = client.execute("INSERT INTO sales.leads (title, company_id) VALUES ('N', 1)", &[]).unwrap_err();
            assert_eq!(error.code().unwrap().code(), REFUSED);
        }
    }
}

#[test]
fn o05_a_crm_user_reads_the_orders_of_their_leads_and_changes_none() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        drop_foreign_keys(&mut world);
        assert_eq!((world.count("2", "sales.sales_orders"), world.count("3", "sales.sales_orders")), (196, 166));
        for user in ["2", "3", "17", "22"] {
            let read = orders_of(&user_leads(user), &user_opportunities(user));
            ORDERS.assert_rights(&mut world, user, &read, "false", "false");
            LINES.assert_rights(&mut world, user, &through("sales_order_id", &ORDERS, &read), "false", "false");
            let new = format!("INSERT INTO sales.sales_orders (number, lead_id, user_id) VALUES ('S-X', '{}', {user})", lead(1));
            refused(world.tries(user, &new), REFUSED);
        }
        let (read, write) = (format!("({} OR {})", orders_of(&user_leads("8"), &user_opportunities("8")), sold_by("8")), sold_by("8"));
        ORDERS.assert_rights(&mut world, "8", &read, &write, "false");
        let (read_lines, write_lines) = (through("sales_order_id", &ORDERS, &read), through("sales_order_id", &ORDERS, &write));
        LINES.assert_rights(&mut world, "8", &read_lines, &write_lines, "false");
        for (id, set) in
            [("4", "user_id = 6"), ("6", "user_id = NULL"), ("1", "user_id = 8"), ("6", "state = 'draft'"), ("5", "user_id = 8")]
        {
            ORDERS.assert_move(&mut world, "8", id, set, &read, &write);
        }
        for (id, set) in
            [("4", "sales_order_id = 6"), ("4", "sales_order_id = 1"), ("1", "sales_order_id = 6"), ("3", "sales_order_id = 6")]
        {
            LINES.assert_move(&mut world, "8", id, set, &read_lines, &write_lines);
        }
        // A lead that changes hands takes its orders along, both ways.
        let first = |world: &mut World, user: &str| world.sees(user, "SELECT id FROM sales.sales_orders WHERE id = 1").len();
        assert_eq!((first(&mut world, "2"), first(&mut world, "3")), (1, 0));
        world.force(&format!("UPDATE sales.leads SET user_id = 3 WHERE id = '{}'", lead(1)));
        assert_eq!((first(&mut world, "2"), first(&mut world, "3")), (0, 1));
        assert_eq!(world.run("3", &format!("UPDATE sales.leads SET user_id = NULL WHERE id = '{}'", lead(1))), Ok(1));
        assert_eq!((first(&mut world, "2"), first(&mut world, "3")), (1, 1));
    }
}

#[test]
fn o09_support_sees_leads_with_a_ticket_and_nothing_of_sales() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        drop_foreign_keys(&mut world);
        for user in ["9", "19"] {
            LEADS.assert_rights(&mut world, user, "t.for_support", "false", "false");
            for table in [OPPORTUNITIES, OWNERS, ORDERS, LINES] {
                table.assert_nothing(&mut world, user);
            }
            let mine = format!("(t.assignee_id = {user} OR t.assignee_id IS NULL)");
            TICKETS.assert_rights(&mut world, user, "true", &mine, "false");
            let write = through("ticket_id", &TICKETS, &mine);
            ACTIVITIES.assert_rights(&mut world, user, "t.ticket_id IS NOT NULL", &write, "false");
            for (id, set) in [
                ("1", "assignee_id = 19"),
                ("2", "assignee_id = 9"),
                ("3", "assignee_id = 9"),
                ("3", "assignee_id = 19"),
                ("1", "status = 'closed'"),
            ] {
                TICKETS.assert_move(&mut world, user, id, set, "true", &mine);
            }
            for assignee in ["9", "19", "NULL", "2"] {
                assert!(TICKETS.assert_insert(&mut world, user, "subject, assignee_id", &format!("'N', {assignee}"), "true", "true"));
            }
            let parent = lead(6);
            for values in
                ["'N', 1, NULL".to_owned(), "'N', 2, NULL".to_owned(), "'N', 3, NULL".to_owned(), format!("'N', NULL, '{parent}'")]
            {
                ACTIVITIES.assert_insert(&mut world, user, "summary, ticket_id, lead_id", &values, &write, "t.ticket_id IS NOT NULL");
            }
            refused(world.tries(user, "INSERT INTO sales.leads (title, company_id, for_support) VALUES ('N', 1, true)"), REFUSED);
        }
        let taken = ACTIVITIES.assert_move(
            &mut world,
            "9",
            "4",
            "ticket_id = 2",
            "t.ticket_id IS NOT NULL",
            &through("ticket_id", &TICKETS, "t.assignee_id = 9 OR t.assignee_id IS NULL"),
        );
        assert_eq!(taken, Move::Refused);
        // The mark decides, at once.
        assert_eq!(world.sees("9", "SELECT id FROM sales.leads WHERE title LIKE 'Fir:%'").len(), 1);
        world.force("UPDATE sales.leads SET for_support = false");
        assert_eq!(world.count("9", "sales.leads"), 0);
        // Who leaves the help desk has its role no more, who joins has it.
        world.own("UPDATE sales.team_members SET user_id = 15 WHERE team_id = 2 AND user_id = 9").unwrap();
        assert_eq!((world.count("9", "sales.tickets"), world.count("15", "sales.tickets")), (0, 353));
    }
}

#[test]
fn o10_the_usual_user_creates_reads_and_updates_and_only_the_manager_deletes() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        drop_foreign_keys(&mut world);
        let tables = [
            "leads",
            "opportunities",
            "opportunity_owners",
            "activities",
            "sales_orders",
            "sales_order_lines",
            "partners",
            "partner_contacts",
            "tickets",
        ];
        for user in ["2", "3", "8", "6", "17"] {
            for table in tables {
                assert_eq!(world.tries(user, &format!("DELETE FROM sales.{table}")), Ok(0), "{user} {table}");
            }
        }
        let (leads, opportunities) = (user_leads("2"), user_opportunities("2"));
        assert!(LEADS.assert_insert(&mut world, "2", "title, user_id, company_id", "'N', 2, 1", &leads, &leads));
        assert!(OPPORTUNITIES.assert_insert(
            &mut world,
            "2",
            "title, created_by, company_id",
            "'N', 2, 1",
            "t.created_by = 2",
            &opportunities
        ));
        let activities = orders_of(&leads, &opportunities);
        ACTIVITIES.assert_rights(&mut world, "2", &activities, &activities, "false");
        for (first, second) in [(lead(1), "NULL"), (lead(3), "NULL"), (lead(2), "NULL"), (String::new(), "1"), (String::new(), "3")] {
            let first = if first.is_empty() { "NULL".to_owned() } else { format!("'{first}'") };
            let values = format!("'N', {first}, {second}");
            ACTIVITIES.assert_insert(&mut world, "2", "summary, lead_id, opportunity_id", &values, &activities, &activities);
        }
        let own = "t.company_id = 1";
        let (leads, opportunities) = (format!("({own} OR {})", user_leads("4")), format!("({own} OR {})", user_opportunities("4")));
        LEADS.assert_rights(&mut world, "4", &leads, &leads, own);
        OPPORTUNITIES.assert_rights(&mut world, "4", &opportunities, &opportunities, own);
        OWNERS.assert_every(&mut world, "4", &through("opportunity_id", &OPPORTUNITIES, &opportunities));
        ACTIVITIES.assert_every(&mut world, "4", &orders_of(&leads, &opportunities));
        for table in ["sales_orders", "sales_order_lines", "partners", "partner_contacts", "tickets"] {
            assert_eq!(world.tries("4", &format!("DELETE FROM sales.{table}")), Ok(0), "{table}");
        }
    }
}
