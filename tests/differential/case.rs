//! A configuration and data, tried as every user and compared with decide.

use std::collections::BTreeSet;

use crm_access::config;
use crm_access::decide::{Forbidden, Judge, Outcome, Reads, Row, Value, World, export, forbidden, update};
use crm_access::model::{Model, TableName};
use crm_access::program::Target;
use crm_access::resolve::resolve;
use crm_access::text::{Diagnostics, Source};
use serde_json::Value as Json;

use crate::bench::Bench;
use crate::checks::{Check, Expected, checks};
use crate::data::{USERS, delegations, shares, value, world};
use crate::random::Random;
use crate::support::Refused;
use crate::tables::{FLAVORS, Flavor, columns, key, literal, quoted, table_sql};

#[derive(Clone)]
pub struct Case {
    pub flavor: usize,
    pub configuration: Json,
    pub world: World,
    /// Seed of the statements.
    pub seed: u64,
}

/// A statement that did not do what decide says.
#[derive(Debug)]
pub struct Difference {
    pub target: Target,
    pub user: Option<String>,
    pub sql: String,
    pub expected: String,
    pub got: String,
}

impl Case {
    pub fn flavor(&self) -> &'static Flavor {
        &FLAVORS[self.flavor]
    }

    pub fn text(&self) -> String {
        serde_json::to_string_pretty(&self.configuration).expect("JSON")
    }

    /// Other data under the same configuration.
    pub fn reload(&mut self, random: &mut Random, model: &Model) {
        self.world = world(random, self.flavor());
        self.world.shares = shares(random, self.flavor(), model, &self.world);
        self.world.delegations = if model.delegation.is_some() { delegations(random, self.flavor()) } else { Vec::new() };
        self.seed = random.next();
    }

    /// Most of them: another configuration tells more than another user.
    pub fn some_users(&self, random: &mut Random) -> Vec<Option<String>> {
        let mut users = self.users();
        while users.len() > USERS - 1 {
            users.remove(random.below(users.len()));
        }
        users
    }

    /// For whom a user acts, who acts for themselves where nobody delegates anything to them, now or at another time.
    pub fn on_behalf_of(&self, user: Option<&str>) -> Option<String> {
        let mut given = self.world.delegations.iter();
        given.find(|given| Some(given.delegate.as_str()) == user).map(|given| given.delegator.clone())
    }

    /// Everyone who can be tried: the users, one who is none, and nobody.
    fn users(&self) -> Vec<Option<String>> {
        let keys = (1..=USERS + 1).map(|number| Some(key(self.flavor().user, number).to_string()));
        keys.chain([None]).collect()
    }
}

/// The model of a configuration.
pub fn model(text: &str) -> Result<Model, String> {
    let source = Source::new("case.yaml", text);
    let mut found = Diagnostics::new();
    let made = config::read(&source, &mut found).and_then(|config| resolve(&source, &config, &mut found)).filter(|_| !found.has_errors());
    made.ok_or_else(|| found.iter().map(|one| one.message.clone()).collect::<Vec<_>>().join("; "))
}

/// Tries the data of a case, whose configuration stands, as these users. Gives the number of decisions and the first difference.
pub fn compare(case: &Case, model: &Model, benches: &mut [&mut Bench], users: &[Option<String>]) -> (u64, Option<Difference>) {
    let mut decisions = 0;
    for bench in benches.iter_mut() {
        bench.load(case.flavor(), &case.world);
    }
    let mut random = Random::new(case.seed);
    for user in users {
        let on_behalf_of = case.on_behalf_of(user.as_deref());
        // The database role that somebody logged in with is also the channel that they come over.
        let login = login_of(case, model, user.as_deref()).filter(|_| random.chance(40));
        let over = login.clone().or_else(|| case.world.login.clone());
        let world = World { on_behalf_of: on_behalf_of.clone(), login: over, ..case.world.clone() };
        let judge = Judge::new(model, &world, user.as_deref());
        let made = checks(&mut random, case.flavor(), model, &judge, benches[0].server);
        for bench in benches.iter_mut() {
            let generic = random.chance(30);
            let target = bench.target;
            let different =
                |sql: &str, expected: String, got: String| Difference { target, user: user.clone(), sql: sql.to_owned(), expected, got };
            match bench.outcomes(user.as_deref(), login.as_deref(), on_behalf_of.as_deref(), &made, generic) {
                Ok(outcomes) => {
                    for (check, got) in made.iter().zip(outcomes) {
                        if got.as_ref() != Ok(&check.expected) {
                            return (decisions, Some(different(&check.sql, format!("{:?}", check.expected), format!("{got:?}"))));
                        }
                        decisions += check.decisions;
                    }
                }
                // Who is not there or not active can't be acted for.
                Err(refused) if refused.state == "28000" && nothing(&made) => decisions += 1,
                Err(refused) => return (decisions, Some(different("the identity", "an answer".to_owned(), format!("{refused:?}")))),
            }
        }
    }
    let (read, difference) = compare_prepared(case, model, benches, users, &mut random);
    let difference = difference.or_else(|| compare_forbidden(case, model, benches, &mut random));
    (decisions + read, difference)
}

