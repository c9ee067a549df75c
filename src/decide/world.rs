//! The data that are judged over: tables as they are in the database, whoever may see them.

use std::collections::{BTreeMap, BTreeSet};

use super::Value;
use crate::model::{Assigned, ColumnName, EntityName, Period, RestrictionName, RoleName, ShareLevel, Subject, TableName};

/// A row: values by column. A column that is missing is null.
pub type Row = BTreeMap<String, Value>;

/// A record that was opened to someone.
#[derive(Clone, Debug)]
pub struct Share {
    /// Its entity.
    pub entity: EntityName,
    /// Its key.
    pub record: String,
    /// To whom.
    pub to: Subject,
    /// For what.
    pub level: ShareLevel,
    /// When.
    pub period: Period,
    /// Whether it outlives a change of owner.
    pub keep: bool,
    /// Who owned the record when it was shared: a key or none for each owner column, or the keys of a join table, sorted.
    pub owners: Vec<Option<String>>,
}

/// That someone may act for someone else.
#[derive(Clone, Debug)]
pub struct Delegated {
    /// Key of the user whose rights they are.
    pub delegator: String,
    /// Key of the user who acts with them.
    pub delegate: String,
    /// When.
    pub period: Period,
}

/// All data at one point in time.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Rows by table.
    pub tables: BTreeMap<TableName, Vec<Row>>,
    /// Roles stored in the database.
    pub stored_roles: Vec<Assigned<RoleName>>,
    /// Restrictions stored in the database.
    pub stored_restrictions: Vec<Assigned<RestrictionName>>,
    /// The database role that logged in, which tells the channel.
    pub login: Option<String>,
    /// Records that were shared.
    pub shares: Vec<Share>,
    /// Who may act for whom.
    pub delegations: Vec<Delegated>,
    /// Key of the user whom whoever asks wants to act for.
    pub on_behalf_of: Option<String>,
    /// Who had which restriction that a promotion lifts when assignments last changed, by the user's key.
    pub noted: BTreeSet<(RestrictionName, String)>,
    /// What `now()` is, in microseconds since 1970-01-01 in UTC.
    pub now: i64,
}

impl World {
    /// The rows of a table; none where it is missing.
    pub fn rows(&self, table: &TableName) -> &[Row] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// The rows of a table in which a column holds that key.
    pub(super) fn rows_with<'w>(&'w self, table: &TableName, column: &'w ColumnName, key: &'w str) -> impl Iterator<Item = &'w Row> {
        self.rows(table).iter().filter(move |row| key_in(row, column).as_deref() == Some(key))
    }
}

/// The value of a column.
pub(super) fn value<'r>(row: &'r Row, column: &ColumnName) -> &'r Value {
    row.get(column.as_str()).unwrap_or(&Value::Null)
}

/// The key that a column holds, if any.
pub(super) fn key_in(row: &Row, column: &ColumnName) -> Option<String> {
    value(row, column).key()
}
