//! Changes of people and of what they are given: each goes through exactly where the rules allow what comes of it (T9, T10, T12).

use std::collections::BTreeMap;

use crm_access::decide::{Row, Value, World};
use crm_access::model::{Assigned, RestrictionName, RoleName, Subject, TableName};
use crm_access::render::{Plain, Quoting};

use crate::bench::{Asker, Bench, Check, place, store};
use crate::cells::Cell;
use crate::combinations::{combines, forbidden};
use crate::data::{Pools, pools, row, same_place, some_period, some_subjects};
use crate::given::Given;
use crate::random::Random;
use crate::schema::{Column, Table, fresh_key, literal, people};

/// Changes of each column, and rows that are added to and taken from each table.
const CHANGES: usize = 12;
/// How many go together.
const TOGETHER: usize = 12;
/// Worlds in which restrictions are given in other ways, from which a change may lead to what may not be.
const WORLDS: usize = 40;
/// Changes of one column, or additions to one table, that lead there.
const FORBIDDEN: usize = 3;

/// Cells of changes by who administers people, and of what is stored.
pub fn cells(bench: &Bench, seed: u64) -> Vec<Cell> {
    let mut random = Random::new(seed);
    let pools = pools(&bench.model, &bench.schema, &bench.world);
    let mut all = Vec::new();
    for name in people(&bench.model) {
        let table = &bench.schema[&name];
        let mut made = Vec::new();
        for column in &table.columns {
            made.extend(changing(&bench.world, &mut random, &pools, table, column));
        }
        for number in 0..CHANGES {
            let rows = bench.world.rows(&name);
            made.push(adding(&bench.world, &mut random, &pools, table, number));
            if !rows.is_empty() {
                let gone = random.pick(rows).clone();
                let mut after = bench.world.clone();
                let count = retain(&mut after, &name, &gone);
                made.push(Change { sql: format!("DELETE FROM {} WHERE {}", table.sql(), is(table, &gone)), count, after });
            }
        }
        let checks = made.into_iter().map(|change| judged(bench, &bench.world, change)).collect();
        all.extend(together(Asker::Role("crm_owner".to_owned()), checks));
    }
    let stored = stored(bench, &mut random).into_iter().chain(renamed(bench)).collect();
    all.extend(together(Asker::Role("postgres".to_owned()), stored));
    all.extend(leading_to_forbidden(bench, &pools));
    all
}

/// Changes through each table of people, and each of its columns, that make what may not be out of what may.
fn leading_to_forbidden(bench: &Bench, pools: &Pools) -> Vec<Cell> {
    let (model, mut random) = (&bench.model, Random::new(12));
    if !combines(model) {
        return Vec::new();
    }
    let mut found: BTreeMap<(&TableName, Option<&String>), usize> = BTreeMap::new();
    let mut all = Vec::new();
    let tables = people(model);
    for _ in 0..WORLDS {
        let given = restricted(bench, &mut random);
        let mut checks = Vec::new();
        for name in &tables {
            let table = &bench.schema[name];
            for column in table.columns.iter().map(Some).chain([None]) {
                let so_far = found.entry((name, column.map(|column| &column.name))).or_default();
                if *so_far >= FORBIDDEN {
                    continue;
                }
                let made = match column {
                    Some(column) => changing(&given.world, &mut random, pools, table, column),
                    None => (0..CHANGES).map(|number| adding(&given.world, &mut random, pools, table, number)).collect(),
                };
                let judged = made.into_iter().map(|change| judged(bench, &given.world, change));
                if let Some(check) = judged.into_iter().find(|check| check.expected == "forbidden") {
                    *so_far += 1;
                    checks.push(check);
                }
            }
        }
        let before = format!("{} SELECT crm_access_rules.assert_consistent();", given.before());
        let cells = together(Asker::Role("crm_owner".to_owned()), checks).into_iter();
        all.extend(cells.map(|cell| Cell { before: before.clone(), ..cell }));
    }
    all
}

