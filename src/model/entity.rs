//! Protected tables.

use super::{ColumnName, EntityName, KeyType, LinkRule, ProtectedColumn, TableName};

/// A protected table and how its records relate to people.
#[derive(Clone, Debug)]
pub struct Entity {
    /// The entity's name.
    pub name: EntityName,
    /// The table.
    pub table: TableName,
    /// Key column.
    pub key: ColumnName,
    /// Type of the key.
    pub key_type: KeyType,
    /// Who owns a record.
    pub owners: Owners,
    /// Whether changing its owners is an action of its own, and no part of updating it.
    pub assigned: bool,
    /// Who observes a record.
    pub observers: Owners,
    /// Column with the user who created the record.
    pub creator: Option<ColumnName>,
    /// Column with the record's department.
    pub department: Option<ColumnName>,
    /// Column with the record's team.
    pub team: Option<ColumnName>,
    /// Column with the record's territory.
    pub territory: Option<ColumnName>,
    /// Boolean column that marks the record as open.
    pub open: Option<ColumnName>,
    /// Column with the stage.
    pub stage: Option<ColumnName>,
    /// The records that it belongs to.
    pub parents: Vec<Parent>,
    /// Columns that not everybody may read or change, in the order of the file.
    pub columns: Vec<ProtectedColumn>,
    /// View of the table for reading columns that only some may read.
    pub view: Option<TableName>,
}

impl Entity {
    /// How the entity names that parent.
    pub fn parent(&self, name: &EntityName) -> Option<&Parent> {
        self.parents.iter().find(|parent| parent.entity == *name)
    }

    /// Whether somebody who may change the record is kept from changing some column.
    pub fn is_guarded(&self) -> bool {
        self.columns.iter().any(|column| column.change.is_some())
    }
}

/// Who owns a record.
#[derive(Clone, Debug)]
pub enum Owners {
    /// The entity has no owners.
    None,
    /// Columns of the record; at least one.
    Columns(Vec<ColumnName>),
    /// A table that joins records and users.
    Table(LinkTable),
}

/// A table that joins two others; `left` is the record's side.
#[derive(Clone, Debug)]
pub struct LinkTable {
    /// The table.
    pub table: TableName,
    /// Column with the record's key.
    pub left: ColumnName,
    /// Column with the key of the other side.
    pub right: ColumnName,
}

/// A record that another belongs to.
#[derive(Clone, Debug)]
pub struct Parent {
    /// The parent's entity.
    pub entity: EntityName,
    /// How the record names it.
    pub link: Link,
}

/// How a record names its parent.
#[derive(Clone, Debug)]
pub enum Link {
    /// By a column with the parent's key.
    Column(ColumnName),
    /// By rows of a link table, under a rule for several.
    Table(LinkTable, LinkRule),
}
