//! Running a prepared configuration in one transaction of a server.

use std::sync::Arc;

use serde_json::Value;

use super::Prepared;
use crate::catalog::{CATALOG_SEARCH_PATH, CATALOG_SQL, Catalog, SnapshotError, relations_parameter, roles_parameter};
use crate::inspect::{
    Holdings, conflicts, holdings_question, inspect, leader_question, leaders, readable_question, relations, roles, stored_question,
};
use crate::program::{Sql, Statement};
use crate::render::{OPENING, Plain, RenderError, Renderer};
use crate::text::{Code, Diagnostics, Source};

/// A transaction on a server. It is committed, or rolled back on any error, by whoever opened it.
pub trait Session {
    /// What can go wrong; a template that fails and a catalog that can't be read are among it.
    type Error: From<RenderError> + From<SnapshotError>;

    /// Runs SQL that gives nothing.
    fn execute(&mut self, sql: &str) -> Result<(), Self::Error>;

    /// Asks a question with one boolean answer; null is false.
    fn ask(&mut self, sql: &str) -> Result<bool, Self::Error>;

    /// Asks for rows of two texts each; null is empty.
    fn pairs(&mut self, sql: &str) -> Result<Vec<(String, String)>, Self::Error>;

    /// Asks for one JSON document with two documents as parameters.
    fn document(&mut self, sql: &str, parameters: [&Value; 2]) -> Result<Value, Self::Error>;
}

/// What the server says of the relations and roles that a configuration names; reads only.
pub fn catalog<S: Session + ?Sized>(session: &mut S, prepared: &Prepared) -> Result<Catalog, S::Error> {
    session.execute(&format!("SET LOCAL search_path = {CATALOG_SEARCH_PATH}"))?;
    let parameters = [&relations_parameter(relations(&prepared.model)), &roles_parameter(roles(&prepared.model))];
    Ok(Catalog::from_value(session.document(CATALOG_SQL, parameters)?)?)
}

/// Adds what the database says about a configuration, and gives what the server says of what it names; reads only.
pub fn compare<S: Session + ?Sized>(
    session: &mut S,
    source: &Source,
    prepared: &Prepared,
    diagnostics: &mut Diagnostics,
) -> Result<Catalog, S::Error> {
    let catalog = catalog(session, prepared)?;
    let mut found = Diagnostics::new();
    inspect(source, &prepared.config, &prepared.model, &catalog, &mut found);
    // Where a table is missing, the question could not be asked.
    if !found.has_errors()
        && let Some(question) = leader_question(&prepared.model)
    {
        let rows = session.pairs(&question)?;
        let rows = rows.iter().map(|(user, leads)| (user.as_str(), leads.as_str()));
        leaders(&prepared.config, &prepared.model, rows, &mut found);
    }
    if !found.has_errors() && prepared.model.roles.len() > 1 {
        compare_holdings(session, prepared, &mut found)?;
    }
    // What the file alone has shown is said once.
    let said = diagnostics.iter().any(|diagnostic| diagnostic.code == Code::OneRolePerUser);
    found
        .iter()
        .filter(|diagnostic| !(said && diagnostic.code == Code::OneRolePerUser))
        .for_each(|diagnostic| diagnostics.push(diagnostic.clone()));
    Ok(catalog)
}

/// Adds who has roles of different strength (B6), or a role of their own (B13).
fn compare_holdings<S: Session + ?Sized>(session: &mut S, prepared: &Prepared, found: &mut Diagnostics) -> Result<(), S::Error> {
    // Whoever may not look at people still gets everything else.
    if !session.ask(&readable_question(&prepared.model))? {
        return Ok(());
    }
    let stored = session.ask(stored_question())?;
    let (differing, held) = match (
        holdings_question(&prepared.model, stored, Holdings::Conflicts),
        holdings_question(&prepared.model, stored, Holdings::All),
    ) {
        (Ok(differing), Ok(held)) => (differing, held),
        (Err(error), _) | (_, Err(error)) => {
            found.error(Code::BadValue, None, error.to_string(), "please report this as a defect of crm_access");
            return Ok(());
        }
    };
    let (differing, held) = (session.pairs(&differing)?, session.pairs(&held)?);
    conflicts(&prepared.config, &differing, &held, found);
    Ok(())
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
        let question = Statement::Call {
            function: Sql::state("is_current"),
            arguments: vec![Sql::literal(&prepared.hash), Sql::literal(&program_hash)],
        };
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
        function: Sql::state("end_apply"),
        arguments: vec![
            Sql::literal(prepared.script.target.name()),
            Sql::literal(&prepared.hash),
            Sql::literal(prepared.script.hash()),
            Sql::literal(source.text()),
            Sql::literal(&prepared.model.reader_role),
        ],
    })
}

fn plain() -> Result<Renderer, RenderError> {
    Renderer::new(Arc::new(Plain))
}
