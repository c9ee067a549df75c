//! Which combinations of roles and restrictions may not be (T9, T10, T12), from the rules alone: what the triggers are compared with.

use std::collections::{BTreeMap, BTreeSet};

use crm_access::decide::{Row, Value, World};
use crm_access::model::{
    Assigned, CircleKind, ColumnName, LeaderRule, Members, Model, NameTable, Period, Promotion, Restriction, RestrictionName, RoleName,
    SharingRule, Subject, TableName,
};

/// Which assignments are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Those that count now.
    Now,
    /// Those too that will count: nothing looks at them again when their time comes.
    FromNowOn,
}

/// A user and a rule that is broken for them.
pub type Forbidden = BTreeSet<(String, String)>;

/// Whether some role, leadership or restriction may not go with a restriction.
pub fn combines(model: &Model) -> bool {
    let rules = |restriction: &Restriction| {
        !restriction.not_for.is_empty() || restriction.leaders.is_some() || !restriction.conflicts_with.is_empty()
    };
    model.restrictions.iter().any(rules)
}

/// What may not be. `before` is how things stood before a change: a restriction that was there may be lifted by a promotion.
pub fn forbidden(model: &Model, world: &World, before: Option<&World>) -> Forbidden {
    let mut all = Forbidden::new();
    let restrictions = restrictions(model, world, When::FromNowOn);
    let earlier = before.map(|before| self::restrictions(model, before, When::FromNowOn));
    for (user, given) in &restrictions {
        let roles = roles(model, world, user, When::FromNowOn);
        for restriction in model.restrictions.iter().filter(|restriction| given.contains_key(&restriction.name)) {
            let administrator = roles.keys().any(|role| model.roles_including(&restriction.not_for).contains(role));
            let was = || earlier.as_ref().is_none_or(|all| all.get(user).is_some_and(|given| given.contains_key(&restriction.name)));
            if administrator && !(restriction.promotion == Promotion::Lift && was()) {
                all.insert((user.clone(), format!("{} is not for them", restriction.name)));
            }
            let confirmed = given.get(&restriction.name).is_some_and(|all| all.iter().all(|confirmed| *confirmed));
            let may_lead = match restriction.leaders {
                None => true,
                Some(LeaderRule::Confirm) => confirmed,
                Some(LeaderRule::Forbid) => false,
            };
            if !may_lead && leads(model, world, user) {
                all.insert((user.clone(), format!("{} is not for leaders", restriction.name)));
            }
            for other in restriction.conflicts_with.iter().filter(|other| given.contains_key(other)) {
                all.insert((user.clone(), format!("{} conflicts with {other}", restriction.name)));
            }
        }
    }
    for table in &model.assignments.restriction_tables {
        for row in world.rows(&table.table) {
            let name = key(row, &table.name).unwrap_or_default();
            if !model.restrictions.iter().any(|restriction| restriction.name.as_str() == name) {
                all.insert((key(row, &table.user).unwrap_or_default(), format!("unknown {name}")));
            }
        }
    }
    all
}

fn key(row: &Row, column: &ColumnName) -> Option<String> {
    row.get(column.as_str()).and_then(Value::key)
}

/// Whether a user leads a team or the like, or heads a department.
fn leads(model: &Model, world: &World, user: &str) -> bool {
    let is = |table: &TableName, column: &Option<ColumnName>| {
        column.as_ref().is_some_and(|column| world.rows(table).iter().any(|row| key(row, column).as_deref() == Some(user)))
    };
    let directory = &model.directory;
    directory.departments.iter().any(|all| is(&all.table, &all.head)) || directory.circles.iter().any(|all| is(&all.table, &all.leader))
}

fn circles(model: &Model, world: &World, kind: CircleKind, user: &str) -> BTreeSet<String> {
    let Some(circle) = model.directory.circle(kind) else { return BTreeSet::new() };
    let is = |row: &&Row, column: &ColumnName| key(row, column).as_deref() == Some(user);
    let member = world.rows(&circle.members.table).iter().filter(|row| is(row, &circle.members.user));
    let leader = world.rows(&circle.table).iter().filter(|row| circle.leader.as_ref().is_some_and(|column| is(row, column)));
    member.filter_map(|row| key(row, &circle.members.of)).chain(leader.filter_map(|row| key(row, &circle.key))).collect()
}

