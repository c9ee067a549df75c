//! Records each of which has at most one thing to do with a user: where several arms of a policy hold for the same record, none of them shows.

use std::collections::BTreeMap;

use crm_access::decide::{Row, Share, Value, World};
use crm_access::model::{ColumnName, Entity, Link, LinkTable, Owners, Period, ShareLevel, Subject, TableName};

use crate::bench::Bench;
use crate::combinations::People;
use crate::data::{Pools, compared, pools, row};
use crate::random::Random;
use crate::schema::fresh_key;

/// Records of an entity, and of one that has stages.
const RECORDS: usize = 64;
const STAGED: usize = 96;
/// Other users who own records.
const OTHERS: usize = 7;
/// Parents that records have, each nothing else.
const PARENTS: usize = 8;

/// What one record has to do with a user.
#[derive(Clone)]
enum Tie {
    Nothing,
    /// These columns hold these values.
    Columns(Vec<(ColumnName, Value)>),
    /// A user is joined to it.
    Joined(LinkTable, Value),
    Shared(ShareLevel),
    /// This column alone names a parent.
    Parent(ColumnName),
}

/// A world whose records are such, and what is shared in it.
pub fn apart(bench: &Bench, world: &World, random: &mut Random, user: &str) -> World {
    let users = &bench.model.directory.users;
    let is = |row: &&Row| row.get(users.key.as_str()).and_then(Value::key).as_deref() == Some(user);
    let Some(row_of_user) = world.rows(&users.table).iter().find(is) else { return world.clone() };
    let me = row_of_user[users.key.as_str()].clone();
    let mine: Vec<Value> = users.attributes.iter().filter_map(|(name, _)| row_of_user.get(name.as_str()).cloned()).collect();
    let mut made = world.clone();
    made.shares.clear();
    let mut joined: BTreeMap<TableName, Vec<Row>> = BTreeMap::new();
    for entity in &bench.model.entities {
        let (table, pools) = (&bench.schema[&entity.table], pools(&bench.model, &bench.schema, &made));
        let ties = ties(bench, world, &pools, random, entity, &me);
        let mut stages: Vec<Option<Value>> = vec![None];
        if let Some(column) = &entity.stage {
            let mut all = pools.get(&(entity.table.clone(), column.to_string())).cloned().unwrap_or_default();
            all.sort();
            all.dedup();
            stages = all.into_iter().map(Some).chain([Some(Value::Null)]).collect();
        }
        let mut wanted: Vec<(&Tie, &Option<Value>)> = ties.iter().flat_map(|tie| stages.iter().map(move |stage| (tie, stage))).collect();
        let count = if entity.stage.is_some() { STAGED } else { RECORDS };
        while wanted.len() > count {
            wanted.remove(random.below(wanted.len()));
        }
        // What decides besides differs among records that have the same to do with the user.
        let times = (RECORDS / 2).div_ceil(wanted.len().max(1));
        let there = world.rows(&entity.table);
        // Links lead to the keys that are there.
        let mut keys: Vec<Value> = there.iter().filter_map(|row| row.get(entity.key.as_str()).cloned()).collect();
        let kind = table.kind(entity.key.as_str());
        let missing = (wanted.len() * times).saturating_sub(keys.len());
        keys.extend((0..missing).map(|number| fresh_key(kind, 2000 + number)));
        let mut rows = Vec::new();
        for (tie, stage) in wanted.into_iter().cycle().take(keys.len()) {
            let key = keys.swap_remove(random.below(keys.len()));
            let mut new = row(random, table, &pools, there, None);
            new.insert(entity.key.to_string(), key.clone());
            strange(entity, table, &mut new);
            if let (Some(column), Some(stage)) = (&entity.stage, stage) {
                new.insert(column.to_string(), stage.clone());
            }
            for column in compared(&bench.model, &entity.name).into_keys() {
                let like = pools.get(&(entity.table.clone(), column.clone())).into_iter().flatten().filter(|value| mine.contains(value));
                if let Some(value) = like.cloned().collect::<Vec<Value>>().first().filter(|_| random.chance(60)) {
                    new.insert(column, value.clone());
                }
            }
            if !matches!(tie, Tie::Nothing | Tie::Parent(_)) && random.chance(60) {
                without_parents(entity, &mut new, None);
            }
            match tie {
                Tie::Nothing => {}
                Tie::Columns(values) => values.iter().for_each(|(column, value)| drop(new.insert(column.to_string(), value.clone()))),
                Tie::Joined(join, other) => {
                    let link = &bench.schema[&join.table];
                    let rows = joined.entry(join.table.clone()).or_default();
                    let fresh = link.key.as_ref().map(|name| fresh_key(link.kind(name), 3000 + rows.len()));
                    let mut new = row(random, link, &pools, world.rows(&join.table), fresh);
                    new.insert(join.left.to_string(), key.clone());
                    new.insert(join.right.to_string(), other.clone());
                    rows.push(new);
                }
                Tie::Shared(level) => made.shares.push(Share {
                    entity: entity.name.clone(),
                    record: key.key().unwrap_or_default(),
                    to: Subject::User(user.to_owned()),
                    level: *level,
                    period: Period::default(),
                    keep: true,
                    owners: Vec::new(),
                }),
                Tie::Parent(alone) => without_parents(entity, &mut new, Some(alone)),
            }
            rows.push(new);
        }
        made.tables.insert(entity.table.clone(), rows);
    }
    for (table, new) in joined {
        // Half of the links that are there stay, those first that stand for themselves.
        let rows = made.tables.entry(table).or_default();
        rows.truncate(RECORDS / 2);
        rows.extend(new);
    }
    made
}

