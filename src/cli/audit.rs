//! `crm-access audit`.

use std::io::{IsTerminal, Write};

use super::arguments::{Audit, AuditFormat};
use super::commands::{Failure, complain, load, print};
use super::exit::Exit;
use crate::apply::{Audited, audit as examine};
use crate::audit::{ALL, Lint, Report, human, json, lint, page, sarif, unknown_lint};
use crate::live;
use crate::text::{Diagnostics, Format, Severity, Source, report};

/// Lists or explains lints, or runs them.
pub(super) fn audit(options: &Audit) -> Result<Exit, Failure> {
    if options.list {
        let lines = ALL.iter().map(|lint| format!("{}  {:<8} {}\n", lint.code, lint.severity.as_str(), lint.name));
        print(&lines.collect::<String>())?;
        return Ok(Exit::Fine);
    }
    if let Some(name) = &options.explain {
        return Ok(match known(name) {
            Some(lint) => {
                print(&page(lint))?;
                Exit::Fine
            }
            None => Exit::Usage,
        });
    }
    let mut lints = ALL.to_vec();
    if !options.lints.is_empty() {
        let named: Option<Vec<&'static Lint>> = options.lints.iter().map(|name| known(name)).collect();
        let Some(named) = named else { return Ok(Exit::Usage) };
        lints = named;
    }
    let Some(database) = &options.database else { return Ok(Exit::Usage) };
    let mut diagnostics = Diagnostics::new();
    let given = options.file.as_deref().map(|file| load(file, &mut diagnostics));
    if let (Some(source), true) = (&given, diagnostics.has_errors()) {
        return mistakes(source, &diagnostics);
    }
    let audited = live::connect(database)?.in_transaction(|session| {
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
        examine(session, given.as_ref(), &lints)
    })?;
    match audited {
        Audited::Done { source, report } => {
            print(&match options.format {
                AuditFormat::Human => human(&source, &report),
                AuditFormat::Json => format!("{:#}\n", json(&source, &report)),
                AuditFormat::Sarif => format!("{:#}\n", sarif(&source, &report)),
            })?;
            Ok(exit(&report))
        }
        Audited::Unsound { source, diagnostics } => mistakes(&source, &diagnostics),
        Audited::NothingApplied => {
            complain("no configuration is applied in this database; apply one, or name the file to judge by");
            Ok(Exit::Failure)
        }
    }
}

fn known(name: &str) -> Option<&'static Lint> {
    let found = lint(name);
    if found.is_none() {
        let (message, help) = unknown_lint(name);
        complain(&format!("{message}; {help}"));
    }
    found
}

fn mistakes(source: &Source, diagnostics: &Diagnostics) -> Result<Exit, Failure> {
    let _ = write!(std::io::stderr(), "{}", report(source, diagnostics, Format::Human, std::io::stderr().is_terminal()));
    Ok(Exit::Findings)
}

/// Notes don't count.
fn exit(report: &Report) -> Exit {
    match report.count(Severity::Error) + report.count(Severity::Warning) {
        0 => Exit::Fine,
        _ if report.only_drift() => Exit::Drift,
        _ => Exit::Findings,
    }
}
