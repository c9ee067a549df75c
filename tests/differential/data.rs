//! Random people and records, with nulls everywhere and links that lead nowhere.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use crm_access::decide::{Delegated, Row, Share, Value, World};
use crm_access::model::{Assigned, CircleKind, Entity, KeyType, Model, Owners, Period, RestrictionName, RoleName, ShareLevel, Subject};

use crate::configuration::{RESTRICTIONS, ROLES, STAGES};
use crate::random::Random;
use crate::tables::{Flavor, Kind, key, key_type, table_name, tables};

pub const USERS: usize = 6;
/// Keys that columns hold; the last one of each is nobody's.
const LAST_USER: usize = USERS + 1;
const LAST_DEPARTMENT: usize = 4;
const LAST_CIRCLE: usize = 3;
const LAST_RECORD: usize = 40;

pub fn value(random: &mut Random, flavor: &Flavor, kind: Kind) -> Value {
    if random.chance(20) {
        return Value::Null;
    }
    let text = |text: &str| Value::Text(text.to_owned());
    match kind {
        Kind::User => key(flavor.user, random.between(1, LAST_USER)),
        Kind::Department => key(flavor.department, random.between(1, LAST_DEPARTMENT)),
        Kind::Circle => key(flavor.circle, random.between(1, LAST_CIRCLE)),
        Kind::Record => key(flavor.record, random.between(1, LAST_RECORD)),
        Kind::Flag => Value::Bool(random.chance(50)),
        Kind::Stage => text([STAGES[0], STAGES[1], STAGES[2], "other"][random.below(4)]),
        Kind::Word => text(["x", "X", "yy", "Yy", ""][random.below(5)]),
        Kind::Number => Value::Int(random.between(0, 4) as i64),
        Kind::Big => Value::Int(*random.pick(&[-1, 0, 2, 5_000_000_000])),
        Kind::Amount => Value::Decimal((*random.pick(&["0", "1", "1.5", "1.50", "-2.25", "2.5"])).to_owned()),
        Kind::Moment => {
            Value::Time(*random.pick(&[1_555_200_000_000_000, 1_614_816_000_000_000, 1_614_834_367_250_000, 1_944_000_000_000_000]))
        }
        Kind::Token => key(KeyType::Uuid, random.between(10, 12)),
        Kind::Day => Value::Date(*random.pick(&[18_000, 18_690, 22_500])),
        Kind::Role => text([ROLES[0], ROLES[1], ROLES[2], ROLES[3], "nothing"][random.below(5)]),
        // A name that nobody knows counts as every restriction.
        Kind::Restriction if random.chance(8) => text("nothing"),
        Kind::Restriction => text(RESTRICTIONS[random.below(RESTRICTIONS.len())]),
        Kind::Note => text("as it was"),
        Kind::Login => Value::Text(login(random.between(1, USERS))),
    }
}

/// The role of the database that a user logs in as.
pub fn login(number: usize) -> String {
    format!("crm_fuzz_login_{number}")
}

pub fn row(random: &mut Random, flavor: &Flavor, columns: &[(&str, Kind)]) -> Row {
    columns.iter().map(|(name, kind)| ((*name).to_owned(), value(random, flavor, *kind))).collect()
}

/// All data of a case.
pub fn world(random: &mut Random, flavor: &Flavor) -> World {
    let mut world = World { now: now(), login: Some("crm_backend".to_owned()), ..World::default() };
    for (table, columns) in tables() {
        let keyed = columns.first().filter(|(name, _)| *name == "id").map(|(_, kind)| *kind);
        let count = match (table.as_str(), keyed) {
            ("users", _) => USERS,
            // A department that is not there can't have been given anything.
            ("departments", _) => LAST_DEPARTMENT,
            (name, Some(Kind::Record)) if name.starts_with('o') => random.between(3, LAST_RECORD - 1),
            (_, Some(Kind::Record)) => random.between(20, LAST_RECORD - 1),
            (_, Some(_)) => LAST_CIRCLE,
            ("user_roles", _) => random.between(2, 12),
            _ => random.between(0, 9),
        };
        let mut rows: Vec<Row> = (0..count).map(|_| row(random, flavor, columns)).collect();
        for (at, row) in rows.iter_mut().enumerate() {
            if let Some(kind) = keyed {
                row.insert("id".to_owned(), key(key_type(flavor, kind), at + 1));
            }
            // Records with several parents or owners, of which some qualify and some do not.
            if table.starts_with(['l', 'o']) && random.chance(60) {
                let column = if table.starts_with('l') { "child" } else { "rec" };
                row.insert(column.to_owned(), key(flavor.record, random.between(1, 8)));
            }
            if table == "users" {
                row.insert("active".to_owned(), if random.chance(85) { Value::Bool(true) } else { value(random, flavor, Kind::Flag) });
                row.insert("login".to_owned(), Value::Text(login(at + 1)));
                for rare in ["is_admin", "limited", "narrow", "third"] {
                    if random.chance(60) {
                        row.insert(rare.to_owned(), Value::Bool(false));
                    }
                }
            }
        }
        if !rows.is_empty() {
            world.tables.insert(table_name(flavor, &table), rows);
        }
    }
    for _ in 0..random.below(6) {
        let what = RoleName::new(ROLES[random.below(ROLES.len())]).expect("a role");
        let to = subject(random, flavor);
        let period = period(random);
        store(&mut world.stored_roles, Assigned { what, to, confirmed: false, period, channel: None });
    }
    for _ in 0..random.below(6) {
        // The name of one that an earlier configuration had.
        let name = if random.chance(8) { "earlier" } else { RESTRICTIONS[random.below(RESTRICTIONS.len())] };
        let what = RestrictionName::new(name).expect("a restriction");
        let to = subject(random, flavor);
        let period = period(random);
        store(&mut world.stored_restrictions, Assigned { what, to, confirmed: random.chance(50), period, channel: None });
    }
    for user in 1..=USERS {
        for name in RESTRICTIONS.iter().filter(|_| random.chance(40)) {
            world.noted.insert((RestrictionName::new(name).expect("a restriction"), key(flavor.user, user).to_string()));
        }
    }
    world
}

