//! Changes of people and of what they are given: each goes through exactly where the rules allow what comes of it (T9, T10, T12).

use crm_access::decide::{Row, Value, World};
use crm_access::model::{Assigned, TableName};
use crm_access::render::{Plain, Quoting};

use crate::bench::{Asker, Bench, Check, store};
use crate::cells::Cell;
use crate::combinations::forbidden;
use crate::data::{Pools, pools, row, same_place, some_period, some_subjects};
use crate::random::Random;
use crate::schema::{Table, fresh_key, literal, people};

/// Changes of each column, and rows that are added to and taken from each table.
const CHANGES: usize = 12;
/// How many go together.
const TOGETHER: usize = 12;

/// Cells of changes by who administers people, and of what is stored.
pub fn cells(bench: &Bench, seed: u64) -> Vec<Cell> {
    let mut random = Random::new(seed);
    let pools = pools(&bench.model, &bench.schema, &bench.world);
    let mut all = Vec::new();
    for name in people(&bench.model) {
        let table = &bench.schema[&name];
        let mut checks = Vec::new();
        let mut push = |(sql, count, after): (String, usize, World)| checks.push(judged(bench, sql, count, &after));
        changing(bench, &mut random, &pools, table).into_iter().for_each(&mut push);
        for number in 0..CHANGES {
            let rows = bench.world.rows(&name);
            let key = table.key.as_ref().map(|key| fresh_key(table.kind(key), 700 + number));
            let new = row(&mut random, table, &pools, rows, key);
            let mut after = bench.world.clone();
            after.tables.entry(name.clone()).or_default().push(new.clone());
            push((format!("INSERT INTO {} {}", table.sql(), table.values(&[new])), 1, after));
            if !rows.is_empty() {
                let gone = random.pick(rows).clone();
                let mut after = bench.world.clone();
                let count = retain(&mut after, &name, &gone);
                push((format!("DELETE FROM {} WHERE {}", table.sql(), is(table, &gone)), count, after));
            }
        }
        all.extend(together(Asker::Role("crm_owner".to_owned()), checks));
    }
    let stored = stored(bench, &mut random);
    all.extend(together(Asker::Role("postgres".to_owned()), stored));
    all
}

fn together(asker: Asker, checks: Vec<Check>) -> Vec<Cell> {
    let cell = |checks: &[Check]| Cell {
        asker: asker.clone(),
        known: true,
        before: String::new(),
        table: None,
        kind: "people",
        checks: checks.to_vec(),
    };
    checks.chunks(TOGETHER).map(cell).collect()
}

fn judged(bench: &Bench, sql: String, count: usize, after: &World) -> Check {
    let sound = forbidden(&bench.model, after, Some(&bench.world)).is_empty();
    Check { sql, expected: if sound { format!("rows {count}") } else { "forbidden".to_owned() } }
}

/// The condition that a row is exactly this one.
fn is(table: &Table, row: &Row) -> String {
    let each = table.columns.iter().map(|column| {
        let value = row.get(&column.name).unwrap_or(&Value::Null);
        let name = Plain.identifier(&column.name);
        if *value == Value::Null { format!("{name} IS NULL") } else { format!("{name} = {}", literal(value)) }
    });
    each.collect::<Vec<_>>().join(" AND ")
}

fn retain(world: &mut World, table: &TableName, gone: &Row) -> usize {
    let rows = world.tables.entry(table.clone()).or_default();
    let before = rows.len();
    rows.retain(|row| row != gone);
    before - rows.len()
}

/// Changes of one column of one row.
fn changing(bench: &Bench, random: &mut Random, pools: &Pools, table: &Table) -> Vec<(String, usize, World)> {
    let mut all = Vec::new();
    for column in &table.columns {
        // Someone or something may come to be what is named already.
        let key = || {
            table.key.as_ref().filter(|key| **key == column.name).map(|_| vec![fresh_key(column.kind, 900), fresh_key(column.kind, 901)])
        };
        let Some(values) = &pools.get(&(table.name.clone(), column.name.clone())).cloned().or_else(key) else { continue };
        for _ in 0..CHANGES {
            let rows = bench.world.rows(&table.name);
            if rows.is_empty() || values.is_empty() {
                continue;
            }
            let (old, value) = (
                random.pick(rows).clone(),
                if random.chance(15) && table.key.as_ref() != Some(&column.name) { Value::Null } else { random.pick(values).clone() },
            );
            let mut after = bench.world.clone();
            let mut count = 0;
            for row in after.tables.entry(table.name.clone()).or_default().iter_mut().filter(|row| **row == old) {
                row.insert(column.name.clone(), value.clone());
                count += 1;
            }
            let sql =
                format!("UPDATE {} SET {} = {} WHERE {}", table.sql(), Plain.identifier(&column.name), literal(&value), is(table, &old));
            all.push((sql, count, after));
        }
    }
    all
}

/// What is given and taken in the database's own store.
fn stored(bench: &Bench, random: &mut Random) -> Vec<Check> {
    let (model, world) = (&bench.model, &bench.world);
    if !model.assignments.stored {
        return Vec::new();
    }
    let mut checks = Vec::new();
    let everyone = crm_access::model::Subject::Everyone;
    for _ in 0..3 {
        for to in some_subjects(random, model, world).into_iter().chain([everyone.clone()]) {
            for role in &model.roles {
                let (mut after, period) = (world.clone(), some_period(random, world.now));
                after.stored_roles.push(Assigned { what: role.name.clone(), to: to.clone(), confirmed: false, period, channel: None });
                let there = world.stored_roles.iter().any(|given| given.what == role.name && same_place(&given.to, &to));
                checks.push(judged(bench, store("role", role.name.as_str(), &to, false, period), usize::from(!there), &after));
            }
            for restriction in &model.restrictions {
                let confirmed = random.chance(50);
                if world.stored_restrictions.iter().any(|given| given.what == restriction.name && same_place(&given.to, &to)) {
                    continue;
                }
                let (mut after, period) = (world.clone(), some_period(random, world.now));
                after.stored_restrictions.push(Assigned {
                    what: restriction.name.clone(),
                    to: to.clone(),
                    confirmed,
                    period,
                    channel: None,
                });
                checks.push(judged(bench, store("restriction", restriction.name.as_str(), &to, confirmed, period), 1, &after));
            }
        }
    }
    checks
}
