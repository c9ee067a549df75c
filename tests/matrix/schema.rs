//! The tables that a model names, as the catalog describes them, and what is in them.

use std::collections::{BTreeMap, BTreeSet};

use crm_access::decide::{Row, Value, World};
use crm_access::model::{Link, Members, Model, Owners, TableName};
use crm_access::render::{Plain, Quoting};
use postgres::Client;

/// How the reference evaluator holds a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Decimal,
    Text,
    Uuid,
    Date,
    Time,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub name: TableName,
    /// The one column of its primary key.
    pub key: Option<String>,
    pub columns: Vec<Column>,
}

impl Table {
    pub fn sql(&self) -> String {
        table_sql(&self.name)
    }

    pub fn kind(&self, column: &str) -> Kind {
        self.columns.iter().find(|there| there.name == column).unwrap_or_else(|| panic!("{} has no {column}", self.name)).kind
    }

    /// `(names) OVERRIDING SYSTEM VALUE VALUES (...), ...`
    pub fn values(&self, rows: &[Row]) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| Plain.identifier(&column.name)).collect();
        let row = |row: &Row| {
            let values: Vec<String> = self.columns.iter().map(|column| literal(row.get(&column.name).unwrap_or(&Value::Null))).collect();
            format!("({})", values.join(", "))
        };
        let rows: Vec<String> = rows.iter().map(row).collect();
        format!("({}) OVERRIDING SYSTEM VALUE VALUES {}", names.join(", "), rows.join(",\n    "))
    }
}

pub type Schema = BTreeMap<TableName, Table>;

pub fn table_sql(table: &TableName) -> String {
    format!("{}.{}", Plain.identifier(table.schema.as_str()), Plain.identifier(&table.name))
}

pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(_) | Value::Bool(_) | Value::Decimal(_) => value.to_string(),
        other => Plain.literal(&other.to_string()),
    }
}

/// Tables of people and of assignments.
pub fn people(model: &Model) -> BTreeSet<TableName> {
    let directory = &model.directory;
    let mut all = BTreeSet::from([directory.users.table.clone()]);
    if let Some(departments) = &directory.departments {
        all.insert(departments.table.clone());
        if let Members::Table(members) = &departments.members {
            all.insert(members.table.clone());
        }
    }
    all.extend(directory.circles.iter().flat_map(|circle| [circle.table.clone(), circle.members.table.clone()]));
    let given = &model.assignments;
    all.extend(given.role_tables.iter().chain(&given.restriction_tables).map(|table| table.table.clone()));
    all
}

/// Every table that decides something.
pub fn tables(model: &Model) -> BTreeSet<TableName> {
    let mut all = people(model);
    for entity in &model.entities {
        all.insert(entity.table.clone());
        for people in [&entity.owners, &entity.observers] {
            if let Owners::Table(join) = people {
                all.insert(join.table.clone());
            }
        }
        for parent in &entity.parents {
            if let Link::Table(join, _) = &parent.link {
                all.insert(join.table.clone());
            }
        }
    }
    all
}

pub fn schema(client: &mut Client, model: &Model) -> Schema {
    tables(model).into_iter().map(|name| (name.clone(), table(client, name))).collect()
}

fn table(client: &mut Client, name: TableName) -> Table {
    let rows = client
        .query(
            "SELECT a.attname::text, a.atttypid::regtype::text,
                    coalesce((SELECT i.indnatts = 1 AND a.attnum = i.indkey[0] FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary), false)
             FROM pg_attribute a WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attnum",
            &[&table_sql(&name)],
        )
        .expect("columns");
    let mut key = None;
    let mut columns = Vec::new();
    for row in &rows {
        let (column, of_type): (String, String) = (row.get(0), row.get(1));
        let kind = match of_type.as_str() {
            "boolean" => Kind::Bool,
            "smallint" | "integer" | "bigint" => Kind::Int,
            "numeric" => Kind::Decimal,
            "uuid" => Kind::Uuid,
            "date" => Kind::Date,
            "timestamp with time zone" => Kind::Time,
            _ => Kind::Text,
        };
        if row.get(2) {
            key = Some(column.clone());
        }
        columns.push(Column { name: column, kind });
    }
    Table { name, key, columns }
}

/// All rows of all tables, in a fixed order.
pub fn world(client: &mut Client, schema: &Schema) -> World {
    let mut world = World::default();
    for (name, table) in schema {
        let columns: Vec<String> = table.columns.iter().map(expression).collect();
        let sql = format!("SELECT {} FROM {} AS t ORDER BY t::text", columns.join(", "), table.sql());
        let rows = client.query(&sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let rows = rows.iter().map(|row| {
            let values = table.columns.iter().enumerate().map(|(at, column)| (column.name.clone(), value(column.kind, row.get(at))));
            values.collect::<Row>()
        });
        world.tables.insert(name.clone(), rows.collect());
    }
    let micros = "SELECT (extract(epoch FROM now()) * 1000000)::int8";
    world.now = client.query_one(micros, &[]).expect("the time").get(0);
    world
}

fn expression(column: &Column) -> String {
    let name = format!("t.{}", Plain.identifier(&column.name));
    match column.kind {
        Kind::Date => format!("({name} - date '1970-01-01')::text"),
        Kind::Time => format!("(extract(epoch FROM {name}) * 1000000)::int8::text"),
        _ => format!("{name}::text"),
    }
}

fn value(kind: Kind, text: Option<String>) -> Value {
    let Some(text) = text else { return Value::Null };
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{text} is a number"));
    match kind {
        Kind::Bool => Value::Bool(text == "true"),
        Kind::Int => Value::Int(number(&text)),
        Kind::Decimal => Value::Decimal(text),
        Kind::Text | Kind::Uuid => Value::Text(text),
        Kind::Date => Value::Date(number(&text)),
        Kind::Time => Value::Time(number(&text)),
    }
}

/// A text of a predicate as a value of a column; `None` where it is none.
pub fn read_as(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Bool => text.parse().ok().map(Value::Bool),
        Kind::Int => text.parse().ok().map(Value::Int),
        Kind::Decimal => text.parse::<f64>().ok().map(|_| Value::Decimal(text.to_owned())),
        Kind::Text => Some(Value::Text(text.to_owned())),
        Kind::Uuid | Kind::Date | Kind::Time => None,
    }
}

/// A key that no table has yet.
pub fn fresh_key(kind: Kind, number: usize) -> Value {
    match kind {
        Kind::Int => Value::Int(500_000 + number as i64),
        Kind::Uuid => Value::Text(format!("00000000-0000-4000-9000-{number:012x}")),
        _ => Value::Text(format!("k '{number}'")),
    }
}
