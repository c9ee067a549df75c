//! Statements, and what decide says they do.

use crm_access::decide::{AsksFirst, assign, delete, import, insert, lock, merge_delete, merge_update, select, update, upsert};
use crm_access::decide::{Judge, Outcome, Reads, Row, Value};
use crm_access::model::{Action, Entity, KeyType, Link, Model};

use crate::bench::Server;
use crate::columns::shown;
use crate::data::{USERS, row, value};
use crate::permissions::permitted;
use crate::random::Random;
use crate::tables::{Flavor, Kind, columns, key, literal, quoted, row_sql, table_sql};

/// A statement and what must come of it.
#[derive(Clone, Debug)]
pub struct Check {
    pub sql: String,
    pub expected: Expected,
    /// How many decisions about single records it takes.
    pub decisions: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// These keys, sorted.
    Keys(Vec<String>),
    /// That many rows.
    Count(u64),
    /// A row-security error.
    Refused,
    /// Another row has the key, visible or not: SQLSTATE 23505.
    Duplicate,
}

/// What belongs to one user and entity while checks are made.
struct About<'a> {
    random: &'a mut Random,
    flavor: &'a Flavor,
    judge: &'a Judge<'a>,
    entity: &'a Entity,
    rows: &'a [Row],
    columns: &'static [(&'static str, Kind)],
    table: String,
    checks: Vec<Check>,
    first: AsksFirst,
}

/// Statements for one user over all entities.
pub fn checks(random: &mut Random, flavor: &Flavor, model: &Model, judge: &Judge<'_>, server: Server) -> Vec<Check> {
    let mut all = Vec::new();
    for entity in &model.entities {
        let table = table_sql(flavor, &entity.table.name);
        let rows = judge.world().rows(&entity.table);
        let columns = columns(&entity.table.name);
        let mut about = About { random, flavor, judge, entity, rows, columns, table, checks: Vec::new(), first: server.asks_first };
        about.reading(model);
        about.changing();
        about.adding();
        about.handing_over();
        about.importing();
        if server.merge {
            about.merging();
        }
        // A part of them: another configuration tells more than another statement.
        let made = std::mem::take(&mut about.checks);
        all.extend(made.into_iter().enumerate().filter(|(at, _)| *at == 0 || random.chance(15)).map(|(_, check)| check));
    }
    all
}

