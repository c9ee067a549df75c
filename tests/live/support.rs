//! Databases to try rules in: one of its own for each test, cut from a template that is made once per preset, target and configuration.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use crm_access::apply::{Outcome, apply, prepare};
use crm_access::live;
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};
use postgres::{Client, Config, NoTls, SimpleQueryMessage};

pub const TARGETS: [Target; 2] = [Target::Extension, Target::Portable];

/// What a command gave: how many rows, or the SQLSTATE and message of its error.
pub type Outcomes = Result<u64, Refused>;

/// Why the server refused a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub state: String,
    pub message: String,
    pub detail: String,
    pub hint: String,
}

impl From<postgres::Error> for Refused {
    fn from(error: postgres::Error) -> Self {
        match error.as_db_error() {
            Some(error) => Refused {
                state: error.code().code().to_owned(),
                message: error.message().to_owned(),
                detail: error.detail().unwrap_or_default().to_owned(),
                hint: error.hint().unwrap_or_default().to_owned(),
            },
            None => Refused { state: String::new(), message: error.to_string(), detail: String::new(), hint: String::new() },
        }
    }
}

/// SQLSTATE of a row-security violation.
pub const REFUSED: &str = "42501";

/// A preset in a database of its own.
pub struct World {
    pub target: Target,
    pub database: String,
    /// A superuser: for looking at what is really there.
    pub admin: Client,
    /// The owner of the tables, no superuser: for what the application's administration does.
    pub owner: Client,
    /// The application's backend: a plain role.
    pub backend: Client,
}

fn server() -> Config {
    let url = std::env::var("CRM_ACCESS_TEST_URL")
        .expect("CRM_ACCESS_TEST_URL names a server with the extension; run `tools/cluster run -- cargo test ...`");
    url.parse().expect("CRM_ACCESS_TEST_URL is a connection string")
}

/// Connects to a database as a role.
pub fn connect(database: &str, role: &str) -> Client {
    let mut config = server();
    config.dbname(database);
    config.user(role);
    config.connect(NoTls).unwrap_or_else(|error| panic!("{role}@{database}: {error}"))
}

/// Connection words for the command line.
pub fn url(database: &str, role: &str) -> String {
    let config = server();
    let host = match &config.get_hosts()[0] {
        postgres::config::Host::Unix(path) => path.display().to_string(),
        postgres::config::Host::Tcp(name) => name.clone(),
    };
    format!("host={host} user={role} dbname={database}")
}

/// Text of a file of the project.
pub fn project_file(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Applies a configuration as a role; every mistake found beforehand is a refusal without SQLSTATE.
pub fn apply_as(database: &str, role: &str, target: Target, text: &str) -> Result<Outcome, Refused> {
    let source = Source::new("test.yaml", text);
    let mut diagnostics = Diagnostics::new();
    let prepared = prepare(&source, target, &mut diagnostics);
    let Some(prepared) = prepared.filter(|_| !diagnostics.has_errors()) else {
        let messages: Vec<String> =
            diagnostics.iter().map(|diagnostic| format!("{}: {}", diagnostic.code.as_str(), diagnostic.message)).collect();
        return Err(Refused { state: String::new(), message: messages.join("\n"), detail: String::new(), hint: String::new() });
    };
    let mut connection = live::connect(&url(database, role)).expect("a connection");
    connection.in_transaction(|session| apply(session, &source, &prepared)).map_err(|error| match error {
        live::LiveError::Server(error) => Refused::from(error),
        other => Refused { state: String::new(), message: other.to_string(), detail: String::new(), hint: String::new() },
    })
}

fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Roles that own and administer; made once.
fn roles() {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let mut admin = connect("postgres", "postgres");
        admin
            .batch_execute(
                "DO $$ BEGIN
                     IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'crm_owner') THEN CREATE ROLE crm_owner LOGIN CREATEROLE; END IF;
                     IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'crm_app') THEN CREATE ROLE crm_app NOLOGIN; END IF;
                     IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'crm_person_of_review') THEN
                         CREATE ROLE crm_person_of_review LOGIN IN ROLE crm_app;
                     END IF;
                 END $$",
            )
            .unwrap();
    });
}

