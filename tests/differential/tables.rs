//! The tables that every case lives in: a configuration uses some of them. Made once per database, in several flavors of keys.

use crm_access::decide::{Row, Value, World};
use crm_access::model::{KeyType, SchemaName, TableName};

/// A schema and the types of its keys.
pub struct Flavor {
    pub schema: &'static str,
    pub user: KeyType,
    pub department: KeyType,
    pub circle: KeyType,
    pub record: KeyType,
}

pub const FLAVORS: [Flavor; 4] = [
    Flavor { schema: "numbers", user: KeyType::Int4, department: KeyType::Int4, circle: KeyType::Int4, record: KeyType::Int4 },
    Flavor { schema: "Uuids \"of\" it", user: KeyType::Uuid, department: KeyType::Uuid, circle: KeyType::Uuid, record: KeyType::Uuid },
    Flavor { schema: "texts", user: KeyType::Text, department: KeyType::Int8, circle: KeyType::Text, record: KeyType::Text },
    Flavor { schema: "mixed", user: KeyType::Int8, department: KeyType::Text, circle: KeyType::Uuid, record: KeyType::Int8 },
];

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    User,
    Department,
    Circle,
    /// A key of an entity.
    Record,
    Flag,
    Stage,
    Word,
    Number,
    Big,
    Amount,
    Day,
    Moment,
    Token,
    Role,
    Restriction,
    Note,
    /// A role of the database.
    Login,
}

use Kind::*;

pub const USERS: &[(&str, Kind)] = &[
    ("id", User),
    ("active", Flag),
    ("is_admin", Flag),
    ("limited", Flag),
    ("narrow", Flag),
    ("third", Flag),
    ("region", Word),
    ("size", Number),
    ("ok", Flag),
    ("since", Day),
    ("rate", Amount),
    ("big", Big),
    ("seen", Moment),
    ("token", Token),
    ("sure", Flag),
    ("department", Department),
    ("manager", User),
    ("login", Login),
];
const DEPARTMENTS: &[(&str, Kind)] = &[("id", Department), ("parent", Department), ("head", User)];
const DEPARTMENT_MEMBERS: &[(&str, Kind)] = &[("department", Department), ("usr", User)];
const CIRCLES: &[(&str, Kind)] = &[("id", Circle), ("leader", User)];
const CIRCLE_MEMBERS: &[(&str, Kind)] = &[("circle", Circle), ("usr", User)];
const USER_ROLES: &[(&str, Kind)] = &[("usr", User), ("role", Role), ("since", Moment), ("until", Moment)];
const USER_RESTRICTIONS: &[(&str, Kind)] =
    &[("usr", User), ("restriction", Restriction), ("sure", Flag), ("since", Moment), ("until", Moment)];
pub const ENTITY: &[(&str, Kind)] = &[
    ("id", Record),
    ("note", Note),
    ("owner1", User),
    ("owner2", User),
    ("creator", User),
    ("department", Department),
    ("team", Circle),
    ("territory", Circle),
    ("open", Flag),
    ("stage", Stage),
    ("a", Word),
    ("b", Number),
    ("c", Flag),
    ("d", Day),
    ("n", Amount),
    ("i", Big),
    ("t", Moment),
    ("u", Token),
    ("p1", Record),
    ("p2", Record),
    ("p3", Record),
];
pub const OWNERS: &[(&str, Kind)] = &[("id", Record), ("note", Note), ("rec", Record), ("usr", User)];
pub const LINK: &[(&str, Kind)] = &[("id", Record), ("note", Note), ("child", Record), ("parent", Record)];

/// Tables and their columns. `e` tables are entities, `o` their owners, `l_2_1` the links from records of `e2` to those of `e1`.
pub fn tables() -> Vec<(String, &'static [(&'static str, Kind)])> {
    let mut all: Vec<(String, &'static [(&'static str, Kind)])> =
        vec![("departments".into(), DEPARTMENTS), ("users".into(), USERS), ("department_members".into(), DEPARTMENT_MEMBERS)];
    for circle in ["groups", "workgroups", "teams", "territories"] {
        all.push((circle.into(), CIRCLES));
        all.push((format!("{circle}_members"), CIRCLE_MEMBERS));
    }
    all.push(("user_roles".into(), USER_ROLES));
    all.push(("user_restrictions".into(), USER_RESTRICTIONS));
    for at in 1..=4 {
        all.push((format!("e{at}"), ENTITY));
        all.push((format!("o{at}"), OWNERS));
        all.extend((1..at).map(|above| (format!("l_{at}_{above}"), LINK)));
    }
    all
}

