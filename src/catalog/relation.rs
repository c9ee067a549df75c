//! Tables and what belongs to them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Grant, Policy};

/// A relation's schema and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct RelationName {
    /// Its schema.
    pub schema: String,
    /// Its name in the schema.
    pub name: String,
}

impl fmt::Display for RelationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// A relation of interest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Relation {
    /// Its schema and name.
    #[serde(flatten)]
    pub name: RelationName,
    /// What it is.
    pub kind: RelationKind,
    /// How long its rows last.
    pub persistence: Persistence,
    /// Role that owns it.
    pub owner: String,
    /// Whether row security is enabled.
    pub row_security: bool,
    /// Whether row security binds the owner too.
    pub force_row_security: bool,
    /// Whether it is a partition.
    pub is_partition: bool,
    /// What it inherits from or is a partition of.
    pub parents: Vec<RelationName>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Sets of columns of which no two rows have the same values, the primary key first.
    pub unique_keys: Vec<UniqueKey>,
    /// Its references to other relations.
    pub foreign_keys: Vec<ForeignKey>,
    /// All its indexes.
    pub indexes: Vec<Index>,
    /// Its policies, ours or not.
    pub policies: Vec<Policy>,
    /// Its triggers, without the server's own.
    pub triggers: Vec<Trigger>,
    /// Names of its rewrite rules, without the one that makes a view.
    pub rules: Vec<String>,
    /// Privileges on it and on its columns, the owner's included.
    pub grants: Vec<Grant>,
}

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum RelationKind {
    /// An ordinary table.
    #[serde(rename = "r")]
    Table,
    /// A table that only its partitions hold rows of.
    #[serde(rename = "p")]
    PartitionedTable,
    /// A table of another server, which row security can't protect.
    #[serde(rename = "f")]
    ForeignTable,
    /// A view.
    #[serde(rename = "v")]
    View,
    /// A view with stored rows.
    #[serde(rename = "m")]
    MaterializedView,
}

/// How long a relation's rows last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Persistence {
    /// They last.
    #[serde(rename = "p")]
    Permanent,
    /// They are lost in a crash and are not on replicas.
    #[serde(rename = "u")]
    Unlogged,
    /// They are one session's.
    #[serde(rename = "t")]
    Temporary,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as declared, with length or precision.
    #[serde(rename = "type")]
    pub declared_type: String,
    /// The type below all domains, without length or precision.
    pub base_type: String,
    /// Whether the column itself forbids null.
    pub not_null: bool,
    /// Whether its value is computed from other columns.
    pub generated: bool,
    /// Whether the server numbers its rows by itself.
    pub identity: bool,
    /// The expression that fills it where nothing is given.
    pub default: Option<String>,
    /// Its collation, if it is not the database's.
    pub collation: Option<String>,
}

/// Columns of which no two rows have the same values at any moment, nulls aside.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct UniqueKey {
    /// The index that enforces it.
    pub index: String,
    /// Whether it is the primary key.
    pub primary: bool,
    /// Its columns, in the index's order.
    pub columns: Vec<String>,
}

/// A reference to another relation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ForeignKey {
    /// Name of the constraint.
    pub name: String,
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The relation they refer to.
    pub references: RelationName,
    /// The columns they refer to, in the same order.
    pub referenced_columns: Vec<String>,
    /// What a delete over there does here.
    pub on_delete: ReferenceAction,
    /// What a change of the key over there does here.
    pub on_update: ReferenceAction,
    /// Whether it is enforced and holds for all rows.
    pub valid: bool,
}

/// What the referenced row's end does to the rows that refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum ReferenceAction {
    /// Refused at the end of the statement or transaction.
    #[serde(rename = "a")]
    NoAction,
    /// Refused at once.
    #[serde(rename = "r")]
    Restrict,
    /// They go along.
    #[serde(rename = "c")]
    Cascade,
    /// Their columns become null.
    #[serde(rename = "n")]
    SetNull,
    /// Their columns take their defaults.
    #[serde(rename = "d")]
    SetDefault,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Index {
    /// Its name, in the schema of its relation.
    pub name: String,
    /// Its access method, as `btree`.
    pub method: String,
    /// Whether it forbids equal entries.
    pub unique: bool,
    /// Whether it forbids entries that an operator finds to be in each other's way.
    pub exclusion: bool,
    /// Whether queries may use it.
    pub valid: bool,
    /// The condition of the rows it holds, if not all.
    pub predicate: Option<String>,
    /// Its key columns, in order; `None` is an expression.
    pub columns: Vec<Option<String>>,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// Whether it fires at all.
    pub enabled: bool,
    /// The function it calls.
    pub function: RelationName,
    /// Whether the function runs with its owner's rights.
    pub security_definer: bool,
    /// Role that owns the function.
    pub function_owner: String,
    /// Whether the function's text sends notifications (A22).
    pub notifies: bool,
}
