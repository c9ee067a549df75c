//! Data that tell a broken rule from a whole one: a few rows of the preset's own, and random ones with nulls, links that lead nowhere, a
//! circle among the departments, inactive people and people without a role.

use std::collections::{BTreeMap, BTreeSet};

use crm_access::decide::{Row, Value, World};
use crm_access::model::{
    Assigned, CircleKind, ColumnName, EntityName, Link, Members, Model, Owners, Period, Promotion, Scope, Subject, TableName,
};
use crm_access::predicate::{Operand, Predicate};
use jiff::Timestamp;

use crate::cells::is_known;
use crate::combinations::forbidden;
use crate::random::Random;
use crate::schema::{Kind, Schema, Table, fresh_key, people, read_as};

/// Rows that are added to a table of records; half as many to others.
const ADDED: usize = 20;
/// Keys of records that do not exist, which links and new rows use.
pub const ABSENT: usize = 6;

/// What columns may hold.
pub type Pools = BTreeMap<(TableName, String), Vec<Value>>;

/// What each column that decides something may hold, nulls apart.
pub fn pools(model: &Model, schema: &Schema, world: &World) -> Pools {
    let mut pools = Pools::new();
    let keys = |table: &TableName, key: &ColumnName, absent: usize| {
        let kind = schema[table].kind(key.as_str());
        let there = world.rows(table).iter().filter_map(|row| row.get(key.as_str()).cloned());
        there.chain((0..absent).map(|number| fresh_key(kind, 900 + number))).collect::<Vec<Value>>()
    };
    let mut put = |table: &TableName, column: &ColumnName, values: Vec<Value>| {
        pools.insert((table.clone(), column.to_string()), values);
    };
    let directory = &model.directory;
    let users = keys(&directory.users.table, &directory.users.key, 1);
    let flags = || vec![Value::Bool(false), Value::Bool(false), Value::Bool(true)];
    if let Some(active) = &directory.users.active {
        put(&directory.users.table, active, vec![Value::Bool(true), Value::Bool(true), Value::Bool(true), Value::Bool(false)]);
    }
    let departments = directory.departments.iter().flat_map(|all| keys(&all.table, &all.key, 1)).collect::<Vec<Value>>();
    if let Some(all) = &directory.departments {
        all.parent.iter().for_each(|parent| put(&all.table, parent, departments.clone()));
        all.head.iter().for_each(|head| put(&all.table, head, users.clone()));
        match &all.members {
            Members::Column(column) => put(&directory.users.table, column, departments.clone()),
            Members::Table(members) => {
                put(&members.table, &members.of, departments.clone());
                put(&members.table, &members.user, users.clone());
            }
        }
    }
    for circle in &directory.circles {
        circle.leader.iter().for_each(|leader| put(&circle.table, leader, users.clone()));
        put(&circle.members.table, &circle.members.of, keys(&circle.table, &circle.key, 1));
        put(&circle.members.table, &circle.members.user, users.clone());
    }
    let text = |text: &str| Value::Text(text.to_owned());
    let given = &model.assignments;
    for table in &given.role_tables {
        let names = model.roles.iter().map(|role| text(role.name.as_str())).chain([text("nothing")]).collect();
        put(&table.table, &table.name, names);
        if table.table != directory.users.table {
            put(&table.table, &table.user, users.clone());
        }
    }
    for table in &given.restriction_tables {
        put(&table.table, &table.name, model.restrictions.iter().map(|restriction| text(restriction.name.as_str())).collect());
        table.confirmed.iter().for_each(|confirmed| put(&table.table, confirmed, flags()));
        if table.table != directory.users.table {
            put(&table.table, &table.user, users.clone());
        }
    }
    for table in given.role_tables.iter().chain(&given.restriction_tables) {
        // Far from now, so that no test depends on its speed.
        let times = [-3, 3].map(|days| Value::Time((world.now / 1_000_000 + days * 86_400) * 1_000_000));
        table.from.iter().chain(&table.until).for_each(|column| put(&table.table, column, times.to_vec()));
    }
    given.role_flags.iter().for_each(|flag| put(&directory.users.table, &flag.column, flags()));
    for flag in &given.restriction_flags {
        put(&directory.users.table, &flag.column, flags());
        flag.confirmed.iter().for_each(|confirmed| put(&directory.users.table, confirmed, flags()));
    }
    directory.users.manager.iter().for_each(|manager| put(&directory.users.table, manager, users.clone()));
    for (attribute, _) in &directory.users.attributes {
        put(&directory.users.table, attribute, distinct(world, &directory.users.table, attribute.as_str()));
    }
    for entity in &model.entities {
        let table = &entity.table;
        for people in [&entity.owners, &entity.observers] {
            match people {
                Owners::None => {}
                Owners::Columns(columns) => columns.iter().for_each(|column| put(table, column, users.clone())),
                Owners::Table(join) => {
                    put(&join.table, &join.left, keys(table, &entity.key, ABSENT));
                    put(&join.table, &join.right, users.clone());
                }
            }
        }
        entity.creator.iter().for_each(|column| put(table, column, users.clone()));
        entity.department.iter().for_each(|column| put(table, column, departments.clone()));
        entity.open.iter().for_each(|column| put(table, column, flags()));
        for (column, kind) in [(&entity.team, CircleKind::Team), (&entity.territory, CircleKind::Territory)] {
            if let (Some(column), Some(circle)) = (column, directory.circle(kind)) {
                put(table, column, keys(&circle.table, &circle.key, 0));
            }
        }
        if let Some(column) = &entity.stage {
            let mut stages = distinct(world, table, column.as_str());
            stages.extend(stages_of(model, &entity.name).into_iter().map(|stage| text(&stage)));
            put(table, column, stages);
        }
        for parent in &entity.parents {
            let Some(above) = model.entity(&parent.entity) else { continue };
            match &parent.link {
                Link::Column(column) => put(table, column, keys(&above.table, &above.key, ABSENT)),
                Link::Table(join, _) => {
                    put(&join.table, &join.left, keys(table, &entity.key, ABSENT));
                    put(&join.table, &join.right, keys(&above.table, &above.key, ABSENT));
                }
            }
        }
    }
    for entity in &model.entities {
        for (column, near) in compared(model, &entity.name) {
            let place = (entity.table.clone(), column.clone());
            let kind = schema[&entity.table].kind(&column);
            let mut values = pools.remove(&place).unwrap_or_else(|| distinct(world, &entity.table, &column));
            values.extend(near.iter().filter_map(|text| read_as(kind, text)));
            values.extend(around_now(kind, world.now));
            for (attribute, _) in &directory.users.attributes {
                let kinds = (schema[&directory.users.table].kind(attribute.as_str()), kind);
                if kinds.0 == kinds.1 {
                    values.extend(distinct(world, &directory.users.table, attribute.as_str()));
                }
            }
            pools.insert(place, values);
        }
    }
    pools
}

