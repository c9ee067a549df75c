//! Columns that not everybody may read or change.

use super::{ColumnName, RoleName};

/// A column with rights of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedColumn {
    /// The column.
    pub name: ColumnName,
    /// Roles that may read it; `None` is whoever may read the record.
    pub read: Option<Vec<RoleName>>,
    /// Roles that may change it; `None` is whoever may change the record.
    pub change: Option<Vec<RoleName>>,
}
