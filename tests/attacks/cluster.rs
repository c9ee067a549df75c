//! A cluster of a test's own, beside the one that all share: it may be crashed, copied and made to follow another.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crm_access::apply::{Outcome, apply, prepare};
use crm_access::live;
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};
use postgres::{Client, NoTls};

use crate::support::project_file;

/// A running cluster; it is removed when this goes.
pub struct Cluster {
    child: Child,
    /// Closed to end it.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Where it listens.
    pub address: String,
}

impl Cluster {
    pub fn start() -> Cluster {
        let mut child = Command::new(format!("{}/tests/attacks/own-cluster", env!("CARGO_MANIFEST_DIR")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut cluster = Cluster { child, commands, answers, address: String::new() };
        cluster.address = cluster.answer();
        cluster
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(line.starts_with("host="), "the cluster did not do it: {line:?}");
        line.trim().to_owned()
    }

    /// `crash`, `standby` or `promote`; gives where the server that it concerns listens.
    pub fn does(&mut self, command: &str) -> String {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        self.answer()
    }

    /// A database with a preset applied, and the statement with which its backend acts for a user.
    pub fn preset(&self, target: Target) -> String {
        let database = format!("preset_{}", target.name());
        let mut admin = open(&self.address, "postgres", "postgres");
        let _ = admin.batch_execute("CREATE ROLE crm_owner LOGIN CREATEROLE");
        admin.batch_execute(&format!("CREATE DATABASE {database} OWNER crm_owner")).unwrap();
        open(&self.address, &database, "crm_owner").batch_execute(&project_file("examples/teamleader.sql")).unwrap();
        if target == Target::Extension {
            open(&self.address, &database, "postgres").batch_execute("CREATE EXTENSION crm_access").unwrap();
        }
        assert_eq!(self.apply(&database, target, &project_file("examples/teamleader.yaml")).unwrap(), Outcome::Applied);
        database
    }

    pub fn apply(&self, database: &str, target: Target, text: &str) -> Result<Outcome, live::LiveError> {
        let source = Source::new("test.yaml", text);
        let mut diagnostics = Diagnostics::new();
        let prepared = prepare(&source, target, &mut diagnostics).unwrap_or_else(|| panic!("{diagnostics:#?}"));
        let role = crate::support::applier(target);
        let mut connection = live::connect(&format!("{} user={role} dbname={database}", self.address)).unwrap();
        connection.in_transaction(|session| apply(session, &source, &prepared))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.child.wait();
    }
}

/// Connects to a cluster by its address.
pub fn open(address: &str, database: &str, role: &str) -> Client {
    Client::connect(&format!("{address} dbname={database} user={role}"), NoTls).unwrap()
}

/// How the backend says for whom it asks.
pub fn identity(target: Target, user: &str) -> String {
    match target {
        Target::Extension => format!("SELECT crm_access.act_as('{user}')"),
        Target::Portable => format!("SELECT set_config('app.user_token', crm_access.issue('{user}'), true)"),
    }
}
