//! What the entities name.

use super::expected::{Expected, Purpose};
use super::people::users_keys;
use crate::config::{Config, Entity as Written, Owners as WrittenOwners, Short};
use crate::model::{CircleKind, Entity, Link, Model, Owners, Parent};
use crate::text::{At, Span};

/// Protected tables, their columns, and the tables that join them with people and with each other.
pub(super) fn expect<'a>(config: &'a Config, model: &'a Model, expected: &mut Expected<'a>) {
    for entity in &model.entities {
        if let Some((name, written)) = config.entities.iter().find(|(name, _)| name.as_str() == entity.name.as_str()) {
            self::entity(entity, name, written, model, expected);
        }
    }
}

fn entity<'a>(entity: &'a Entity, name: &At<String>, written: &'a Written, model: &'a Model, expected: &mut Expected<'a>) {
    let table = &entity.table;
    let users = users_keys(model);
    let place = written.table.as_ref().map_or(name.span, |table| table.span);
    expected.entity(entity, place);
    expected.key(table, &entity.key, &written.key, name.span, Purpose::Key { key_type: entity.key_type, protected: true });
    owners(entity, &entity.owners, &written.owners, model, expected);
    owners(entity, &entity.observers, &written.observers, model, expected);
    if let (Some(column), Some(place)) = (&entity.creator, &written.creator) {
        expected.lookup(table, column, place.span, users);
    }
    if let (Some(column), Some(place), Some(departments)) = (&entity.department, &written.department, &model.directory.departments) {
        let keys = Purpose::Reference { table: &departments.table, key: &departments.key, key_type: departments.key_type };
        expected.lookup(table, column, place.span, keys);
    }
    for (kind, column, place) in
        [(CircleKind::Team, &entity.team, &written.team), (CircleKind::Territory, &entity.territory, &written.territory)]
    {
        if let (Some(column), Some(place), Some(circle)) = (column, place, model.directory.circle(kind)) {
            let keys = Purpose::Reference { table: &circle.table, key: &circle.key, key_type: circle.key_type };
            expected.lookup(table, column, place.span, keys);
        }
    }
    expected.optional(table, &entity.open, &written.open, Purpose::Boolean);
    if let (Some(column), Some(stage)) = (&entity.stage, &written.stage) {
        expected.column(table, column, stage.column.span, Purpose::Any);
    }
    for (column, (name, _)) in entity.columns.iter().zip(written.columns.iter()) {
        expected.column(table, &column.name, name.span, Purpose::Any);
    }
    for parent in &entity.parents {
        self::parent(entity, parent, written, model, expected);
    }
}

/// Keys of an entity's records.
fn records(entity: &Entity) -> Purpose<'_> {
    Purpose::Reference { table: &entity.table, key: &entity.key, key_type: entity.key_type }
}

fn owners<'a>(
    entity: &'a Entity,
    people: &'a Owners,
    written: &'a Option<Short<WrittenOwners>>,
    model: &'a Model,
    expected: &mut Expected<'a>,
) {
    let Some(given) = written else { return };
    match people {
        Owners::None => {}
        Owners::Columns(columns) => {
            for (column, place) in columns.iter().zip(given.columns.iter()) {
                expected.lookup(&entity.table, column, place.span, users_keys(model));
            }
        }
        Owners::Table(join) => {
            let span = |written: &Option<At<String>>| written.as_ref().map_or(Span::default(), |written| written.span);
            expected.table(&join.table, span(&given.table));
            expected.lookup(&join.table, &join.left, span(&given.record), records(entity));
            expected.lookup(&join.table, &join.right, span(&given.user), users_keys(model));
        }
    }
}

fn parent<'a>(entity: &'a Entity, parent: &'a Parent, written: &'a Written, model: &'a Model, expected: &mut Expected<'a>) {
    let given = written.parents.iter().find(|(name, _)| name.as_str() == parent.entity.as_str());
    let (Some((name, given)), Some(above)) = (given, model.entity(&parent.entity)) else { return };
    let span = |written: &Option<At<String>>| written.as_ref().map_or(name.span, |written| written.span);
    match &parent.link {
        Link::Column(column) => expected.lookup(&entity.table, column, span(&given.column), records(above)),
        Link::Table(join, _) => {
            expected.table(&join.table, span(&given.table));
            expected.lookup(&join.table, &join.left, span(&given.child), records(entity));
            expected.lookup(&join.table, &join.right, span(&given.parent), records(above));
        }
    }
}
