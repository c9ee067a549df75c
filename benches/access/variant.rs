//! The variants: each decides in its own way, in its own copy of the database.

use crm_access::apply::{apply, prepare};
use crm_access::live;
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};
use postgres::Client;

use crate::dataset::TEMPLATE;
use crate::failure::{During, Failure, Result};
use crate::server::{connect, url};
use crate::user::User;

const CONFIGURATION: &str = include_str!("crm.yaml");

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Hand,
    Naive,
    Usual,
    Roles,
    Extension,
    /// The same, where an administrator has vetted operators that are not leakproof.
    Vetted,
    Portable,
    /// The same, with plans for who asks.
    Planned,
}

impl Variant {
    pub const ALL: [Variant; 8] = [
        Variant::Hand,
        Variant::Naive,
        Variant::Usual,
        Variant::Roles,
        Variant::Extension,
        Variant::Vetted,
        Variant::Portable,
        Variant::Planned,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Variant::Hand => "hand",
            Variant::Naive => "naive",
            Variant::Usual => "usual",
            Variant::Roles => "roles",
            Variant::Extension => "extension",
            Variant::Vetted => "vetted",
            Variant::Portable => "portable",
            Variant::Planned => "planned",
        }
    }

    pub fn database(self) -> String {
        format!("crm_bench_{}", self.name())
    }

    /// Copies the data set and makes the policies.
    pub fn build(self) -> Result<()> {
        let (database, what) = (self.database(), format!("building the variant {}", self.name()));
        let mut server = connect("postgres", "postgres")?;
        let version: i32 = server.query_one("SELECT current_setting('server_version_num')::int", &[])?.get(0);
        // The write-ahead log would hold every page once more.
        let strategy = if version >= 150_000 { "STRATEGY file_copy" } else { "" };
        server.batch_execute(&format!("DROP DATABASE IF EXISTS {database}")).during(&what)?;
        server.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE {TEMPLATE} {strategy}")).during(&what)?;
        let mut client = connect(&database, "postgres")?;
        match self {
            Variant::Hand => Ok(()),
            Variant::Naive => client.batch_execute(include_str!("naive.sql")).during(&what),
            Variant::Usual => client.batch_execute(include_str!("usual.sql")).during(&what),
            Variant::Roles => client.batch_execute(include_str!("roles.sql")).during(&what),
            Variant::Extension | Variant::Vetted => {
                client.batch_execute("CREATE EXTENSION crm_access").during(&what)?;
                // Planning is measured with EXPLAIN, which the extension refuses.
                let vetted = if self == Variant::Vetted { "like, ilike, full_text" } else { "" };
                for setting in ["crm_access.guard_explain = off".to_owned(), format!("crm_access.vetted_operators = '{vetted}'")] {
                    client.batch_execute(&format!("ALTER DATABASE {database} SET {setting}")).during(&what)?;
                }
                configure(&database, Target::Extension, CONFIGURATION).during(&what)
            }
            Variant::Portable => configure(&database, Target::Portable, CONFIGURATION).during(&what),
            Variant::Planned => {
                client.batch_execute(&format!("ALTER DATABASE {database} SET crm_access.plan_for_user = on")).during(&what)?;
                configure(&database, Target::Portable, &format!("{CONFIGURATION}\nplans: user\n")).during(&what)
            }
        }
    }

    pub fn drop(self) -> Result<()> {
        connect("postgres", "postgres")?.batch_execute(&format!("DROP DATABASE IF EXISTS {}", self.database())).during(self.name())
    }

    /// The statement that says who asks, if the variant has one.
    pub fn identity(self, client: &mut Client, user: User) -> Result<String> {
        let key = user.key();
        Ok(match self {
            Variant::Hand => String::new(),
            Variant::Naive | Variant::Usual => format!("SELECT set_config('bench.user_id', '{key}', true)"),
            Variant::Roles => format!("SET LOCAL ROLE {}; SELECT set_config('bench.user_id', '{key}', true)", user.database_role()),
            Variant::Extension | Variant::Vetted => format!("SELECT crm_access.act_as('{key}')"),
            // The backend makes it once and keeps it for the connections of this user.
            Variant::Portable | Variant::Planned => {
                let token: String = client.query_one("SELECT crm_access.issue($1::text, 86400)", &[&key.to_string()])?.get(0);
                format!("SELECT set_config('app.user_token', '{token}', true)")
            }
        })
    }
}

/// Applies the benchmark's configuration to a database.
fn configure(database: &str, target: Target, configuration: &str) -> Result<()> {
    let source = Source::new("benches/access/crm.yaml", configuration);
    let mut found = Diagnostics::new();
    let Some(prepared) = prepare(&source, target, &mut found).filter(|_| !found.has_errors()) else {
        let messages: Vec<String> = found.iter().map(|one| one.message.clone()).collect();
        return Err(Failure(messages.join("; ")));
    };
    let failed = |error: live::LiveError| Failure(error.to_string());
    let mut connection = live::connect(&url(database, "postgres")?).map_err(failed)?;
    connection.in_transaction(|session| apply(session, &source, &prepared)).map(drop).map_err(failed)
}
