//! Rule O6: whatever computes over the records computes over the visible ones.

use crate::odoo::{LEADS, OPPORTUNITIES, orders_of, sold_by, user_leads, user_opportunities};
use crate::rows::is_nobody;
use crate::support::{REFUSED, TARGETS, World, refused};

/// Users with the leads, opportunities and orders that they see.
fn readers() -> Vec<(&'static str, String, String, String)> {
    let user = |user| {
        let (leads, opportunities) = (user_leads(user), user_opportunities(user));
        let orders = orders_of(&leads, &opportunities);
        (user, leads, opportunities, orders)
    };
    let none = || "false".to_owned();
    let all = || "true".to_owned();
    let (leads, opportunities) =
        (format!("(t.company_id = 1 OR {})", user_leads("4")), format!("(t.company_id = 1 OR {})", user_opportunities("4")));
    let both = user("8");
    vec![
        ("1", all(), all(), all()),
        user("2"),
        user("3"),
        ("4", leads.clone(), opportunities.clone(), orders_of(&leads, &opportunities)),
        ("8", both.1, both.2, format!("({} OR {})", both.3, sold_by("8"))),
        ("6", none(), none(), sold_by("6")),
        ("7", none(), none(), all()),
        ("9", "t.for_support".to_owned(), none(), none()),
        ("10", all(), all(), none()),
        ("11", none(), none(), none()),
        ("15", none(), none(), none()),
        ("16", none(), none(), none()),
    ]
}

/// A query over three tables, as the user asks it and as a superuser asks it of the rows the user may see.
fn same(world: &mut World, reader: &(&'static str, String, String, String), query: &str) {
    let (user, leads, opportunities, orders) = reader;
    if is_nobody(world, user) {
        return;
    }
    let subset = |table: &str, condition: &str| format!("(SELECT t.* FROM sales.{table} AS t WHERE {condition})");
    let fill = |leads: &str, opportunities: &str, orders: &str| {
        query.replace("{leads}", leads).replace("{opportunities}", opportunities).replace("{orders}", orders)
    };
    let seen = world.sees(user, &fill("sales.leads", "sales.opportunities", "sales.sales_orders"));
    let truth = fill(&subset("leads", leads), &subset("opportunities", opportunities), &subset("sales_orders", orders));
    assert_eq!(seen, world.really(&truth), "{} user {user}: {query}", world.target.name());
}

#[test]
fn o06_counts_sums_joins_and_windows_are_over_the_visible_rows() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        for reader in readers() {
            for query in [
                "SELECT concat_ws('/', count(*), sum(l.expected_revenue), avg(l.expected_revenue), max(l.id::text)) FROM {leads} AS l",
                "SELECT concat_ws('/', stage, count(*), sum(expected_revenue)) FROM {opportunities} AS o GROUP BY ROLLUP (stage)",
                "SELECT concat_ws('/', l.stage, count(*), sum(o.amount)) FROM {orders} AS o JOIN {leads} AS l ON l.id = o.lead_id GROUP BY l.stage",
                "SELECT concat_ws('/', count(*), count(o.id), count(l.id)) FROM {orders} AS o FULL JOIN {leads} AS l ON l.id = o.lead_id",
                "SELECT concat_ws('/', id, rank() OVER (ORDER BY expected_revenue DESC, id), count(*) OVER (PARTITION BY stage)) FROM {opportunities} AS o",
                "SELECT concat_ws('/', count(DISTINCT user_id), bool_or(user_id = 3), string_agg(DISTINCT stage, ',')) FROM {leads} AS l",
                "SELECT count(*)::text FROM {leads} AS l WHERE NOT EXISTS (SELECT FROM {orders} AS o WHERE o.lead_id = l.id)",
                "WITH o AS MATERIALIZED (SELECT * FROM {opportunities} AS o) SELECT (SELECT count(*) FROM o) || '/' || (SELECT count(*) FROM {leads} AS l)",
                "SELECT id::text FROM (SELECT id::text FROM {leads} AS l EXCEPT SELECT lead_id::text FROM {orders} AS o) AS x",
            ] {
                same(&mut world, &reader, query);
            }
        }
        assert_eq!(world.sees("15", "SELECT count(*) || '/' || coalesce(sum(expected_revenue)::text, '-') FROM sales.leads"), ["0/-"]);
    }
}

/// What the view `sales.pipeline` computes, of the three tables.
const PIPELINE: &str = "SELECT concat_ws('/', stage, sum(lead), sum(opportunity), sum(revenue), sum(amount)) FROM (
        SELECT l.stage, 1 AS lead, 0 AS opportunity, l.expected_revenue AS revenue, 0 AS amount FROM {leads} AS l
        UNION ALL SELECT o.stage, 0, 1, o.expected_revenue, 0 FROM {opportunities} AS o
        UNION ALL SELECT l.stage, 0, 0, 0, s.amount FROM {orders} AS s JOIN {leads} AS l ON l.id = s.lead_id) AS x GROUP BY stage";