type Templates = Mutex<HashMap<(String, &'static str, String), Arc<OnceLock<String>>>>;

/// A database with the preset's tables and data and the configuration applied, nobody connected to it.
fn template(preset: &str, target: Target, text: &str) -> String {
    static TEMPLATES: OnceLock<Templates> = OnceLock::new();
    let slot = {
        let mut templates = TEMPLATES.get_or_init(Templates::default).lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        templates.entry((preset.to_owned(), target.name(), text.to_owned())).or_default().clone()
    };
    slot.get_or_init(|| {
        let name = tables_only(preset, target);
        apply_as(&name, applier(target), target, text).unwrap_or_else(|refused| panic!("{preset} {}: {refused:?}", target.name()));
        name
    })
    .clone()
}

/// Who applies: in the portable target the tables' owner, who is no superuser, as on a managed server.
pub fn applier(target: Target) -> &'static str {
    match target {
        Target::Extension => "postgres",
        Target::Portable => "crm_owner",
    }
}

/// A database with the preset's tables and data and nothing applied.
pub fn tables_only(preset: &str, target: Target) -> String {
    tables_from(&project_file(&format!("examples/{preset}.sql")), target)
}

/// A database with the tables and data that a script makes, and nothing applied.
pub fn tables_from(script: &str, target: Target) -> String {
    roles();
    let name = unique("crm_test");
    connect("postgres", "postgres").batch_execute(&format!("CREATE DATABASE {name} OWNER crm_owner")).unwrap();
    connect(&name, "crm_owner").batch_execute(script).unwrap();
    if target == Target::Extension {
        connect(&name, "postgres").batch_execute("CREATE EXTENSION crm_access").unwrap();
    }
    name
}

impl World {
    /// The preset as it is shipped.
    pub fn new(preset: &str, target: Target) -> World {
        World::with(preset, target, &project_file(&format!("examples/{preset}.yaml")))
    }

    /// The preset with a changed line: `from` must stand there exactly once.
    pub fn changed(preset: &str, target: Target, from: &str, to: &str) -> World {
        let text = project_file(&format!("examples/{preset}.yaml"));
        assert_eq!(text.matches(from).count(), 1, "`{from}` stands once in {preset}.yaml");
        World::with(preset, target, &text.replace(from, to))
    }

    /// The preset's tables with any configuration.
    pub fn with(preset: &str, target: Target, text: &str) -> World {
        let template = template(preset, target, text);
        let database = unique("crm_test");
        connect("postgres", "postgres").batch_execute(&format!("CREATE DATABASE {database} OWNER crm_owner TEMPLATE {template}")).unwrap();
        World::open(database, target)
    }

    /// Tables of a test's own, with a configuration of its own.
    pub fn made(script: &str, target: Target, text: &str) -> World {
        let database = tables_from(script, target);
        apply_as(&database, applier(target), target, text).unwrap_or_else(|refused| panic!("{}: {refused:?}", target.name()));
        World::open(database, target)
    }

    /// A database that is there already.
    pub fn open(database: String, target: Target) -> World {
        World {
            target,
            admin: connect(&database, "postgres"),
            owner: connect(&database, "crm_owner"),
            backend: connect(&database, "crm_backend"),
            database,
        }
    }

    /// The statement with which the backend says for whom it asks.
    pub fn identity(&self, user: &str) -> String {
        let user = user.replace('\'', "''");
        match self.target {
            Target::Extension => format!("SELECT crm_access.act_as('{user}')"),
            Target::Portable => format!("SELECT set_config('app.user_token', crm_access.issue('{user}'), true)"),
        }
    }

    /// The first column of a query's rows, as that user sees them, sorted.
    pub fn sees(&mut self, user: &str, query: &str) -> Vec<String> {
        self.try_sees(user, query).unwrap_or_else(|refused| panic!("{} user {user}: {query}: {refused:?}", self.target.name()))
    }

    /// The same, or the server's refusal.
    pub fn try_sees(&mut self, user: &str, query: &str) -> Result<Vec<String>, Refused> {
        let identity = self.identity(user);
        let mut transaction = self.backend.transaction()?;
        transaction.batch_execute(&identity)?;
        let rows = transaction.simple_query(query)?;
        transaction.rollback()?;
        Ok(first_column(rows))
    }

    /// How many rows of a table the user sees.
    pub fn count(&mut self, user: &str, table: &str) -> u64 {
        self.sees(user, &format!("SELECT count(*) FROM {table}"))[0].parse().unwrap()
    }

