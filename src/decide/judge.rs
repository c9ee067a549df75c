//! Grants, conflicts between them, and restrictions.

use super::people::Person;
use super::world::key_in;
use super::{Decision, Reason, Row, World};
use crate::model::{Action, Conflict, Entity, Grant, Level, Model, Role, Scope};

/// Answers many questions of one user over one state of the data.
pub struct Judge<'m> {
    pub(super) model: &'m Model,
    pub(super) world: &'m World,
    pub(super) person: Result<Person<'m>, Reason>,
}

impl<'m> Judge<'m> {
    /// A judge of what one user may do; `None` is nobody.
    pub fn new(model: &'m Model, world: &'m World, user: Option<&str>) -> Judge<'m> {
        Judge { model, world, person: Person::find(model, world, user) }
    }

    /// The data that are judged over.
    pub fn world(&self) -> &'m World {
        self.world
    }

    /// Whether the user may do that with a record as it is: a row is allowed when a grant gives it and every restriction leaves it.
    pub fn may(&self, entity: &Entity, action: Action, row: &Row) -> Decision {
        let person = match &self.person {
            Ok(person) => person,
            Err(reason) => return Decision { allowed: false, reasons: vec![reason.clone()] },
        };
        let mut reasons = Vec::new();
        let mut granted = self.granted(entity, action, row, &mut reasons);
        for (at, rule) in self.model.sharing.iter().enumerate().filter(|(_, rule)| rule.opens(&entity.name, action)) {
            if self.opened(rule, entity, row) {
                granted = true;
                reasons.push(Reason::Shared(at, action));
            }
        }
        let mut left = true;
        for (name, role) in &person.lifted {
            reasons.push(Reason::Lifted(name.clone(), role.clone()));
        }
        for restriction in &self.model.restrictions {
            let Some(given) = person.restrictions.get(&restriction.name) else { continue };
            let Some(level) = restriction.level(&entity.name) else { continue };
            if self.first_scope(entity, level.scopes(action), row).is_ok() {
                reasons.push(Reason::Leaves(restriction.name.clone(), action));
            } else {
                left = false;
                reasons.push(Reason::Refused(restriction.name.clone(), action, given.clone()));
            }
        }
        Decision { allowed: granted && left, reasons }
    }

    fn granted(&self, entity: &Entity, action: Action, row: &Row, reasons: &mut Vec<Reason>) -> bool {
        let Ok(person) = &self.person else { return false };
        let mut found: Vec<(u8, &Role, &Grant)> = Vec::new();
        for role in &self.model.roles {
            let Some(given) = person.roles.get(&role.name) else { continue };
            for grant in role.grants.iter().filter(|grant| grant.entity == entity.name && grant.action == action) {
                reasons.push(Reason::Holds(role.name.clone(), given.clone()));
                found.push((given.rank, role, grant));
            }
        }
        let Some(closest) = found.iter().map(|(rank, ..)| *rank).min() else {
            reasons.push(Reason::NoGrant(entity.name.clone(), action));
            return false;
        };
        let (mut granted, mut denied) = (false, false);
        for (rank, role, grant) in found {
            let name = || role.name.clone();
            if self.model.conflict == Conflict::MostSpecific && rank > closest {
                reasons.push(Reason::Outranked(name(), action));
                continue;
            }
            match scopes_of(entity, &grant.level, row) {
                None => {
                    // What is unknown may be the stage that `none` is for.
                    denied |= grant.level.scopes.is_empty() || grant.level.stages.iter().any(|stage| stage.scopes.is_empty());
                    reasons.push(Reason::NoStage(name(), action));
                }
                Some([]) => {
                    denied = true;
                    reasons.push(Reason::SaysNone(name(), action));
                }
                Some(scopes) => match self.first_scope(entity, scopes, row) {
                    Ok(at) => {
                        granted = true;
                        reasons.push(Reason::Granted(name(), action, at));
                    }
                    Err(failed) => {
                        reasons.extend(failed.into_iter().enumerate().map(|(at, leaf)| Reason::Failed(name(), action, at, leaf)));
                    }
                },
            }
        }
        granted && !(denied && self.model.conflict == Conflict::DenyWins)
    }
}

/// The scopes for a record's stage; `None` where stages are listed and the record has none.
fn scopes_of<'l>(entity: &Entity, level: &'l Level, row: &Row) -> Option<&'l [Scope]> {
    if level.stages.is_empty() {
        return Some(&level.scopes);
    }
    let stage = key_in(row, entity.stage.as_ref()?)?;
    Some(level.stages.iter().find(|listed| listed.stage == stage).map_or(&level.scopes, |listed| &listed.scopes))
}
