//! Turns a configuration into a model: resolves names, fills in defaults, checks each part against the others.
//!
//! Takes a [`Config`] as written, gives a [`Model`] only if nothing is wrong; otherwise every mistake has been reported.

mod administration;
mod assign;
mod assignments;
mod audit;
mod columns;
mod delegation;
mod entities;
mod identity;
mod names;
mod people;
mod restrictions;
mod roles;
mod scopes;
mod sharing;
mod time;
mod warnings;

use crate::config::{Config, KeyType};
use crate::model::{Entity, EntityName, Model, SchemaName};
use crate::text::{At, Code, Diagnostics, Source, Span};

/// Resolves a configuration; `None` where an error was found, by this or any earlier pass.
pub fn resolve(source: &Source, config: &Config, diagnostics: &mut Diagnostics) -> Option<Model> {
    let mut resolver = Resolver::new(source, config, diagnostics);
    let application_role = resolver.db_role(&config.application_role);
    let reader_role = match &config.reader_role {
        Some(name) => resolver.db_role(name),
        None => crate::model::DbRoleName::new("crm_access_reader").ok(),
    };
    resolver.distinct_roles(application_role.as_ref(), reader_role.as_ref());
    let directory = resolver.directory();
    let identity = resolver.identity();
    let entities = resolver.entities();
    let mut roles = resolver.roles(&entities);
    let restrictions = resolver.restrictions(&entities, &roles);
    resolver.administration(&mut roles, &restrictions);
    let assignments = resolver.assignments(&roles, &restrictions);
    let sharing = resolver.sharing(&entities, &roles);
    let delegation = resolver.delegation(&roles);
    let accepted = resolver.accepted();
    let model = Model {
        application_role: application_role?,
        reader_role: reader_role?,
        identity,
        directory: directory?,
        entities,
        roles,
        restrictions,
        assignments,
        sharing,
        delegation,
        conflict: config.conflict.as_ref().map(|conflict| conflict.value).unwrap_or_default(),
        plans: config.plans.as_ref().map(|plans| plans.value).unwrap_or_default(),
        accepted,
    };
    resolver.child_cycles(&model);
    resolver.warn(&model);
    (!resolver.found.has_errors()).then_some(model)
}

/// What all parts of the resolving share.
struct Resolver<'a> {
    source: &'a Source,
    config: &'a Config,
    found: &'a mut Diagnostics,
    schema: Option<SchemaName>,
    key_type: KeyType,
    /// Where a scope of the first entity asks for a child of the second.
    children: Vec<(EntityName, EntityName, Span)>,
    /// Bytes of grants and restrictions that may still be written out.
    room: Option<usize>,
}

/// How large grants, restrictions and inclusions may become once they are written out for each entity and role, in bytes. A few lines with
/// `"*"` or `others: hidden` can stand for more policies than any server takes.
const WRITTEN_OUT: usize = 1024 * 1024;

impl<'a> Resolver<'a> {
    fn new(source: &'a Source, config: &'a Config, found: &'a mut Diagnostics) -> Self {
        let key_type = config.key_type.as_ref().map_or(KeyType::Int8, |key_type| key_type.value);
        let mut resolver = Resolver { source, config, found, schema: None, key_type, children: Vec::new(), room: Some(WRITTEN_OUT) };
        resolver.schema = match &config.schema {
            Some(name) => resolver.name(name, "schema", SchemaName::new),
            None => SchemaName::new("public").ok(),
        };
        resolver
    }

    /// Whether something of that name was left out because of a mistake that has been reported.
    fn left_out(&self, name: &str) -> bool {
        self.config.left_out.contains(name)
    }

    /// Takes room for something that is written out; `false` where there is none left, which is reported once.
    fn take_room(&mut self, bytes: usize, span: Span) -> bool {
        let Some(room) = self.room else { return false };
        self.room = room.checked_sub(bytes);
        if self.room.is_none() {
            self.found.error(
                Code::FileTooLarge,
                span,
                format!("grants and restrictions, written out for each entity and role, have more than {WRITTEN_OUT} bytes"),
                "define fewer entities, roles or restrictions; roles that differ little can share a role that they include",
            );
        }
        self.room.is_some()
    }

    fn key_type(&self, given: &Option<At<KeyType>>) -> KeyType {
        given.as_ref().map_or(self.key_type, |key_type| key_type.value)
    }
}

fn find_entity<'m>(entities: &'m [Entity], name: &str) -> Option<&'m Entity> {
    entities.iter().find(|entity| entity.name.as_str() == name)
}

fn entity_names(entities: &[Entity]) -> Vec<EntityName> {
    entities.iter().map(|entity| entity.name.clone()).collect()
}