    /// Runs a command as that user, in a transaction that stays if it succeeds.
    pub fn run(&mut self, user: &str, command: &str) -> Outcomes {
        let identity = self.identity(user);
        let mut transaction = self.backend.transaction()?;
        transaction.batch_execute(&identity)?;
        let rows = transaction.execute(command, &[])?;
        transaction.commit()?;
        Ok(rows)
    }

    /// Runs commands as that user, in one transaction that stays if they succeed.
    pub fn run_all(&mut self, user: &str, commands: &str) -> Result<(), Refused> {
        let identity = self.identity(user);
        let mut transaction = self.backend.transaction()?;
        transaction.batch_execute(&identity)?;
        transaction.batch_execute(commands)?;
        Ok(transaction.commit()?)
    }

    /// Runs a command as that user and takes it back: how many rows it would have reached.
    pub fn tries(&mut self, user: &str, command: &str) -> Outcomes {
        let identity = self.identity(user);
        let mut transaction = self.backend.transaction()?;
        transaction.batch_execute(&identity)?;
        let rows = transaction.execute(command, &[])?;
        transaction.rollback()?;
        Ok(rows)
    }

    /// The keys for which a command is accepted, each tried alone and taken back; `$key` in it stands for the key. Any other error than
    /// a row-security violation is a failure of the test.
    pub fn accepted(&mut self, user: &str, keys: &[String], command: &str) -> Vec<String> {
        let identity = self.identity(user);
        let mut transaction = self.backend.transaction().unwrap();
        transaction.batch_execute(&identity).unwrap();
        let mut accepted = Vec::new();
        for key in keys {
            let mut attempt = transaction.transaction().unwrap();
            match attempt.batch_execute(&command.replace("$key", key)) {
                Ok(()) => accepted.push(key.clone()),
                Err(error) => assert_eq!(Refused::from(error).state, REFUSED, "{user}: {command} with {key}"),
            }
            attempt.rollback().unwrap();
        }
        accepted
    }

    /// Runs commands as who gives roles and restrictions: whoever applied the configuration.
    pub fn assigns(&mut self, commands: &str) -> Result<(), Refused> {
        match applier(self.target) {
            "postgres" => Ok(self.admin.batch_execute(commands)?),
            _ => self.own(commands),
        }
    }

    /// Runs commands as the tables' owner, whom the policies bind too where FORCE is on; for tables of people, which nobody protects.
    pub fn own(&mut self, commands: &str) -> Result<(), Refused> {
        Ok(self.owner.batch_execute(commands)?)
    }

    /// Runs commands as superuser: whatever the rules say.
    pub fn force(&mut self, commands: &str) {
        self.admin.batch_execute(commands).unwrap_or_else(|error| panic!("{commands}: {error:?}"));
    }

    /// The first column of a query's rows as they really are, sorted.
    pub fn really(&mut self, query: &str) -> Vec<String> {
        let rows = self.admin.simple_query(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        first_column(rows)
    }
}

/// The first column of the rows, sorted; null is written so.
pub fn first_column(rows: Vec<SimpleQueryMessage>) -> Vec<String> {
    let mut values: Vec<String> = rows
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("null").to_owned()),
            _ => None,
        })
        .collect();
    values.sort();
    values
}

/// Asserts that a command was refused with a SQLSTATE, and gives what the server said.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(result: Result<T, Refused>, state: &str) -> Refused {
    match result {
        Err(refused) => {
            assert_eq!(refused.state, state, "{refused:?}");
            refused
        }
        Ok(value) => panic!("the server accepted it: {value:?}"),
    }
}

/// A configuration that accepts what the audit says of the server under test, if it says anything: the tests run on whichever minor version is there.
pub fn accepting_the_server(text: &str) -> String {
    let version =
        connect("postgres", "postgres").query_one("SELECT current_setting('server_version_num')::integer", &[]).expect("a version");
    // Those with the faults of lint `vulnerable-server` that were fixed last.
    if !(150_000..150_020).contains(&version.get::<_, i32>(0)) {
        return text.to_owned();
    }
    let entry = "  accept:\n    - {lint: vulnerable-server, object: server, reason: it is upgraded by somebody else}\n";
    assert!(text.contains("  accept:\n"), "there is something accepted already");
    text.replacen("  accept:\n", entry, 1)
}
