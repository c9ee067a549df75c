//! Users of one role and of none, and restrictions beside a role that gives everything: where most roles give the same, only who has nothing
//! else shows what each of them gives.

use crm_access::decide::{Row, Value};
use crm_access::model::{Action, ColumnName, Entity, EntityName, Grant, Model, Owners, Promotion, Role, RoleName, Scope, Subject};

use crate::bench::{Asker, Bench};
use crate::cells::{Cell, What, is_known};
use crate::combinations::{People, When};
use crate::data::Pools;
use crate::given::Given;
use crate::opened;
use crate::random::Random;

/// Users who are tried in each of these ways.
const USERS: usize = 3;

/// Who asks, as whom something can be given to, and the key.
type Known<'k> = (&'k Asker, Subject, &'k String);

/// Cells that ask functions about the rules rather than do something.
const ASKING: [&str; 3] = ["can", "columns", "sharing"];

/// All of these cells.
pub fn cells(bench: &Bench, random: &mut Random, pools: &Pools, everyone: &[Asker]) -> Vec<Cell> {
    let model = &bench.model;
    let known = everyone.iter().filter_map(|asker| match asker {
        Asker::User(user) if is_known(model, &bench.world, Some(user)) => Some((asker, Subject::User(user.clone()), user)),
        _ => None,
    });
    let known: Vec<Known> = known.collect();
    let people = People::new(model, &bench.world);
    let lone =
        known.iter().find(|(_, _, user)| people.subjects(user).iter().all(|(kind, _)| ["user", "everyone"].contains(&kind.as_str())));
    let users: Vec<Known> = known.iter().take(USERS).cloned().collect();
    let nothing = Given::no_role(bench);
    let mut all = Vec::new();
    for ((asker, _, user), column) in users.iter().zip([creator, owner, observer]) {
        let mut given = nothing.clone();
        given.involved(bench, user, column);
        all.extend(given.cells(bench, random, pools, asker, What::All));
    }
    let companion = reader(model);
    for role in &model.roles {
        let mut ways = vec![(vec![role], false), (vec![role], true)];
        if companion.name != role.name {
            ways.push((vec![role, companion], false));
        }
        for ((roles, null), (asker, to, user)) in ways.into_iter().zip(users.iter().cycle()) {
            let mut given = nothing.clone();
            roles.iter().for_each(|role| given.role(to, &role.name));
            if null {
                given.apart(bench, random, user);
                given.no_attributes(bench, user);
            } else {
                given.involved(bench, user, creator);
            }
            let cells = given.cells_about(bench, random, pools, asker, &|entity| say(model, &roles, entity));
            all.extend(cells.into_iter().map(alone));
        }
    }
    // Where a user has at most one thing to do with a record, each scope of a role shows, and each rule that opens records.
    let placed = placed(&known, &People::new(model, &nothing.world));
    let told = told_apart(model, bench, &placed);
    let mut random_apart = Random::new(13);
    for (role, (asker, to, user)) in model.roles.iter().flat_map(|role| [role, role]).zip(placed.iter().cycle()) {
        let mut given = nothing.clone();
        given.role(to, &role.name);
        given.apart(bench, &mut random_apart, user);
        let cells = given.cells_about(bench, &mut random_apart, pools, asker, &|entity| say(model, &[role], entity)).into_iter();
        all.extend(cells.filter(|cell| !ASKING.contains(&cell.kind)).map(alone));
    }
    if let Some((asker, _, user)) = placed.first() {
        let mut given = nothing.clone();
        given.apart(bench, &mut random_apart, user);
        let cells = given.cells(bench, &mut random_apart, pools, asker, What::All).into_iter();
        all.extend(cells.filter(|cell| !ASKING.contains(&cell.kind)).map(alone));
    }
    // What follows from a parent shows beside a role that gives the parent and nothing of what follows.
    for (at, (role, companion, entity)) in companions(model).into_iter().enumerate() {
        let Some((asker, to, user)) = placed.get(at % USERS) else { break };
        let mut given = nothing.clone();
        given.role(to, &role.name);
        given.role(to, &companion.name);
        given.apart(bench, &mut random_apart, user);
        let cells = given.cells_about(bench, &mut random_apart, pools, asker, &|other| other.name == entity.name).into_iter();
        all.extend(cells.filter(|cell| !ASKING.contains(&cell.kind)).map(alone));
    }
    // Those who are like somebody else are asked as well: it is one of them alone that a rule may be for.
    let users_table = &model.directory.users;
    let keys = bench.world.rows(&users_table.table).iter().filter_map(|row| row.get(users_table.key.as_str())?.key());
    let everybody: Vec<String> = keys.filter(|user| is_known(model, &bench.world, Some(user))).collect();
    for rule in &model.sharing {
        let unprivileged = People::new(model, &nothing.world);
        let Some(user) = everybody.iter().find(|user| unprivileged.is_opened(rule, user)) else { continue };
        let (mut given, asker) = (nothing.clone(), Asker::User(user.clone()));
        given.apart(bench, &mut random_apart, user);
        let cells = given.cells_about(bench, &mut random_apart, pools, &asker, &|entity| entity.name == rule.entity).into_iter();
        all.extend(cells.filter(|cell| !ASKING.contains(&cell.kind)).map(alone));
    }
    // Some of them may not be: should one come to be all the same, the restriction counts.
    for restriction in &model.restrictions {
        // Where it rests under these roles, it counts beside another.
        let lifted = restriction.promotion == Promotion::Lift;
        let lifting = if lifted { model.roles_including(&restriction.not_for) } else { Vec::new() };
        let Some(role) = restriction.not_for.first().filter(|_| !lifted).or_else(|| most_but(model, &lifting)) else { continue };
        for (asker, to, _) in &users {
            let mut given = if lifted { nothing.clone() } else { Given::as_it_is(bench) };
            given.role(to, role);
            given.restriction(to, &restriction.name, true);
            all.extend(given.cells(bench, random, pools, asker, What::All));
        }
        // Who is in no team and the like has nothing but their own.
        if let Some((asker, to, user)) = &lone {
            let mut given = nothing.clone();
            given.role(to, role);
            given.restriction(to, &restriction.name, true);
            given.involved(bench, user, owner);
            all.extend(given.cells(bench, random, pools, asker, What::All));
            all.extend(opened::cells(bench, random, pools, asker, role, &given));
        }
        for (at, (asker, to, user)) in told.iter().take(2).enumerate() {
            let mut given = nothing.clone();
            given.role(to, role);
            given.apart(bench, random, user);
            // And somebody who is not restricted.
            if at == 0 {
                given.restriction(to, &restriction.name, true);
            }
            all.extend(opened::cells(bench, random, pools, asker, role, &given));
        }
    }
    // What is shared opens more than any role of theirs, so that nothing but the restriction narrows it.
    for restriction in model.restrictions.iter().filter(|_| bench.shares) {
        for (asker, to, _) in &users {
            let mut given = nothing.clone();
            given.shared(bench, to);
            given.restriction(to, &restriction.name, true);
            all.extend(given.cells(bench, random, pools, asker, What::All));
        }
    }
    // Who has every role but one, and but those that include it or give everything.
    let mut random = Random::new(11);
    for (left_out, (asker, to, _)) in model.roles.iter().zip(users.iter().cycle()) {
        let without = |role: &&Role| !role.all_includes.contains(&left_out.name) && role.name != *most(model);
        let mut given = nothing.clone();
        model.roles.iter().filter(without).for_each(|role| given.role(to, &role.name));
        all.extend(given.cells_about(bench, &mut random, pools, asker, &|entity| say(model, &[left_out], entity)));
    }
    all
}

