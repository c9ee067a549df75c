//! Columns of a record that not everybody may read or change.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::forms::text;
use super::{Many, Shorthand};
use crate::text::At;

/// Who may read a column, and who may change it. A role that includes one that is named may as well; an empty list is nobody.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "column")]
pub struct ProtectedColumn {
    /// Roles that may read it, in the records that they may read. Default: whoever may read the record.
    #[serde(default)]
    pub read: Option<Many<At<String>>>,
    /// Roles that may change it, in the records that they may change, or give it another value than its default in a new one. Default: whoever
    /// may change the record.
    #[serde(default)]
    pub change: Option<Many<At<String>>>,
}

/// A view of an entity's table, with the columns that only some may read empty for all others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its name.
    pub name: At<String>,
    /// Its schema. Default: the one of the table.
    #[serde(default)]
    pub schema: Option<At<String>>,
}

impl Shorthand for View {
    type First = String;

    fn first(_: &mut SchemaGenerator) -> Schema {
        text("view")
    }
}
