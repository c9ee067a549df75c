//! Auditing a database over a session.

use super::Session;
use crate::audit::{Case, Drift, Lint, Report, Standing, audit as run, check_names};
use crate::catalog::{CATALOG_SEARCH_PATH, CATALOG_SQL, Catalog, relations_parameter, roles_parameter};
use crate::config;
use crate::inspect::{relations, roles};
use crate::program::Target;
use crate::resolve::resolve;
use crate::text::{Diagnostics, Source};

/// What became of an audit.
#[derive(Debug)]
pub enum Audited {
    /// It was done.
    Done {
        /// The configuration that was judged by.
        source: Source,
        /// What was found.
        report: Report,
    },
    /// The configuration has mistakes, which are these.
    Unsound {
        /// Its text.
        source: Source,
        /// Its mistakes.
        diagnostics: Diagnostics,
    },
    /// No configuration is applied, and none was given.
    NothingApplied,
}

/// Runs lints over the database of a session, by a given configuration or by the one that is applied; reads only.
pub fn audit<S: Session + ?Sized>(session: &mut S, given: Option<&Source>, lints: &[&'static Lint]) -> Result<Audited, S::Error> {
    session.execute(&format!("SET LOCAL search_path = {CATALOG_SEARCH_PATH}"))?;
    // The server resolves names when it first sees a statement, so each question comes in two.
    let applied = match session.ask("SELECT pg_catalog.to_regclass('crm_access.version') IS NOT NULL")? {
        true => session
            .pairs("SELECT v.source, v.target FROM crm_access.version v WHERE v.removed_at IS NULL ORDER BY v.id DESC LIMIT 1")?
            .into_iter()
            .next(),
        false => None,
    };
    let target = match &applied {
        Some((_, target)) => Target::from_name(target),
        None => None,
    };
    let target = match target {
        Some(target) => target,
        None if session.ask("SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'crm_access')")? => Target::Extension,
        None => Target::Portable,
    };
    let source = match (given, &applied) {
        (Some(given), _) => given.clone(),
        (None, Some((text, _))) => Source::new("crm_access.version", text.as_str()),
        (None, None) => return Ok(Audited::NothingApplied),
    };
    let mut diagnostics = Diagnostics::new();
    let Some(config) = config::read(&source, &mut diagnostics) else {
        return Ok(Audited::Unsound { source, diagnostics });
    };
    check_names(&config, &mut diagnostics);
    let Some(model) = resolve(&source, &config, &mut diagnostics) else {
        return Ok(Audited::Unsound { source, diagnostics });
    };
    let today = session.pairs("SELECT pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD'), NULL")?;
    let drift = match session.ask("SELECT pg_catalog.to_regprocedure('crm_access.drift()') IS NOT NULL")? {
        true => session.pairs("SELECT d.part, d.change FROM crm_access.drift() d")?,
        false => Vec::new(),
    };
    let standing = Standing {
        target,
        today: today.first().and_then(|(day, _)| day.parse().ok()).unwrap_or(jiff::civil::Date::MAX),
        is_applied: applied.is_some_and(|(text, _)| text == source.text()),
        drift: drift.into_iter().map(|(part, change)| Drift { part, change }).collect(),
    };
    let parameters = [&relations_parameter(relations(&model)), &roles_parameter(roles(&model))];
    let catalog = Catalog::from_value(session.document(CATALOG_SQL, parameters)?)?;
    let report = run(&Case::new(&source, &config, &model, &catalog, &standing), lints);
    Ok(Audited::Done { source, report })
}