/// Nobody who is there has something to do with it.
fn strange(entity: &Entity, table: &crate::schema::Table, row: &mut Row) {
    let mut put = |column: &ColumnName, value: Value| drop(row.insert(column.to_string(), value));
    let nobody = |column: &ColumnName| fresh_key(table.kind(column.as_str()), 900);
    if let Owners::Columns(columns) = &entity.owners {
        columns.iter().for_each(|column| put(column, nobody(column)));
    }
    if let Owners::Columns(columns) = &entity.observers {
        columns.iter().for_each(|column| put(column, Value::Null));
    }
    entity.creator.iter().for_each(|column| put(column, nobody(column)));
    [&entity.department, &entity.team, &entity.territory].into_iter().flatten().for_each(|column| put(column, Value::Null));
    entity.open.iter().for_each(|column| put(column, Value::Bool(false)));
}

/// Takes the parents that columns name, but for one of them.
fn without_parents(entity: &Entity, row: &mut Row, but: Option<&ColumnName>) {
    for parent in &entity.parents {
        if let Link::Column(column) = &parent.link
            && Some(column) != but
        {
            row.insert(column.to_string(), Value::Null);
        }
    }
}

fn ties(bench: &Bench, world: &World, pools: &Pools, random: &mut Random, entity: &Entity, me: &Value) -> Vec<Tie> {
    let users = &bench.model.directory.users;
    let others: Vec<Value> = {
        let all: Vec<Value> = world.rows(&users.table).iter().filter_map(|row| row.get(users.key.as_str()).cloned()).collect();
        (0..OTHERS).map(|_| random.pick(&all).clone()).collect()
    };
    let one = |column: &ColumnName, value: &Value| Tie::Columns(vec![(column.clone(), value.clone())]);
    let mut all = vec![Tie::Nothing];
    let unowned: Vec<(ColumnName, Value)> = match &entity.owners {
        Owners::Columns(columns) => columns.iter().map(|column| (column.clone(), Value::Null)).collect(),
        _ => Vec::new(),
    };
    match &entity.owners {
        Owners::None => {}
        Owners::Columns(columns) => {
            all.extend(columns.iter().map(|column| one(column, me)));
            all.extend(others.iter().map(|other| one(&columns[0], other)));
            all.push(Tie::Columns(unowned.clone()));
        }
        Owners::Table(join) => all.extend(others.iter().chain([me]).map(|owner| Tie::Joined(join.clone(), owner.clone()))),
    }
    match &entity.observers {
        Owners::None => {}
        Owners::Columns(columns) => all.extend(columns.iter().map(|column| one(column, me))),
        Owners::Table(join) => all.push(Tie::Joined(join.clone(), me.clone())),
    }
    if let Some(column) = &entity.creator {
        all.push(one(column, me));
        all.push(Tie::Columns(unowned.iter().cloned().chain([(column.clone(), me.clone())]).collect()));
    }
    all.extend(entity.open.iter().map(|column| one(column, &Value::Bool(true))));
    let people = People::new(&bench.model, world);
    let mine = people.subjects(&me.key().unwrap_or_default());
    for (column, kinds) in [
        (&entity.department, &["department", "department_tree"][..]),
        (&entity.team, &["team"][..]),
        (&entity.territory, &["territory"][..]),
    ] {
        let Some(column) = column else { continue };
        let mut values = pools.get(&(entity.table.clone(), column.to_string())).cloned().unwrap_or_default();
        values.sort();
        values.dedup();
        let is_mine = |value: &&Value| kinds.iter().any(|kind| mine.contains(&((*kind).to_owned(), value.key().unwrap_or_default())));
        let (mine, others): (Vec<&Value>, Vec<&Value>) = values.iter().partition(is_mine);
        let some: Vec<&Value> = mine.into_iter().take(3).chain(others.into_iter().take(2 * OTHERS)).collect();
        all.extend(some.iter().map(|value| one(column, value)));
        // What is open may be so for a place alone.
        if let Some(open) = &entity.open {
            let both = |value: &Value| Tie::Columns(vec![(column.clone(), value.clone()), (open.clone(), Value::Bool(true))]);
            all.extend(some.iter().copied().map(both));
        }
    }
    if bench.shares {
        all.extend([ShareLevel::Read, ShareLevel::Update, ShareLevel::Full].map(Tie::Shared));
    }
    for parent in &entity.parents {
        if let Link::Column(column) = &parent.link {
            all.extend((0..PARENTS).map(|_| Tie::Parent(column.clone())));
        }
    }
    // All parents at once.
    if entity.parents.len() > 1 {
        all.extend((0..PARENTS * entity.parents.len()).map(|_| Tie::Nothing));
    }
    all
}