impl About<'_> {
    fn push(&mut self, sql: String, expected: Expected, decisions: usize) {
        self.checks.push(Check { sql, expected, decisions: decisions as u64 });
    }

    fn keys(&self, places: &[usize]) -> Expected {
        let mut keys: Vec<String> = places.iter().map(|at| self.rows[*at]["id"].to_string()).collect();
        keys.sort();
        Expected::Keys(keys)
    }

    fn keys_or_refused(&self, outcome: &Outcome) -> Expected {
        match outcome {
            Outcome::Rows(places) => self.keys(places),
            Outcome::Refused => Expected::Refused,
        }
    }

    fn reading(&mut self, model: &Model) {
        let (table, all) = (self.table.clone(), self.rows.len());
        let seen = select(self.judge, self.entity);
        self.push(format!("SELECT array_agg(id::text) FROM {table}"), self.keys(&seen), all);
        self.push(format!("SELECT 1 FROM {table}"), Expected::Count(seen.len() as u64), all);
        let locked = lock(self.judge, self.entity);
        let how = *self.random.pick(&["UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE"]);
        self.push(format!("WITH x AS (SELECT id FROM {table} FOR {how}) SELECT array_agg(id::text) FROM x"), self.keys(&locked), all);
        let keys: Vec<String> = seen.iter().map(|at| self.rows[*at]["id"].to_string()).collect();
        let longest = keys.iter().map(|key| key.chars().count()).max().unwrap_or(0);
        let first = keys.iter().min().cloned().unwrap_or_default();
        let mut summed = vec![keys.len().to_string(), longest.to_string(), first];
        summed.sort();
        let sql = format!(
            "SELECT ARRAY[count(*)::text, coalesce(max(length(id::text)), 0)::text, coalesce(min(id::text COLLATE \"C\"), '')] FROM {table}"
        );
        self.push(sql, Expected::Keys(summed), all);
        self.checks.extend(permitted(self.judge, self.entity));
        self.checks.extend(shown(self.flavor, self.judge, self.entity));
        // Each asks for itself, which takes long.
        if self.random.chance(10) {
            let action = *self.random.pick(&Action::ALL);
            let some = if self.judge.can_some(self.entity, action) { vec!["yes".to_owned()] } else { Vec::new() };
            let sql = format!(
                "SELECT array_agg('yes'::text) FROM (SELECT crm_access.can('{}', '{}') AS can) AS x WHERE can",
                action.name(),
                self.entity.name
            );
            self.push(sql, Expected::Keys(some), 1);
            let action = *self.random.pick(&Action::ALL);
            let may = |row: &Row| self.judge.can(self.entity, action, row);
            let places: Vec<usize> = self.rows.iter().enumerate().filter(|(_, row)| may(row)).map(|(at, _)| at).collect();
            let keys: Vec<String> = self.rows.iter().map(|row| literal(&Value::Text(row["id"].to_string()))).collect();
            let sql = format!(
                "SELECT array_agg(k) FROM unnest(ARRAY[{}]::text[]) AS k WHERE crm_access.can('{}', '{}', k)",
                keys.join(", "),
                action.name(),
                self.entity.name
            );
            self.push(sql, self.keys(&places), all);
            let sql = format!(
                "SELECT array_agg(k) FROM crm_access.can('{}', '{}', ARRAY[{}]::text[]) AS k",
                action.name(),
                self.entity.name,
                keys.join(", ")
            );
            self.push(sql, self.keys(&places), all);
        }
        for parent in &self.entity.parents {
            let (Link::Column(column), Some(above)) = (&parent.link, model.entity(&parent.entity)) else { continue };
            let parents = self.judge.world().rows(&above.table);
            let readable = select(self.judge, above);
            let pairs = seen.iter().filter(|at| readable.iter().any(|above| self.rows[**at][column.as_str()] == parents[*above]["id"]));
            let pairs: Vec<usize> = pairs.copied().collect();
            let other = table_sql(self.flavor, &above.table.name);
            let at = quoted(column.as_str());
            let form = *self.random.pick(&[
                "JOIN {other} AS y ON y.id = x.{at}",
                "WHERE EXISTS (SELECT 1 FROM {other} AS y WHERE y.id = x.{at})",
                "WHERE x.{at} IN (SELECT id FROM {other})",
                "LEFT JOIN LATERAL (SELECT y.id AS k FROM {other} AS y WHERE y.id = x.{at}) AS z ON true WHERE z.k IS NOT NULL",
            ]);
            let form = form.replace("{other}", &other).replace("{at}", &at);
            self.push(format!("SELECT array_agg(x.id::text) FROM {table} AS x {form}"), self.keys(&pairs), all);
            let noted = |row: &Row| {
                let joined = readable.iter().any(|above| row[column.as_str()] == parents[*above]["id"]);
                joined.then(|| changed(row, &[("note", Value::Text("new".to_owned()))])).flatten()
            };
            let touched = update(self.judge, self.entity, &noted, Reads(true));
            let sql = format!("UPDATE {table} AS x SET note = 'new' FROM {other} AS y WHERE y.id = x.{at}");
            self.push(sql, count(&touched), all);
            let removed = delete(self.judge, self.entity, &|row| noted(row).is_some(), Reads(true));
            self.push(format!("DELETE FROM {table} AS x USING {other} AS y WHERE y.id = x.{at}"), count(&removed), all);
        }
    }

    /// A new value for one or two columns, as SQL and as a change of rows.
    fn new_values(&mut self, with_key: bool) -> Vec<(&'static str, Value)> {
        let first = usize::from(!with_key);
        (0..self.random.between(1, 2))
            .map(|_| {
                let (name, kind) = self.columns[self.random.between(first, self.columns.len() - 1)];
                let value = if name == "id" { self.fresh() } else { value(self.random, self.flavor, kind) };
                (name, value)
            })
            .fold(Vec::new(), |mut all: Vec<(&'static str, Value)>, new| {
                if !all.iter().any(|(name, _)| *name == new.0) {
                    all.push(new);
                }
                all
            })
    }

    fn fresh(&mut self) -> Value {
        key(self.flavor.record, self.random.between(100, 100_000))
    }

    fn changing(&mut self) {
        let (table, all) = (self.table.clone(), self.rows.len());
        let (judge, entity) = (self.judge, self.entity);
        let noted = |row: &Row| changed(row, &[("note", Value::Text("new".to_owned()))]);
        let touched = update(judge, entity, &noted, Reads(true));
        let sql = format!("WITH x AS (UPDATE {table} SET note = 'new' RETURNING id) SELECT array_agg(id::text) FROM x");
        self.push(sql, self.keys_or_refused(&touched), 2 * all);
        let blind = update(judge, entity, &noted, Reads(false));
        self.push(format!("UPDATE {table} SET note = 'new'"), count(&blind), 2 * all);
        // Nothing is appended to a null.
        let longer = |row: &Row| match row.get("note") {
            Some(Value::Text(note)) => changed(row, &[("note", Value::Text(format!("{note}x")))]),
            _ => changed(row, &[]),
        };
        let appended = update(judge, entity, &longer, Reads(true));
        self.push(format!("UPDATE {table} SET note = note || 'x'"), count(&appended), 2 * all);
        let target = self.random.pick(self.rows)["id"].clone();
        let one = delete(judge, entity, &|row| row["id"] == target, Reads(true));
        self.push(format!("DELETE FROM {table} WHERE id = {}", literal(&target)), count(&one), 1);
        let removed = delete(judge, entity, &|_| true, Reads(true));
        let sql = format!("WITH x AS (DELETE FROM {table} RETURNING id) SELECT array_agg(id::text) FROM x");
        self.push(sql, self.keys_or_refused(&removed), all);
        let removed = delete(judge, entity, &|_| true, Reads(false));
        self.push(format!("DELETE FROM {table}"), count(&removed), all);
        for _ in 0..2 {
            let target = self.random.pick(self.rows)["id"].clone();
            let new = self.new_values(true);
            let moved = update(judge, entity, &|row| (row["id"] == target).then(|| changed(row, &new)).flatten(), Reads(true));
            self.push(format!("UPDATE {table} SET {} WHERE id = {}", settings(&new), literal(&target)), count(&moved), 2);
        }
        let new = self.new_values(false);
        let moved = update(judge, entity, &|row| changed(row, &new), Reads(false));
        self.push(format!("UPDATE {table} SET {}", settings(&new)), count(&moved), 2 * all);
        let moved = update(judge, entity, &|row| changed(row, &new), Reads(true));
        let sql = format!("WITH x AS (UPDATE {table} SET {} RETURNING id) SELECT array_agg(id::text) FROM x", settings(&new));
        self.push(sql, self.keys_or_refused(&moved), 2 * all);
    }

    /// Records, some of which may not be there, to somebody, who may not either, or nobody.
    fn handing_over(&mut self) {
        let text = |value: &Value| literal(&value.key().map_or(Value::Null, Value::Text));
        for _ in 0..2 {
            let user = |random: &mut Random| match random.chance(15) {
                true => Value::Null,
                false => key(self.flavor.user, random.between(1, USERS + 1)),
            };
            let to = user(self.random);
            let from = if self.random.chance(60) { Value::Null } else { user(self.random) };
            let count = self.random.between(1, 3);
            let mut keys: Vec<Value> = (0..count).map(|_| self.random.pick(self.rows)["id"].clone()).collect();
            if self.random.chance(10) {
                keys.push(self.fresh());
            }
            let expected = match assign(self.judge, self.entity, &keys, &to, &from) {
                Outcome::Rows(_) => Expected::Count(1),
                Outcome::Refused => Expected::Refused,
            };
            let listed: Vec<String> = keys.iter().map(text).collect();
            let (entity, listed) = (literal(&Value::Text(self.entity.name.to_string())), listed.join(", "));
            let sql =
                format!("SELECT crm_access.assign_record({entity}, ARRAY[{listed}]::text[], {}::text, {}::text)", text(&to), text(&from));
            self.push(sql, expected, keys.len());
        }
    }

    fn importing(&mut self) {
        let rows: Vec<Row> = (0..self.random.between(1, 2)).map(|_| self.new_row()).collect();
        if rows.first().map(|row| &row["id"]) == rows.get(1).map(|row| &row["id"]) {
            return;
        }
        let expected = match import(self.judge, self.entity, &rows) {
            Outcome::Rows(_) => Expected::Count(1),
            Outcome::Refused => Expected::Refused,
        };
        let records =
            rows.iter().map(|row| row.iter().map(|(name, value)| (name.clone(), json_value(value))).collect::<serde_json::Map<_, _>>());
        let records = serde_json::Value::Array(records.map(serde_json::Value::Object).collect());
        let entity = literal(&Value::Text(self.entity.name.to_string()));
        let sql = format!("SELECT crm_access.import({entity}, {}::jsonb)", literal(&Value::Text(records.to_string())));
        self.push(sql, expected, rows.len());
    }

    fn new_row(&mut self) -> Row {
        let mut new = row(self.random, self.flavor, self.columns);
        let fresh = self.fresh();
        new.insert("id".to_owned(), fresh);
        new
    }

    fn adding(&mut self) {
        let (table, columns) = (self.table.clone(), self.columns);
        let (judge, entity) = (self.judge, self.entity);
        let into = |row: &Row| format!("INSERT INTO {table} VALUES {}", row_sql(columns, row));
        for _ in 0..2 {
            let new = self.new_row();
            let added = |reads| insert(judge, entity, std::slice::from_ref(&new), reads);
            self.push(into(&new), count(&added(Reads(false))), 1);
            self.push(format!("{} RETURNING id", into(&new)), count(&added(Reads(true))), 1);
        }
        let two = [self.new_row(), self.new_row()];
        if two[0]["id"] != two[1]["id"] {
            let added = insert(judge, entity, &two, Reads(false));
            self.push(format!("{}, {}", into(&two[0]), row_sql(columns, &two[1])), count(&added), 2);
        }
        {
            let mut new = self.new_row();
            new.insert("id".to_owned(), self.random.pick(self.rows)["id"].clone());
            // Row security speaks first, so that only who may create such a row is told of the other.
            let duplicate = |reads| match insert(judge, entity, std::slice::from_ref(&new), reads) {
                Outcome::Rows(_) => Expected::Duplicate,
                Outcome::Refused => Expected::Refused,
            };
            self.push(into(&new), duplicate(Reads(false)), 1);
            self.push(format!("{} RETURNING id", into(&new)), duplicate(Reads(true)), 1);
        }
        // A row on top of another, or of none.
        {
            let mut new = self.new_row();
            if self.random.chance(70) {
                new.insert("id".to_owned(), self.random.pick(self.rows)["id"].clone());
            }
            let in_the_way = self.rows.iter().any(|row| row["id"] == new["id"]);
            let unless_in_the_way = |outcome: Outcome| match count(&outcome) {
                Expected::Count(_) => Expected::Count(u64::from(!in_the_way)),
                other => other,
            };
            let blind = insert(judge, entity, std::slice::from_ref(&new), Reads(false));
            self.push(format!("{} ON CONFLICT DO NOTHING", into(&new)), unless_in_the_way(blind), 1);
            let reading = insert(judge, entity, std::slice::from_ref(&new), Reads(true));
            self.push(format!("{} ON CONFLICT (id) DO NOTHING", into(&new)), unless_in_the_way(reading), 1);
            let values = self.new_values(false);
            let done = upsert(judge, entity, &new, &|row| changed(row, &values), self.first);
            self.push(format!("{} ON CONFLICT (id) DO UPDATE SET {}", into(&new), settings(&values)), count(&done), 2);
            let where_noted = |row: &Row| (row["note"] != Value::Null).then(|| changed(row, &values)).flatten();
            let done = upsert(judge, entity, &new, &where_noted, self.first);
            let sql =
                format!("{} ON CONFLICT (id) DO UPDATE SET {} WHERE x.note IS NOT NULL RETURNING x.id", into(&new), settings(&values));
            self.push(sql.replacen(" VALUES ", " AS x VALUES ", 1), count(&done), 2);
        }
    }

    fn merging(&mut self) {
        let (judge, entity) = (self.judge, self.entity);
        let cast = match self.flavor.record {
            KeyType::Int4 | KeyType::Int8 => "",
            KeyType::Uuid => "::uuid",
            KeyType::Text => "::text",
        };
        {
            let target = self.random.pick(self.rows)["id"].clone();
            let into = format!("MERGE INTO {} AS t USING (VALUES ({}{cast})) AS s(k) ON t.id = s.k", self.table, literal(&target));
            let new = self.new_values(false);
            let moved = merge_update(judge, entity, &|row| (row["id"] == target).then(|| changed(row, &new)).flatten());
            self.push(format!("{into} WHEN MATCHED THEN UPDATE SET {}", settings(&new)), count(&moved), 2);
            let removed = merge_delete(judge, entity, &|row| row["id"] == target);
            self.push(format!("{into} WHEN MATCHED THEN DELETE"), count(&removed), 1);
            // A row that is not seen does not match, and its key is taken.
            let mut other = self.new_row();
            other.insert("id".to_owned(), target.clone());
            let seen = self.rows.iter().any(|row| row["id"] == target && judge.may(entity, Action::Read, row).allowed);
            let expected = match insert(judge, entity, std::slice::from_ref(&other), Reads(false)) {
                _ if seen => count(&moved),
                Outcome::Rows(_) => Expected::Duplicate,
                Outcome::Refused => Expected::Refused,
            };
            let or_insert = format!("WHEN NOT MATCHED THEN INSERT VALUES {}", row_sql(self.columns, &other));
            self.push(format!("{into} WHEN MATCHED THEN UPDATE SET {} {or_insert}", settings(&new)), expected, 2);
        }
        let new = self.new_row();
        let into = format!("MERGE INTO {} AS t USING (VALUES ({}{cast})) AS s(k) ON t.id = s.k", self.table, literal(&new["id"]));
        let added = insert(judge, entity, std::slice::from_ref(&new), Reads(false));
        self.push(format!("{into} WHEN NOT MATCHED THEN INSERT VALUES {}", row_sql(self.columns, &new)), count(&added), 1);
    }
}

fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        other => other.to_string().into(),
    }
}

fn count(outcome: &Outcome) -> Expected {
    match outcome {
        Outcome::Rows(places) => Expected::Count(places.len() as u64),
        Outcome::Refused => Expected::Refused,
    }
}

fn changed(row: &Row, new: &[(&str, Value)]) -> Option<Row> {
    let mut row = row.clone();
    row.extend(new.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Some(row)
}

fn settings(new: &[(&str, Value)]) -> String {
    let each: Vec<String> = new.iter().map(|(name, value)| format!("{} = {}", quoted(name), literal(value))).collect();
    each.join(", ")
}
