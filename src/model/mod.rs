//! What the configuration means: every name resolved, every default filled in, every part checked against the others.
//!
//! A [`Model`] holds no place in the source and no SQL. `compile` turns it into policies.

mod access;
mod administration;
mod assignment;
mod audit;
mod column;
mod delegation;
mod directory;
mod entity;
mod names;
mod sharing;
mod strength;

pub use access::{Action, Grant, Level, ParentTerm, Restriction, RestrictionLevel, Role, Scope, ShareLevel, StageScopes, Term};
pub use administration::Administers;
pub use assignment::{Assigned, Assignments, FlagColumn, NameTable, Period, Subject};
pub use audit::Accepted;
pub use column::ProtectedColumn;
pub use delegation::Delegation;
pub use directory::{AttributeType, Channel, Circle, CircleKind, Departments, Directory, Members, Membership, Users};
pub use entity::{Entity, Link, LinkTable, Owners, Parent};
pub use names::{ColumnName, DbRoleName, EntityName, IDENTIFIER_BYTES, NameError, RestrictionName, RoleName, SchemaName, TableName};
pub use sharing::SharingRule;

pub use crate::config::{Conflict, KeyType, LeaderRule, LinkRule, NewOwner, Plans, Promotion, SharingLevel};

/// A configuration that holds together.
#[derive(Clone, Debug)]
pub struct Model {
    /// Role that the policies are for.
    pub application_role: DbRoleName,
    /// NOLOGIN role that owns the helper functions.
    pub reader_role: DbRoleName,
    /// Ways to learn who is asking.
    pub identity: Identity,
    /// Tables of people.
    pub directory: Directory,
    /// Protected tables, in the order of the file.
    pub entities: Vec<Entity>,
    /// Roles, in the order of the file.
    pub roles: Vec<Role>,
    /// Restrictions, in the order of the file.
    pub restrictions: Vec<Restriction>,
    /// Sources of assignments.
    pub assignments: Assignments,
    /// Records that are opened beyond what roles grant.
    pub sharing: Vec<SharingRule>,
    /// Who may have others act for them; none where nobody may.
    pub delegation: Option<Delegation>,
    /// What counts for a user whose roles differ.
    pub conflict: Conflict,
    /// For whom the portable target's policies let plans be made.
    pub plans: Plans,
    /// Findings of the audit that are accepted, in the order of the file.
    pub accepted: Vec<Accepted>,
}

impl Model {
    /// The entity of that name.
    pub fn entity(&self, name: &EntityName) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name == *name)
    }

    /// Names of the roles that are, or include, one of `roles`.
    pub fn roles_including(&self, roles: &[RoleName]) -> Vec<RoleName> {
        self.roles.iter().filter(|role| role.all_includes.iter().any(|name| roles.contains(name))).map(|role| role.name.clone()).collect()
    }
}

/// Ways to learn who is asking.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Database roles that may call `act_as`.
    pub act_as: Vec<DbRoleName>,
    /// Column of the users table with the database role that the user logs in with.
    pub login: Option<ColumnName>,
    /// Setting that carries the user's key.
    pub setting: Option<Setting>,
}

/// A setting that carries the user's key.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Name of the setting.
    pub name: String,
    /// Whether its value must be signed.
    pub signed: bool,
    /// Database roles that may obtain a signed value.
    pub issuers: Vec<DbRoleName>,
}
