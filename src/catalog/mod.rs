//! What is in the database: the document that one query makes, and look-ups in it.
//!
//! The command line and the extension run the same text with the same two parameters, each through its own connection,
//! and both take the answer as a [`Catalog`]. Nothing here talks to a server.

mod access;
mod dependent;
mod escape;
mod lookup;
mod relation;
mod snapshot;
mod sql;
#[cfg(test)]
mod tests;

pub use access::{Grant, Grantee, Policy, PolicyCommand, Role, RoleMembership};
pub use dependent::{Dependent, Reading};
pub use relation::{Column, ForeignKey, Index, Persistence, ReferenceAction, Relation, RelationKind, RelationName, Trigger, UniqueKey};
pub use snapshot::{Catalog, Extension, SnapshotError};
pub use sql::{CATALOG_SEARCH_PATH, CATALOG_SQL, relations_parameter, roles_parameter};