/// Before and after now, which conditions on times compare with: some hours and some days, so that no test depends on its speed.
fn around_now(kind: Kind, now: i64) -> Vec<Value> {
    let day = 86_400_000_000;
    match kind {
        Kind::Time => [-3 * day, -day / 4, 3 * day].map(|away| Value::Time((now + away) / 1_000_000 * 1_000_000)).to_vec(),
        Kind::Date => [-3, 3].map(|days| Value::Date(now / day + days)).to_vec(),
        _ => Vec::new(),
    }
}

fn distinct(world: &World, table: &TableName, column: &str) -> Vec<Value> {
    let values: BTreeSet<Value> = world.rows(table).iter().filter_map(|row| row.get(column).cloned()).collect();
    values.into_iter().filter(|value| *value != Value::Null).take(6).collect()
}

/// All scopes of an entity, of roles and of restrictions.
fn scopes<'m>(model: &'m Model, entity: &EntityName) -> Vec<&'m Scope> {
    let grants = model.roles.iter().flat_map(|role| &role.grants).filter(|grant| grant.entity == *entity);
    let granted = grants.flat_map(|grant| grant.level.scopes.iter().chain(grant.level.stages.iter().flat_map(|stage| &stage.scopes)));
    let levels = model.restrictions.iter().filter_map(|restriction| restriction.level(entity));
    let shared = model.sharing.iter().filter(|rule| rule.entity == *entity).map(|rule| &rule.scope);
    granted.chain(levels.flat_map(|level| level.scopes.iter().flatten())).chain(shared).collect()
}

fn stages_of(model: &Model, entity: &EntityName) -> BTreeSet<String> {
    let grants = model.roles.iter().flat_map(|role| &role.grants).filter(|grant| grant.entity == *entity);
    grants.flat_map(|grant| grant.level.stages.iter().map(|stage| stage.stage.clone())).collect()
}

/// Columns in predicates of an entity but for its key, each with the constants of those predicates and what lies just beside them.
pub fn compared(model: &Model, entity: &EntityName) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for predicate in scopes(model, entity).into_iter().filter_map(|scope| scope.predicate.as_ref()) {
        let mut constants = BTreeSet::new();
        gather(predicate, &mut constants);
        let is_key = |column: &str| model.entity(entity).is_some_and(|entity| entity.key.as_str() == column);
        for (column, _) in predicate.columns().filter(|(column, _)| !is_key(column)) {
            all.entry(column.to_owned()).or_default().extend(constants.clone());
        }
    }
    all
}

