//! Columns that policies look rows up by, and the indexes that begin with them.

use std::collections::BTreeSet;

use super::expected::Expected;
use super::{Inspector, sql_name};
use crate::catalog::{Catalog, RelationKind};
use crate::config::Config;
use crate::model::{Model, TableName};
use crate::render::{Plain, Quoting};
use crate::text::{Code, Source, Span, quoted};

/// A column that policies look rows up by.
#[derive(Clone, Debug)]
pub struct Lookup<'a> {
    /// Its table.
    pub table: &'a TableName,
    /// Its name.
    pub column: String,
    /// Where the configuration names it.
    pub span: Span,
}

/// A column that policies look rows up by, in a table that is there and can have indexes.
#[derive(Clone, Debug)]
pub struct IndexedLookup<'a> {
    /// The column.
    pub lookup: Lookup<'a>,
    /// Name of a usable index that begins with it; `None` where it has none.
    pub index: Option<String>,
    /// Whether its table is partitioned.
    pub partitioned: bool,
}

/// The columns that policies look rows up by, each once, in the order of the configuration.
pub fn lookups<'a>(source: &Source, config: &'a Config, model: &'a Model) -> Vec<Lookup<'a>> {
    of(&Expected::new(source, config, model))
}

/// Those of them that a database has, with their indexes.
pub fn indexed_lookups<'a>(source: &Source, config: &'a Config, model: &'a Model, catalog: &Catalog) -> Vec<IndexedLookup<'a>> {
    lookups(source, config, model).into_iter().filter_map(|lookup| indexed(lookup, catalog)).collect()
}

fn of<'a>(expected: &Expected<'a>) -> Vec<Lookup<'a>> {
    let mut told = BTreeSet::new();
    let named = expected.columns.iter().filter(|named| named.lookup && told.insert((named.table, named.column.as_ref())));
    named.map(|named| Lookup { table: named.table, column: named.column.to_string(), span: named.span }).collect()
}

fn indexed<'a>(lookup: Lookup<'a>, catalog: &Catalog) -> Option<IndexedLookup<'a>> {
    let relation = catalog.relation(lookup.table.schema.as_str(), &lookup.table.name)?;
    let indexable = matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView);
    if !indexable || relation.column(&lookup.column).is_none() {
        return None;
    }
    let index = relation.index_on(&[&lookup.column]).map(|index| index.name.clone());
    Some(IndexedLookup { lookup, index, partitioned: relation.kind == RelationKind::PartitionedTable })
}

impl Inspector<'_> {
    pub(super) fn indexes(&mut self, expected: &Expected<'_>) {
        let catalog = self.catalog;
        let missing = of(expected).into_iter().filter_map(|lookup| indexed(lookup, catalog)).filter(|lookup| lookup.index.is_none());
        for IndexedLookup { lookup: Lookup { table, column, span }, .. } in missing {
            self.found.note(
                Code::MissingIndex,
                span,
                format!("no index of {} begins with {}, by which policies look rows up", quoted(&table.to_string()), quoted(&column)),
                format!("CREATE INDEX ON {} ({})", sql_name(table.schema.as_str(), &table.name), Plain.identifier(&column)),
            );
        }
    }
}
