//! Opening a connection.

use std::str::FromStr;

use native_tls::TlsConnector;
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use postgres_native_tls::MakeTlsConnector;

use super::{Connection, LiveError};

/// Connects to a server, by a URL (`postgres://user@host/database`) or by words (`host=/run/postgresql user=me dbname=crm`).
///
/// What is not given is taken from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, as by other clients. Over a network the connection is
/// encrypted where the server can; `sslmode=require` insists on it and checks the server's certificate.
pub fn connect(database: &str) -> Result<Connection, LiveError> {
    open(database).map(Connection::new)
}

fn open(database: &str) -> Result<Client, LiveError> {
    let config = completed(Config::from_str(database).map_err(LiveError::from)?);
    let over_network = config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
    if !over_network || config.get_ssl_mode() == SslMode::Disable {
        return config.connect(NoTls).map_err(LiveError::from);
    }
    let checked = config.get_ssl_mode() != SslMode::Prefer;
    let connector = TlsConnector::builder()
        .danger_accept_invalid_certs(!checked)
        .danger_accept_invalid_hostnames(!checked)
        .build()
        .map_err(|error| LiveError::Encryption(error.to_string()))?;
    config.connect(MakeTlsConnector::new(connector)).map_err(LiveError::from)
}

fn completed(mut config: Config) -> Config {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if config.get_hosts().is_empty() {
        config.host(&variable("PGHOST").unwrap_or_else(|| "/var/run/postgresql".to_owned()));
    }
    if config.get_ports().is_empty()
        && let Some(port) = variable("PGPORT").and_then(|port| port.parse().ok())
    {
        config.port(port);
    }
    if config.get_user().is_none() {
        config.user(&variable("PGUSER").or_else(|| variable("USER")).unwrap_or_else(|| "postgres".to_owned()));
    }
    if config.get_password().is_none()
        && let Some(password) = variable("PGPASSWORD")
    {
        config.password(password);
    }
    if config.get_dbname().is_none()
        && let Some(name) = variable("PGDATABASE")
    {
        config.dbname(&name);
    }
    config.application_name("crm-access");
    config
}
