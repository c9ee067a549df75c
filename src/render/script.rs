//! A program as a script that people can read and run.

use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Plain, RenderError, Renderer};
use crate::program::{Program, Statement, Target};
use crate::text::one_line;

/// A rendered program.
#[derive(Clone, Debug)]
pub struct Script {
    /// Where it runs.
    pub target: Target,
    /// Comments for the reader.
    pub preamble: Vec<String>,
    /// The statements, in order.
    pub statements: Vec<ScriptStatement>,
}

/// A rendered statement.
#[derive(Clone, Debug)]
pub struct ScriptStatement {
    /// Comment lines above it.
    pub why: Vec<String>,
    /// Its text, with the final semicolon.
    pub text: String,
    /// What it was rendered from.
    pub statement: Statement,
}

/// Renders a program.
pub fn script(program: &Program) -> Result<Script, RenderError> {
    let renderer = Renderer::new(Arc::new(Plain))?;
    let statements: Result<Vec<ScriptStatement>, RenderError> = program
        .steps
        .iter()
        .map(|step| {
            Ok(ScriptStatement { why: step.why.clone(), text: renderer.statement(&step.statement)?, statement: step.statement.clone() })
        })
        .collect();
    Ok(Script { target: program.target, preamble: program.preamble.clone(), statements: statements? })
}

/// A comment can't be left by a line break.
fn comment(line: &str) -> String {
    format!("-- {}", one_line(line))
}

impl Script {
    /// SHA-256 of all statements, in hexadecimal.
    pub fn hash(&self) -> String {
        let mut digest = Sha256::new();
        for statement in &self.statements {
            digest.update(statement.text.as_bytes());
            digest.update([0]);
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The whole script: one transaction that runs `statements` between its opening and `last`.
    pub fn text(&self, last: &str) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "-- crm_access {}: row-level security, {} target.", env!("CARGO_PKG_VERSION"), self.target.name());
        let _ = writeln!(out, "-- Generated; change the configuration, not this file. It can be run again.");
        let _ = writeln!(out, "-- Who is asking:");
        for line in &self.preamble {
            let _ = writeln!(out, "{}", comment(&format!("  {line}")));
        }
        out.push_str("\nBEGIN;\n");
        for setting in OPENING {
            let _ = writeln!(out, "{setting};");
        }
        for statement in &self.statements {
            if !statement.why.is_empty() {
                out.push('\n');
            }
            for line in &statement.why {
                let _ = writeln!(out, "{}", comment(line));
            }
            let _ = writeln!(out, "{}", statement.text);
        }
        let _ = writeln!(out, "\n{last}\nCOMMIT;");
        out
    }
}

/// What every apply starts with, in its transaction: nothing that a session has set may change what the statements mean, two applies
/// wait for each other, and none waits for ever.
pub const OPENING: [&str; 8] = [
    "SET LOCAL search_path = pg_catalog, pg_temp",
    "SET LOCAL standard_conforming_strings = on",
    "SET LOCAL check_function_bodies = on",
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL lock_timeout = '30s'",
    "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('crm_access apply', 0))",
];
