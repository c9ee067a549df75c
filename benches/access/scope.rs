//! The conditions of the hand-written queries: what a developer writes who knows what kind of user asks.

use crate::query::Query;
use crate::user::{Level, User};

/// Ways to write one and the same condition; the fastest of them counts.
#[derive(Clone, Copy)]
pub enum Form {
    Exists,
    In,
    Array,
    /// The keys of what is owned and of what belongs to it, as a union.
    Union,
    /// The same as an array, which keeps the planner from walking the whole table in the order that LIMIT asks for.
    Keys,
    /// A join with one's own companies needs no other condition.
    Implied,
}

impl Form {
    const ALL: [Form; 6] = [Form::Exists, Form::In, Form::Array, Form::Union, Form::Keys, Form::Implied];

    pub fn name(self) -> &'static str {
        match self {
            Form::Exists => "exists",
            Form::In => "in",
            Form::Array => "array",
            Form::Union => "union",
            Form::Keys => "keys",
            Form::Implied => "implied",
        }
    }
}

const TEAM: &str = "SELECT u.id FROM users u WHERE u.department_id IN (\
    WITH RECURSIVE tree (id) AS (\
        SELECT u.department_id FROM users u WHERE u.id = {me} \
        UNION SELECT below.id FROM departments below JOIN tree ON below.parent_id = tree.id\
    ) SELECT tree.id FROM tree)";

/// That a column names the user or somebody in the departments below.
fn owned(column: &str, level: Level, form: Form) -> String {
    match (level, form) {
        (Level::Own, _) => format!("{column} = {{me}}"),
        (_, Form::Exists) => format!("EXISTS ({TEAM} AND u.id = {column})"),
        (_, Form::In) => format!("{column} IN ({TEAM})"),
        _ => format!("{column} = ANY (ARRAY({TEAM}))"),
    }
}

fn company(level: Level, form: Form) -> String {
    owned("c.owner_id", level, form)
}

fn deal(level: Level, form: Form) -> String {
    let own = owned("d.owner_id", level, form);
    let companies = format!("SELECT mine.id FROM companies mine WHERE {}", owned("mine.owner_id", level, form));
    match form {
        Form::Exists => format!("({own} OR EXISTS ({companies} AND mine.id = d.company_id))"),
        Form::In => format!("({own} OR d.company_id IN ({companies}))"),
        Form::Array | Form::Implied => format!("({own} OR d.company_id = ANY (ARRAY({companies})))"),
        Form::Union => format!("d.id IN ({})", deal_keys(level, form)),
        Form::Keys => format!("d.id = ANY (ARRAY({}))", deal_keys(level, form)),
    }
}

/// The keys of the deals that are owned, and of those whose company is.
fn deal_keys(level: Level, form: Form) -> String {
    format!(
        "SELECT o.id FROM deals o WHERE {} UNION SELECT o.id FROM deals o JOIN companies mine ON mine.id = o.company_id WHERE {}",
        owned("o.owner_id", level, form),
        owned("mine.owner_id", level, form)
    )
}

fn contact(level: Level, form: Form) -> String {
    let own = owned("p.owner_id", level, form);
    let linked = format!(
        "SELECT k.contact_id FROM contact_companies k JOIN companies mine ON mine.id = k.company_id WHERE {}",
        owned("mine.owner_id", level, form)
    );
    let keys = format!(
        "SELECT o.id FROM contacts o WHERE {} UNION SELECT o.id FROM contacts o WHERE o.created_by = {{me}} UNION {linked}",
        owned("o.owner_id", level, form)
    );
    match form {
        Form::Exists => format!("({own} OR p.created_by = {{me}} OR EXISTS ({linked} AND k.contact_id = p.id))"),
        Form::In => format!("({own} OR p.created_by = {{me}} OR p.id IN ({linked}))"),
        Form::Array => format!("({own} OR p.created_by = {{me}} OR p.id = ANY (ARRAY({linked})))"),
        Form::Union => format!("p.id IN ({keys})"),
        Form::Keys => format!("p.id = ANY (ARRAY({keys}))"),
        Form::Implied => "true".to_owned(),
    }
}

/// The ways to write a query for a user, each different from the others.
pub fn candidates(query: &Query, user: User) -> Vec<(&'static str, String)> {
    let level = user.level();
    if level == Level::All {
        return vec![("plain", without_conditions(query))];
    }
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for form in Form::ALL {
        // A contact whose company is joined is visible because of it.
        if matches!(form, Form::Implied) && !query.sql.contains("{link}") {
            continue;
        }
        let sql = query
            .sql
            .replace("{company}", &company(level, form))
            .replace("{contact}", &contact(level, form))
            // A link is visible with its company, which is joined wherever links are.
            .replace("{link}", "true")
            .replace("{deal}", &deal(level, form));
        if found.iter().all(|(_, other)| *other != sql) {
            found.push((form.name(), sql));
        }
    }
    if let [(name, _)] = found.as_mut_slice() {
        *name = "plain";
    }
    found
}

/// The query as it is written where policies decide.
pub fn without_conditions(query: &Query) -> String {
    query.sql.replace("{company}", "true").replace("{contact}", "true").replace("{link}", "true").replace("{deal}", "true")
}
