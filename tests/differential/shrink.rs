//! Making a failing case small, and writing it down as a script.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crm_access::program::Target;
use serde_json::Value as Json;

use crate::bench::{Bench, act_on_behalf_of, prepared, stored};
use crate::case::{Case, Difference, compare, model};
use crate::tables::{columns, create, row_sql, table_sql};

/// Makes a case smaller as long as some difference stays for that user and target.
pub fn shrink(case: Case, difference: Difference, bench: &mut Bench) -> (Case, Difference) {
    let until = Instant::now() + Duration::from_secs(60);
    let users = [difference.user.clone()];
    let (mut case, mut difference) = (case, difference);
    let mut standing: Option<String> = None;
    let mut still = |smaller: &Case| -> Option<Difference> {
        let text = smaller.text();
        let model = model(&text).ok()?;
        if standing.as_ref() != Some(&text) {
            standing = None;
            bench.apply(&text).ok()?;
            standing = Some(text);
        }
        compare(smaller, &model, &mut [&mut *bench], &users).1.filter(|found| !found.got.contains("Err("))
    };
    // Data go first, since the configuration can stand meanwhile.
    let ways: [fn(&Case) -> Vec<Case>; 2] = [smaller_data, smaller_configurations];
    loop {
        let mut progress = false;
        for way in ways {
            let mut at = 0;
            let mut all = way(&case);
            while at < all.len() {
                if Instant::now() > until {
                    return (case, difference);
                }
                let smaller = all[at].clone();
                match still(&smaller) {
                    // What stood before this place was needed and is tried again in the next round.
                    Some(found) => {
                        (case, difference, progress) = (smaller, found, true);
                        all = way(&case);
                    }
                    None => at += 1,
                }
            }
        }
        if !progress {
            return (case, difference);
        }
    }
}

/// The same with fewer rows: whole tables first, then single rows.
fn smaller_data(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let protected = |table: &str| table.starts_with(['e', 'l', 'o']);
    for (table, rows) in &case.world.tables {
        // An entity without rows can't be asked about.
        let least = usize::from(protected(&table.name));
        if rows.len() > least {
            let mut smaller = case.clone();
            smaller.world.tables.entry(table.clone()).or_default().truncate(least);
            all.push(smaller);
        }
    }
    for (table, rows) in &case.world.tables {
        for at in (0..rows.len()).filter(|_| rows.len() > usize::from(protected(&table.name)) + 1) {
            let mut smaller = case.clone();
            smaller.world.tables.entry(table.clone()).or_default().remove(at);
            all.push(smaller);
        }
    }
    for at in 0..case.world.stored_roles.len() {
        let mut smaller = case.clone();
        smaller.world.stored_roles.remove(at);
        all.push(smaller);
    }
    for at in 0..case.world.delegations.len() {
        let mut smaller = case.clone();
        smaller.world.delegations.remove(at);
        all.push(smaller);
    }
    for at in 0..case.world.shares.len() {
        let mut smaller = case.clone();
        smaller.world.shares.remove(at);
        all.push(smaller);
    }
    for at in 0..case.world.stored_restrictions.len() {
        let mut smaller = case.clone();
        smaller.world.stored_restrictions.remove(at);
        all.push(smaller);
    }
    all
}

/// The same with a part of the configuration left out, large parts first.
fn smaller_configurations(case: &Case) -> Vec<Case> {
    let mut paths = Vec::new();
    gather(&case.configuration, &mut Vec::new(), &mut paths);
    paths.sort_by_key(Vec::len);
    let mut all = Vec::new();
    for path in paths {
        let mut smaller = case.clone();
        if remove(&mut smaller.configuration, &path) {
            all.push(smaller);
        }
    }
    all
}

#[derive(Clone)]
enum Step {
    Key(String),
    Place(usize),
}

fn gather(value: &Json, here: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
    let inner: Vec<(Step, &Json)> = match value {
        Json::Object(map) => map.iter().map(|(key, value)| (Step::Key(key.clone()), value)).collect(),
        Json::Array(list) => list.iter().enumerate().map(|(at, value)| (Step::Place(at), value)).collect(),
        _ => Vec::new(),
    };
    for (step, value) in inner {
        here.push(step);
        all.push(here.clone());
        gather(value, here, all);
        here.pop();
    }
}

fn remove(value: &mut Json, path: &[Step]) -> bool {
    match (path, value) {
        ([Step::Key(key)], Json::Object(map)) => map.shift_remove(key).is_some(),
        ([Step::Place(at)], Json::Array(list)) => {
            list.remove(*at);
            true
        }
        ([Step::Key(key), rest @ ..], Json::Object(map)) => map.get_mut(key).is_some_and(|value| remove(value, rest)),
        ([Step::Place(at), rest @ ..], Json::Array(list)) => list.get_mut(*at).is_some_and(|value| remove(value, rest)),
        _ => false,
    }
}

/// A script for psql that shows a difference, with all that it needs.
pub fn script(case: &Case, difference: &Difference, bench: &Bench) -> String {
    let flavor = case.flavor();
    let mut out = format!(
        "-- Expected: {}\n-- Got:      {}\n-- User: {:?}, {} target.\n\n",
        difference.expected,
        difference.got,
        difference.user,
        difference.target.name()
    );
    for role in ["crm_app NOLOGIN", "crm_backend LOGIN IN ROLE crm_app"] {
        out.push_str(&format!("DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n"));
    }
    out.push_str(&create(flavor));
    for (table, rows) in case.world.tables.iter().filter(|(_, rows)| !rows.is_empty()) {
        let rows: Vec<String> = rows.iter().map(|row| row_sql(columns(&table.name), row)).collect();
        out.push_str(&format!("INSERT INTO {} VALUES {};\n", table_sql(flavor, &table.name), rows.join(", ")));
    }
    out.push_str(&format!("\n/* The configuration:\n{}\n*/\n", case.text()));
    match difference.target {
        Target::Extension => out
            .push_str(&format!("CREATE EXTENSION crm_access;\nSELECT crm_access.apply($configuration${}$configuration$);\n", case.text())),
        Target::Portable => {
            if let Ok((source, made)) = prepared(&case.text(), Target::Portable) {
                let last = crm_access::apply::end_statement(&source, &made).unwrap_or_default();
                out.push_str(&made.script.text(&last));
            }
        }
    }
    out.push_str(&stored(&case.world));
    out.push_str("SET ROLE crm_backend;\nBEGIN;\n");
    if let Some(user) = &difference.user {
        out.push_str(&format!("{};\n", bench.identity(user)));
        if let Some(other) = case.on_behalf_of(Some(user)) {
            out.push_str(&format!("{};\n", act_on_behalf_of(&other)));
        }
    }
    out.push_str(&format!("{};\nROLLBACK;\n", difference.sql));
    out
}

/// Writes the script beside what cargo builds.
pub fn write(script: &str, name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = directory.join(name);
    std::fs::write(&path, script).expect("a file can be written");
    path
}
