//! Names, checked where they stand.

use super::Resolver;
use crate::model::{ColumnName, DbRoleName, IDENTIFIER_BYTES, NameError, SchemaName, TableName};
use crate::text::{At, Code, Span, quoted};

impl Resolver<'_> {
    /// Checks a name; `what` says what it names.
    pub(super) fn name<N>(&mut self, written: &At<String>, what: &str, make: impl Fn(&str) -> Result<N, NameError>) -> Option<N> {
        match make(written) {
            Ok(name) => Some(name),
            Err(error) => {
                self.bad_name(error, written, written.span, what);
                None
            }
        }
    }

    pub(super) fn bad_name(&mut self, error: NameError, written: &str, span: Span, what: &str) {
        match error {
            NameError::Empty => self.found.error(Code::BadName, span, format!("the name of a {what} is empty"), "write a name"),
            NameError::TooLong => self.found.error(
                Code::NameTooLong,
                span,
                format!("{what} {} has {} bytes", quoted(written), written.len()),
                format!("PostgreSQL keeps {IDENTIFIER_BYTES} bytes of a name"),
            ),
            NameError::Control => self.found.error(
                Code::BadName,
                span,
                format!("{what} {} has a control character", quoted(written)),
                "write the name without NUL, tab or line break",
            ),
        }
    }

    pub(super) fn column(&mut self, written: &At<String>) -> Option<ColumnName> {
        self.name(written, "column", ColumnName::new)
    }

    pub(super) fn optional_column(&mut self, written: &Option<At<String>>) -> Option<ColumnName> {
        written.as_ref().and_then(|written| self.column(written))
    }

    /// A column that is named, or `id`.
    pub(super) fn key_column(&mut self, written: &Option<At<String>>) -> Option<ColumnName> {
        match written {
            Some(written) => self.column(written),
            None => ColumnName::new("id").ok(),
        }
    }

    pub(super) fn table(&mut self, schema: &Option<At<String>>, table: &At<String>) -> Option<TableName> {
        let schema = match schema {
            Some(written) => self.name(written, "schema", SchemaName::new),
            None => self.schema.clone(),
        };
        let checked = self.name(table, "table", |name| SchemaName::new("public").and_then(|any| TableName::new(any, name)))?;
        if schema.as_ref().is_some_and(|schema| schema.as_str().starts_with("crm_access") || schema.as_str().starts_with("pg_")) {
            self.found.error(
                Code::BadName,
                table.span,
                format!("table {} is in a schema of the system", quoted(table)),
                "protect tables of the application only",
            );
            return None;
        }
        schema.map(|schema| TableName { schema, name: checked.name })
    }

    pub(super) fn db_role(&mut self, written: &At<String>) -> Option<DbRoleName> {
        if written.value.eq_ignore_ascii_case("public") || written.value.starts_with("pg_") {
            self.found.error(
                Code::BadName,
                written.span,
                format!("database role {} is reserved by PostgreSQL", quoted(written)),
                "name a role of your own, such as the group role of the application's connections",
            );
            return None;
        }
        self.name(written, "database role", DbRoleName::new)
    }

    pub(super) fn distinct_roles(&mut self, application: Option<&DbRoleName>, reader: Option<&DbRoleName>) {
        if application.is_some() && application == reader {
            self.found.error(
                Code::BadName,
                self.config.application_role.span,
                "the application role and the reader role are the same",
                "the reader role sees every row; leave out `reader_role` or name another one",
            );
        }
    }
}