/// Roles that give something of an entity with a parent, each with one that gives most of the parent and nothing of the entity.
fn companions(model: &Model) -> Vec<(&Role, &Role, &Entity)> {
    let count = |role: &Role, entity: &EntityName| grants(model, role).filter(|grant| grant.entity == *entity).count();
    let mut all = Vec::new();
    for (role, entity) in model.roles.iter().flat_map(|role| model.entities.iter().map(move |entity| (role, entity))) {
        for parent in entity.parents.iter().filter(|_| count(role, &entity.name) > 0) {
            let gives = |other: &&Role| count(other, &entity.name) == 0 && count(other, &parent.entity) > 0;
            all.extend(
                model.roles.iter().filter(gives).max_by_key(|other| count(other, &parent.entity)).map(|other| (role, other, entity)),
            );
        }
    }
    all
}

fn alone(cell: Cell) -> Cell {
    if cell.kind == "reading" { Cell { kind: "one role", ..cell } } else { cell }
}

/// Those first who are given least, and of them those who are in most teams, departments and the like.
fn placed<'k>(known: &[Known<'k>], people: &People) -> Vec<Known<'k>> {
    let mut all = known.to_vec();
    all.sort_by_key(|(_, _, user)| (people.given_roles(user, When::Now).len(), std::cmp::Reverse(people.subjects(user).len())));
    all
}