pub fn columns(table: &str) -> &'static [(&'static str, Kind)] {
    tables().into_iter().find(|(name, _)| name == table).expect("a table").1
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub fn table_sql(flavor: &Flavor, table: &str) -> String {
    format!("{}.{}", quoted(flavor.schema), quoted(table))
}

pub fn table_name(flavor: &Flavor, table: &str) -> TableName {
    TableName::new(SchemaName::new(flavor.schema).expect("a schema"), table).expect("a table")
}

fn sql_type(kind: KeyType) -> &'static str {
    match kind {
        KeyType::Int4 => "int4",
        KeyType::Int8 => "int8",
        KeyType::Uuid => "uuid",
        KeyType::Text => "text",
    }
}

pub fn key_type(flavor: &Flavor, kind: Kind) -> KeyType {
    match kind {
        User => flavor.user,
        Department => flavor.department,
        Circle => flavor.circle,
        _ => flavor.record,
    }
}

/// Statements that make a flavor's tables.
pub fn create(flavor: &Flavor) -> String {
    let mut out = format!("CREATE SCHEMA {};\n", quoted(flavor.schema));
    for (table, columns) in tables() {
        let keys = columns.iter().filter(|(name, kind)| *name != "id" && matches!(kind, User | Department | Circle | Record));
        let columns: Vec<String> = columns
            .iter()
            .map(|(name, kind)| {
                let kind = match kind {
                    Flag => "boolean",
                    Number => "int4",
                    Big => "int8",
                    Amount => "numeric",
                    Day => "date",
                    Moment => "timestamptz",
                    Token => "uuid",
                    Stage | Word | Role | Restriction | Note | Login => "text",
                    key => sql_type(key_type(flavor, *key)),
                };
                // Rows that say who owns what are added without a key when a record is handed over.
                let default = match kind {
                    "uuid" => "gen_random_uuid()",
                    "text" => "gen_random_uuid()::text",
                    _ => "1000000 + (random() * 1000000000)::int",
                };
                let key = if *name == "id" { format!(" PRIMARY KEY DEFAULT {default}") } else { String::new() };
                format!("{} {kind}{key}", quoted(name))
            })
            .collect();
        out.push_str(&format!("CREATE TABLE {} ({});\n", table_sql(flavor, &table), columns.join(", ")));
        for (name, _) in keys {
            out.push_str(&format!("CREATE INDEX ON {} ({});\n", table_sql(flavor, &table), quoted(name)));
        }
    }
    let schema = quoted(flavor.schema);
    out.push_str(&format!("GRANT USAGE ON SCHEMA {schema} TO crm_app;\n"));
    out.push_str(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO crm_app;\n"));
    out
}

/// Statements that replace all rows of a flavor, and what the database has stored.
pub fn load(flavor: &Flavor, world: &World) -> String {
    let mut out = String::new();
    for (table, columns) in tables() {
        let name = table_sql(flavor, &table);
        out.push_str(&format!("DELETE FROM {name};\n"));
        let rows = world.rows(&table_name(flavor, &table));
        if !rows.is_empty() {
            let rows: Vec<String> = rows.iter().map(|row| row_sql(columns, row)).collect();
            out.push_str(&format!("INSERT INTO {name} VALUES {};\n", rows.join(",\n    ")));
        }
    }
    out
}

/// The values of a row in the order of the columns.
pub fn row_sql(columns: &[(&str, Kind)], row: &Row) -> String {
    let values: Vec<String> = columns.iter().map(|(name, _)| literal(row.get(*name).unwrap_or(&Value::Null))).collect();
    format!("({})", values.join(", "))
}

pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(_) | Value::Bool(_) => value.to_string(),
        other => format!("'{}'", other.to_string().replace('\'', "''")),
    }
}

/// A key by number.
pub fn key(kind: KeyType, number: usize) -> Value {
    match kind {
        KeyType::Int4 | KeyType::Int8 => Value::Int(number as i64),
        KeyType::Uuid => Value::Uuid(format!("00000000-0000-4000-8000-{number:012x}")),
        KeyType::Text => Value::Text(format!("k '{number}'")),
    }
}