/// The role of the database that a user logs in as, where that tells who asks.
fn login_of(case: &Case, model: &Model, user: Option<&str>) -> Option<String> {
    let (users, login) = (&model.directory.users, model.identity.login.as_ref()?);
    let rows = case.world.rows(&users.table).iter();
    let named = |row: &&Row| row.get(users.key.as_str()).and_then(Value::key).as_deref() == user;
    rows.filter(named).find_map(|row| row.get(login.as_str()).and_then(Value::key))
}

/// Combinations that may not be, and a change of the people that may make one.
fn compare_forbidden(case: &Case, model: &Model, benches: &mut [&mut Bench], random: &mut Random) -> Option<Difference> {
    let told: BTreeSet<(Option<String>, String)> = forbidden(model, &case.world).into_iter().map(told).collect();
    let (changed, sql) = people_changed(case, random);
    let still = forbidden(model, &changed).is_empty();
    for bench in benches.iter_mut() {
        let target = bench.target;
        let different =
            |sql: &str, expected: String, got: String| Some(Difference { target, user: None, sql: sql.to_owned(), expected, got });
        let got = bench.violations().map(|all| all.into_iter().map(|(user, message)| (user, without_role(&message))).collect());
        if got.as_ref() != Ok(&told) {
            return different("SELECT user_key, message FROM crm_access_rules.violations()", format!("{told:?}"), format!("{got:?}"));
        }
        if told.is_empty() {
            let got = bench.takes(&sql);
            if got != Ok(still) {
                return different(&sql, format!("taken: {still}"), format!("{got:?}"));
            }
        }
    }
    None
}

/// What the database says of it, but for the role.
fn told(forbidden: Forbidden) -> (Option<String>, String) {
    let null = |text: Option<String>| text.unwrap_or_default();
    match forbidden {
        Forbidden::Exempt(user, restriction) => {
            let message = format!("user {user} can't have the restriction \"{restriction}\"");
            (Some(user), message)
        }
        Forbidden::Leader(user, restriction) => {
            let message = format!("user {user} leads a team or department and can't have the restriction \"{restriction}\"");
            (Some(user), message)
        }
        Forbidden::Both(user, first, second) => {
            let message = format!("user {user} can't have the restrictions \"{first}\" and \"{second}\" at once");
            (Some(user), message)
        }
        Forbidden::Unknown(user, name) => {
            let message = format!("user {} has the unknown restriction \"{}\"", null(user.clone()), null(name));
            (user, message)
        }
    }
}

fn without_role(message: &str) -> String {
    let message = message.strip_suffix(" without confirmation").unwrap_or(message);
    match (message.find(" has the role \""), message.find(" and can't have the restriction")) {
        (Some(from), Some(to)) if from < to => format!("{} {}", &message[..from], &message[to + " and ".len()..]),
        _ => message.to_owned(),
    }
}

/// The data after a change of one value in a table of people, and the statement that makes it.
fn people_changed(case: &Case, random: &mut Random) -> (World, String) {
    let mut changed = case.world.clone();
    let people = |table: &TableName| !table.name.starts_with(['e', 'o', 'l']);
    let tables: Vec<&TableName> =
        changed.tables.iter().filter(|(table, rows)| people(table) && !rows.is_empty()).map(|(table, _)| table).collect();
    if tables.is_empty() {
        return (changed, "SELECT".to_owned());
    }
    let table = (*random.pick(&tables)).clone();
    let columns = columns(&table.name);
    let (column, kind) = columns[random.between(usize::from(columns[0].0 == "id"), columns.len() - 1)];
    let new = value(random, case.flavor(), kind);
    let rows = changed.tables.entry(table.clone()).or_default();
    let at = random.below(rows.len());
    let row = rows[at].clone();
    let same = |other: &Row| columns.iter().all(|(name, _)| other.get(*name) == row.get(*name));
    rows.iter_mut().filter(|other| same(other)).for_each(|row| drop(row.insert(column.to_owned(), new.clone())));
    let conditions: Vec<String> = columns
        .iter()
        .map(|(name, _)| format!("{} IS NOT DISTINCT FROM {}", quoted(name), literal(row.get(*name).unwrap_or(&Value::Null))))
        .collect();
    let table = table_sql(case.flavor(), &table.name);
    (changed, format!("UPDATE {table} SET {} = {} WHERE {}", quoted(column), literal(&new), conditions.join(" AND ")))
}

