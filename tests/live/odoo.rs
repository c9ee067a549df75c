//! Conditions of the Odoo preset in plain SQL, written from the rules and not from the configuration.

use crate::rows::Rows;

pub const LEADS: Rows = Rows { table: "sales.leads", key: "id", touch: "title = 'touched'" };
pub const OPPORTUNITIES: Rows = Rows { table: "sales.opportunities", key: "id", touch: "title = 'touched'" };
pub const OWNERS: Rows = Rows { table: "sales.opportunity_owners", key: "id", touch: "user_id = user_id" };
pub const ORDERS: Rows = Rows { table: "sales.sales_orders", key: "id", touch: "amount = 1" };
pub const LINES: Rows = Rows { table: "sales.sales_order_lines", key: "id", touch: "product = 'touched'" };
pub const TICKETS: Rows = Rows { table: "sales.tickets", key: "id", touch: "subject = 'touched'" };
pub const ACTIVITIES: Rows = Rows { table: "sales.activities", key: "id", touch: "summary = 'touched'" };

/// What belongs to the CRM.
pub const CRM: [Rows; 4] = [LEADS, OPPORTUNITIES, OWNERS, ACTIVITIES];
/// What belongs to Sales.
pub const SALES: [Rows; 2] = [ORDERS, LINES];

/// Opportunities without owner.
pub const UNOWNED: &str = "NOT EXISTS (SELECT FROM sales.opportunity_owners AS o WHERE o.opportunity_id = t.id)";

/// The key of one of the leads written by hand.
pub fn lead(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Opportunities of a user.
pub fn owned(user: &str) -> String {
    format!("EXISTS (SELECT FROM sales.opportunity_owners AS o WHERE o.opportunity_id = t.id AND o.user_id = {user})")
}

/// Leads of a CRM user (O2).
pub fn user_leads(user: &str) -> String {
    format!("(t.user_id = {user} OR t.user_id IS NULL)")
}

/// Opportunities of a CRM user (O2).
pub fn user_opportunities(user: &str) -> String {
    format!("({} OR (t.created_by = {user} AND {UNOWNED}))", owned(user))
}

/// Rows whose parent a condition holds for.
pub fn through(column: &str, parent: &Rows, condition: &str) -> String {
    format!("coalesce(t.{column} IN (SELECT t.{} FROM {} AS t WHERE {condition}), false)", parent.key, parent.table)
}

/// Orders that belong to the leads and opportunities of two conditions.
pub fn orders_of(leads: &str, opportunities: &str) -> String {
    format!("({} OR {})", through("lead_id", &LEADS, leads), through("opportunity_id", &OPPORTUNITIES, opportunities))
}

/// Sales orders of a Sales user.
pub fn sold_by(user: &str) -> String {
    format!("coalesce(t.user_id = {user}, false)")
}
