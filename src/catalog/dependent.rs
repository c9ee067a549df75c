//! What reads protected relations on somebody else's behalf.

use serde::{Deserialize, Serialize};

use super::{Grantee, RelationKind, RelationName};

/// A view, a materialized view, or a table with a rule, that reads a relation of interest (A11).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Dependent {
    /// Its schema and name.
    #[serde(flatten)]
    pub name: RelationName,
    /// What it is; a table reads by one of its `rules`.
    pub kind: RelationKind,
    /// Role that owns it.
    pub owner: String,
    /// Whether the owner is a superuser.
    pub owner_superuser: bool,
    /// Whether row security does not hold for the owner.
    pub owner_bypass_rls: bool,
    /// Whether it reads with the rights of who asks instead of the owner's; always false before PostgreSQL 15.
    pub security_invoker: bool,
    /// Whether no condition of the query runs before its own.
    pub security_barrier: bool,
    /// Who may select from it or from a column of it, the owner included.
    pub select: Vec<Grantee>,
    /// Names of its rewrite rules, without the one that makes a view.
    pub rules: Vec<String>,
    /// The relations of interest that it reads.
    pub reads: Vec<Reading>,
    /// The views among the dependents that it reads itself, and reads the rest through.
    pub through: Vec<RelationName>,
}

/// That a dependent reads a relation of interest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Reading {
    /// The relation.
    #[serde(flatten)]
    pub relation: RelationName,
    /// Whether it is read by name, not only through other views.
    pub direct: bool,
    /// Whether the dependent's owner owns the relation too, so that only FORCE binds it.
    pub same_owner: bool,
}
