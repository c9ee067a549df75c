//! The configuration as written: one type per part of the file, each value with its place.
//!
//! Takes a [`Source`](crate::text::Source), gives a [`Config`] and everything that is wrong with its form. Names are not
//! resolved here and nothing is checked against anything else: that is `resolve`.

mod assignment;
mod audit;
mod column;
mod conform;
mod delegation;
mod directory;
mod document;
mod entity;
mod expected;
mod forms;
mod identity;
mod restriction;
mod role;
mod schema;
mod scope;
mod shape;
mod sharing;
mod usage;

pub use assignment::{AssignmentTable, Assignments, Flag, Listed};
pub use audit::{Accept, Audit};
pub use column::{ProtectedColumn, View};
pub use delegation::Delegation;
pub use directory::{CircleMembers, Circles, DepartmentMembers, Departments, Directory, Users};
pub use document::{Config, Conflict, Plans, read};
pub use entity::{Entity, LinkRule, Owners, Parent, Stage};
pub use forms::{Entries, Key, KeyType, Many, Short, Shorthand};
pub use identity::{Identity, Setting};
pub use restriction::{LeaderRule, OtherEntities, Promotion, Restriction, RestrictionLevels};
pub use role::{Administers, AssignLevel, EntityGrants, Level, NewOwner, Role, ScopeItem};
pub use schema::schema;
pub use scope::{SCOPE_FORMS, ScopeForm};
pub use sharing::{NamedSubject, OrganizationDefault, SharingLevel, SharingRule};
pub use usage::{KeyDoc, KeyUse, TypeDoc, Usage, types, usage};

#[cfg(test)]
mod tests;
