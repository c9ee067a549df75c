//! What an attacker has: connections of a role, SQL of their choice, and the programs that come with the server.

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use crm_access::apply::{Audited, audit};
use crm_access::audit::lint;
use crm_access::live;
use postgres::{Client, NoTls};

use crate::support::{Refused, World, connect, first_column, url};

/// Asks what the present identity sees.
pub const COMPANIES: &str = "SELECT count(*) FROM companies";
/// How many companies there are.
pub const ALL: &str = "612";
/// How many of them Lena (user 3), who is limited to her own, sees.
pub const LENAS: &str = "38";

/// Runs commands one after the other and gives the first column of what the last one answered, sorted. The transaction is left.
pub fn after(client: &mut Client, commands: &[&str]) -> Result<Vec<String>, Refused> {
    let run = |client: &mut Client| {
        let mut answer = Vec::new();
        for command in commands {
            answer = first_column(client.simple_query(command)?);
        }
        Ok(answer)
    };
    let result = run(client);
    client.batch_execute("ROLLBACK").unwrap();
    result
}

/// The same as some user, in one transaction that is taken back.
pub fn acting(world: &mut World, user: &str, commands: &[&str]) -> Result<Vec<String>, Refused> {
    let identity = world.identity(user);
    let mut all = vec!["BEGIN", &identity];
    all.extend(commands);
    after(&mut world.backend, &all)
}

/// Makes a role of this database's own and gives its name.
pub fn role(world: &mut World, name: &str, options: &str) -> String {
    let role = format!("{name}_{}", world.database);
    world.force(&format!("CREATE ROLE {role} {options}"));
    role
}

/// A person with a login role of their own, known by it as a user.
pub fn person(world: &mut World, user: &str) -> Client {
    let login = role(world, &format!("person{user}"), "LOGIN IN ROLE crm_app");
    world.force(&format!("UPDATE users SET login = '{login}' WHERE id = {user}"));
    connect(&world.database, &login)
}

/// A connection that notes every notice the server sends.
pub fn listening(database: &str, role: &str, options: &str) -> (Client, Arc<Mutex<Vec<String>>>) {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let mut config: postgres::Config = url(database, role).parse().unwrap();
    if !options.is_empty() {
        config.options(options);
    }
    let heard = notices.clone();
    config.notice_callback(move |notice| {
        let text = format!("{} {}", notice.message(), notice.detail().unwrap_or_default());
        heard.lock().unwrap().push(text);
    });
    (config.connect(NoTls).unwrap(), notices)
}

/// Runs a program that comes with the server, on a database as a role.
pub fn program(name: &str, database: &str, role: &str, arguments: &[&str]) -> Output {
    let config = std::env::var("PG_CONFIG").unwrap_or_else(|_| "pg_config".to_owned());
    let directory = Command::new(config).arg("--bindir").output().expect("pg_config runs; tools/cluster says where it is");
    let directory = String::from_utf8(directory.stdout).unwrap();
    Command::new(format!("{}/{name}", directory.trim()))
        .args(arguments)
        .arg(format!("--dbname={}", url(database, role)))
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Asserts that nothing of what the server said holds a secret.
#[track_caller]
pub fn keeps(refused: &Refused, secret: &str) {
    let said = format!("{} {} {}", refused.message, refused.detail, refused.hint);
    assert!(!said.contains(secret), "{said}");
}

/// Asserts that the audit reports something by a lint, and that its object or message holds a word.
#[track_caller]
pub fn assert_audited(world: &World, name: &str, word: &str) {
    let lints = [lint(name).unwrap_or_else(|| panic!("there is no lint {name}"))];
    let mut connection = live::connect(&url(&world.database, "postgres")).unwrap();
    let audited = connection.in_transaction(|session| audit(session, None, &lints)).unwrap();
    let Audited::Done { report, .. } = audited else { panic!("{audited:?}") };
    let found: Vec<String> = report.findings.iter().map(|finding| format!("{}: {}", finding.object, finding.message)).collect();
    assert!(found.iter().any(|line| line.contains(word)), "{} {name} {word}: {found:#?}", world.target.name());
}
