//! Grants, conflicts between them, and restrictions.

use super::people::Person;
use super::world::key_in;
use super::{Decision, Given, Reason, Row, World};
use crate::model::{Action, Conflict, Entity, Grant, Level, Model, Owners, Role, Scope};

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

    /// Whether no active user asks.
    pub fn is_nobody(&self) -> bool {
        self.person.is_err()
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
        let Some(action) = in_effect(entity, action) else {
            return Decision { allowed: false, reasons: vec![Reason::NoGrant(entity.name.clone(), action)] };
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
            match self.first_scope(entity, level.scopes(action), row) {
                Ok(_) => reasons.push(Reason::Leaves(restriction.name.clone(), action)),
                Err(leaves) => {
                    left = false;
                    reasons.push(Reason::Refused(restriction.name.clone(), action, given.clone(), leaves));
                }
            }
        }
        Decision { allowed: granted && left, reasons }
    }

    /// Whether the user may do that with a record that is there. Of one that can't be read nothing is told, not even that it could be created.
    pub fn can(&self, entity: &Entity, action: Action, row: &Row) -> bool {
        let all = [Some(Action::Read), action.presupposes(), Some(action)];
        all.into_iter().flatten().all(|action| self.may(entity, action, row).allowed)
    }

    /// Whether the user may do that with some record there could be, as far as roles, sharing rules and restrictions alone tell.
    pub fn can_some(&self, entity: &Entity, action: Action) -> bool {
        let (Ok(person), Some(action)) = (&self.person, in_effect(entity, action)) else { return false };
        let found = self.grants(person, entity, action);
        let closest = found.iter().map(|(given, ..)| given.rank).min();
        let mut counting = found
            .iter()
            .filter(|(given, ..)| self.model.conflict != Conflict::MostSpecific || Some(given.rank) == closest)
            .map(|(.., grant)| &grant.level);
        let nothing = |level: &Level| level.scopes.is_empty() && level.stages.iter().all(|stage| stage.scopes.is_empty());
        let denied = self.model.conflict == Conflict::DenyWins && found.iter().any(|(.., grant)| nothing(&grant.level));
        let hidden = self.model.restrictions.iter().any(|restriction| {
            person.restrictions.contains_key(&restriction.name)
                && restriction.level(&entity.name).is_some_and(|level| level.scopes(action).is_empty())
        });
        let first = action.presupposes().is_none_or(|first| self.can_some(entity, first));
        let granted = !denied && counting.any(|level| !nothing(level));
        let shared = || self.model.sharing.iter().any(|rule| rule.opens(&entity.name, action) && self.is_for_me(rule));
        first && !hidden && (granted || shared())
    }

    /// What the user's roles say of an action on an entity.
    fn grants<'p>(&'p self, person: &'p Person<'m>, entity: &Entity, action: Action) -> Vec<(&'p Given, &'p Role, &'p Grant)> {
        let mut found = Vec::new();
        for role in &self.model.roles {
            let Some(given) = person.roles.get(&role.name) else { continue };
            let grants = role.grants.iter().filter(|grant| grant.entity == entity.name && grant.action == action);
            found.extend(grants.map(|grant| (given, role, grant)));
        }
        found
    }

    fn granted(&self, entity: &Entity, action: Action, row: &Row, reasons: &mut Vec<Reason>) -> bool {
        let Ok(person) = &self.person else { return false };
        let found = self.grants(person, entity, action);
        reasons.extend(found.iter().map(|(given, role, _)| Reason::Holds(role.name.clone(), (*given).clone())));
        let Some(closest) = found.iter().map(|(given, ..)| given.rank).min() else {
            reasons.push(Reason::NoGrant(entity.name.clone(), action));
            return false;
        };
        let (mut granted, mut denied) = (false, false);
        for (given, role, grant) in found {
            let name = || role.name.clone();
            if self.model.conflict == Conflict::MostSpecific && given.rank > closest {
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

/// The action whose grants decide: changing an owner is a part of updating where nothing names it, and nothing where there are no owners.
fn in_effect(entity: &Entity, action: Action) -> Option<Action> {
    match (&entity.owners, action) {
        (Owners::None, Action::Assign) => None,
        (_, Action::Assign) if !entity.assigned => Some(Action::Update),
        _ => Some(action),
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