fn departments(model: &Model, world: &World, user: &str) -> BTreeSet<String> {
    let Some(all) = &model.directory.departments else { return BTreeSet::new() };
    let users = &model.directory.users;
    let is = |row: &&Row, column: &ColumnName| key(row, column).as_deref() == Some(user);
    let mut found: BTreeSet<String> = match &all.members {
        Members::Column(column) => {
            world.rows(&users.table).iter().filter(|row| is(row, &users.key)).filter_map(|row| key(row, column)).collect()
        }
        Members::Table(members) => {
            world.rows(&members.table).iter().filter(|row| is(row, &members.user)).filter_map(|row| key(row, &members.of)).collect()
        }
    };
    let heads = world.rows(&all.table).iter().filter(|row| all.head.as_ref().is_some_and(|column| is(row, column)));
    found.extend(heads.filter_map(|row| key(row, &all.key)));
    found
}

/// Departments and all above them.
fn with_those_above(model: &Model, world: &World, mut found: BTreeSet<String>) -> BTreeSet<String> {
    let Some((all, parent)) = model.directory.departments.as_ref().and_then(|all| Some((all, all.parent.as_ref()?))) else { return found };
    loop {
        let inside = world.rows(&all.table).iter().filter(|row| key(row, &all.key).is_some_and(|key| found.contains(&key)));
        let above: Vec<String> = inside.filter_map(|row| key(row, parent)).filter(|above| !found.contains(above)).collect();
        if above.is_empty() {
            return found;
        }
        found.extend(above);
    }
}

/// How closely a subject reaches a user, if it does.
fn reached(model: &Model, world: &World, to: &Subject, user: &str, when: When) -> Option<u8> {
    let users = &model.directory.users;
    let there = || world.rows(&users.table).iter().any(|row| key(row, &users.key).as_deref() == Some(user));
    let (holds, rank) = match to {
        Subject::User(key) => (key == user && there(), 1),
        Subject::Everyone => (there(), 4),
        Subject::Circle(kind, key) => (circles(model, world, *kind, user).contains(key), 2),
        Subject::Department { key, subdepartments: false } => (departments(model, world, user).contains(key), 3),
        Subject::Department { key, subdepartments: true } => {
            (with_those_above(model, world, departments(model, world, user)).contains(key), 3)
        }
        Subject::HavingRole(role) => (roles(model, world, user, when).contains_key(role), 1),
    };
    holds.then_some(rank)
}

/// Rows of a table of names that are a user's: the name, and whether it is confirmed.
fn named(world: &World, table: &NameTable, user: &str, when: When) -> Vec<(String, bool)> {
    let rows = world.rows(&table.table).iter().filter(|row| key(row, &table.user).as_deref() == Some(user));
    let confirmed = |row: &Row| table.confirmed.as_ref().is_some_and(|column| row.get(column.as_str()).is_some_and(Value::is_true));
    let time = |row: &Row, column: &Option<ColumnName>| match column.as_ref().and_then(|column| row.get(column.as_str())) {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    };
    let in_time = |row: &&Row| {
        (when == When::FromNowOn || time(row, &table.from).is_none_or(|from| from <= world.now))
            && time(row, &table.until).is_none_or(|until| world.now < until)
    };
    rows.filter(in_time).filter_map(|row| Some((key(row, &table.name)?, confirmed(row)))).collect()
}

/// Whether a period holds at a time.
fn counts(period: Period, now: i64, when: When) -> bool {
    (when == When::FromNowOn || period.from.is_none_or(|from| from.as_microsecond() <= now))
        && period.until.is_none_or(|until| now < until.as_microsecond())
}

/// Whether a rule opens records to a user now.
pub fn is_opened(model: &Model, world: &World, rule: &SharingRule, user: &str) -> bool {
    counts(rule.period, world.now, When::Now) && reached(model, world, &rule.to, user, When::Now).is_some()
}

/// Everything that a user is, or is in, that can be given something: the kind and the key.
pub fn subjects(model: &Model, world: &World, user: &str) -> BTreeSet<(String, String)> {
    let users = &model.directory.users;
    let mut all = BTreeSet::new();
    if world.rows(&users.table).iter().any(|row| key(row, &users.key).as_deref() == Some(user)) {
        all.extend([("user".to_owned(), user.to_owned()), ("everyone".to_owned(), String::new())]);
    }
    for circle in &model.directory.circles {
        all.extend(circles(model, world, circle.kind, user).into_iter().map(|key| (circle.kind.name().to_owned(), key)));
    }
    let mine = departments(model, world, user);
    all.extend(mine.iter().map(|key| ("department".to_owned(), key.clone())));
    all.extend(with_those_above(model, world, mine).into_iter().map(|key| ("department_tree".to_owned(), key)));
    all
}

