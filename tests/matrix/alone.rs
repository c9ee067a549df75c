//! Users of one role and of none, and restrictions beside a role that gives everything: where most roles give the same, only who has nothing
//! else shows what each of them gives.

use crm_access::model::{Action, ColumnName, Entity, Grant, Model, Owners, Promotion, Role, RoleName, Scope, Subject};

use crate::bench::{Asker, Bench};
use crate::cells::{Cell, What, is_known};
use crate::combinations::People;
use crate::data::Pools;
use crate::given::Given;
use crate::opened;
use crate::random::Random;

/// Users who are tried in each of these ways.
const USERS: usize = 3;

/// All of these cells.
pub fn cells(bench: &Bench, random: &mut Random, pools: &Pools, everyone: &[Asker]) -> Vec<Cell> {
    let model = &bench.model;
    let known = everyone.iter().filter_map(|asker| match asker {
        Asker::User(user) if is_known(model, &bench.world, Some(user)) => Some((asker, Subject::User(user.clone()), user)),
        _ => None,
    });
    let known: Vec<(&Asker, Subject, &String)> = known.collect();
    let people = People::new(model, &bench.world);
    let lone =
        known.iter().find(|(_, _, user)| people.subjects(user).iter().all(|(kind, _)| ["user", "everyone"].contains(&kind.as_str())));
    let users: Vec<(&Asker, Subject, &String)> = known.iter().take(USERS).cloned().collect();
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
                given.no_attributes(bench, user);
            } else {
                given.involved(bench, user, creator);
            }
            let cells = given.cells(bench, random, pools, asker, What::All).into_iter().filter(|cell| say(model, &roles, cell));
            all.extend(cells.map(|cell| if cell.kind == "reading" { Cell { kind: "one role", ..cell } } else { cell }));
        }
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
        for (at, (asker, to, _)) in users.iter().take(2).enumerate() {
            let mut given = nothing.clone();
            given.role(to, role);
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
        let cells = given.cells(bench, &mut random, pools, asker, What::All);
        all.extend(cells.into_iter().filter(|cell| say(model, &[left_out], cell)));
    }
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

/// Whether roles say something about the entity of a cell.
fn say(model: &Model, roles: &[&Role], cell: &Cell) -> bool {
    let entity = model.entities.iter().find(|entity| Some(&entity.table) == cell.table.as_ref());
    entity.is_some_and(|entity| roles.iter().any(|role| grants(model, role).any(|grant| grant.entity == entity.name)))
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
