//! Records that are opened to someone beyond what roles grant.

use std::fmt;

use super::{Action, EntityName, Period, Scope, SharingLevel, Subject};

/// Opens records of an entity to a subject. It only adds.
#[derive(Clone, Debug)]
pub struct SharingRule {
    /// The entity.
    pub entity: EntityName,
    /// What is allowed.
    pub level: SharingLevel,
    /// To whom.
    pub to: Subject,
    /// Which records.
    pub scope: Scope,
    /// One of these owns the record; `None`: whoever does.
    pub owned_by: Option<Subject>,
    /// When it counts.
    pub period: Period,
}

impl SharingRule {
    /// Whether it says something about an action on an entity.
    pub fn opens(&self, entity: &EntityName, action: Action) -> bool {
        let covered = match self.level {
            SharingLevel::Read => action == Action::Read,
            SharingLevel::Update => matches!(action, Action::Read | Action::Update),
        };
        covered && self.entity == *entity
    }
    /// How far it reaches, to compare it with scopes.
    pub fn width(&self) -> u16 {
        self.scope.width() - u16::from(self.owned_by.is_some())
    }
}

impl fmt::Display for SharingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} (shared)", self.scope, if self.owned_by.is_some() { " of others" } else { "" })
    }
}