/// What predicates compare a column with, and what lies just beside that.
pub fn near(model: &Model, table: &Table, entity: &EntityName, column: &str) -> Vec<Value> {
    let constants = compared(model, entity).remove(column).unwrap_or_default();
    constants.iter().filter_map(|text| read_as(table.kind(column), text)).collect()
}

fn gather(predicate: &Predicate, all: &mut BTreeSet<String>) {
    let mut operand = |operand: &Operand| match operand {
        Operand::Text(text) => {
            all.extend([text.clone(), text.to_uppercase(), format!("{text} x")]);
        }
        Operand::Number(digits) => {
            all.insert(digits.clone());
            all.extend(digits.parse::<i64>().iter().flat_map(|number| [(number - 1).to_string(), (number + 1).to_string()]));
        }
        _ => {}
    };
    match predicate {
        Predicate::Or(parts) | Predicate::And(parts) => parts.iter().for_each(|part| gather(part, all)),
        Predicate::Not(inner) => gather(inner, all),
        Predicate::Compare { left, right, .. } => [left, right].into_iter().for_each(operand),
        Predicate::In { list, .. } => list.iter().for_each(operand),
        Predicate::Between { low, high, .. } => [low, high].into_iter().for_each(operand),
        Predicate::StartsWith { prefix, .. } => operand(&Operand::Text(prefix.clone())),
        Predicate::IsNull { .. } | Predicate::IsTruth { .. } | Predicate::Truth(_) => {}
    }
}

/// A random row: what decides something at random, all else as in some row that is there.
pub fn row(random: &mut Random, table: &Table, pools: &Pools, there: &[Row], key: Option<Value>) -> Row {
    let mut row = if there.is_empty() { Row::new() } else { random.pick(there).clone() };
    for column in &table.columns {
        if let Some(values) = pools.get(&(table.name.clone(), column.name.clone())) {
            let value = if values.is_empty() || random.chance(20) { Value::Null } else { random.pick(values).clone() };
            row.insert(column.name.clone(), value);
        }
    }
    if let (Some(column), Some(key)) = (&table.key, key) {
        row.insert(column.clone(), key);
    }
    row
}

/// Adds random people and records to a world that is sound, and keeps it so.
pub fn grow(random: &mut Random, model: &Model, schema: &Schema, world: &mut World) {
    let keep = |world: &mut World, change: &dyn Fn(&mut World)| {
        let mut other = world.clone();
        change(&mut other);
        let sound = forbidden(model, &other, None).is_empty();
        if sound {
            *world = other;
        }
        sound
    };
    let people = people(model);
    // Who is to be a member must be there first.
    let mut order: Vec<&Table> = schema.values().collect();
    order.sort_by_key(|table| (!people.contains(&table.name), table.key.is_none(), table.name != model.directory.users.table));
    for table in order {
        let count = if people.contains(&table.name) { ADDED / 2 } else { ADDED };
        let pools = pools(model, schema, world);
        let there = world.rows(&table.name).to_vec();
        let mut new: Vec<Row> = (0..count)
            .map(|number| {
                let key = table.key.as_ref().map(|key| fresh_key(table.kind(key), number));
                row(random, table, &pools, &there, key)
            })
            .collect();
        loop {
            world.tables.insert(table.name.clone(), there.iter().chain(&new).cloned().collect());
            let wrong = if people.contains(&table.name) { forbidden(model, world, None) } else { BTreeSet::new() };
            if wrong.is_empty() {
                break;
            }
            // Whoever may not be like that is named by a new row.
            let named = |row: &Row| row.values().any(|value| value.key().is_some_and(|key| wrong.iter().any(|(user, _)| *user == key)));
            let before = new.len();
            new.retain(|row| !named(row));
            if new.len() == before {
                new.pop();
            }
        }
    }
    close_the_circle(random, model, world, &keep);
    store(random, model, world, &keep);
    promote(random, model, world, &keep);
}

/// Makes a change of the data unless that would be a combination that nobody may have; says whether it stands.
type Keep<'k> = &'k dyn Fn(&mut World, &dyn Fn(&mut World)) -> bool;

/// Some of the new departments lie below each other.
fn close_the_circle(random: &mut Random, model: &Model, world: &mut World, keep: Keep<'_>) {
    let Some((departments, parent)) = model.directory.departments.as_ref().and_then(|all| Some((all, all.parent.as_ref()?))) else {
        return;
    };
    let count = world.rows(&departments.table).len();
    let (first, second) = (random.between(count / 2, count - 2), count - 1);
    for (below, above) in [(first, second), (second, first)] {
        let key = world.rows(&departments.table)[above][departments.key.as_str()].clone();
        keep(world, &|world| {
            if let Some(row) = world.tables.get_mut(&departments.table).and_then(|rows| rows.get_mut(below)) {
                row.insert(parent.to_string(), key.clone());
            }
        });
    }
}