/// The roles that a user is given by name, each with how closely.
pub fn given_roles(model: &Model, world: &World, user: &str, when: When) -> BTreeSet<(String, u8)> {
    let given = &model.assignments;
    let stored: &[Assigned<RoleName>] = if given.stored { &world.stored_roles } else { &[] };
    let mut found: Vec<(String, u8)> = Vec::new();
    for assigned in
        given.roles.iter().chain(stored).filter(|assigned| assigned.channel.is_none() && counts(assigned.period, world.now, when))
    {
        found.extend(reached(model, world, &assigned.to, user, when).map(|rank| (assigned.what.to_string(), rank)));
    }
    for table in &given.role_tables {
        found.extend(named(world, table, user, when).into_iter().map(|(name, _)| (name, 1)));
    }
    let users = &model.directory.users;
    for row in world.rows(&users.table).iter().filter(|row| key(row, &users.key).as_deref() == Some(user)) {
        let flags = given.role_flags.iter().filter(|flag| row.get(flag.column.as_str()).is_some_and(Value::is_true));
        found.extend(flags.map(|flag| (flag.what.to_string(), 1)));
    }
    found.into_iter().collect()
}

/// The roles of a user with how closely each is given, those included by others too.
pub fn roles(model: &Model, world: &World, user: &str, when: When) -> BTreeMap<RoleName, u8> {
    let found = given_roles(model, world, user, when);
    let mut all: BTreeMap<RoleName, u8> = BTreeMap::new();
    for (name, rank) in found {
        for role in model.roles.iter().filter(|role| role.name.as_str() == name).flat_map(|role| &role.all_includes) {
            let closest = all.entry(role.clone()).or_insert(rank);
            *closest = rank.min(*closest);
        }
    }
    all
}

/// Every user who is named somewhere: a membership or an assignment may be of someone who is not among the users.
pub fn users_named(model: &Model, world: &World) -> BTreeSet<String> {
    let directory = &model.directory;
    let mut places: Vec<(&TableName, &ColumnName)> = vec![(&directory.users.table, &directory.users.key)];
    if let Some(all) = &directory.departments {
        places.extend(all.head.iter().map(|head| (&all.table, head)));
        if let Members::Table(members) = &all.members {
            places.push((&members.table, &members.user));
        }
    }
    for circle in &directory.circles {
        places.extend(circle.leader.iter().map(|leader| (&circle.table, leader)));
        places.push((&circle.members.table, &circle.members.user));
    }
    let tables = model.assignments.role_tables.iter().chain(&model.assignments.restriction_tables);
    places.extend(tables.map(|table| (&table.table, &table.user)));
    places.into_iter().flat_map(|(table, column)| world.rows(table).iter().filter_map(|row| key(row, column))).collect()
}

/// What each user is restricted by, and for each way in which it is given whether that is confirmed.
pub fn restrictions(model: &Model, world: &World, when: When) -> BTreeMap<String, BTreeMap<RestrictionName, Vec<bool>>> {
    let given = &model.assignments;
    let users = &model.directory.users;
    let mut all: BTreeMap<String, BTreeMap<RestrictionName, Vec<bool>>> = BTreeMap::new();
    let stored: &[Assigned<RestrictionName>] = if given.stored { &world.stored_restrictions } else { &[] };
    for user in users_named(model, world) {
        let mut found: Vec<(String, bool)> = Vec::new();
        for assigned in given
            .restrictions
            .iter()
            .chain(stored)
            .filter(|assigned| assigned.channel.is_none() && counts(assigned.period, world.now, when))
        {
            if reached(model, world, &assigned.to, &user, when).is_some() {
                found.push((assigned.what.to_string(), assigned.confirmed));
            }
        }
        found.extend(given.restriction_tables.iter().flat_map(|table| named(world, table, &user, when)));
        for row in world.rows(&users.table).iter().filter(|row| key(row, &users.key).as_deref() == Some(user.as_str())) {
            for flag in given.restriction_flags.iter().filter(|flag| row.get(flag.column.as_str()) != Some(&Value::Bool(false))) {
                let confirmed = flag.confirmed.as_ref().is_some_and(|column| row.get(column.as_str()).is_some_and(Value::is_true));
                found.push((flag.what.to_string(), confirmed));
            }
        }
        for (name, confirmed) in found {
            if let Some(restriction) = model.restrictions.iter().find(|restriction| restriction.name.as_str() == name) {
                all.entry(user.clone()).or_default().entry(restriction.name.clone()).or_default().push(confirmed);
            }
        }
    }
    all
}
