//! The queries, written once: the hand-written variant puts its conditions in the places that the others leave to the policies.
//!
//! `{company}`, `{contact}`, `{link}` and `{deal}` are those places; `{visible}`, `{hidden}`, `{me}`, `{base}` and `{mine}` are values. Every result
//! is text, so that rows compare alike whatever protocol brought them.

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Read,
    /// Changes single rows, which leaves few dead ones behind.
    Change,
    /// Adds many rows: what is left of them is vacuumed away.
    Insert,
}

pub struct Query {
    pub name: &'static str,
    pub sql: &'static str,
    pub kind: Kind,
    /// Whether its conditions need an index that a policy keeps from them, because their operators are not leakproof.
    pub leaky: bool,
}

const fn read(name: &'static str, sql: &'static str) -> Query {
    Query { name, sql, kind: Kind::Read, leaky: false }
}

const fn leaky(name: &'static str, sql: &'static str) -> Query {
    Query { name, sql, kind: Kind::Read, leaky: true }
}

/// Reading ones first: the others leave dead rows behind.
pub const QUERIES: &[Query] = &[
    read("first_50_companies", "SELECT c.id::text, c.name FROM companies c WHERE {company} ORDER BY c.name LIMIT 50"),
    read(
        "newest_50_deals",
        "SELECT d.id::text, d.title, d.stage, d.amount::text FROM deals d WHERE {deal} ORDER BY d.created_at DESC LIMIT 50",
    ),
    read("count_deals", "SELECT count(*)::text FROM deals d WHERE {deal}"),
    read("count_contacts", "SELECT count(*)::text FROM contacts p WHERE {contact}"),
    read("sum_by_stage", "SELECT d.stage, count(*)::text, sum(d.amount)::text FROM deals d WHERE {deal} GROUP BY d.stage"),
    read("lookup_visible", "SELECT d.id::text, d.title, d.amount::text FROM deals d WHERE d.id = {visible} AND {deal}"),
    read("lookup_hidden", "SELECT d.id::text, d.title, d.amount::text FROM deals d WHERE d.id = {hidden} AND {deal}"),
    leaky(
        "join_like",
        "SELECT p.id::text, p.name, c.name FROM contacts p JOIN contact_companies l ON l.contact_id = p.id JOIN companies c ON c.id = l.company_id \
         WHERE p.name LIKE 'ab%' AND {contact} AND {link} AND {company}",
    ),
    read(
        "join_range",
        "SELECT p.id::text, p.name, c.name FROM contacts p JOIN contact_companies l ON l.contact_id = p.id JOIN companies c ON c.id = l.company_id \
         WHERE p.name >= 'ab' AND p.name < 'ac' AND {contact} AND {link} AND {company}",
    ),
    leaky(
        "join_ilike",
        "SELECT p.id::text, p.name, c.name FROM contacts p JOIN contact_companies l ON l.contact_id = p.id JOIN companies c ON c.id = l.company_id \
         WHERE p.name ILIKE '%ABC%' AND {contact} AND {link} AND {company}",
    ),
    leaky(
        "full_text",
        "SELECT p.id::text, p.note FROM contacts p WHERE to_tsvector('simple', p.note) @@ to_tsquery('simple', 'word17') AND {contact}",
    ),
    Query {
        name: "update_by_key",
        sql: "UPDATE deals d SET amount = d.amount + 1 WHERE d.id = {visible} AND {deal} RETURNING d.id::text, d.amount::text",
        kind: Kind::Change,
        leaky: false,
    },
    Query {
        name: "delete_by_key",
        sql: "DELETE FROM deals d WHERE d.id = {visible} AND {deal} RETURNING d.id::text",
        kind: Kind::Change,
        leaky: false,
    },
    Query {
        name: "insert_many",
        sql: "INSERT INTO deals (id, title, stage, amount, company_id, owner_id, created_at) \
              SELECT {base} + n, 'inserted ' || n, 'new', n, {mine}, {me}, timestamptz '2030-01-01 00:00:00+00' \
              FROM generate_series(1, {inserted}) n",
        kind: Kind::Insert,
        leaky: false,
    },
];
