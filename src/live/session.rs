//! Transactions on a server.

use postgres::{Client, Transaction};
use serde_json::Value;

use super::LiveError;
use crate::apply::Session;
use crate::catalog::{CATALOG_SEARCH_PATH, CATALOG_SQL, Catalog, relations_parameter, roles_parameter};

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
}

/// Runs `work` in one transaction, which is committed only if it succeeds.
pub fn in_transaction<T>(
    client: &mut Client,
    work: impl FnOnce(&mut dyn Session<Error = LiveError>) -> Result<T, LiveError>,
) -> Result<T, LiveError> {
    let mut session = DriverSession(client.transaction()?);
    let done = work(&mut session)?;
    session.0.commit()?;
    Ok(done)
}

/// What the database holds of these relations and roles. It reads only.
pub fn catalog<'n>(
    client: &mut Client,
    relations: impl IntoIterator<Item = (&'n str, &'n str)>,
    roles: impl IntoIterator<Item = &'n str>,
) -> Result<Catalog, LiveError> {
    let mut transaction = client.build_transaction().read_only(true).start()?;
    transaction.batch_execute(&format!("SET LOCAL search_path = {CATALOG_SEARCH_PATH}"))?;
    let row = transaction.query_one(CATALOG_SQL, &[&relations_parameter(relations), &roles_parameter(roles)])?;
    let document: Value = row.try_get(0)?;
    transaction.commit()?;
    Ok(Catalog::from_value(document)?)
}
