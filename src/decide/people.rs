//! Who someone is: memberships, roles and restrictions.
//!
//! One ambiguity of the language was settled by looking at what the generated SQL does: a restriction whose name nobody knows was meant to
//! narrow something, so it counts as every restriction there is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::world::{key_in, value};
use super::{Delegated, Given, Reason, Row, Source, Value, World};
use crate::model::{Assigned, CircleKind, ColumnName, Members, Model, NameTable, Period, Promotion, RestrictionName, RoleName, Subject};

/// What is known of someone by key.
pub(super) struct Person<'w> {
    pub(super) key: String,
    /// The row of the users table; none for a key that only memberships and assignments name.
    pub(super) row: Option<&'w Row>,
    /// Whether what begins later counts already, as it does for what may not be combined.
    ahead: bool,
    /// Every role, with the closest of the ways in which it was given.
    pub(super) roles: BTreeMap<RoleName, Given>,
    /// Every way in which a restriction was given. A name that nobody knows is not here but counts as all of them.
    pub(super) given: Vec<(RestrictionName, Given)>,
    /// Every restriction that counts, with the closest of the ways in which it was given.
    pub(super) restrictions: BTreeMap<RestrictionName, Given>,
    /// Restrictions that rest, and because of which role.
    pub(super) lifted: BTreeMap<RestrictionName, RoleName>,
}

/// The groups, workgroups or teams of a user: as a member, or as the one who leads them.
pub(super) fn circles(model: &Model, world: &World, kind: CircleKind, user: &str) -> BTreeSet<String> {
    let Some(circle) = model.directory.circle(kind) else { return BTreeSet::new() };
    let members = &circle.members;
    let of_rows = world.rows_with(&members.table, &members.user, user).filter_map(|row| key_in(row, &members.of));
    let led =
        circle.leader.iter().flat_map(|leader| world.rows_with(&circle.table, leader, user)).filter_map(|row| key_in(row, &circle.key));
    of_rows.chain(led).collect()
}

/// A user and everyone who reports to them, to a depth.
pub(super) fn reports(model: &Model, world: &World, user: &str, depth: Option<u8>) -> BTreeSet<String> {
    let users = &model.directory.users;
    let mut found = BTreeSet::from([user.to_owned()]);
    let Some(manager) = &users.manager else { return found };
    let mut level = 0;
    let mut above = found.clone();
    while !above.is_empty() && depth.is_none_or(|depth| level < depth) {
        let rows = above.iter().flat_map(|boss| world.rows_with(&users.table, manager, boss));
        let below: BTreeSet<String> = rows.filter_map(|row| key_in(row, &users.key)).filter(|key| !found.contains(key)).collect();
        found.extend(below.iter().cloned());
        above = below;
        level += 1;
    }
    found
}

/// The departments of a user: as a member, or as their head.
pub(super) fn departments(model: &Model, world: &World, user: &str) -> BTreeSet<String> {
    let Some(departments) = &model.directory.departments else { return BTreeSet::new() };
    let users = &model.directory.users;
    let mut found: BTreeSet<String> = match &departments.members {
        Members::Column(column) => world.rows_with(&users.table, &users.key, user).filter_map(|row| key_in(row, column)).collect(),
        Members::Table(members) => {
            world.rows_with(&members.table, &members.user, user).filter_map(|row| key_in(row, &members.of)).collect()
        }
    };
    if let Some(head) = &departments.head {
        found.extend(world.rows_with(&departments.table, head, user).filter_map(|row| key_in(row, &departments.key)));
    }
    found
}

/// Departments and all below them.
pub(super) fn with_subdepartments(model: &Model, world: &World, mut found: BTreeSet<String>) -> BTreeSet<String> {
    let Some((departments, parent)) = model.directory.departments.as_ref().and_then(|tree| Some((tree, tree.parent.as_ref()?))) else {
        return found;
    };
    loop {
        let below: Vec<String> = world
            .rows(&departments.table)
            .iter()
            .filter(|row| key_in(row, parent).is_some_and(|above| found.contains(&above)))
            .filter_map(|row| key_in(row, &departments.key))
            .filter(|key| !found.contains(key))
            .collect();
        if below.is_empty() {
            return found;
        }
        found.extend(below);
    }
}

