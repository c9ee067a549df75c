//! The columns that `where` conditions read.

use super::expected::{Expected, ExpectedColumn, Purpose};
use crate::config::{Config, EntityGrants, Many, RestrictionLevels, ScopeItem, Short};
use crate::model::{Entity, Model};
use crate::predicate;
use crate::text::{At, Source};

/// Columns of every condition, on every entity that it counts for.
pub(super) fn expect<'a>(source: &Source, config: &'a Config, model: &'a Model, expected: &mut Expected<'a>) {
    for (_, role) in config.roles.iter() {
        for (name, grants) in role.grants.iter() {
            for text in conditions_of_grants(grants) {
                for entity in &model.entities {
                    let listed = role.grants.iter().any(|(other, _)| other.as_str() == entity.name.as_str());
                    if name.as_str() == entity.name.as_str() || (name.as_str() == "*" && !listed) {
                        columns(source, text, entity, expected);
                    }
                }
            }
        }
    }
    for (_, restriction) in config.restrictions.iter() {
        for (name, levels) in restriction.entities.iter() {
            let Some(entity) = model.entities.iter().find(|entity| entity.name.as_str() == name.as_str()) else { continue };
            for text in conditions_of_restriction(levels) {
                columns(source, text, entity, expected);
            }
        }
    }
}

fn columns<'a>(source: &Source, text: &'a At<String>, entity: &'a Entity, expected: &mut Expected<'a>) {
    // What does not parse was refused when the configuration was resolved.
    let Ok(tree) = predicate::parse(text) else { return };
    for (name, span) in tree.columns() {
        let span = source.place_within(text, span);
        expected.columns.push(ExpectedColumn {
            table: &entity.table,
            column: name.to_owned().into(),
            span,
            by_default: false,
            purpose: Purpose::Any,
            lookup: false,
        });
    }
}

fn conditions_of_grants(grants: &EntityGrants) -> Vec<&At<String>> {
    let levels = [&grants.every, &grants.read, &grants.create, &grants.update, &grants.delete].into_iter().flatten();
    let mut texts = Vec::new();
    for level in levels {
        texts.extend(&level.predicate);
        texts.extend(conditions(&level.scopes));
        texts.extend(level.stages.iter().flat_map(|(_, items)| conditions(items)));
    }
    texts
}

fn conditions_of_restriction(levels: &RestrictionLevels) -> Vec<&At<String>> {
    let others = [&levels.create, &levels.update, &levels.delete].into_iter().flatten();
    others.chain([&levels.read]).flat_map(conditions).collect()
}

fn conditions(items: &Many<Short<ScopeItem>>) -> impl Iterator<Item = &At<String>> {
    items.iter().filter_map(|item| item.predicate.as_ref())
}
