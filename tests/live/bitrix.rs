//! Conditions of the Bitrix24 preset in plain SQL, written from the rules and not from the configuration.

use crm_access::program::Target;

use crate::rows::Rows;
use crate::support::{World, project_file};

pub const COMPANIES: Rows = Rows { table: "companies", key: "id", touch: "title = 'touched'" };
pub const CONTACTS: Rows = Rows { table: "contacts", key: "id", touch: "title = 'touched'" };
pub const LEADS: Rows = Rows { table: "leads", key: "id", touch: "title = 'touched'" };
pub const DEALS: Rows = Rows { table: "deals", key: "id", touch: "title = 'touched'" };
pub const ACTIVITIES: Rows = Rows { table: "activities", key: "id", touch: "subject = 'touched'" };
pub const DEAL_OBSERVERS: Rows = Rows { table: "deal_observers", key: "id", touch: "user_id = user_id" };

/// The records with a responsible person, and the two whose observers are a column.
pub const KINDS: [Rows; 4] = [COMPANIES, CONTACTS, LEADS, DEALS];

/// Records that the user is responsible for.
pub fn own(user: &str) -> String {
    format!("coalesce(t.assigned_by_id = {user}, false)")
}

fn departments(user: &str) -> String {
    format!("SELECT department_id FROM users WHERE id = {user} UNION SELECT id FROM departments WHERE head_id = {user}")
}

fn tree(user: &str) -> String {
    format!(
        "WITH RECURSIVE below(id) AS ({} UNION SELECT d.id FROM departments AS d JOIN below AS b ON d.parent_id = b.id) SELECT id FROM below",
        departments(user)
    )
}

fn of(departments: &str) -> String {
    format!(
        "coalesce(t.assigned_by_id IN (SELECT id FROM users WHERE department_id IN ({departments})
         UNION SELECT head_id FROM departments WHERE id IN ({departments})), false)"
    )
}

/// Records of somebody in the user's departments.
pub fn department(user: &str) -> String {
    of(&departments(user))
}

/// The same, with the departments below.
pub fn department_tree(user: &str) -> String {
    of(&tree(user))
}

/// Records that the user observes.
pub fn observed(table: &str, user: &str) -> String {
    match table {
        "deals" => format!("EXISTS (SELECT FROM deal_observers AS o WHERE o.deal_id = t.id AND o.user_id = {user})"),
        "leads" => format!("EXISTS (SELECT FROM lead_observers AS o WHERE o.lead_id = t.id AND o.user_id = {user})"),
        _ => format!("coalesce(t.observer_id = {user}, false)"),
    }
}

/// What an employee reads.
pub fn employee_reads(table: &str, user: &str) -> String {
    format!("({} OR {})", own(user), observed(table, user))
}

/// What a manager reads, deals at a lost stage apart.
pub fn manager_reads(table: &str, user: &str) -> String {
    format!("({} OR {} OR {} OR t.opened)", own(user), observed(table, user), department_tree(user))
}

/// The preset's tables with other roles and assignments.
pub fn with_roles(target: Target, roles: &str) -> World {
    let text = project_file("examples/bitrix24.yaml");
    let (before, _) = text.split_once("\nroles:\n").expect("the roles of the preset");
    World::with("bitrix24", target, &format!("{before}\n{roles}"))
}
