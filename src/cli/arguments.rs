//! Options as they are typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Row-level security for a CRM, from one role configuration.
#[derive(Debug, Parser)]
#[command(
    name = "crm-access",
    version,
    about,
    after_help = "Exit codes: 0 fine, 1 failure, 2 usage, 3 findings, 4 drift.\nA new configuration starts as in README.md; `crm-access schema` lets an editor complete and check it,
`crm-access reference` explains every key."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report every mistake in a configuration.
    Check(Check),
    /// Write the SQL that a configuration becomes.
    Generate(Generate),
    /// Apply a configuration to a database, in one transaction.
    Apply(Apply),
    /// Report what is open in a database, given the configuration that is applied in it.
    Audit(Audit),
    /// Take what was applied out of a database again; stored assignments and versions stay.
    Remove(Remove),
    /// Print the JSON Schema of the configuration language, for editors.
    Schema,
    /// Print the reference of the configuration language: every key, scope and condition, with examples (docs/configuration.md).
    Reference,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration; `-` reads standard input.
    pub file: PathBuf,
    /// Compare with this database too: a URL, or words such as "host=/run/postgresql dbname=crm".
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// The target it is for.
    #[arg(long, value_enum)]
    pub target: Option<TargetName>,
    /// Form of the report.
    #[arg(long, value_enum, default_value = "human")]
    pub format: ReportFormat,
    /// Count warnings as findings.
    #[arg(long)]
    pub deny_warnings: bool,
}

/// Options of `generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// The configuration; `-` reads standard input.
    pub file: PathBuf,
    /// Where the SQL is to run.
    #[arg(long, value_enum, default_value = "extension")]
    pub target: TargetName,
    /// Write the SQL that takes it all out again.
    #[arg(long)]
    pub down: bool,
    /// Write the SQL of the indexes that the policies need instead.
    #[arg(long, conflicts_with = "down")]
    pub indexes: bool,
    /// Make the indexes while others write, each by itself (CREATE INDEX CONCURRENTLY).
    #[arg(long, requires = "indexes")]
    pub concurrently: bool,
    /// Leave out the indexes that this database has, and name them: a URL, or words such as "host=/run/postgresql dbname=crm".
    #[arg(long, value_name = "URL", requires = "indexes")]
    pub database: Option<String>,
}

/// Options of `apply`.
#[derive(Debug, Args)]
pub struct Apply {
    /// The configuration; `-` reads standard input.
    pub file: PathBuf,
    /// The database: a URL, or words such as "host=/run/postgresql dbname=crm".
    #[arg(long, value_name = "URL")]
    pub database: String,
    /// What to apply; by default `extension` where the extension is installed in the database, else `portable`.
    #[arg(long, value_enum)]
    pub target: Option<TargetName>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// Make the indexes that the policies need and the database has not, in the same transaction; `remove` leaves them.
    #[arg(long)]
    pub indexes: bool,
    /// Make these indexes after the transaction, while others write, each by itself (CREATE INDEX CONCURRENTLY).
    #[arg(long, requires = "indexes")]
    pub concurrently: bool,
}

/// Options of `audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// A configuration to judge by, in place of the one that is applied; `-` reads standard input.
    pub file: Option<PathBuf>,
    /// The database: a URL, or words such as "host=/run/postgresql dbname=crm".
    #[arg(long, value_name = "URL", required_unless_present_any = ["list", "explain"])]
    pub database: Option<String>,
    /// Form of the report.
    #[arg(long, value_enum, default_value = "human")]
    pub format: AuditFormat,
    /// Run this lint only; can be given several times.
    #[arg(long = "lint", value_name = "NAME")]
    pub lints: Vec<String>,
    /// List all lints.
    #[arg(long, conflicts_with_all = ["explain", "database", "file"])]
    pub list: bool,
    /// Print what a lint finds, why it matters and how to mend it.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["database", "file"])]
    pub explain: Option<String>,
}

/// Forms of a report of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for tools that collect findings.
    Sarif,
}

/// Options of `remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// The database: a URL, or words such as "host=/run/postgresql dbname=crm".
    #[arg(long, value_name = "URL")]
    pub database: String,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// Names of the targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
    /// A server with the extension crm_access.
    Extension,
    /// A server without it.
    Portable,
}

/// Forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
}
