//! Protected tables and how their records relate to people.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::forms::{text, texts};
use super::{Entries, KeyType, Many, OrganizationDefault, ProtectedColumn, Short, Shorthand, View};
use crate::text::At;

/// A table of records, and its columns and tables that say whose they are.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "entity")]
pub struct Entity {
    /// Schema of the table.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Name of the table. Default: the entity's name.
    #[serde(default)]
    pub table: Option<At<String>>,
    /// Key column. Default `id`.
    #[serde(default)]
    pub key: Option<At<String>>,
    /// Type of the key.
    #[serde(default)]
    pub key_type: Option<At<KeyType>>,
    /// What every active user may do with its records, whatever their roles (organization default). Default `private`.
    #[serde(default)]
    pub default: Option<At<OrganizationDefault>>,
    /// Columns with the keys of the owners (account managers, assignees), or a table that joins records and users (T2, T14, J1, B8). A user column that
    /// is not named here grants nothing (T16).
    #[serde(default)]
    pub owners: Option<Short<Owners>>,
    /// Columns with the keys of the observers, or a table that joins records and users: who gets to see a record without owning it, where a
    /// grant has the scope `observed` (B11).
    #[serde(default)]
    pub observers: Option<Short<Owners>>,
    /// Column with the key of the user who created the record (T4).
    #[serde(default)]
    pub creator: Option<At<String>>,
    /// Column with the key of the record's department (O3, B8). Without it a record is of its owners' departments.
    #[serde(default)]
    pub department: Option<At<String>>,
    /// Column with the key of the record's team (J8). Without it a record is of its owners' teams.
    #[serde(default)]
    pub team: Option<At<String>>,
    /// Column with the key of the record's territory (territory).
    #[serde(default)]
    pub territory: Option<At<String>>,
    /// Boolean column that marks a record as open to everyone who has the scope `open` (B8).
    #[serde(default)]
    pub open: Option<At<String>>,
    /// Stages or pipelines that grants may differ by (B9).
    #[serde(default)]
    pub stage: Option<Short<Stage>>,
    /// The records that this one belongs to, by the parent's entity (T3, T6, B10, J9).
    #[serde(default)]
    pub parents: Entries<Short<Parent>>,
    /// Columns that not everybody may read or change who may read or change the record.
    #[serde(default)]
    pub columns: Entries<ProtectedColumn>,
    /// View of the table for reading columns that only some roles may read: it is made by applying, and empty in those columns for everybody else.
    #[serde(default)]
    pub view: Option<Short<View>>,
}

/// Who owns or observes a record: `columns`, or `table` with `record` and `user`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owners {
    /// Columns of the record; each user counts as much as the first (T14).
    #[serde(default)]
    #[schemars(title = "column")]
    pub columns: Many<At<String>>,
    /// Schema of the join table.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Join table.
    #[serde(default)]
    pub table: Option<At<String>>,
    /// Its column with the record's key.
    #[serde(default)]
    pub record: Option<At<String>>,
    /// Its column with the user's key.
    #[serde(default)]
    pub user: Option<At<String>>,
}

impl Shorthand for Owners {
    type First = Many<At<String>>;

    fn first(_: &mut SchemaGenerator) -> Schema {
        texts("column")
    }
}

/// The stage of a record.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Column with the stage.
    pub column: At<String>,
    /// The stages there are, so that a misspelled one is found. Without it any name is taken.
    #[serde(default)]
    #[schemars(title = "stage")]
    pub names: Many<At<String>>,
}

impl Shorthand for Stage {
    type First = String;

    fn first(_: &mut SchemaGenerator) -> Schema {
        text("column")
    }
}

/// How a record names a parent: `column`, or `table` with `child` and `parent`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Column of the record with the parent's key.
    #[serde(default)]
    pub column: Option<At<String>>,
    /// Schema of the link table.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Link table, for records with several parents.
    #[serde(default)]
    pub table: Option<At<String>>,
    /// Its column with the record's key.
    #[serde(default)]
    pub child: Option<At<String>>,
    /// Its column with the parent's key.
    #[serde(default)]
    pub parent: Option<At<String>>,
    /// Whether one link that qualifies is enough, or all must (T3). Default `any`.
    #[serde(default)]
    pub links: Option<At<LinkRule>>,
}

impl Shorthand for Parent {
    type First = String;

    fn first(_: &mut SchemaGenerator) -> Schema {
        text("column")
    }
}

/// How many of a record's links must lead to a parent that qualifies (T3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkRule {
    /// At least one.
    #[default]
    Any,
    /// At least one, and no other.
    All,
}
