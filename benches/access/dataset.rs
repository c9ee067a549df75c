//! The database that every variant gets a copy of.

use postgres::Client;

use crate::failure::{During, Failure, Result};
use crate::scale::Scale;
use crate::server::connect;
use crate::statement::Values;
use crate::user::{Level, User};

pub const TEMPLATE: &str = "crm_bench_data";

/// Settings of the server and roles; what runs by itself in the background must not run while something is timed.
const SERVER: &[&str] = &[
    "ALTER SYSTEM SET autovacuum = off",
    "ALTER SYSTEM SET jit = off",
    "ALTER SYSTEM SET max_wal_size = '8GB'",
    "SELECT pg_reload_conf()",
    "DO $$ BEGIN
         IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_app') THEN CREATE ROLE crm_app NOLOGIN; END IF;
         IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_backend') THEN CREATE ROLE crm_backend LOGIN IN ROLE crm_app; END IF;
         IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bench_manager') THEN
             CREATE ROLE bench_salesperson NOLOGIN ROLE crm_backend;
             CREATE ROLE bench_head NOLOGIN ROLE crm_backend;
             CREATE ROLE bench_manager NOLOGIN ROLE crm_backend;
         END IF;
     END $$",
];

const GRANTS: &str = "
    GRANT SELECT ON users, departments TO crm_app, bench_salesperson, bench_head, bench_manager;
    GRANT SELECT, INSERT, UPDATE, DELETE ON companies, contacts, contact_companies, deals TO crm_app, bench_salesperson, bench_head, bench_manager";

/// Makes the data set.
pub fn build(scale: Scale) -> Result<()> {
    let mut server = connect("postgres", "postgres")?;
    for statement in SERVER {
        server.batch_execute(statement).during("preparing the server")?;
    }
    server.batch_execute(&format!("DROP DATABASE IF EXISTS {TEMPLATE}"))?;
    server.batch_execute(&format!("CREATE DATABASE {TEMPLATE}"))?;
    let mut client = connect(TEMPLATE, "postgres")?;
    client
        .batch_execute("SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '256MB'; CREATE EXTENSION pg_trgm")
        .during("pg_trgm")?;
    client.batch_execute(include_str!("tables.sql")).during("making tables")?;
    let sizes = [
        ("$companies", scale.companies()),
        ("$users", scale.users()),
        ("$typical", scale.typical()),
        ("$large", scale.large()),
        ("$below", scale.below()),
    ];
    let data = sizes.iter().fold(include_str!("data.sql").to_owned(), |text, (name, size)| text.replace(name, &size.to_string()));
    client.batch_execute(&data).during("making data")?;
    client.batch_execute(GRANTS)?;
    client.batch_execute("VACUUM ANALYZE").during("vacuum")
}

/// The size of a copy in bytes.
pub fn size(client: &mut Client) -> Result<i64> {
    Ok(client.query_one("SELECT pg_database_size(current_database())", &[])?.get(0))
}

/// Finds the keys that a user's queries ask for, and makes sure that the user sees as many companies as the scale says.
pub fn values(client: &mut Client, user: User, scale: Scale) -> Result<Values> {
    let owners = match user.level() {
        Level::Own => "= ARRAY[$1::bigint]".to_owned(),
        Level::Department => {
            "@> ARRAY[]::bigint[] AND $1::bigint > 0 AND c.owner_id IN (SELECT id FROM users WHERE department_id BETWEEN 2 AND 5)"
                .to_owned()
        }
        Level::All => "@> ARRAY[]::bigint[] AND $1::bigint > 0".to_owned(),
    };
    let companies: i64 =
        client.query_one(&format!("SELECT count(*) FROM companies c WHERE ARRAY[c.owner_id] {owners}"), &[&user.key()])?.get(0);
    if companies != user.companies(scale) {
        return Err(Failure(format!("user {} should see {} companies and sees {companies}", user.name(), user.companies(scale))));
    }
    let found = client.query_opt(
        &format!(
            "SELECT d.id, c.id FROM deals d JOIN companies c ON c.id = d.company_id WHERE ARRAY[c.owner_id] {owners} \
             ORDER BY d.id OFFSET 3 LIMIT 1"
        ),
        &[&user.key()],
    )?;
    let row = found.ok_or_else(|| Failure(format!("user {} sees no deal", user.name())))?;
    // A deal of the first user of the last department, whom none of the others may see; the manager sees all, and asks for none that is there.
    let hidden: i64 = match user.level() {
        Level::All => 3 * scale.companies() + 1,
        _ => client
            .query_one(
                "SELECT min(d.id) FROM deals d JOIN companies c ON c.id = d.company_id JOIN users u ON u.id = c.owner_id \
                 WHERE d.owner_id = c.owner_id AND u.department_id > 5 AND u.id > 5",
                &[],
            )?
            .get(0),
    };
    Ok(Values::new(user, row.get(0), hidden, row.get(1), scale.inserted()))
}