#[test]
fn o06_the_dashboard_counts_what_its_reader_sees() {
    let row = "concat_ws('/', stage, leads, opportunities, expected_revenue, ordered)";
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        for reader in readers().into_iter().filter(|reader| reader.0 != "16") {
            let shown = world.sees(reader.0, &format!("SELECT {row} FROM sales.pipeline"));
            assert_eq!(
                shown,
                world.sees(
                    reader.0,
                    &PIPELINE
                        .replace("{leads}", "sales.leads")
                        .replace("{opportunities}", "sales.opportunities")
                        .replace("{orders}", "sales.sales_orders")
                )
            );
            same(&mut world, &reader, PIPELINE);
        }
        for nobody in ["7", "15", "11"] {
            assert_eq!(world.count(nobody, "sales.pipeline"), 0);
        }
        let everything = world.really(&format!("SELECT {row} FROM sales.pipeline"));
        assert_eq!(world.sees("1", &format!("SELECT {row} FROM sales.pipeline")), everything);
        // Asked by nobody, and by the owner of tables and view.
        for client in [&mut world.backend, &mut world.owner] {
            let rows: i64 = client.query_one("SELECT count(*) FROM sales.pipeline", &[]).unwrap().get(0);
            assert_eq!(rows, 0);
        }
    }
}

#[test]
fn o06_a_view_with_its_owners_rights_gives_what_its_asker_sees_or_nothing() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        world
            .own(
                "CREATE VIEW sales.all_leads AS SELECT * FROM sales.leads;
                 CREATE VIEW sales.lead_totals WITH (security_barrier) AS SELECT stage, count(*) AS leads FROM sales.leads GROUP BY stage;
                 CREATE FUNCTION sales.count_leads() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM sales.leads';
                 GRANT SELECT, UPDATE, DELETE, INSERT ON sales.all_leads, sales.lead_totals TO crm_app",
            )
            .unwrap();
        // The policies are for the application's role and the view reads as the tables' owner: FORCE leaves no row, whoever asks.
        for user in ["1", "2", "4", "7", "15"] {
            assert_eq!(world.count(user, "sales.all_leads"), 0);
            assert_eq!(world.count(user, "sales.lead_totals"), 0);
            assert_eq!(world.sees(user, "SELECT sales.count_leads()"), ["0"]);
            assert_eq!(world.tries(user, "UPDATE sales.all_leads SET title = 'touched'"), Ok(0));
            assert_eq!(world.tries(user, "DELETE FROM sales.all_leads"), Ok(0));
            refused(world.tries(user, "INSERT INTO sales.all_leads (title, user_id, company_id) VALUES ('N', 2, 1)"), REFUSED);
        }
        let mine = LEADS.really(&mut world, &user_leads("2"));
        world.own("ALTER VIEW sales.all_leads SET (security_invoker = true)").unwrap();
        assert_eq!(world.sees("2", "SELECT id FROM sales.all_leads"), mine);
        assert_eq!(world.sees("2", "UPDATE sales.all_leads SET title = 'touched' RETURNING id"), mine);
        refused(world.tries("2", "INSERT INTO sales.all_leads (title, user_id, company_id) VALUES ('N', 3, 1)"), REFUSED);
    }
}

#[test]
fn o06_a_materialized_view_of_the_protected_owner_is_empty() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        world
            .own(
                "CREATE MATERIALIZED VIEW sales.lead_report AS SELECT id, title FROM sales.leads;
                 CREATE MATERIALIZED VIEW sales.order_report AS SELECT count(*) AS orders, sum(amount) AS amount FROM sales.sales_orders;
                 GRANT SELECT ON sales.lead_report, sales.order_report TO crm_app;
                 REFRESH MATERIALIZED VIEW sales.lead_report",
            )
            .unwrap();
        for user in ["1", "2", "7", "15"] {
            assert_eq!(world.count(user, "sales.lead_report"), 0);
            assert_eq!(world.sees(user, "SELECT orders FROM sales.order_report"), ["0"]);
        }
    }
}

#[test]
fn o06_counts_follow_every_change_at_once() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        let before = world.count("3", "sales.leads");
        assert_eq!(world.run("2", "UPDATE sales.leads SET user_id = 2 WHERE user_id IS NULL"), Ok(322));
        assert_eq!((world.count("3", "sales.leads"), world.count("2", "sales.leads")), (before - 322, 432));
        let opportunities = LEADS.really(&mut world, &user_leads("3"));
        assert_eq!(world.sees("3", "SELECT id FROM sales.leads"), opportunities);
        let orders = orders_of(&user_leads("3"), &user_opportunities("3"));
        let amount = world.really(&format!("SELECT sum(amount) FROM sales.sales_orders AS t WHERE {orders}"));
        assert_eq!(world.sees("3", "SELECT sum(amount) FROM sales.sales_orders"), amount);
        world.force("DELETE FROM sales.opportunity_owners");
        assert_eq!(world.sees("3", "SELECT id FROM sales.opportunities"), OPPORTUNITIES.really(&mut world, "t.created_by = 3"));
        assert_eq!(world.count("3", "sales.opportunity_owners"), 0);
    }
}
