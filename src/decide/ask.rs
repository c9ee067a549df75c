//! One question and its answer.

use super::{Judge, Reason, Row, World};
use crate::model::{Action, EntityName, Model};

/// What someone wants to do with a record.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'r> {
    /// See it.
    Read(&'r Row),
    /// Add it.
    Create(&'r Row),
    /// Change it.
    Update {
        /// As it is.
        before: &'r Row,
        /// As it becomes.
        after: &'r Row,
    },
    /// Remove it.
    Delete(&'r Row),
    /// Copy it out.
    Export(&'r Row),
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why; for an update first those of the record as it is.
    pub reasons: Vec<Reason>,
}

/// Whether a user may do something with a record, and why. `None` is nobody.
pub fn decide(model: &Model, world: &World, user: Option<&str>, entity: &EntityName, ask: Ask<'_>) -> Decision {
    let judge = Judge::new(model, world, user);
    let Some(entity) = model.entity(entity) else {
        return Decision { allowed: false, reasons: vec![Reason::UnknownEntity] };
    };
    match ask {
        Ask::Read(row) => judge.may(entity, Action::Read, row),
        Ask::Create(row) => judge.may(entity, Action::Create, row),
        Ask::Delete(row) => judge.may(entity, Action::Delete, row),
        Ask::Export(row) => {
            let (read, export) = (judge.may(entity, Action::Read, row), judge.may(entity, Action::Export, row));
            Decision { allowed: read.allowed && export.allowed, reasons: read.reasons.into_iter().chain(export.reasons).collect() }
        }
        Ask::Update { before, after } => {
            let (was, becomes) = (judge.may(entity, Action::Update, before), judge.may(entity, Action::Update, after));
            let allowed = was.allowed && becomes.allowed;
            Decision { allowed, reasons: was.reasons.into_iter().chain(becomes.reasons).collect() }
        }
    }
}
