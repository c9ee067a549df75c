//! Columns with rights of their own.

use super::world::value;
use super::{Judge, Row, Value};
use crate::model::{ColumnName, Entity, ProtectedColumn, RoleName};

impl Judge<'_> {
    /// Whether the user has one of the roles, or anybody may.
    fn is_among(&self, roles: Option<&Vec<RoleName>>) -> bool {
        let Some(roles) = roles else { return true };
        self.person.as_ref().is_ok_and(|person| roles.iter().any(|role| person.roles.contains_key(role)))
    }

    /// Whether the user may read a column, in the records that they may read.
    pub fn may_read_column(&self, entity: &Entity, column: &ColumnName) -> bool {
        protected(entity, column).all(|column| self.is_among(column.read.as_ref()))
    }

    /// Whether the user may change a column, in the records that they may change.
    pub fn may_change_column(&self, entity: &Entity, column: &ColumnName) -> bool {
        protected(entity, column).all(|column| self.is_among(column.change.as_ref()))
    }

    /// A record as the view of its entity shows it: null in the columns that the user may not read.
    pub fn shown(&self, entity: &Entity, row: &Row) -> Row {
        let mut shown = row.clone();
        for column in entity.columns.iter().filter(|column| !self.may_read_column(entity, &column.name)) {
            shown.insert(column.name.to_string(), Value::Null);
        }
        shown
    }

    /// Whether the user may change every protected column that changes; a new record begins with nulls.
    pub fn columns_may_change(&self, entity: &Entity, before: &Row, after: &Row) -> bool {
        entity
            .columns
            .iter()
            .all(|column| value(before, &column.name) == value(after, &column.name) || self.may_change_column(entity, &column.name))
    }
}

fn protected<'e>(entity: &'e Entity, column: &ColumnName) -> impl Iterator<Item = &'e ProtectedColumn> {
    entity.columns.iter().filter(move |protected| protected.name == *column)
}
