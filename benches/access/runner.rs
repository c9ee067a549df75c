//! One execution of a query, in a transaction of its own that is taken back.

use std::time::{Duration, Instant};

use postgres::types::ToSql;
use postgres::{Client, SimpleQueryMessage, Statement};
use sha2::{Digest, Sha256};

use crate::failure::Result;
use crate::processor::share;
use crate::server::connect;
use crate::statement::{Values, prepared};
use crate::user::User;
use crate::variant::Variant;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A prepared statement with parameters that has been executed before on the same connection.
    Prepared,
    /// The text with its values, planned each time.
    AdHoc,
}

impl Mode {
    pub const ALL: [Mode; 2] = [Mode::Prepared, Mode::AdHoc];

    pub fn name(self) -> &'static str {
        match self {
            Mode::Prepared => "prepared",
            Mode::AdHoc => "ad_hoc",
        }
    }
}

/// What came back: how many rows, and a digest of them whatever their order.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub rows: u64,
    digest: Vec<u8>,
}

pub enum Outcome {
    Done {
        took: Duration,
        answer: Answer,
    },
    /// Cancelled after so long.
    Cancelled(Duration),
}

/// A statement of one connection, ready to be executed.
pub struct Ready {
    sql: String,
    statement: Option<Statement>,
    returns: bool,
}

/// A connection of the application's backend to a variant's database.
pub struct Runner {
    pub variant: Variant,
    client: Client,
    identity: String,
}

impl Runner {
    pub fn new(variant: Variant, user: User) -> Result<Runner> {
        let mut client = connect(&variant.database(), "crm_backend")?;
        share(&mut client)?;
        let identity = variant.identity(&mut client, user)?;
        Ok(Runner { variant, client, identity })
    }

    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The beginning of a transaction in which a user asks.
    pub fn begin(&mut self, limit: Duration) -> Result<()> {
        Ok(self.client.batch_execute(&format!("BEGIN; SET LOCAL statement_timeout = {}; {}", limit.as_millis(), self.identity))?)
    }

    pub fn ready(&mut self, sql: &str, mode: Mode) -> Result<Ready> {
        let returns = !sql.starts_with("INSERT");
        let statement = match mode {
            Mode::AdHoc => None,
            // A statement is parsed and rewritten for the role that prepares it.
            Mode::Prepared => {
                self.begin(Duration::from_secs(10))?;
                let statement = self.client.prepare(&prepared(sql))?;
                self.client.batch_execute("COMMIT")?;
                Some(statement)
            }
        };
        Ok(Ready { sql: sql.to_owned(), statement, returns })
    }

    /// Executes it once as the user; only the execution itself is timed.
    pub fn run(&mut self, ready: &Ready, values: &Values, limit: Duration) -> Result<Outcome> {
        self.begin(limit)?;
        let outcome = match &ready.statement {
            Some(statement) => self.execute(statement, &values.parameters(&ready.sql), ready.returns),
            None => self.simple(&values.text(&ready.sql), ready.returns),
        };
        self.client.batch_execute("ROLLBACK")?;
        match outcome {
            Ok((took, answer)) => Ok(Outcome::Done { took, answer }),
            Err(error) if error.code().is_some_and(|code| code.code() == "57014") => Ok(Outcome::Cancelled(limit)),
            Err(error) => Err(error.into()),
        }
    }

    fn execute(
        &mut self,
        statement: &Statement,
        values: &[i64],
        returns: bool,
    ) -> std::result::Result<(Duration, Answer), postgres::Error> {
        let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let start = Instant::now();
        if !returns {
            let count = self.client.execute(statement, &parameters)?;
            return Ok((start.elapsed(), answer(count, Vec::new())));
        }
        let rows = self.client.query(statement, &parameters)?;
        let took = start.elapsed();
        let texts =
            rows.iter().map(|row| joined((0..row.len()).map(|column| row.try_get::<_, Option<&str>>(column).ok().flatten()))).collect();
        Ok((took, answer(rows.len() as u64, texts)))
    }

    fn simple(&mut self, sql: &str, returns: bool) -> std::result::Result<(Duration, Answer), postgres::Error> {
        let start = Instant::now();
        let messages = self.client.simple_query(sql)?;
        let took = start.elapsed();
        let mut texts = Vec::new();
        let mut count = 0;
        for message in &messages {
            match message {
                SimpleQueryMessage::Row(row) => texts.push(joined((0..row.len()).map(|column| row.get(column)))),
                SimpleQueryMessage::CommandComplete(rows) => count = *rows,
                _ => {}
            }
        }
        let rows = if returns { texts.len() as u64 } else { count };
        Ok((took, answer(rows, texts)))
    }
}

fn joined<'t>(cells: impl Iterator<Item = Option<&'t str>>) -> String {
    cells.map(|cell| cell.unwrap_or("\u{1}")).collect::<Vec<_>>().join("\u{2}")
}

fn answer(rows: u64, mut texts: Vec<String>) -> Answer {
    texts.sort_unstable();
    let mut hash = Sha256::new();
    for text in &texts {
        hash.update(text.as_bytes());
        hash.update([3]);
    }
    Answer { rows, digest: hash.finalize().to_vec() }
}
