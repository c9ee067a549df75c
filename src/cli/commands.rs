//! What each command does.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;

use super::arguments::{Apply, Arguments, Check, Command, Generate, Remove, ReportFormat, TargetName};
use super::exit::Exit;
use super::indexes::{self, Indexes};
use crate::apply::{Outcome, Prepared, apply, compare, end_statement, prepare};
use crate::live::{self, Connection, LiveError};
use crate::program::{Statement, Target};
use crate::text::{Code, Diagnostics, Format, Source, one_line, report};
use crate::verify::VerifyError;

/// Runs a command.
pub fn run(arguments: &Arguments) -> Exit {
    let done = match &arguments.command {
        Command::Check(options) => check(options),
        Command::Generate(options) => generate(options),
        Command::Apply(options) => apply_command(options),
        Command::Audit(options) => super::audit::audit(options),
        Command::Remove(options) => remove(options),
        Command::Schema => schema(),
        Command::Reference => print(&crate::reference::document()).map(|()| Exit::Fine),
    };
    match done {
        Ok(exit) => exit,
        Err(error) => {
            complain(&error.to_string());
            Exit::Failure
        }
    }
}

/// What ends a command early.
#[derive(Debug)]
pub(super) enum Failure {
    Live(LiveError),
    Output(std::io::Error),
    Render(crate::render::RenderError),
    Verify(VerifyError),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Live(error) => error.fmt(f),
            Failure::Output(error) => write!(f, "the output can't be written: {error}"),
            Failure::Render(error) => error.fmt(f),
            Failure::Verify(error) => error.fmt(f),
        }
    }
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        Failure::Live(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<crate::render::RenderError> for Failure {
    fn from(error: crate::render::RenderError) -> Self {
        Failure::Render(error)
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        Failure::Verify(error)
    }
}

pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "error: {text}");
}

pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn target(name: TargetName) -> Target {
    match name {
        TargetName::Extension => Target::Extension,
        TargetName::Portable => Target::Portable,
    }
}

/// Reads a file; a file that can't be read is reported like any mistake in it.
pub(super) fn load(file: &Path, diagnostics: &mut Diagnostics) -> Source {
    let loaded = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        // One byte more than is allowed is enough to see that it is too much.
        let read = std::io::stdin().lock().take(Source::LIMIT as u64 + 1).read_to_end(&mut bytes);
        match read {
            Ok(_) => Source::from_bytes("<stdin>", bytes),
            Err(error) => {
                complain(&format!("standard input can't be read: {error}"));
                Source::from_bytes("<stdin>", Vec::new())
            }
        }
    } else {
        Source::load(file)
    };
    match loaded {
        Ok(source) => source,
        Err(error) => {
            diagnostics.push(error.diagnostic());
            Source::new(file.display().to_string(), "")
        }
    }
}

/// Reads and prepares; the diagnostics go to standard error where there is something to say.
fn prepared(file: &Path, target: Target) -> Result<(Source, Prepared), Exit> {
    let mut diagnostics = Diagnostics::new();
    let source = load(file, &mut diagnostics);
    let prepared = if diagnostics.has_errors() { None } else { prepare(&source, target, &mut diagnostics) };
    if !diagnostics.is_empty() {
        let color = std::io::stderr().is_terminal();
        let _ = write!(std::io::stderr(), "{}", report(&source, &diagnostics, Format::Human, color));
    }
    match prepared {
        Some(prepared) if !diagnostics.has_errors() => Ok((source, prepared)),
        _ => Err(Exit::Findings),
    }
}

fn check(options: &Check) -> Result<Exit, Failure> {
    let mut diagnostics = Diagnostics::new();
    let source = load(&options.file, &mut diagnostics);
    let mut wanted = options.target.map(target);
    let mut connection = options.database.as_deref().map(live::connect).transpose()?;
    if let (None, Some(connection)) = (wanted, connection.as_mut()) {
        wanted = Some(installed_target(connection)?);
    }
    if !diagnostics.has_errors() {
        // Without a word about the target, a configuration is sound if one of them takes it.
        let prepared = match wanted {
            Some(target) => prepare(&source, target, &mut diagnostics),
            None => prepare_for_any(&source, &mut diagnostics),
        };
        if let (Some(prepared), Some(connection)) = (prepared, connection.as_mut()) {
            connection.in_transaction(|session| compare(session, &source, &prepared, &mut diagnostics))?;
        }
    }
    let format = match options.format {
        ReportFormat::Human => Format::Human,
        ReportFormat::Json => Format::Json,
    };
    let mut text = report(&source, &diagnostics, format, std::io::stdout().is_terminal());
    if options.format == ReportFormat::Human && diagnostics.is_empty() {
        text = format!("{}: nothing to report\n", source.name());
    }
    print(&text)?;
    let found = diagnostics.has_errors() || (options.deny_warnings && diagnostics.warnings() > 0);
    Ok(if found { Exit::Findings } else { Exit::Fine })
}

fn prepare_for_any(source: &Source, diagnostics: &mut Diagnostics) -> Option<Prepared> {
    let mut first = Diagnostics::new();
    if let Some(prepared) = prepare(source, Target::Extension, &mut first) {
        diagnostics.extend(first);
        return Some(prepared);
    }
    let mut second = Diagnostics::new();
    let prepared = prepare(source, Target::Portable, &mut second);
    diagnostics.extend(if prepared.is_some() { second } else { first });
    prepared
}

/// The target that a database takes: the extension's where it is installed.
fn installed_target(connection: &mut Connection) -> Result<Target, Failure> {
    let installed = connection
        .in_transaction(|session| session.ask("SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'crm_access')"))?;
    Ok(if installed { Target::Extension } else { Target::Portable })
}