/// Those first who have an attribute to compare with.
fn told_apart<'k>(model: &Model, bench: &Bench, known: &[Known<'k>]) -> Vec<Known<'k>> {
    let users = &model.directory.users;
    let nulls = |user: &str| {
        let is = |row: &&Row| row.get(users.key.as_str()).and_then(Value::key).as_deref() == Some(user);
        let row = bench.world.rows(&users.table).iter().find(is);
        let null = |column: &ColumnName| row.is_none_or(|row| row.get(column.as_str()).is_none_or(|value| *value == Value::Null));
        users.attributes.iter().filter(|(column, _)| null(column)).count()
    };
    let mut all = known.to_vec();
    all.sort_by_key(|(_, _, user)| nulls(user));
    all
}

fn creator(entity: &Entity) -> Option<&ColumnName> {
    entity.creator.as_ref()
}

fn owner(entity: &Entity) -> Option<&ColumnName> {
    first(&entity.owners)
}

fn observer(entity: &Entity) -> Option<&ColumnName> {
    first(&entity.observers)
}

fn first(owners: &Owners) -> Option<&ColumnName> {
    match owners {
        Owners::Columns(columns) => columns.first(),
        _ => None,
    }
}

/// What a role and those that it includes grant.
fn grants<'m>(model: &'m Model, role: &'m Role) -> impl Iterator<Item = &'m Grant> {
    model.roles.iter().filter(|other| role.all_includes.contains(&other.name)).flat_map(|role| &role.grants)
}

/// Whether roles say something about an entity.
fn say(model: &Model, roles: &[&Role], entity: &Entity) -> bool {
    roles.iter().any(|role| grants(model, role).any(|grant| grant.entity == entity.name))
}

/// The role that reads most while it changes little.
fn reader(model: &Model) -> &Role {
    let count = |role, reads: bool| grants(model, role).filter(|grant| (grant.action == Action::Read) == reads).count() as i64;
    model.roles.iter().max_by_key(|role| 3 * count(role, true) - count(role, false)).expect("a role")
}

/// The role that gives most without a condition.
fn most(model: &Model) -> &RoleName {
    most_but(model, &[]).expect("a role")
}

/// The same, but for some.
fn most_but<'m>(model: &'m Model, others: &[RoleName]) -> Option<&'m RoleName> {
    let open = |role: &&Role| {
        let whole = |scope: &Scope| scope.terms.is_empty() && scope.predicate.is_none();
        role.grants.iter().filter(|grant| grant.level.scopes.iter().any(whole)).count()
    };
    model.roles.iter().filter(|role| !others.contains(&role.name)).max_by_key(open).map(|role| &role.name)
}