/// A world in which teams, departments and the like are restricted that were not, as far as that may be.
fn restricted(bench: &Bench, random: &mut Random) -> Given {
    let (model, mut given) = (&bench.model, Given::as_it_is(bench));
    if !model.assignments.stored {
        return given;
    }
    for _ in 0..2 {
        for to in some_subjects(random, model, &bench.world) {
            for restriction in &model.restrictions {
                let mut other = given.clone();
                other.restriction(&to, &restriction.name, random.chance(50));
                let taken = given.world.stored_restrictions.iter().any(|given| same_place(&given.to, &to));
                if !taken && random.chance(50) && forbidden(model, &other.world, Some(&bench.world)).is_empty() {
                    given = other;
                }
            }
        }
    }
    given
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

/// A statement, how many rows it is about, and what comes of it.
struct Change {
    sql: String,
    count: usize,
    after: World,
}

fn judged(bench: &Bench, before: &World, change: Change) -> Check {
    let sound = forbidden(&bench.model, &change.after, Some(before)).is_empty();
    Check { sql: change.sql, expected: if sound { format!("rows {}", change.count) } else { "forbidden".to_owned() } }
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

/// A new row.
fn adding(world: &World, random: &mut Random, pools: &Pools, table: &Table, number: usize) -> Change {
    let key = table.key.as_ref().map(|key| fresh_key(table.kind(key), 700 + number));
    let new = row(random, table, pools, world.rows(&table.name), key);
    let mut after = world.clone();
    after.tables.entry(table.name.clone()).or_default().push(new.clone());
    Change { sql: format!("INSERT INTO {} {}", table.sql(), table.values(&[new])), count: 1, after }
}

/// Changes of one column, each of one row.
fn changing(world: &World, random: &mut Random, pools: &Pools, table: &Table, column: &Column) -> Vec<Change> {
    // Someone or something may come to be what is named already.
    let is_key = table.key.as_ref() == Some(&column.name);
    let key = || is_key.then(|| vec![fresh_key(column.kind, 900), fresh_key(column.kind, 901)]);
    let values = pools.get(&(table.name.clone(), column.name.clone())).cloned().or_else(key).unwrap_or_default();
    let rows = world.rows(&table.name);
    if rows.is_empty() || values.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for _ in 0..CHANGES {
        let old = random.pick(rows).clone();
        let value = if random.chance(15) && !is_key { Value::Null } else { random.pick(&values).clone() };
        let mut after = world.clone();
        let mut count = 0;
        for row in after.tables.entry(table.name.clone()).or_default().iter_mut().filter(|row| **row == old) {
            row.insert(column.name.clone(), value.clone());
            count += 1;
        }
        let set = format!("{} = {}", Plain.identifier(&column.name), literal(&value));
        all.push(Change { sql: format!("UPDATE {} SET {set} WHERE {}", table.sql(), is(table, &old)), count, after });
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
    let everyone = Subject::Everyone;
    for _ in 0..3 {
        for to in some_subjects(random, model, world).into_iter().chain([everyone.clone()]) {
            for role in &model.roles {
                let (mut after, period) = (world.clone(), some_period(random, world.now));
                after.stored_roles.push(Assigned { what: role.name.clone(), to: to.clone(), confirmed: false, period, channel: None });
                let there = world.stored_roles.iter().any(|given| given.what == role.name && same_place(&given.to, &to));
                checks.push(judged(
                    bench,
                    world,
                    Change { sql: store("role", role.name.as_str(), &to, false, period), count: usize::from(!there), after },
                ));
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
                checks.push(judged(
                    bench,
                    world,
                    Change { sql: store("restriction", restriction.name.as_str(), &to, confirmed, period), count: 1, after },
                ));
            }
        }
    }
    checks
}

/// What is stored comes to be another role or restriction, or confirmed or no longer so.
fn renamed(bench: &Bench) -> Vec<Check> {
    let (model, world) = (&bench.model, &bench.world);
    if !model.assignments.stored {
        return Vec::new();
    }
    let one = |kind: &str, name: &str, to: &Subject| {
        let (subject, key, _) = place(to);
        let (name, key) = (Plain.literal(name), Plain.literal(key));
        format!("kind = '{kind}' AND name = {name} AND subject = '{subject}' AND subject_key = {key}")
    };
    let update = |set: String, which: String| format!("UPDATE crm_access.assignment SET {set} WHERE {which}");
    let mut all = Vec::new();
    for (at, given) in world.stored_roles.iter().enumerate() {
        let there = |name: &RoleName| world.stored_roles.iter().any(|other| other.what == *name && same_place(&other.to, &given.to));
        for role in model.roles.iter().filter(|role| !there(&role.name)) {
            let mut after = world.clone();
            after.stored_roles[at].what = role.name.clone();
            let set = format!("name = {}", Plain.literal(role.name.as_str()));
            all.push(Change { sql: update(set, one("role", given.what.as_str(), &given.to)), count: 1, after });
        }
    }
    for (at, given) in world.stored_restrictions.iter().enumerate() {
        let which = || one("restriction", given.what.as_str(), &given.to);
        let there =
            |name: &RestrictionName| world.stored_restrictions.iter().any(|other| other.what == *name && same_place(&other.to, &given.to));
        for restriction in model.restrictions.iter().filter(|restriction| !there(&restriction.name)) {
            let mut after = world.clone();
            after.stored_restrictions[at].what = restriction.name.clone();
            all.push(Change { sql: update(format!("name = {}", Plain.literal(restriction.name.as_str())), which()), count: 1, after });
        }
        let mut after = world.clone();
        after.stored_restrictions[at].confirmed = !given.confirmed;
        all.push(Change { sql: update(format!("confirmed = {}", !given.confirmed), which()), count: 1, after });
    }
    all.into_iter().map(|change| judged(bench, world, change)).collect()
}
