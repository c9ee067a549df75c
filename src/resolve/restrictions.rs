//! Restrictions.

use super::scopes::ROOM;
use super::{Resolver, entity_names};
use crate::config::{OtherEntities, Restriction as Written};
use crate::model::{Action, Entity, EntityName, Restriction, RestrictionLevel, RestrictionName, Role, RoleName};
use crate::text::{At, Code, did_you_mean, listed, quoted};

impl Resolver<'_> {
    pub(super) fn restrictions(&mut self, entities: &[Entity], roles: &[Role]) -> Vec<Restriction> {
        let mut restrictions: Vec<Restriction> =
            self.config.restrictions.iter().filter_map(|(name, written)| self.restriction(entities, roles, name, written)).collect();
        // What conflicts one way conflicts both ways.
        let pairs: Vec<(RestrictionName, RestrictionName)> = restrictions
            .iter()
            .flat_map(|restriction| restriction.conflicts_with.iter().map(|other| (other.clone(), restriction.name.clone())))
            .collect();
        for (of, with) in pairs {
            if let Some(restriction) = restrictions.iter_mut().find(|restriction| restriction.name == of)
                && !restriction.conflicts_with.contains(&with)
            {
                restriction.conflicts_with.push(with);
            }
        }
        restrictions
    }

    fn restriction(&mut self, entities: &[Entity], roles: &[Role], name: &At<String>, written: &Written) -> Option<Restriction> {
        let mut levels = Vec::new();
        let names = entity_names(entities);
        for (entity_name, given) in written.entities.iter() {
            let Some(entity) = entities.iter().find(|entity| entity.name.as_str() == entity_name.as_str()) else {
                if !self.left_out(entity_name) {
                    self.unknown_entity(entity_name, names.iter().map(EntityName::as_str));
                }
                continue;
            };
            let read = self.scopes(entities, entity, &given.read);
            let mut other = |given: &Option<_>| match given {
                Some(items) => self.scopes(entities, entity, items),
                None => read.clone(),
            };
            let [create, update, delete, export, share] =
                [&given.create, &given.update, &given.delete, &given.export, &given.share].map(&mut other);
            levels.push(RestrictionLevel { entity: entity.name.clone(), scopes: [read, create, update, delete, export, share] });
        }
        let room = names.len() * ROOM * Action::ALL.len();
        if written.others.value == OtherEntities::Hidden && self.take_room(room, written.others.span) {
            let listed: Vec<EntityName> = levels.iter().map(|level| level.entity.clone()).collect();
            levels.extend(
                names
                    .iter()
                    .filter(|name| !listed.contains(name))
                    .map(|name| RestrictionLevel { entity: name.clone(), scopes: Default::default() }),
            );
        }
        let not_for: Vec<RoleName> = written.not_for.iter().filter_map(|role| self.known_role(roles, role)).collect();
        let conflicts_with = written.conflicts_with.iter().filter_map(|other| self.known_restriction(other)).collect();
        let checked = self.name(name, "restriction", RestrictionName::new)?;
        if written.conflicts_with.iter().any(|other| other.as_str() == name.as_str()) {
            self.found.error(
                Code::BadValue,
                name.span,
                format!("restriction {} conflicts with itself", quoted(name)),
                "name another restriction",
            );
        }
        Some(Restriction {
            name: checked,
            description: written.description.as_ref().map(|text| text.value.clone()),
            levels,
            not_for,
            promotion: written.promotion.as_ref().map(|promotion| promotion.value).unwrap_or_default(),
            conflicts_with,
            leaders: written.leaders.as_ref().map(|rule| rule.value),
        })
    }

    pub(super) fn known_role(&mut self, roles: &[Role], written: &At<String>) -> Option<RoleName> {
        let found = roles.iter().find(|role| role.name.as_str() == written.as_str()).map(|role| role.name.clone());
        if found.is_none() {
            self.unknown_role(written);
        }
        found
    }

    pub(super) fn known_restriction(&mut self, written: &At<String>) -> Option<RestrictionName> {
        let config = self.config;
        let known = || config.restrictions.iter().map(|(name, _)| name.as_str());
        if known().any(|name| name == written.as_str()) {
            return RestrictionName::new(written).ok();
        }
        if !self.left_out(written) {
            let help = did_you_mean(written, known()).unwrap_or_else(|| format!("the restrictions are {}", listed(known())));
            self.found.error(Code::UnknownRestriction, written.span, format!("unknown restriction {}", quoted(written)), help);
        }
        None
    }
}