/// How closely a subject that is no role reaches a user, if it does.
pub(super) fn reaches(model: &Model, world: &World, user: &str, to: &Subject) -> Option<u8> {
    let users = &model.directory.users;
    let is_user = || world.rows_with(&users.table, &users.key, user).next().is_some();
    let (holds, rank) = match to {
        Subject::User(key) => (is_user() && key == user, 1),
        Subject::Circle(kind, key) => (circles(model, world, *kind, user).contains(key), 2),
        Subject::Department { key, subdepartments } => {
            let mut reached = BTreeSet::from([key.clone()]);
            if *subdepartments {
                reached = with_subdepartments(model, world, reached);
            }
            (departments(model, world, user).iter().any(|of| reached.contains(of)), 3)
        }
        Subject::HavingRole(_) => (false, 1),
        Subject::Everyone => (is_user(), 4),
    };
    holds.then_some(rank)
}

/// Whether the question comes over that channel.
fn over(model: &Model, world: &World, channel: &str) -> bool {
    let (Some(channel), Some(login)) = (model.directory.channel(channel), &world.login) else { return false };
    channel.roles.iter().any(|role| role.as_str() == login.as_str())
}

impl<'w> Person<'w> {
    /// Whoever asks: the active user of that key, or the one on whose behalf that user acts; or why nobody does.
    pub(super) fn find(model: &Model, world: &'w World, user: Option<&str>) -> Result<Person<'w>, Reason> {
        let asking = Person::active(model, world, user.ok_or(Reason::Nobody)?)?;
        let Some(delegator) = world.on_behalf_of.as_ref().filter(|_| model.delegation.is_some()) else { return Ok(asking) };
        let now = |period: Period| {
            period.from.is_none_or(|from| from.as_microsecond() <= world.now)
                && period.until.is_none_or(|until| world.now < until.as_microsecond())
        };
        let covers = |given: &Delegated| given.delegator == *delegator && given.delegate == asking.key && now(given.period);
        if !world.delegations.iter().any(covers) {
            return Err(Reason::NoDelegation(delegator.clone()));
        }
        Person::active(model, world, delegator)
    }

    fn active(model: &Model, world: &'w World, user: &str) -> Result<Person<'w>, Reason> {
        let person = Person::of(model, world, user, false);
        let row = person.row.ok_or(Reason::UnknownUser)?;
        if model.directory.users.active.as_ref().is_some_and(|active| !value(row, active).is_true()) {
            return Err(Reason::Inactive);
        }
        Ok(person)
    }

    /// Whoever has that key, active or not.
    pub(super) fn of(model: &Model, world: &'w World, key: &str, ahead: bool) -> Person<'w> {
        let users = &model.directory.users;
        let row = world.rows(&users.table).iter().find(|row| key_in(row, &users.key).as_deref() == Some(key));
        let mut person = Person {
            key: key.to_owned(),
            row,
            ahead,
            roles: BTreeMap::new(),
            given: Vec::new(),
            restrictions: BTreeMap::new(),
            lifted: BTreeMap::new(),
        };
        person.gather_roles(model, world);
        person.gather_restrictions(model, world);
        person
    }

    /// How closely a subject reaches this user, if it does.
    fn reached(&self, model: &Model, world: &World, to: &Subject) -> Option<u8> {
        match to {
            Subject::HavingRole(role) => self.roles.contains_key(role).then_some(1),
            to => reaches(model, world, &self.key, to),
        }
    }

    /// All that assignments give to this user.
    fn assigned<R: Clone>(&self, model: &Model, world: &World, listed: &[Assigned<R>], stored: &[Assigned<R>]) -> Vec<(R, Given)> {
        let stored = if model.assignments.stored { stored } else { &[] };
        let all = listed.iter().map(|given| (given, Source::Listed)).chain(stored.iter().map(|given| (given, Source::Stored)));
        let in_time = |period: Period| {
            let period = if self.ahead { Period { from: None, ..period } } else { period };
            Timestamp::from_microsecond(world.now).is_ok_and(|now| period.holds(now))
        };
        let here = |channel: &Option<String>| channel.as_ref().is_none_or(|name| !self.ahead && over(model, world, name));
        let counts = |given: &Assigned<R>| in_time(given.period) && here(&given.channel);
        all.filter(|(given, _)| counts(given))
            .filter_map(|(given, source)| {
                let rank = self.reached(model, world, &given.to)?;
                Some((given.what.clone(), Given { rank, source, confirmed: given.confirmed }))
            })
            .collect()
    }

    fn flag(&self, column: &ColumnName) -> &'w Value {
        self.row.map_or(&Value::Null, |row| value(row, column))
    }

    /// Whether a row of a table of assignments counts at that time.
    fn in_period(&self, table: &NameTable, row: &Row, now: i64) -> bool {
        let reached = |column: &ColumnName, otherwise: bool| match value(row, column) {
            Value::Time(time) => *time <= now,
            _ => otherwise,
        };
        let begun = self.ahead || table.from.as_ref().is_none_or(|from| reached(from, true));
        begun && !table.until.as_ref().is_some_and(|until| reached(until, false))
    }

    fn gather_roles(&mut self, model: &Model, world: &World) {
        let sources = &model.assignments;
        let mut found = self.assigned(model, world, &sources.roles, &world.stored_roles);
        for table in &sources.role_tables {
            let given = Given { rank: 1, source: Source::Table(table.table.to_string()), confirmed: false };
            let rows = world.rows_with(&table.table, &table.user, &self.key).filter(|row| self.in_period(table, row, world.now));
            let names = rows.filter_map(|row| key_in(row, &table.name));
            found.extend(names.filter_map(|name| Some((RoleName::new(&name).ok()?, given.clone()))));
        }
        for flag in sources.role_flags.iter().filter(|flag| self.flag(&flag.column).is_true()) {
            found.push((flag.what.clone(), Given { rank: 1, source: Source::Flag(flag.column.to_string()), confirmed: false }));
        }
        for (name, given) in found {
            for role in model.roles.iter().filter(|role| role.name == name) {
                for included in &role.all_includes {
                    let source = if *included == name { given.source.clone() } else { Source::Included(name.clone()) };
                    closest(&mut self.roles, included.clone(), Given { source, ..given.clone() });
                }
            }
        }
    }

    fn gather_restrictions(&mut self, model: &Model, world: &World) {
        let sources = &model.assignments;
        let known = |name: &str| model.restrictions.iter().map(|restriction| &restriction.name).find(|known| known.as_str() == name);
        let mut unknown = Vec::new();
        let mut found = Vec::new();
        for (name, given) in self.assigned(model, world, &sources.restrictions, &world.stored_restrictions) {
            match known(name.as_str()) {
                Some(_) => found.push((name, given)),
                None => unknown.push(given),
            }
        }
        for table in &sources.restriction_tables {
            for row in world.rows_with(&table.table, &table.user, &self.key).filter(|row| self.in_period(table, row, world.now)) {
                let confirmed = table.confirmed.as_ref().is_some_and(|column| value(row, column).is_true());
                let given = Given { rank: 1, source: Source::Table(table.table.to_string()), confirmed };
                match key_in(row, &table.name).and_then(|name| known(&name)) {
                    Some(name) => found.push((name.clone(), given)),
                    None => unknown.push(given),
                }
            }
        }
        // What is unknown narrows; a key without a row has no flag at all.
        for flag in sources.restriction_flags.iter().filter(|flag| self.row.is_some() && *self.flag(&flag.column) != Value::Bool(false)) {
            let confirmed = flag.confirmed.as_ref().is_some_and(|column| self.flag(column).is_true());
            found.push((flag.what.clone(), Given { rank: 1, source: Source::Flag(flag.column.to_string()), confirmed }));
        }
        self.given = found.clone();
        for given in unknown {
            let given = Given { source: Source::Unknown(given.source.to_string()), ..given };
            found.extend(model.restrictions.iter().map(|restriction| (restriction.name.clone(), given.clone())));
        }
        for (name, given) in found {
            let Some(restriction) = model.restrictions.iter().find(|restriction| restriction.name == name) else { continue };
            let exempt = restriction.not_for.iter().find(|role| self.roles.contains_key(role));
            match exempt {
                Some(role) if restriction.promotion == Promotion::Lift => {
                    self.lifted.insert(name, role.clone());
                }
                _ => closest(&mut self.restrictions, name, given),
            }
        }
    }
}

fn closest<R: Ord>(all: &mut BTreeMap<R, Given>, what: R, given: Given) {
    let known = all.entry(what).or_insert_with(|| given.clone());
    if given < *known {
        *known = given;
    }
}