fn generate(options: &Generate) -> Result<Exit, Failure> {
    let (source, prepared) = match prepared(&options.file, target(options.target)) {
        Ok(both) => both,
        Err(exit) => return Ok(exit),
    };
    if options.indexes {
        print(&indexes::script(options, &source, &prepared)?)?;
    } else if options.down {
        print(&down(&prepared))?;
    } else {
        print(&prepared.script.text(&end_statement(&source, &prepared)?))?;
    }
    Ok(Exit::Fine)
}

/// The way back: `remove()` knows what was there before, which no text written beforehand can.
fn down(prepared: &Prepared) -> String {
    let mut out = String::new();
    out.push_str(
        "-- Takes out what the configuration made; row security of each table is as it was before.\n-- It can be run again. These go:\n",
    );
    for line in summary(prepared) {
        out.push_str(&format!("--   {line}\n"));
    }
    out.push_str(DOWN);
    out
}

const DOWN: &str = "-- Versions and stored assignments stay in the schema crm_access.

BEGIN;
SET LOCAL lock_timeout = '30s';
DO $block$
BEGIN
    IF pg_catalog.to_regprocedure('crm_access.remove()') IS NOT NULL THEN
        PERFORM crm_access.remove();
    END IF;
END
$block$;
COMMIT;
";

/// What a script makes, counted by table.
fn summary(prepared: &Prepared) -> Vec<String> {
    let mut lines = Vec::new();
    for entity in &prepared.model.entities {
        let policies = prepared
            .script
            .statements
            .iter()
            .filter(|step| matches!(&step.statement, Statement::CreatePolicy(policy) if policy.table == crate::program::Sql::table(&entity.table)))
            .count();
        let table = one_line(&entity.table.to_string());
        lines.push(format!("{table}: row security on, {policies} policies"));
    }
    let count = |test: fn(&Statement) -> bool| prepared.script.statements.iter().filter(|step| test(&step.statement)).count();
    lines.push(format!(
        "{} helper functions in the schema crm_access_rules",
        count(|statement| matches!(statement, Statement::CreateFunction(_)))
    ));
    let triggers = count(|statement| matches!(statement, Statement::CreateTrigger(_)));
    if triggers > 0 {
        lines.push(format!("{triggers} triggers that refuse forbidden combinations of roles and restrictions"));
    }
    lines
}

fn apply_command(options: &Apply) -> Result<Exit, Failure> {
    let mut connection = live::connect(&options.database)?;
    let installed = installed_target(&mut connection)?;
    let target = options.target.map_or(installed, target);
    match (target, installed) {
        (Target::Portable, Target::Extension) => {
            complain(
                "the extension crm_access is installed in this database; leave out `--target portable`, or DROP EXTENSION crm_access first",
            );
            return Ok(Exit::Failure);
        }
        (Target::Extension, Target::Portable) => {
            complain(
                "the extension crm_access is not installed in this database; run CREATE EXTENSION crm_access, or give `--target portable`",
            );
            return Ok(Exit::Failure);
        }
        _ => {}
    }
    let (source, prepared) = match prepared(&options.file, target) {
        Ok(both) => both,
        Err(exit) => return Ok(exit),
    };
    let (mut found, mut diagnostics) = (Diagnostics::new(), Diagnostics::new());
    let catalog = connection.in_transaction(|session| compare(session, &source, &prepared, &mut found))?;
    // What is about to be made, or is said with the rest of what is done, is no finding.
    found.iter().filter(|diagnostic| diagnostic.code != Code::MissingIndex).for_each(|diagnostic| diagnostics.push(diagnostic.clone()));
    if !diagnostics.is_empty() {
        let _ = write!(std::io::stderr(), "{}", report(&source, &diagnostics, Format::Human, std::io::stderr().is_terminal()));
    }
    if diagnostics.has_errors() {
        return Ok(Exit::Findings);
    }
    let indexes = Indexes::new(options, &source, &prepared, &catalog)?;
    print(&format!("To be applied ({} target):\n", target.name()))?;
    for line in prepared.script.preamble.iter().chain(&summary(&prepared)).chain(&indexes.summary()) {
        print(&format!("  {line}\n"))?;
    }
    if !options.yes && !confirmed("Rights change for everyone who uses these tables. Apply?")? {
        return Ok(Exit::Failure);
    }
    let outcome = connection.in_transaction(|session| {
        let outcome = apply(session, &source, &prepared)?;
        indexes.make_within(session)?;
        Ok(outcome)
    })?;
    print(match outcome {
        Outcome::Applied => "Applied.\n",
        Outcome::Unchanged => "Unchanged: the same configuration stands already.\n",
    })?;
    indexes.make_alone(&mut connection)
}

fn remove(options: &Remove) -> Result<Exit, Failure> {
    let mut connection = live::connect(&options.database)?;
    if !options.yes && !confirmed("Every table will be as open as before crm_access. Remove the protection?")? {
        return Ok(Exit::Failure);
    }
    let stood = connection.in_transaction(|session| session.ask("SELECT crm_access.remove()"))?;
    print(if stood { "Removed.\n" } else { "Nothing was applied.\n" })?;
    Ok(Exit::Fine)
}

/// Asks on a terminal; without one, only `--yes` is an answer.
fn confirmed(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        complain("this changes who sees what; without a terminal, give `--yes`");
        return Ok(false);
    }
    print(&format!("{question} [y/N] "))?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn schema() -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(&crate::config::schema()).map_err(std::io::Error::from)?;
    print(&format!("{text}\n"))?;
    Ok(Exit::Fine)
}
