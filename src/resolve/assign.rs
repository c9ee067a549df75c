//! The action `assign`: for which entities it is one, and who may become the owner.

use super::Resolver;
use crate::config::{EntityGrants, NewOwner};
use crate::model::{CircleKind, Entity, Level, Owners, Term};
use crate::text::{Code, Span, quoted};

impl Resolver<'_> {
    /// Whether a role or a restriction names the action for that entity; `every` does not name it.
    pub(super) fn names_assign(&self, entity: &str) -> bool {
        let by_role = self.config.roles.iter().any(|(_, role)| {
            let listed = role.grants.iter().find(|(name, _)| name.as_str() == entity);
            let given = listed.or_else(|| role.grants.iter().find(|(name, _)| name.as_str() == "*"));
            given.is_some_and(|(_, given)| given.assign.is_some())
        });
        by_role
            || self.config.restrictions.iter().any(|(_, restriction)| {
                restriction.entities.iter().any(|(name, level)| name.as_str() == entity && level.assign.is_some())
            })
    }

    /// What a role gives of the action, where it is one for that entity.
    pub(super) fn assign_level(&mut self, entities: &[Entity], entity: &Entity, given: &EntityGrants) -> Option<Level> {
        let Some(written) = &given.assign else {
            let every = given.every.as_ref().filter(|_| entity.assigned)?;
            return Some(self.level(entities, entity, every));
        };
        if !entity.assigned {
            // `"*"` means the entities that have owners.
            return None;
        }
        let mut level = self.level(entities, entity, &written.level());
        if let Some(to) = &written.to {
            self.new_owner(to.value, to.span);
            let by_stage = level.stages.iter_mut().map(|stage| &mut stage.scopes);
            if to.value != NewOwner::Anyone {
                let scopes = by_stage.chain([&mut level.scopes]).flatten();
                scopes.for_each(|scope| scope.terms.push(Term::GivenTo(to.value)));
            }
        }
        Some(level)
    }

    /// An entity whose owners somebody is to change must have some.
    pub(super) fn assignable(&mut self, entity: &Entity, place: Span) {
        if matches!(entity.owners, Owners::None) {
            self.found.error(
                Code::MissingColumn,
                place,
                format!("action `assign` needs `owners`, which entity {} does not have", quoted(entity.name.as_str())),
                "name the column under `entities`, as in `owners: some_column`, or leave `assign` out",
            );
        }
    }

    fn new_owner(&mut self, to: NewOwner, place: Span) {
        let directory = &self.config.directory;
        let (there, several) = match to {
            NewOwner::Team => (directory.teams.is_some(), CircleKind::Team.plural()),
            NewOwner::Department => (directory.departments.is_some(), "departments"),
            NewOwner::Me | NewOwner::Anyone => return,
        };
        if !there {
            self.found.error(
                Code::UnknownSubject,
                place,
                format!("the directory has no {several}"),
                format!("describe them under `directory: {several}`"),
            );
        }
    }
}