/// One prepared statement for many identities.
fn compare_prepared(
    case: &Case,
    model: &Model,
    benches: &mut [&mut Bench],
    users: &[Option<String>],
    random: &mut Random,
) -> (u64, Option<Difference>) {
    let mut decisions = 0;
    let entity = random.pick(&model.entities);
    for bench in benches.iter_mut() {
        let all = bench.prepared_reads(case.flavor(), &entity.table.name, users).map_err(|refused: Refused| format!("{refused:?}"));
        for (at, user) in users.iter().enumerate() {
            let judge = Judge::new(model, &case.world, user.as_deref());
            let rows = case.world.rows(&entity.table);
            let seen = crm_access::decide::select(&judge, entity);
            let mut expected: Vec<String> = seen.iter().map(|place| rows[*place]["id"].to_string()).collect();
            expected.sort();
            let got = all.as_ref().map(|all| all[at].clone());
            if got != Ok(expected.clone()) {
                let sql = format!("SELECT id::text FROM {}, prepared once", table_sql(case.flavor(), &entity.table.name));
                let (expected, got) = (format!("{expected:?}"), format!("{got:?}"));
                return (decisions, Some(Difference { target: bench.target, user: user.clone(), sql, expected, got }));
            }
            // Three ways to read, after another user and after nobody.
            decisions += 4 * rows.len() as u64;
        }
    }
    for bench in benches.iter_mut() {
        let all = bench.copies(case.flavor(), &entity.table.name, users);
        for (at, user) in users.iter().enumerate() {
            let judge = Judge::new(model, &case.world, user.as_deref());
            let rows = case.world.rows(&entity.table);
            // Without the extension who may read may copy.
            let outcome = match bench.target {
                Target::Extension => export(&judge, entity),
                Target::Portable => Outcome::Rows(crm_access::decide::select(&judge, entity)),
            };
            let expected = keys_of(rows, &outcome);
            let got = all.as_ref().map(|all| all[at].clone());
            let refused_as_such = judge.is_nobody() && got == Ok(Some(Vec::new()));
            if got != Ok(expected.clone()) && !refused_as_such {
                let sql = format!("COPY {} (id) TO STDOUT", table_sql(case.flavor(), &entity.table.name));
                let (expected, got) = (format!("{expected:?}"), format!("{got:?}"));
                return (decisions, Some(Difference { target: bench.target, user: user.clone(), sql, expected, got }));
            }
            decisions += rows.len() as u64;
        }
    }
    let noted = |row: &Row| {
        let mut row = row.clone();
        row.insert("note".to_owned(), Value::Text("written".to_owned()));
        Some(row)
    };
    for bench in benches.iter_mut() {
        let all = bench.prepared_writes(case.flavor(), &entity.table.name, users);
        for (at, user) in users.iter().enumerate() {
            let judge = Judge::new(model, &case.world, user.as_deref());
            let rows = case.world.rows(&entity.table);
            let expected = keys_of(rows, &update(&judge, entity, &noted, Reads(true)));
            let got = all.as_ref().map(|all| all[at].clone());
            if got != Ok(expected.clone()) {
                let sql = format!("UPDATE {} SET note = 'written' RETURNING id::text", table_sql(case.flavor(), &entity.table.name));
                let (expected, got) = (format!("{expected:?}"), format!("{got:?}"));
                return (decisions, Some(Difference { target: bench.target, user: user.clone(), sql, expected, got }));
            }
            decisions += 2 * rows.len() as u64;
        }
    }
    (decisions, None)
}

/// The keys of rows, sorted; `None` where the command is refused.
fn keys_of(rows: &[Row], outcome: &Outcome) -> Option<Vec<String>> {
    let Outcome::Rows(places) = outcome else { return None };
    let mut keys: Vec<String> = places.iter().map(|place| rows[*place]["id"].to_string()).collect();
    keys.sort();
    Some(keys)
}

/// Whether nothing is allowed.
fn nothing(checks: &[Check]) -> bool {
    checks.iter().all(|check| match &check.expected {
        Expected::Keys(keys) => keys.iter().all(|key| key.is_empty() || key == "0"),
        Expected::Count(count) => *count == 0,
        Expected::Refused => true,
        Expected::Duplicate => false,
    })
}
