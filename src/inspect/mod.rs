//! Compares a configuration with a database: what it names and what is there, before anything is applied.
//!
//! Takes a sound configuration, its model and a [`Catalog`]; gives diagnostics at the places of the file that the findings are about.
//! An error means that applying would fail or that rows would get out; a warning, that something is probably not meant; a note, that
//! something will be slow. Nothing here talks to a server.

mod columns;
mod conflicts;
mod entities;
mod expected;
mod grants;
mod indexes;
mod keys;
mod kinds;
mod leaders;
mod people;
mod predicates;
mod roles;
mod tables;
#[cfg(test)]
mod tests;
mod types;
mod views;

use std::collections::BTreeSet;

use expected::Expected;

use crate::catalog::{Catalog, Grantee, Relation};
use crate::config::Config;
use crate::model::{Link, Members, Model, Owners, TableName};
use crate::render::{Plain, Quoting};
use crate::text::{Diagnostics, Source, quoted};

pub use conflicts::{Holdings, conflicts, holdings_question, readable_question, stored_question};
pub use indexes::{IndexedLookup, Lookup, indexed_lookups, lookups};
pub use leaders::{leader_question, leaders};

/// Compares a configuration with the database that a catalog describes, and reports every difference.
///
/// The catalog must have been asked for [`relations`] and [`roles`]; what it does not know counts as missing.
pub fn inspect(source: &Source, config: &Config, model: &Model, catalog: &Catalog, diagnostics: &mut Diagnostics) {
    let expected = Expected::new(source, config, model);
    let mut inspector = Inspector { config, model, catalog, found: diagnostics };
    inspector.tables(&expected);
    inspector.columns(&expected);
    inspector.keys(&expected);
    inspector.indexes(&expected);
    inspector.kinds(&expected);
    inspector.views(&expected);
    inspector.grants(&expected);
    inspector.database_roles();
}

/// The relations that the catalog query must be asked for: schema and name, each once, sorted.
pub fn relations(model: &Model) -> Vec<(&str, &str)> {
    let tables: BTreeSet<&TableName> = model_tables(model).into_iter().collect();
    tables.into_iter().map(|table| (table.schema.as_str(), table.name.as_str())).collect()
}

/// The database roles that the catalog query must be asked for: each once, sorted.
pub fn roles(model: &Model) -> Vec<&str> {
    let issuers = model.identity.setting.iter().flat_map(|setting| &setting.issuers);
    let named = [&model.application_role, &model.reader_role].into_iter().chain(&model.identity.act_as).chain(issuers);
    let named = named.chain(model.directory.channels.iter().flat_map(|channel| &channel.roles));
    let unique: BTreeSet<&str> = named.map(|role| role.as_str()).collect();
    unique.into_iter().collect()
}

fn model_tables(model: &Model) -> Vec<&TableName> {
    let directory = &model.directory;
    let mut tables = vec![&directory.users.table];
    if let Some(departments) = &directory.departments {
        tables.push(&departments.table);
        if let Members::Table(membership) = &departments.members {
            tables.push(&membership.table);
        }
    }
    tables.extend(directory.circles.iter().flat_map(|circle| [&circle.table, &circle.members.table]));
    for entity in &model.entities {
        tables.push(&entity.table);
        for people in [&entity.owners, &entity.observers] {
            if let Owners::Table(join) = people {
                tables.push(&join.table);
            }
        }
        tables.extend(entity.parents.iter().filter_map(|parent| match &parent.link {
            Link::Table(join, _) => Some(&join.table),
            Link::Column(_) => None,
        }));
    }
    let given = &model.assignments;
    tables.extend(given.role_tables.iter().chain(&given.restriction_tables).map(|source| &source.table));
    tables
}

/// What all checks share.
struct Inspector<'a> {
    config: &'a Config,
    model: &'a Model,
    catalog: &'a Catalog,
    found: &'a mut Diagnostics,
}

impl<'a> Inspector<'a> {
    fn relation(&self, table: &TableName) -> Option<&'a Relation> {
        self.catalog.relation(table.schema.as_str(), &table.name)
    }

    /// A relation and everything that inherits from it, at any depth.
    fn family(&self, relation: &'a Relation) -> Vec<&'a Relation> {
        let mut family = vec![relation];
        let mut next = 0;
        while let Some(member) = family.get(next).copied() {
            for child in self.catalog.children(member) {
                if !family.contains(&child) {
                    family.push(child);
                }
            }
            next += 1;
        }
        family
    }

    /// The roles whose rights the application's sessions have or can take on: its own, those that act for users, and whatever
    /// these are members of.
    fn askers(&self) -> BTreeSet<&'a str> {
        let model = self.model;
        let catalog = self.catalog;
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = [&model.application_role].into_iter().chain(&model.identity.act_as).map(|role| role.as_str()).collect();
        while let Some(name) = next.pop() {
            if reached.insert(name) {
                next.extend(catalog.role(name).into_iter().flat_map(|role| &role.member_of).map(|membership| membership.role.as_str()));
            }
        }
        reached
    }
}

/// Whether a privilege or policy reaches one of the roles.
fn reaches(grantee: &Grantee, roles: &BTreeSet<&str>) -> bool {
    match grantee {
        Grantee::Public => true,
        Grantee::Role(name) => roles.contains(name.as_str()),
    }
}

/// Who holds a privilege, in words.
fn holder(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Public => "everybody".to_owned(),
        Grantee::Role(name) => quoted(name),
    }
}

/// A relation's name as SQL writes it.
fn sql_name(schema: &str, name: &str) -> String {
    format!("{}.{}", Plain.identifier(schema), Plain.identifier(name))
}
