//! Handing records over: who may change an owner, and to whom.

use super::people::{circles, departments};
use super::world::{key_in, value};
use super::{Judge, Outcome, Row, Value};
use crate::model::{Action, CircleKind, Entity, NewOwner, Owners};

/// Stands in a row beside its columns: who is to become its owner.
pub(super) const NEW_OWNER: &str = "crm_access_new_owner";

impl Judge<'_> {
    /// Whether a new owner is within a limit; nobody is.
    pub(super) fn within(&self, to: NewOwner, owner: &Value) -> bool {
        let (Ok(person), Some(owner)) = (&self.person, owner.key()) else { return to == NewOwner::Anyone };
        let meet = |of: &dyn Fn(&str) -> std::collections::BTreeSet<String>| !of(&person.key).is_disjoint(&of(&owner));
        owner == person.key
            || match to {
                NewOwner::Me => false,
                NewOwner::Team => meet(&|user| circles(self.model, self.world, CircleKind::Team, user)),
                NewOwner::Department => meet(&|user| departments(self.model, self.world, user)),
                NewOwner::Anyone => true,
            }
    }

    fn is_active(&self, user: &Value) -> bool {
        let users = &self.model.directory.users;
        let rows = self.world.rows(&users.table).iter();
        let mut found = rows.filter(|row| user.key().is_some() && key_in(row, &users.key) == user.key());
        found.any(|row| users.active.as_ref().is_none_or(|active| value(row, active).is_true()))
    }

    /// Whether the user may make somebody, or nobody, an owner of a record.
    pub fn may_assign(&self, entity: &Entity, row: &Row, to: &Value) -> bool {
        let mut beside = row.clone();
        beside.insert(NEW_OWNER.to_owned(), to.clone());
        (*to == Value::Null || self.is_active(to))
            && self.may(entity, Action::Read, row).allowed
            && self.may(entity, Action::Assign, &beside).allowed
    }

    /// Whether an UPDATE leaves the owners as they are, or the user may change them so and still sees and changes the record.
    pub(super) fn owners_may_change(&self, entity: &Entity, before: &Row, after: &Row) -> bool {
        let Owners::Columns(columns) = &entity.owners else { return true };
        let mut changed = columns.iter().filter(|column| value(before, column) != value(after, column)).peekable();
        if !entity.assigned || changed.peek().is_none() {
            return true;
        }
        changed.all(|column| self.may_assign(entity, before, value(after, column)))
            && self.may(entity, Action::Read, after).allowed
            && self.may(entity, Action::Update, after).allowed
    }
}

/// `crm_access.assign_record`: all of the records of these keys, or none. `from` is whose place is taken.
pub fn assign(judge: &Judge<'_>, entity: &Entity, keys: &[Value], to: &Value, from: &Value) -> Outcome {
    let rows = judge.world().rows(&entity.table);
    let owned_by = |row: &Row| match &entity.owners {
        Owners::None => false,
        Owners::Columns(columns) => columns.iter().any(|column| value(row, column) == from),
        Owners::Table(join) => judge
            .world()
            .rows(&join.table)
            .iter()
            .any(|joined| value(joined, &join.left) == value(row, &entity.key) && value(joined, &join.right) == from),
    };
    let nobody = matches!(entity.owners, Owners::Table(_)) && *to == Value::Null && *from == Value::Null;
    let mut places = Vec::new();
    for key in keys {
        let found = rows.iter().enumerate().find(|(_, row)| value(row, &entity.key) == key);
        match found {
            Some((at, row)) if judge.may_assign(entity, row, to) && (*from == Value::Null || owned_by(row)) => places.push(at),
            _ => return Outcome::Refused,
        }
    }
    places.sort_unstable();
    places.dedup();
    if entity.assigned && !nobody { Outcome::Rows(places) } else { Outcome::Refused }
}
