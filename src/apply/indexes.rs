//! The indexes that policies need.

use super::session::catalog;
use super::{Prepared, Session};
use crate::inspect::Lookup;
use crate::program::{Program, Sql, Statement, Step, joined_name};
use crate::render::ScriptStatement;
use crate::verify::{VerifyError, verified};

/// How an index is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// With whatever else a transaction does; nobody writes to the table meanwhile.
    InTransaction,
    /// By itself, while others write.
    Concurrently,
}

/// The name of the index that is made for a column.
fn index_name(lookup: &Lookup<'_>) -> String {
    joined_name(&[&lookup.table.name, &lookup.column, "crm_access_idx"])
}

/// The statement that makes an index for a column, verified; `if_absent` does nothing where something of its name is there.
pub fn create_index(prepared: &Prepared, lookup: &Lookup<'_>, making: Making, if_absent: bool) -> Result<String, VerifyError> {
    let statement = Statement::CreateIndex {
        name: Sql::ident(index_name(lookup)),
        table: Sql::table(lookup.table),
        column: Sql::ident(&lookup.column),
        concurrently: making == Making::Concurrently,
        if_absent,
    };
    text(prepared, statement)
}

/// Whether an index that could not be made is left, of use to nobody; reads only.
pub fn is_left<S: Session + ?Sized>(session: &mut S, prepared: &Prepared, lookup: &Lookup<'_>) -> Result<bool, S::Error> {
    let (catalog, name) = (catalog(session, prepared)?, index_name(lookup));
    let relation = catalog.relation(lookup.table.schema.as_str(), &lookup.table.name);
    Ok(relation.is_some_and(|relation| relation.indexes.iter().any(|index| index.name == name && !index.valid)))
}

/// The statement that takes away what is left of an index that could not be made, verified.
pub fn drop_index(prepared: &Prepared, lookup: &Lookup<'_>) -> Result<String, VerifyError> {
    text(prepared, Statement::DropIndex { name: Sql::Qualified(lookup.table.schema.to_string(), index_name(lookup)) })
}

fn text(prepared: &Prepared, statement: Statement) -> Result<String, VerifyError> {
    let steps = vec![Step { why: Vec::new(), statement }];
    let script = verified(&Program { target: prepared.script.target, preamble: Vec::new(), steps })?;
    Ok(script.statements.into_iter().map(|ScriptStatement { text, .. }| text).collect())
}
