//! Combinations of roles and restrictions that nobody may have (T9, T10, T12).
//!
//! They are no matter of single records: whoever writes an assignment that makes one is refused. Where one stands all the same, its
//! restrictions narrow like any other.

use std::collections::BTreeSet;

use super::people::Person;
use super::world::{key_in, value};
use super::{Value, World};
use crate::model::{ColumnName, LeaderRule, Members, Model, Promotion, Restriction, RestrictionName, TableName};

/// A combination that may not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forbidden {
    /// Someone has a role that can't be restricted, and a restriction (T9).
    Exempt(String, RestrictionName),
    /// Someone leads a department, group, workgroup or team and has a restriction that leaders can't have, or not without confirmation (T10).
    Leader(String, RestrictionName),
    /// Someone has two restrictions that exclude each other (T12).
    Both(String, RestrictionName, RestrictionName),
    /// A row gives someone a restriction that nobody knows; both may be null.
    Unknown(Option<String>, Option<String>),
}

/// Every forbidden combination in the data.
pub fn forbidden(model: &Model, world: &World) -> BTreeSet<Forbidden> {
    let mut found = BTreeSet::new();
    for key in everyone(model, world) {
        let person = Person::of(model, world, &key, true);
        let has = |restriction: &Restriction| person.given.iter().any(|(name, _)| *name == restriction.name);
        for restriction in model.restrictions.iter().filter(|restriction| has(restriction)) {
            let name = &restriction.name;
            let exempt = restriction.not_for.iter().any(|role| person.roles.contains_key(role));
            // Promoting someone restricted lifts the restriction; restricting someone promoted fails.
            let lifted = restriction.promotion == Promotion::Lift && world.noted.contains(&(name.clone(), key.clone()));
            if exempt && !lifted {
                found.insert(Forbidden::Exempt(key.clone(), name.clone()));
            }
            let unconfirmed = person.given.iter().any(|(given, how)| given == name && !how.confirmed);
            let refused = match restriction.leaders {
                None => false,
                Some(LeaderRule::Forbid) => true,
                Some(LeaderRule::Confirm) => unconfirmed,
            };
            if refused && leads(model, world, &key) {
                found.insert(Forbidden::Leader(key.clone(), name.clone()));
            }
            for other in model.restrictions.iter().filter(|other| restriction.conflicts_with.contains(&other.name) && has(other)) {
                if restriction.name < other.name {
                    found.insert(Forbidden::Both(key.clone(), name.clone(), other.name.clone()));
                }
            }
        }
    }
    for table in &model.assignments.restriction_tables {
        for row in world.rows(&table.table) {
            let name = key_in(row, &table.name);
            if !model.restrictions.iter().any(|restriction| Some(restriction.name.as_str()) == name.as_deref()) {
                found.insert(Forbidden::Unknown(key_in(row, &table.user), name));
            }
        }
    }
    found
}

/// Columns with the keys of those who lead something.
fn leading(model: &Model) -> Vec<(&TableName, &ColumnName)> {
    let directory = &model.directory;
    let heads = directory.departments.iter().filter_map(|departments| Some((&departments.table, departments.head.as_ref()?)));
    let leaders = directory.circles.iter().filter_map(|circle| Some((&circle.table, circle.leader.as_ref()?)));
    heads.chain(leaders).collect()
}

fn leads(model: &Model, world: &World, user: &str) -> bool {
    leading(model).into_iter().any(|(table, column)| world.rows(table).iter().any(|row| key_in(row, column).as_deref() == Some(user)))
}

/// Every key that some table of people or assignments names, even where no user has it.
fn everyone(model: &Model, world: &World) -> BTreeSet<String> {
    let directory = &model.directory;
    let mut columns = leading(model);
    columns.push((&directory.users.table, &directory.users.key));
    if let Some(Members::Table(members)) = directory.departments.as_ref().map(|departments| &departments.members) {
        columns.push((&members.table, &members.user));
    }
    columns.extend(directory.circles.iter().map(|circle| (&circle.members.table, &circle.members.user)));
    let tables = model.assignments.role_tables.iter().chain(&model.assignments.restriction_tables);
    columns.extend(tables.map(|table| (&table.table, &table.user)));
    let rows = columns.into_iter().flat_map(|(table, column)| world.rows(table).iter().map(move |row| value(row, column)));
    rows.filter_map(Value::key).collect()
}
