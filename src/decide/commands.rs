//! What commands do under row security, as PostgreSQL defines it. All data are those before the command.

use super::{Judge, Row};
use crate::model::{Action, Entity, Grant, Level};

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It touches the rows at these places of the table.
    Rows(Vec<usize>),
    /// SQLSTATE 42501.
    Refused,
}

/// Whether a command reads columns of its table: in WHERE, in RETURNING, on the right side of SET, or as the arbiter of ON CONFLICT.
/// Then its rows must be readable as well, as they were and as they become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads(pub bool);

/// A change of a row, or `None` where the condition of the command does not hold for it.
pub type Change<'c> = &'c dyn Fn(&Row) -> Option<Row>;

fn places(judge: &Judge<'_>, entity: &Entity, holds: impl Fn(&Row) -> bool) -> Vec<usize> {
    judge.world().rows(&entity.table).iter().enumerate().filter(|(_, row)| holds(row)).map(|(at, _)| at).collect()
}

impl Judge<'_> {
    fn all_of(&self, entity: &Entity, action: Action, reads: Reads, row: &Row) -> bool {
        self.may(entity, action, row).allowed && (!reads.0 || self.may(entity, Action::Read, row).allowed)
    }
}

/// SELECT: the rows that are seen.
pub fn select(judge: &Judge<'_>, entity: &Entity) -> Vec<usize> {
    places(judge, entity, |row| judge.may(entity, Action::Read, row).allowed)
}

/// COPY ... TO where the extension guards it: refused where no role may export any record of the entity.
pub fn export(judge: &Judge<'_>, entity: &Entity) -> Outcome {
    let says = |grant: &Grant| grant.entity == entity.name && grant.action == Action::Export;
    let some = |level: &Level| !level.scopes.is_empty() || level.stages.iter().any(|stage| !stage.scopes.is_empty());
    if !judge.model.roles.iter().flat_map(|role| &role.grants).any(|grant| says(grant) && some(&grant.level)) {
        return Outcome::Refused;
    }
    Outcome::Rows(places(judge, entity, |row| judge.all_of(entity, Action::Export, Reads(true), row)))
}

/// `crm_access.import`: refused where one of the records may not be created or imported.
pub fn import(judge: &Judge<'_>, entity: &Entity, rows: &[Row]) -> Outcome {
    match insert(judge, entity, rows, Reads(false)) {
        Outcome::Rows(_) if rows.iter().any(|row| !judge.may(entity, Action::Import, row).allowed) => Outcome::Refused,
        outcome => outcome,
    }
}

/// SELECT ... FOR UPDATE: the rows that are locked are those that may be changed.
pub fn lock(judge: &Judge<'_>, entity: &Entity) -> Vec<usize> {
    places(judge, entity, |row| judge.all_of(entity, Action::Update, Reads(true), row))
}

/// INSERT: the new rows are counted from 0.
pub fn insert(judge: &Judge<'_>, entity: &Entity, rows: &[Row], reads: Reads) -> Outcome {
    let added = |row: &Row| judge.columns_may_change(entity, &Row::new(), row) && judge.all_of(entity, Action::Create, reads, row);
    if rows.iter().all(added) { Outcome::Rows((0..rows.len()).collect()) } else { Outcome::Refused }
}

/// UPDATE: rows that may not be changed are passed over, a row that may not become so refuses the command.
pub fn update(judge: &Judge<'_>, entity: &Entity, change: Change<'_>, reads: Reads) -> Outcome {
    changed(judge, entity, change, reads, |row| judge.all_of(entity, Action::Update, reads, row))
}

/// DELETE: rows that may not be removed are passed over.
pub fn delete(judge: &Judge<'_>, entity: &Entity, condition: &dyn Fn(&Row) -> bool, reads: Reads) -> Outcome {
    Outcome::Rows(places(judge, entity, |row| condition(row) && judge.all_of(entity, Action::Delete, reads, row)))
}

/// MERGE ... WHEN MATCHED THEN UPDATE: rows that are not seen do not match, one that is seen and may not be changed refuses the command.
pub fn merge_update(judge: &Judge<'_>, entity: &Entity, change: Change<'_>) -> Outcome {
    let seen = |row: &Row| judge.may(entity, Action::Read, row).allowed;
    let rows = judge.world().rows(&entity.table);
    if rows.iter().any(|row| change(row).is_some() && seen(row) && !judge.may(entity, Action::Update, row).allowed) {
        return Outcome::Refused;
    }
    changed(judge, entity, change, Reads(true), seen)
}

/// MERGE ... WHEN MATCHED THEN DELETE, likewise.
pub fn merge_delete(judge: &Judge<'_>, entity: &Entity, condition: &dyn Fn(&Row) -> bool) -> Outcome {
    let matched = places(judge, entity, |row| condition(row) && judge.may(entity, Action::Read, row).allowed);
    let rows = judge.world().rows(&entity.table);
    let refused = matched.iter().filter_map(|at| rows.get(*at)).any(|row| !judge.may(entity, Action::Delete, row).allowed);
    if refused { Outcome::Refused } else { Outcome::Rows(matched) }
}

/// Which of a policy and a condition a server asks first of the row in the way of an INSERT (lint `vulnerable-server`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsksFirst {
    /// The row is never passed over, whatever the condition says of it.
    Policy,
    /// As servers do that have that fault.
    Condition,
}

/// INSERT ... ON CONFLICT (key) DO UPDATE of one row: it must pass as a new row even if it becomes a change.
pub fn upsert(judge: &Judge<'_>, entity: &Entity, row: &Row, change: Change<'_>, first: AsksFirst) -> Outcome {
    if insert(judge, entity, std::slice::from_ref(row), Reads(true)) == Outcome::Refused {
        return Outcome::Refused;
    }
    let rows = judge.world().rows(&entity.table);
    let in_the_way =
        rows.iter().position(|other| row.get(entity.key.as_str()).is_some_and(|key| other.get(entity.key.as_str()) == Some(key)));
    let Some((at, before)) = in_the_way.and_then(|at| Some((at, rows.get(at)?))) else { return Outcome::Rows(vec![0]) };
    let passes = |row: &Row| judge.all_of(entity, Action::Update, Reads(true), row);
    match change(before) {
        None if first == AsksFirst::Condition => Outcome::Rows(Vec::new()),
        _ if !passes(before) => Outcome::Refused,
        Some(after) if !judge.columns_may_change(entity, before, &after) => Outcome::Refused,
        Some(after) if !judge.owners_may_change(entity, before, &after) || !passes(&after) => Outcome::Refused,
        Some(_) => Outcome::Rows(vec![at]),
        None => Outcome::Rows(Vec::new()),
    }
}

fn changed(judge: &Judge<'_>, entity: &Entity, change: Change<'_>, reads: Reads, open: impl Fn(&Row) -> bool) -> Outcome {
    let mut touched = Vec::new();
    for (at, row) in judge.world().rows(&entity.table).iter().enumerate() {
        let Some(after) = change(row).filter(|_| open(row)) else { continue };
        let left = judge.columns_may_change(entity, row, &after) && judge.owners_may_change(entity, row, &after);
        if !left || !judge.all_of(entity, Action::Update, reads, &after) {
            return Outcome::Refused;
        }
        touched.push(at);
    }
    Outcome::Rows(touched)
}
