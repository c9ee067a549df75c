//! Columns that policies look rows up by, and that no index begins with.

use std::collections::BTreeSet;

use super::expected::Expected;
use super::{Inspector, sql_name};
use crate::catalog::{Catalog, RelationKind};
use crate::config::Config;
use crate::model::{Model, TableName};
use crate::render::{Plain, Quoting};
use crate::text::{Code, Source, Span, quoted};

/// A column that policies look rows up by, without an index.
#[derive(Clone, Debug)]
pub struct MissingIndex<'a> {
    /// Its table.
    pub table: &'a TableName,
    /// Its name.
    pub column: String,
    /// Where the configuration names it.
    pub span: Span,
}

/// The columns that policies look rows up by and that no index begins with, each once, in the order of the configuration.
pub fn missing_indexes<'a>(source: &Source, config: &'a Config, model: &'a Model, catalog: &Catalog) -> Vec<MissingIndex<'a>> {
    missing(&Expected::new(source, config, model), catalog)
}

fn missing<'a>(expected: &Expected<'a>, catalog: &Catalog) -> Vec<MissingIndex<'a>> {
    let mut told = BTreeSet::new();
    let mut all = Vec::new();
    for named in expected.columns.iter().filter(|named| named.lookup) {
        let Some(relation) = catalog.relation(named.table.schema.as_str(), &named.table.name) else { continue };
        let indexable = matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView);
        let there = relation.column(&named.column).is_some() && relation.index_on(&[&named.column]).is_none();
        if indexable && there && told.insert((named.table, named.column.as_ref())) {
            all.push(MissingIndex { table: named.table, column: named.column.to_string(), span: named.span });
        }
    }
    all
}

impl Inspector<'_> {
    pub(super) fn indexes(&mut self, expected: &Expected<'_>) {
        for MissingIndex { table, column, span } in missing(expected, self.catalog) {
            self.found.note(
                Code::MissingIndex,
                span,
                format!("no index of {} begins with {}, by which policies look rows up", quoted(&table.to_string()), quoted(&column)),
                format!("CREATE INDEX ON {} ({})", sql_name(table.schema.as_str(), &table.name), Plain.identifier(&column)),
            );
        }
    }
}
