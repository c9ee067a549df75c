//! Connections to the server that the environment names.

use postgres::{Client, Config, NoTls};

use crate::failure::{During, Failure, Result};

const VARIABLE: &str = "CRM_ACCESS_TEST_URL";

fn config() -> Result<Config> {
    let url = std::env::var(VARIABLE).map_err(|_| Failure(format!("{VARIABLE} names no server; run `tools/bench`, which starts one")))?;
    url.parse().during(VARIABLE)
}

/// Connects to a database as a role.
pub fn connect(database: &str, role: &str) -> Result<Client> {
    let mut config = config()?;
    config.dbname(database);
    config.user(role);
    config.connect(NoTls).during(&format!("connecting to {database} as {role}"))
}

/// The words with which the library connects.
pub fn url(database: &str, role: &str) -> Result<String> {
    let host = match config()?.get_hosts().first() {
        Some(postgres::config::Host::Unix(path)) => path.display().to_string(),
        Some(postgres::config::Host::Tcp(name)) => name.clone(),
        None => return Err(Failure(format!("{VARIABLE} names no host"))),
    };
    Ok(format!("host={host} user={role} dbname={database}"))
}
