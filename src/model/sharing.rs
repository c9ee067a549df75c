//! Records that are opened to someone beyond what roles grant.

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
}
