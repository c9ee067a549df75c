//! Sharing rules, organization defaults, and scopes by children.

use std::collections::BTreeMap;

use super::{Resolver, entity_names, find_entity};
use crate::config::{OrganizationDefault, SharingRule as Written};
use crate::model::{Action, Entity, EntityName, Model, Owners, ParentTerm, Period, Role, Scope, SharingLevel, SharingRule, Subject, Term};
use crate::text::{Code, quoted};

impl Resolver<'_> {
    /// What every user may do by default, then the rules.
    pub(super) fn sharing(&mut self, entities: &[Entity], roles: &[Role]) -> Vec<SharingRule> {
        let config = self.config;
        let mut rules: Vec<SharingRule> = Vec::new();
        for (name, written) in config.entities.iter() {
            let level = match written.default.as_ref().map(|default| default.value).unwrap_or_default() {
                OrganizationDefault::Private => continue,
                OrganizationDefault::PublicRead => SharingLevel::Read,
                OrganizationDefault::PublicReadWrite => SharingLevel::Update,
            };
            let Some(entity) = find_entity(entities, name) else { continue };
            let scope = Scope { terms: Vec::new(), predicate: None };
            let (to, period) = (Subject::Everyone, Period::default());
            rules.push(SharingRule { entity: entity.name.clone(), level, to, scope, owned_by: None, period });
        }
        rules.extend(config.sharing.iter().filter_map(|written| self.sharing_rule(entities, roles, written)));
        rules
    }

    fn sharing_rule(&mut self, entities: &[Entity], roles: &[Role], written: &Written) -> Option<SharingRule> {
        let entity = find_entity(entities, &written.entity);
        if entity.is_none() && !self.left_out(&written.entity) {
            self.unknown_entity(&written.entity, entity_names(entities).iter().map(EntityName::as_str));
        }
        let place = Some(written.entity.span);
        let to = self.members(roles, &written.to, written.to.span().or(place), ("a sharing rule", "or `having_role`"));
        let owned_by = match &written.owned_by {
            None => Some(None),
            Some(named) => {
                if let Some(role) = &named.having_role {
                    let help = "name a user, group, workgroup, team, territory or department";
                    self.found.error(Code::BadAssignment, role.span, "`owned_by` can't name a role", help);
                }
                self.members(roles, named, named.span().or(place), ("`owned_by`", "of the people who own the records")).map(Some)
            }
        };
        let period = self.period(written.from.as_ref(), written.until.as_ref());
        let entity = entity?;
        if written.owned_by.is_some() && matches!(entity.owners, Owners::None) {
            self.found.error(
                Code::MissingColumn,
                place,
                format!("`owned_by` needs `owners`, which entity {} does not have", quoted(entity.name.as_str())),
                "name the column under `entities`, as in `owners: some_column`, or use `records`",
            );
        }
        let scope = match &written.records {
            None => Scope { terms: Vec::new(), predicate: None },
            Some(item) => match self.scope(entities, entity, item)? {
                Some(scope) => scope,
                None => {
                    self.found.error(Code::BadScope, place, "a sharing rule opens `none`", "leave the rule out");
                    return None;
                }
            },
        };
        let level = written.level.as_ref().map(|level| level.value).unwrap_or_default();
        Some(SharingRule { entity: entity.name.clone(), level, to: to?, scope, owned_by: owned_by?, period: period? })
    }

    /// Who may read a record may not depend on itself, by a child that is read because its parent is.
    pub(super) fn child_cycles(&mut self, model: &Model) {
        let mut through: BTreeMap<EntityName, Vec<EntityName>> = BTreeMap::new();
        for (entity, child, place) in self.children.clone() {
            let mut reached: Vec<EntityName> = vec![child.clone()];
            let mut next = 0;
            while let Some(name) = reached.get(next).cloned() {
                next += 1;
                for below in through.entry(name).or_insert_with_key(|name| read_through(model, name)).iter() {
                    if !reached.contains(below) {
                        reached.push(below.clone());
                    }
                }
            }
            if reached.contains(&entity) {
                self.found.error(
                    Code::ParentCycle,
                    place,
                    format!("reading {} depends on {}, and that on {0} again", quoted(entity.as_str()), quoted(child.as_str())),
                    format!("let {} be read by scopes other than through {}", quoted(child.as_str()), quoted(entity.as_str())),
                );
            }
        }
    }
}

/// The entities that reading or updating one looks through.
fn read_through(model: &Model, entity: &EntityName) -> Vec<EntityName> {
    let actions = [Action::Read, Action::Update];
    let grants =
        model.roles.iter().flat_map(|role| &role.grants).filter(|grant| grant.entity == *entity && actions.contains(&grant.action));
    let granted = grants.flat_map(|grant| grant.level.scopes.iter().chain(grant.level.stages.iter().flat_map(|stage| &stage.scopes)));
    let levels = model.restrictions.iter().filter_map(|restriction| restriction.level(entity));
    let left = levels.flat_map(|level| actions.into_iter().flat_map(|action| level.scopes(action)));
    let shared = model.sharing.iter().filter(|rule| rule.entity == *entity).map(|rule| &rule.scope);
    let terms = granted.chain(left).chain(shared).flat_map(|scope| &scope.terms);
    terms
        .filter_map(|term| match term {
            Term::Child(other) | Term::Parent(other, ParentTerm::Readable | ParentTerm::Updatable) => Some(other.clone()),
            _ => None,
        })
        .collect()
}
