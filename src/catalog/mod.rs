//! What is in the database: the document that one query makes, and look-ups in it.
//!
//! The command line and the extension run the same text with the same two parameters, each through its own connection,
//! and both take the answer as a [`Catalog`]. Nothing here talks to a server.

mod access;
mod dependent;
mod escape;
mod function;
mod lookup;
mod outward;
mod relation;
mod setting;
mod snapshot;
mod space;
mod sql;
#[cfg(test)]
mod tests;

pub use access::{Grant, Grantee, Holding, Policy, PolicyCommand, Role, RoleMembership};
pub use dependent::{Dependent, Reading};
pub use function::Function;
pub use outward::{ForeignServer, ForeignTable, Publication, Published, Referrer, Sequence};
pub use relation::{Column, ForeignKey, Index, Persistence, ReferenceAction, Relation, RelationKind, RelationName, Trigger, UniqueKey};
pub use setting::{EventTrigger, RoleSetting};
pub use snapshot::{Catalog, Extension, SnapshotError};
pub use space::{DefaultPrivilege, LargeObjects, Schema, StateGrant};
pub use sql::{CATALOG_SEARCH_PATH, CATALOG_SQL, relations_parameter, roles_parameter};
