//! What the extension remembers of who asks, and what tells it that this may have changed (DESIGN section 5).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::CompileError;
use super::checks::combined;
use super::functions::{Callers, Functions, Made, Need, body, reading, value};
use crate::model::{Model, Period, TableName};
use crate::program::{Returns, STATE_SCHEMA, Sql};

/// `standing()`: the user who asks, their roles, restrictions and subjects, until when that holds, and the tables that it was read from.
pub fn standing(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let tables = sources(model).into_keys().map(|table| value(Sql::literal(quoted(&table))));
    let periods =
        dated(model).into_iter().map(|(table, column)| json!({"table": value(Sql::table(&table)), "column": value(Sql::ident(column))}));
    let moments: BTreeSet<String> =
        listed(model).flat_map(|period| [period.from, period.until]).flatten().map(|moment| moment.to_string()).collect();
    let known = model.restrictions.iter().map(|restriction| restriction.name.to_string()).collect();
    let values = [
        ("tables", tables.collect()),
        ("periods", periods.collect()),
        ("moments", moments.into_iter().map(|moment| value(Sql::literal(moment))).collect::<Value>()),
        ("known", value(Sql::Texts(known))),
    ];
    functions.require(Need::Fixed("standing"), |_, name| {
        let (text, texts) = (|| Sql::word("text"), || Sql::word("text[]"));
        let columns = [
            ("user_key", text()),
            ("roles", texts()),
            ("ranks", Sql::word("integer[]")),
            ("restrictions", texts()),
            ("subjects", texts()),
            ("keys", texts()),
            ("until", Sql::word("timestamptz")),
            ("sources", Sql::word("oid[]")),
        ];
        let columns = columns.map(|(name, kind)| (Sql::ident(name), kind)).to_vec();
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Table(columns), body("standing", values)),
            why: "who asks: roles, restrictions and subjects, with what the extension needs to know how long it may remember them"
                .to_owned(),
            callers: Callers::Functions,
        })
    })?;
    Ok(())
}

/// Tables of the application that `standing()` is read from, each with the columns that matter.
pub fn sources(model: &Model) -> BTreeMap<TableName, BTreeSet<String>> {
    let mut all: BTreeMap<TableName, BTreeSet<String>> = BTreeMap::new();
    // Tables of this software's own have their triggers from the beginning.
    for (table, columns) in combined(model).into_iter().filter(|(table, _)| table.schema.as_str() != STATE_SCHEMA) {
        all.entry(table).or_default().extend(columns);
    }
    let users = &model.directory.users;
    // Who reports to whom is no part of a standing, and the keys that it gives are remembered with one.
    let also = [Some(&users.key), users.active.as_ref(), users.manager.as_ref(), model.identity.login.as_ref()];
    all.entry(users.table.clone()).or_default().extend(also.into_iter().flatten().map(ToString::to_string));
    for (table, column) in dated(model) {
        all.entry(table).or_default().insert(column);
    }
    all
}

/// Columns of the application's tables that say from when and until when somebody has a role or restriction.
fn dated(model: &Model) -> Vec<(TableName, String)> {
    let given = &model.assignments;
    let tables = given.role_tables.iter().chain(&given.restriction_tables);
    tables.flat_map(|source| source.from.iter().chain(&source.until).map(|column| (source.table.clone(), column.to_string()))).collect()
}

/// Periods that stand in the configuration.
fn listed(model: &Model) -> impl Iterator<Item = &Period> {
    let given = &model.assignments;
    let roles = given.roles.iter().map(|assigned| &assigned.period);
    let restrictions = given.restrictions.iter().map(|assigned| &assigned.period);
    roles.chain(restrictions).chain(model.sharing.iter().map(|rule| &rule.period))
}

fn quoted(table: &TableName) -> String {
    let part = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    format!("{}.{}", part(table.schema.as_str()), part(&table.name))
}
