//! Findings that the configuration accepts.

use super::{Case, Finding, Lint};
use crate::model::Accepted;
use crate::text::Span;

/// Which entries of `audit: accept` meet which findings.
#[derive(Debug)]
pub struct Accepting<'a> {
    entries: Vec<Entry<'a>>,
}

/// One entry.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// What it says.
    pub(super) accepted: &'a Accepted,
    /// Where.
    pub(super) span: Option<Span>,
    /// Whether its time is over.
    pub(super) expired: bool,
    /// Its objects that no finding is about; empty where the lint did not run.
    pub(super) unmet: Vec<&'a str>,
}

impl<'a> Accepting<'a> {
    /// Compares what is accepted with what was found by these lints.
    pub(super) fn new(case: &Case<'a>, found: &[Finding], ran: &[&'static Lint]) -> Accepting<'a> {
        let entries = case.model.accepted.iter().enumerate().map(|(at, accepted)| {
            let known = super::lint(&accepted.lint);
            let looked_for = known.is_none_or(|lint| ran.iter().any(|other| other.name == lint.name));
            let unmet = accepted.objects.iter().filter(|object| {
                looked_for && !found.iter().any(|finding| finding.lint.name == accepted.lint && meets(object, &finding.object))
            });
            Entry {
                accepted,
                span: case.config.audit.accept.get(at).map(|written| written.lint.span),
                expired: accepted.until.is_some_and(|until| until < case.standing.today),
                unmet: unmet.map(String::as_str).collect(),
            }
        });
        Accepting { entries: entries.collect() }
    }

    pub(super) fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// Whether an entry that has not expired accepts a finding.
    pub(super) fn is_accepted(&self, finding: &Finding) -> bool {
        self.entries.iter().any(|entry| {
            !entry.expired
                && entry.accepted.lint == finding.lint.name
                && entry.accepted.objects.iter().any(|object| meets(object, &finding.object))
        })
    }
}

/// Whether an object is meant; a final `*` stands for anything.
fn meets(pattern: &str, object: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => object.starts_with(start),
        None => pattern == object,
    }
}
