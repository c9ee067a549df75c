//! Running a prepared configuration in one transaction of a server.

use super::Prepared;
use crate::program::{STATE_SCHEMA, Sql, Statement};
use crate::render::{OPENING, Plain, RenderError, Renderer};
use crate::text::Source;
use std::sync::Arc;

/// A transaction on a server. It is committed, or rolled back on any error, by whoever opened it.
pub trait Session {
    /// What can go wrong; a template that fails is one of them.
    type Error: From<RenderError>;

    /// Runs SQL that gives nothing.
    fn execute(&mut self, sql: &str) -> Result<(), Self::Error>;

    /// Asks a question with one boolean answer; null is false.
    fn ask(&mut self, sql: &str) -> Result<bool, Self::Error>;
}

/// What an apply did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The same configuration stood already, untouched.
    Unchanged,
    /// It stands now.
    Applied,
}

/// Applies a configuration; nothing is done where it stands already.
pub fn apply<S: Session + ?Sized>(session: &mut S, source: &Source, prepared: &Prepared) -> Result<Outcome, S::Error> {
    for statement in OPENING {
        session.execute(statement)?;
    }
    let program_hash = prepared.script.hash();
    // The server resolves names when it first sees a statement, so the question comes in two.
    if session.ask("SELECT pg_catalog.to_regprocedure('crm_access.is_current(text,text)') IS NOT NULL")? {
        let question =
            Statement::Call { function: state("is_current"), arguments: vec![Sql::literal(&prepared.hash), Sql::literal(&program_hash)] };
        if session.ask(&plain()?.statement(&question)?)? {
            return Ok(Outcome::Unchanged);
        }
    }
    for statement in &prepared.script.statements {
        session.execute(&statement.text)?;
    }
    session.execute(&end_statement(source, prepared)?)?;
    Ok(Outcome::Applied)
}

/// The statement that stores the version; the last of every apply.
pub fn end_statement(source: &Source, prepared: &Prepared) -> Result<String, RenderError> {
    plain()?.statement(&Statement::Call {
        function: state("end_apply"),
        arguments: vec![
            Sql::literal(prepared.script.target.name()),
            Sql::literal(&prepared.hash),
            Sql::literal(prepared.script.hash()),
            Sql::literal(source.text()),
            Sql::literal(&prepared.model.reader_role),
        ],
    })
}

fn state(name: &str) -> Sql {
    Sql::Qualified(STATE_SCHEMA.to_owned(), name.to_owned())
}

fn plain() -> Result<Renderer, RenderError> {
    Renderer::new(Arc::new(Plain))
}
