//! Turns a model into the statements that enforce it.
//!
//! Takes a [`Model`] that holds together, gives a [`Program`]; the same model always gives the same program. Grants become one
//! PERMISSIVE policy per table and command, each restriction one RESTRICTIVE policy per table and command (O11). Helper functions run as the
//! reader role, which has a SELECT policy of its own, so that no policy ever runs into another (A25) and nothing needs BYPASSRLS.

mod access;
mod administration;
mod assign;
mod checks;
mod columns;
mod conflicts;
mod delegation;
mod directory;
mod functions;
mod identity;
mod permissions;
mod planned;
mod policies;
mod program;
mod scope;
mod sets;
mod shares;
mod standing;
mod views;

pub use columns::columns_role;
pub use conflicts::{conflict_query, holder_query};
pub use program::compile;

use std::fmt;

use crate::model::KeyType;
use crate::program::Sql;

/// Why a model has no program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// No way to learn who is asking that the target has.
    NoIdentity(crate::program::Target),
    /// Two different things would have the same name.
    NameCollision(String),
    /// The model names something that it does not hold: a mistake of the caller.
    Unresolved(String),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::NoIdentity(target) => {
                write!(f, "the configuration has no way to learn who is asking that the {} target has", target.name())
            }
            CompileError::NameCollision(name) => write!(f, "two parts of the configuration would both make `{name}`"),
            CompileError::Unresolved(name) => write!(f, "`{name}` is not in the model"),
        }
    }
}

impl std::error::Error for CompileError {}

/// The server's name for a type of keys.
fn key_type(key_type: KeyType) -> Sql {
    Sql::word(match key_type {
        KeyType::Int4 => "int4",
        KeyType::Int8 => "int8",
        KeyType::Uuid => "uuid",
        KeyType::Text => "text",
    })
}
