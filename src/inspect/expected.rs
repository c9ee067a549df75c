//! What a configuration expects of a database: its tables and columns, each with its place in the file and what it is for.

use std::borrow::Cow;

use super::{entities, people, predicates};
use crate::config::{Config, KeyType};
use crate::model::{AttributeType, ColumnName, Entity, Model, TableName};
use crate::text::{At, Source, Span};

/// Everything that a configuration names, in one list of tables and one of columns.
#[derive(Debug, Default)]
pub(super) struct Expected<'a> {
    /// Tables; one that is named several times stands several times.
    pub(super) tables: Vec<ExpectedTable<'a>>,
    /// Columns, as often as they are named.
    pub(super) columns: Vec<ExpectedColumn<'a>>,
}

/// A table that is named.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExpectedTable<'a> {
    /// Its name.
    pub(super) table: &'a TableName,
    /// Where it is named; where a default was taken, the name of the entity.
    pub(super) span: Span,
    /// The entity that it is, if it is to be protected.
    pub(super) entity: Option<&'a Entity>,
}

/// A column that is named.
#[derive(Clone, Debug)]
pub(super) struct ExpectedColumn<'a> {
    /// Its table.
    pub(super) table: &'a TableName,
    /// Its name.
    pub(super) column: Cow<'a, str>,
    /// Where it is named; where a default was taken, the table or the entity.
    pub(super) span: Span,
    /// Whether its name is a default.
    pub(super) by_default: bool,
    /// What it is for.
    pub(super) purpose: Purpose<'a>,
    /// Whether policies look rows up by it.
    pub(super) lookup: bool,
}

/// What a column is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose<'a> {
    /// The key of its table.
    Key {
        /// The type that the configuration says.
        key_type: KeyType,
        /// Whether the table is protected, so that a null would be a record that nothing can name.
        protected: bool,
    },
    /// It holds keys of another table.
    Reference {
        /// The other table.
        table: &'a TableName,
        /// Its key column.
        key: &'a ColumnName,
        /// The type that the configuration says.
        key_type: KeyType,
    },
    /// True or false.
    Boolean,
    /// An attribute of the user.
    Attribute(AttributeType),
    /// Names of roles or restrictions, which are read as text.
    Names,
    /// The database role that a user logs in with.
    Login,
    /// Anything: a stage, or a column of a predicate.
    Any,
}

impl<'a> Expected<'a> {
    /// Walks a configuration and its model side by side.
    pub(super) fn new(source: &Source, config: &'a Config, model: &'a Model) -> Self {
        let mut expected = Expected::default();
        people::expect(config, model, &mut expected);
        entities::expect(config, model, &mut expected);
        predicates::expect(source, config, model, &mut expected);
        expected
    }

    pub(super) fn table(&mut self, table: &'a TableName, span: Span) {
        self.tables.push(ExpectedTable { table, span, entity: None });
    }

    pub(super) fn entity(&mut self, entity: &'a Entity, span: Span) {
        self.tables.push(ExpectedTable { table: &entity.table, span, entity: Some(entity) });
    }

    /// A column as it was written.
    pub(super) fn column(&mut self, table: &'a TableName, column: &'a ColumnName, span: Span, purpose: Purpose<'a>) {
        self.columns.push(ExpectedColumn { table, column: column.as_str().into(), span, by_default: false, purpose, lookup: false });
    }

    /// A column, if there is one, at the place it was written.
    pub(super) fn optional(
        &mut self,
        table: &'a TableName,
        column: &'a Option<ColumnName>,
        written: &Option<At<String>>,
        purpose: Purpose<'a>,
    ) {
        if let (Some(column), Some(written)) = (column, written) {
            self.column(table, column, written.span, purpose);
        }
    }

    /// A column that policies look rows up by.
    pub(super) fn lookup(&mut self, table: &'a TableName, column: &'a ColumnName, span: Span, purpose: Purpose<'a>) {
        self.columns.push(ExpectedColumn { table, column: column.as_str().into(), span, by_default: false, purpose, lookup: true });
    }

    /// A key column, at the place it was written or else at `place`.
    pub(super) fn key(
        &mut self,
        table: &'a TableName,
        column: &'a ColumnName,
        written: &Option<At<String>>,
        place: Span,
        purpose: Purpose<'a>,
    ) {
        self.columns.push(ExpectedColumn {
            table,
            column: column.as_str().into(),
            span: written.as_ref().map_or(place, |written| written.span),
            by_default: written.is_none(),
            purpose,
            lookup: false,
        });
    }

    /// The entities, with the places of their tables.
    pub(super) fn entities(&self) -> impl Iterator<Item = (&'a Entity, Span)> {
        self.tables.iter().filter_map(|named| Some((named.entity?, named.span)))
    }
}
