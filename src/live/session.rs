//! Transactions on a server.

use postgres::{Client, Row, Transaction};
use serde_json::Value;

use super::LiveError;
use crate::apply::Session;

struct DriverSession<'c>(Transaction<'c>);

impl Session for DriverSession<'_> {
    type Error = LiveError;

    fn execute(&mut self, sql: &str) -> Result<(), LiveError> {
        self.0.batch_execute(sql).map_err(LiveError::from)
    }

    fn ask(&mut self, sql: &str) -> Result<bool, LiveError> {
        let row = self.0.query_one(sql.trim_end_matches(';'), &[])?;
        Ok(row.try_get::<_, Option<bool>>(0)?.unwrap_or(false))
    }

    fn pairs(&mut self, sql: &str) -> Result<Vec<(String, String)>, LiveError> {
        let text = |row: &Row, column: usize| row.try_get::<_, Option<String>>(column).map(Option::unwrap_or_default);
        self.0.query(sql.trim_end_matches(';'), &[])?.iter().map(|row| Ok((text(row, 0)?, text(row, 1)?))).collect()
    }

    fn document(&mut self, sql: &str, parameters: [&Value; 2]) -> Result<Value, LiveError> {
        let [first, second] = parameters;
        Ok(self.0.query_one(sql, &[first, second])?.try_get(0)?)
    }
}

/// A connection to a server.
pub struct Connection(Client);

impl Connection {
    pub(super) fn new(client: Client) -> Connection {
        Connection(client)
    }

    /// Runs one statement by itself, in no transaction of ours: for what PostgreSQL does in none.
    pub fn alone(&mut self, sql: &str) -> Result<(), LiveError> {
        self.0.batch_execute(sql).map_err(LiveError::from)
    }

    /// Runs `work` in one transaction, which is committed only if it succeeds.
    pub fn in_transaction<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Session<Error = LiveError>) -> Result<T, LiveError>,
    ) -> Result<T, LiveError> {
        let mut session = DriverSession(self.0.transaction()?);
        let done = work(&mut session)?;
        session.0.commit()?;
        Ok(done)
    }
}