/// The database keeps one assignment of a thing to a subject.
fn store<R: PartialEq>(all: &mut Vec<Assigned<R>>, given: Assigned<R>) {
    if !all.iter().any(|there| there.what == given.what && whom(&there.to) == whom(&given.to)) {
        all.push(given);
    }
}

/// A subject but for whether the departments below are meant.
fn whom(to: &Subject) -> Subject {
    match to {
        Subject::Department { key, .. } => Subject::Department { key: key.clone(), subdepartments: false },
        other => other.clone(),
    }
}

fn subject(random: &mut Random, flavor: &Flavor) -> Subject {
    let circle = |random: &mut Random, kind| Subject::Circle(kind, key(flavor.circle, random.between(1, LAST_CIRCLE)).to_string());
    match random.below(7) {
        0 => circle(random, CircleKind::Group),
        1 => circle(random, CircleKind::Workgroup),
        2 => circle(random, CircleKind::Team),
        6 => circle(random, CircleKind::Territory),
        3 => Subject::Department {
            key: key(flavor.department, random.between(1, LAST_DEPARTMENT)).to_string(),
            subdepartments: random.chance(50),
        },
        4 => Subject::Everyone,
        _ => Subject::User(key(flavor.user, random.between(1, USERS)).to_string()),
    }
}

/// Mostly always; else one that is over, holds, or is yet to come.
fn period(random: &mut Random) -> Period {
    let at = |text: &str| Some(text.parse().expect("a time"));
    if random.chance(50) {
        return Period::default();
    }
    let (past, over, to_come) = ("2019-04-14T00:00:00Z", "2021-03-04T05:06:07.25Z", "2031-08-09T00:00:00Z");
    let (from, until) =
        [(at(past), None), (at(to_come), None), (None, at(over)), (None, at(to_come)), (at(past), at(over)), (at(past), at(to_come))]
            [random.below(6)];
    Period { from, until }
}

/// Records that were opened to someone: most of them as their owners are now.
pub fn shares(random: &mut Random, flavor: &Flavor, model: &Model, world: &World) -> Vec<Share> {
    let mut all: Vec<Share> = Vec::new();
    for entity in &model.entities {
        for _ in 0..random.below(16) {
            let record = random.pick(world.rows(&entity.table));
            let Some(key) = record.get(entity.key.as_str()).and_then(Value::key) else { continue };
            let to = subject(random, flavor);
            if all.iter().any(|share| share.entity == entity.name && share.record == key && whom(&share.to) == whom(&to)) {
                continue;
            }
            let mut owners = owners(entity, world, record);
            if random.chance(20) && !owners.is_empty() {
                let at = random.below(owners.len());
                owners[at] = value(random, flavor, Kind::User).key();
            }
            let level = *random.pick(&[ShareLevel::Read, ShareLevel::Update, ShareLevel::Full]);
            let (period, keep) = (period(random), random.chance(30));
            all.push(Share { entity: entity.name.clone(), record: key, to, level, period, keep, owners });
        }
    }
    all
}

/// Who may act for whom, sometimes one whose time is over or who is nobody.
pub fn delegations(random: &mut Random, flavor: &Flavor) -> Vec<Delegated> {
    let mut all: Vec<Delegated> = Vec::new();
    for _ in 0..random.below(5) {
        let mut user = || key(flavor.user, random.between(1, USERS + 1)).to_string();
        let (delegator, delegate) = (user(), user());
        if delegator != delegate {
            all.push(Delegated { delegator, delegate, period: period(random) });
        }
    }
    all
}

/// The owner in each column, or those of the join table, sorted.
fn owners(entity: &Entity, world: &World, record: &Row) -> Vec<Option<String>> {
    let key = |row: &Row, column: &str| row.get(column).and_then(Value::key);
    match &entity.owners {
        Owners::None => Vec::new(),
        Owners::Columns(columns) => columns.iter().map(|column| key(record, column.as_str())).collect(),
        Owners::Table(join) => {
            let of = key(record, entity.key.as_str());
            let rows = world.rows(&join.table).iter().filter(|row| key(row, join.left.as_str()) == of);
            rows.filter_map(|row| key(row, join.right.as_str())).collect::<BTreeSet<String>>().into_iter().map(Some).collect()
        }
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_micros() as i64
}