fn store(random: &mut Random, model: &Model, world: &mut World, keep: Keep<'_>) {
    if !model.assignments.stored {
        return;
    }
    let subjects: Vec<(usize, Subject)> =
        (0..4).flat_map(|round| some_subjects(random, model, world).into_iter().map(move |to| (round, to)).collect::<Vec<_>>()).collect();
    for (at, (round, to)) in subjects.iter().enumerate() {
        let what = model.roles[at % model.roles.len()].name.clone();
        if world.stored_roles.iter().any(|given| given.what == what && same_place(&given.to, to)) {
            continue;
        }
        let period = if round % 2 == 0 { Period::default() } else { some_period(random, world.now) };
        keep(world, &|world| {
            world.stored_roles.push(Assigned { what: what.clone(), to: to.clone(), confirmed: false, period, channel: None })
        });
    }
    for (at, to) in some_subjects(random, model, world).into_iter().enumerate() {
        let Some(restriction) = model.restrictions.get(at % model.restrictions.len().max(1)) else { return };
        let (what, confirmed) = (restriction.name.clone(), random.chance(50));
        if world.stored_restrictions.iter().any(|given| given.what == what && same_place(&given.to, &to)) {
            continue;
        }
        let period = some_period(random, world.now);
        keep(world, &|world| {
            world.stored_restrictions.push(Assigned { what: what.clone(), to: to.clone(), confirmed, period, channel: None })
        });
    }
}

/// For each restriction that a role lifts, and each such role, somebody has both.
fn promote(random: &mut Random, model: &Model, world: &mut World, keep: Keep<'_>) {
    let users = &model.directory.users;
    let keys: Vec<String> = world.rows(&users.table).iter().filter_map(|row| row.get(users.key.as_str())?.key()).collect();
    let lifted = model.restrictions.iter().filter(|restriction| model.assignments.stored && restriction.promotion == Promotion::Lift);
    for (restriction, role) in lifted.flat_map(|restriction| restriction.not_for.iter().map(move |role| (restriction, role))) {
        let first = random.below(keys.len().max(1));
        for key in keys.iter().cycle().skip(first).take(keys.len()) {
            let (to, period) = (Subject::User(key.clone()), Period::default());
            let has_something =
                world.stored_roles.iter().any(|given| given.to == to) || world.stored_restrictions.iter().any(|given| given.to == to);
            let given = |world: &mut World| {
                let (role, restriction, to) = (role.clone(), restriction.name.clone(), to.clone());
                world.stored_roles.push(Assigned { what: role, to: to.clone(), confirmed: false, period, channel: None });
                world.stored_restrictions.push(Assigned { what: restriction, to, confirmed: true, period, channel: None });
            };
            if !has_something && is_known(model, world, Some(key)) && keep(world, &given) {
                break;
            }
        }
    }
}

/// Mostly always, sometimes a span of time that is over, holds, or is still to come; far from now, so that no test depends on its speed.
pub fn some_period(random: &mut Random, now: i64) -> Period {
    let day = |days: i64| Timestamp::from_microsecond((now / 1_000_000 + days * 86_400) * 1_000_000).ok();
    match random.below(8) {
        0 => Period { from: None, until: day(-3) },
        1 => Period { from: day(3), until: None },
        2 => Period { from: day(-3), until: day(3) },
        3 => Period { from: day(-9), until: day(-3) },
        _ => Period::default(),
    }
}

/// Whether two subjects can't both be stored: a department with and without those below it is one.
pub fn same_place(one: &Subject, other: &Subject) -> bool {
    match (one, other) {
        (Subject::Department { key, .. }, Subject::Department { key: other, .. }) => key == other,
        _ => one == other,
    }
}

/// One subject of each kind, everyone apart: that would leave nobody without the role.
/// Now and then it is one that is not there, and may come to be.
pub fn some_subjects(random: &mut Random, model: &Model, world: &World) -> Vec<Subject> {
    let mut some = |table: &TableName, key: &ColumnName| {
        let rows = world.rows(table);
        if let (true, Some(Value::Int(_))) = (random.chance(30), rows.first().and_then(|row| row.get(key.as_str()))) {
            return fresh_key(Kind::Int, 900).key();
        }
        (!rows.is_empty()).then(|| random.pick(rows)[key.as_str()].to_string())
    };
    let directory = &model.directory;
    let mut all: Vec<Subject> = some(&directory.users.table, &directory.users.key).map(Subject::User).into_iter().collect();
    for circle in &directory.circles {
        all.extend(some(&circle.table, &circle.key).map(|key| Subject::Circle(circle.kind, key)));
    }
    for subdepartments in [false, true] {
        let department = directory.departments.as_ref().and_then(|all| some(&all.table, &all.key));
        all.extend(department.map(|key| Subject::Department { key, subdepartments }));
    }
    all
}
