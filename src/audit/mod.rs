//! What is open in a database, given the configuration that it enforces.
//!
//! Takes a sound configuration with its model, a [`Catalog`](crate::catalog::Catalog) and what the database keeps about the last apply; gives findings, each of one
//! lint, about one object, with a way to mend it. A finding that the configuration accepts, with a reason and for the time it says, is
//! left out. Nothing here talks to a server. Each lint is one file below `lints`, whose head is its page of the documentation.

mod accept;
mod case;
#[cfg(test)]
mod example;
mod finding;
mod lint;
mod lints;
mod page;
mod report;
mod sarif;
mod sql;
mod standing;

pub use accept::Accepting;
pub use case::Case;
pub use finding::{Finding, Findings, Fix};
pub use lint::{Check, Lint};
pub use lints::ALL;
pub use page::{document, page};
pub use report::{human, json};
pub use sarif::sarif;
pub use standing::{Drift, Standing};

use crate::config::Config;
use crate::text::{Code, Diagnostics, Severity, did_you_mean, quoted};

/// What an audit found.
#[derive(Debug)]
pub struct Report {
    /// What is to be reported, gravest first.
    pub findings: Vec<Finding>,
    /// What was found and is accepted.
    pub accepted: Vec<Finding>,
}

impl Report {
    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether there are errors or warnings, and all of them say only that something is not as the last apply left it.
    pub fn only_drift(&self) -> bool {
        let mut grave = self.findings.iter().filter(|finding| finding.severity != Severity::Note).peekable();
        grave.peek().is_some() && grave.all(|finding| finding.lint.drift)
    }
}

/// Runs lints, all of them or the named ones, and leaves out what is accepted.
pub fn audit(case: &Case<'_>, lints: &[&'static Lint]) -> Report {
    let mut found = Vec::new();
    for lint in lints {
        if let Check::Database(check) = lint.check {
            let mut findings = Findings::new(lint);
            check(case, &mut findings);
            found.extend(findings.into_all());
        }
    }
    let accepting = Accepting::new(case, &found, lints);
    let mut report = Report { findings: Vec::new(), accepted: Vec::new() };
    for lint in lints {
        if let Check::Acceptance(check) = lint.check {
            let mut findings = Findings::new(lint);
            check(case, &accepting, &mut findings);
            report.findings.extend(findings.into_all());
        }
    }
    let accepted: Vec<bool> = found.iter().map(|finding| accepting.is_accepted(finding)).collect();
    for (finding, accepted) in found.into_iter().zip(accepted) {
        if accepted { &mut report.accepted } else { &mut report.findings }.push(finding);
    }
    report.findings.sort_by(|one, other| one.rank().cmp(&other.rank()));
    report.findings.dedup();
    report
}

/// The lint of that name.
pub fn lint(name: &str) -> Option<&'static Lint> {
    ALL.iter().copied().find(|lint| lint.name == name)
}

/// What to say where there is no lint of that name.
pub fn unknown_lint(name: &str) -> (String, String) {
    let help =
        did_you_mean(name, ALL.iter().map(|lint| lint.name)).unwrap_or_else(|| "`crm-access audit --list` shows all names".to_owned());
    (format!("unknown lint {}", quoted(name)), help)
}

/// Reports accepted findings of lints that do not exist.
pub fn check_names(config: &Config, diagnostics: &mut Diagnostics) {
    for accept in config.audit.accept.iter().filter(|accept| lint(&accept.lint).is_none()) {
        let (message, help) = unknown_lint(&accept.lint);
        diagnostics.warning(Code::UnknownLint, accept.lint.span, message, help);
    }
}

#[cfg(test)]
mod tests;
