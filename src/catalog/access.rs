//! Roles, privileges and policies.

use serde::{Deserialize, Serialize};

/// A role of the server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether no check holds for it.
    pub superuser: bool,
    /// Whether row security does not hold for it.
    pub bypass_rls: bool,
    /// Whether it may read the write-ahead log, in which every row stands (A23).
    pub replication: bool,
    /// Whether it may create roles and, before PostgreSQL 16, make itself a member of any that is no superuser.
    pub create_role: bool,
    /// Whether it may connect.
    pub can_login: bool,
    /// Whether new memberships give it their privileges by themselves.
    pub inherit: bool,
    /// What it is a member of, directly, by name.
    pub member_of: Vec<RoleMembership>,
}

/// A role's membership in another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct RoleMembership {
    /// The other role.
    pub role: String,
    /// Whether its privileges and policies hold without SET ROLE (A20).
    pub inherit: bool,
    /// Whether SET ROLE to it is allowed.
    pub set: bool,
}

/// Who holds a privilege or is bound by a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub enum Grantee {
    /// Everybody. The document says `public`, a name that no role can have.
    Public,
    /// One role, with its members.
    Role(String),
}

impl From<String> for Grantee {
    fn from(name: String) -> Self {
        if name == "public" { Grantee::Public } else { Grantee::Role(name) }
    }
}

impl From<Grantee> for String {
    fn from(grantee: Grantee) -> Self {
        match grantee {
            Grantee::Public => "public".to_owned(),
            Grantee::Role(name) => name,
        }
    }
}

/// A privilege on a relation or a column.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Grant {
    /// Who holds it.
    pub grantee: Grantee,
    /// Its name in capitals, as `SELECT`.
    pub privilege: String,
    /// The column it is for; `None` is the whole relation.
    pub column: Option<String>,
    /// Whether the holder may pass it on.
    pub grantable: bool,
}

/// A privilege on something that has no columns.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Holding {
    /// Who holds it.
    pub grantee: Grantee,
    /// Its name in capitals, as `USAGE`.
    pub privilege: String,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Whether it adds rows; a restrictive one takes rows away.
    pub permissive: bool,
    /// Whom it binds.
    pub roles: Vec<Grantee>,
    /// The commands it is for.
    pub command: PolicyCommand,
    /// Its USING expression, as the server writes it.
    pub qual: Option<String>,
    /// Its WITH CHECK expression, as the server writes it.
    pub with_check: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
}

/// The commands that a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum PolicyCommand {
    /// SELECT
    #[serde(rename = "r")]
    Select,
    /// INSERT
    #[serde(rename = "a")]
    Insert,
    /// UPDATE
    #[serde(rename = "w")]
    Update,
    /// DELETE
    #[serde(rename = "d")]
    Delete,
    /// Every command, which widens SELECT (A14).
    #[serde(rename = "*")]
    All,
}
