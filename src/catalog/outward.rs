//! Ways from described relations to elsewhere, and from elsewhere to them.

use serde::{Deserialize, Serialize};

use super::{ForeignKey, Grantee, Holding, RelationName};

/// A reference from a relation that is not described to one that is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Referrer {
    /// The relation that refers.
    #[serde(flatten)]
    pub relation: RelationName,
    /// Its constraint.
    pub foreign_key: ForeignKey,
}

/// A sequence that fills a column of a described relation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Sequence {
    /// Its schema and name.
    #[serde(flatten)]
    pub name: RelationName,
    /// The relation.
    pub of: RelationName,
    /// The column.
    pub column: String,
    /// Privileges on it, without the owner's.
    pub grants: Vec<Holding>,
}

/// A publication of described relations (A23).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// Role that owns it.
    pub owner: String,
    /// Whether it is of all tables, later ones included.
    pub all_tables: bool,
    /// The described relations that it sends.
    pub tables: Vec<Published>,
}

/// A relation in a publication.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Published {
    /// The relation.
    #[serde(flatten)]
    pub relation: RelationName,
    /// The condition of the rows that are sent, if not all; always `None` before PostgreSQL 15.
    pub row_filter: Option<String>,
}

/// Another server (A35).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ForeignServer {
    /// Its name.
    pub name: String,
    /// The wrapper that reaches it, as `postgres_fdw`.
    pub wrapper: String,
    /// Role that owns it.
    pub owner: String,
    /// Who may make foreign tables of it, without the owner.
    pub usage: Vec<Grantee>,
    /// For whom it knows a name and perhaps a password there.
    pub mapped: Vec<Grantee>,
}

/// A table of another server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ForeignTable {
    /// Its schema and name.
    #[serde(flatten)]
    pub name: RelationName,
    /// The server.
    pub server: String,
    /// Who may read it.
    pub select: Vec<Grantee>,
}
