//! Users of one role and of none, and restrictions beside a role that gives everything: where most roles give the same, only who has nothing
//! else shows what each of them gives.

use crm_access::decide::{Value, World};
use crm_access::model::{Action, Assigned, Model, Period, Restriction, Role, RoleName, Subject};
use crm_access::render::{Plain, Quoting};

use crate::bench::{Asker, Bench, store};
use crate::cells::{Cell, What, is_known, of_asker};
use crate::data::{Pools, compared};
use crate::random::Random;
use crate::schema::{literal, table_sql};

/// Users who are tried in each of these ways.
const USERS: usize = 3;

/// All of these cells.
pub fn cells(bench: &Bench, random: &mut Random, pools: &Pools, everyone: &[Asker]) -> Vec<Cell> {
    let model = &bench.model;
    let known = |asker: &&Asker| matches!(asker, Asker::User(user) if is_known(model, &bench.world, Some(user)));
    let users: Vec<&String> = everyone
        .iter()
        .filter(known)
        .take(USERS)
        .filter_map(|asker| match asker {
            Asker::User(user) => Some(user),
            _ => None,
        })
        .collect();
    let nothing = Given::no_role(bench);
    let mut all = Vec::new();
    for user in &users {
        all.extend(nothing.cells(bench, random, pools, user, What::All));
    }
    let companion = reader(model);
    for role in &model.roles {
        let mut ways: Vec<(&[&RoleName], bool, What)> = vec![];
        let (one, two) = ([&role.name], [&role.name, companion]);
        ways.extend([(&one[..], false, What::All), (&one[..], true, What::All)]);
        if companion != &role.name {
            ways.push((&two[..], false, What::All));
        }
        for ((roles, null, what), user) in ways.into_iter().zip(users.iter().cycle()) {
            let mut given = nothing.clone();
            roles.iter().for_each(|role| given.role(user, role));
            if null {
                given.no_attributes(bench, user);
            } else {
                given.creator(bench, user);
            }
            let says = |cell: &Cell| {
                let mut entities = model.entities.iter().filter(|entity| Some(&entity.table) == cell.table.as_ref());
                entities.any(|entity| model.roles.iter().any(|role| roles.contains(&&role.name) && grants(model, role, entity)))
            };
            let cells = given.cells(bench, random, pools, user, what).into_iter().filter(says);
            all.extend(cells.map(|cell| if cell.kind == "reading" { Cell { kind: "one role", ..cell } } else { cell }));
        }
    }
    // Some of them may not be: should one come to be all the same, the restriction counts.
    for restriction in &model.restrictions {
        let role = restriction.not_for.first().unwrap_or_else(|| most(model));
        for user in &users {
            let mut given = Given::as_it_is(bench);
            given.role(user, role);
            given.restriction(user, restriction);
            all.extend(given.cells(bench, random, pools, user, What::All));
        }
    }
    // Who has every role but one, and but those that include it or give everything.
    let mut random = Random::new(11);
    for (left_out, user) in model.roles.iter().zip(users.iter().cycle()) {
        let without = |role: &&Role| !role.all_includes.contains(&left_out.name) && role.name != *most(model);
        let mut given = nothing.clone();
        model.roles.iter().filter(without).for_each(|role| given.role(user, &role.name));
        let says = |cell: &Cell| {
            let mut entities = model.entities.iter().filter(|entity| Some(&entity.table) == cell.table.as_ref());
            entities.any(|entity| grants(model, left_out, entity))
        };
        all.extend(given.cells(bench, &mut random, pools, user, What::All).into_iter().filter(says));
    }
    all
}

/// Whether a role, or one that it includes, says something about an entity.
fn grants(model: &Model, role: &Role, entity: &crm_access::model::Entity) -> bool {
    let included = model.roles.iter().filter(|other| role.all_includes.contains(&other.name));
    included.flat_map(|role| &role.grants).any(|grant| grant.entity == entity.name)
}

/// The role that reads most while it changes little.
fn reader(model: &Model) -> &RoleName {
    let count = |role: &Role, reads: bool| {
        let names = model.roles.iter().filter(|other| role.all_includes.contains(&other.name));
        names.flat_map(|role| &role.grants).filter(|grant| (grant.action == Action::Read) == reads).count() as i64
    };
    let best = model.roles.iter().max_by_key(|role| 3 * count(role, true) - count(role, false));
    &best.expect("a role").name
}

/// The role that gives most without a condition.
fn most(model: &Model) -> &RoleName {
    let open = |role: &Role| {
        let whole = |scope: &crm_access::model::Scope| scope.terms.is_empty() && scope.predicate.is_none();
        role.grants.iter().filter(|grant| grant.level.scopes.iter().any(whole)).count()
    };
    &model.roles.iter().max_by_key(|role| open(role)).expect("a role").name
}

/// Takes from a user what may have been given for another time.
fn taken(kind: &str, name: &str, user: &str) -> String {
    let (name, user) = (Plain.literal(name), Plain.literal(user));
    format!("DELETE FROM crm_access.assignment WHERE kind = '{kind}' AND name = {name} AND subject = 'user' AND subject_key = {user};")
}

/// A world, and what a superuser does to come there.
#[derive(Clone)]
struct Given {
    world: World,
    sql: String,
}

impl Given {
    fn as_it_is(bench: &Bench) -> Given {
        Given { world: bench.world.clone(), sql: String::new() }
    }

    /// Nobody has been given a role or a restriction, but for what the configuration lists.
    fn no_role(bench: &Bench) -> Given {
        let (model, mut given) = (&bench.model, Given::as_it_is(bench));
        let users = &model.directory.users.table;
        given.sql.push_str("DELETE FROM crm_access.assignment;");
        given.world.stored_roles.clear();
        given.world.stored_restrictions.clear();
        for table in model.assignments.restriction_tables.iter().filter(|table| table.table != *users) {
            given.sql.push_str(&format!("DELETE FROM {};", table_sql(&table.table)));
            given.world.tables.insert(table.table.clone(), Vec::new());
        }
        for table in &model.assignments.role_tables {
            let name = table_sql(&table.table);
            if table.table == *users {
                given.sql.push_str(&format!("UPDATE {name} SET {} = NULL;", Plain.identifier(table.name.as_str())));
                for row in given.world.tables.entry(users.clone()).or_default() {
                    row.insert(table.name.to_string(), Value::Null);
                }
            } else {
                given.sql.push_str(&format!("DELETE FROM {name};"));
                given.world.tables.insert(table.table.clone(), Vec::new());
            }
        }
        let flags = model.assignments.role_flags.iter().map(|flag| &flag.column);
        for column in flags.chain(model.assignments.restriction_flags.iter().map(|flag| &flag.column)) {
            given.sql.push_str(&format!("UPDATE {} SET {} = false;", table_sql(users), Plain.identifier(column.as_str())));
            for row in given.world.tables.entry(users.clone()).or_default() {
                row.insert(column.to_string(), Value::Bool(false));
            }
        }
        given
    }

    fn role(&mut self, user: &str, role: &RoleName) {
        let (to, period) = (Subject::User(user.to_owned()), Period::default());
        self.sql.push_str(&format!("{}{};", taken("role", role.as_str(), user), store("role", role.as_str(), &to, false, period)));
        self.world.stored_roles.retain(|given| !(given.what == *role && given.to == to));
        self.world.stored_roles.push(Assigned { what: role.clone(), to, confirmed: false, period });
    }

    fn restriction(&mut self, user: &str, restriction: &Restriction) {
        let (to, period) = (Subject::User(user.to_owned()), Period::default());
        let name = restriction.name.as_str();
        self.sql.push_str(&format!("{}{};", taken("restriction", name, user), store("restriction", name, &to, true, period)));
        self.world.stored_restrictions.retain(|given| !(given.what == restriction.name && given.to == to));
        self.world.stored_restrictions.push(Assigned { what: restriction.name.clone(), to, confirmed: true, period });
    }

    /// Makes a user the creator of every other record.
    fn creator(&mut self, bench: &Bench, user: &str) {
        let users = &bench.model.directory.users;
        let keys = bench.world.rows(&users.table).iter().filter_map(|row| row.get(users.key.as_str()));
        let Some(value) = keys.into_iter().find(|value| value.key().as_deref() == Some(user)) else { return };
        for entity in &bench.model.entities {
            let Some(column) = &entity.creator else { continue };
            let mut keys = Vec::new();
            for row in self.world.tables.entry(entity.table.clone()).or_default().iter_mut().step_by(2) {
                keys.extend(row.get(entity.key.as_str()).map(literal));
                row.insert(column.to_string(), value.clone());
            }
            if !keys.is_empty() {
                let (table, key) = (table_sql(&entity.table), Plain.identifier(entity.key.as_str()));
                let set = format!("{} = {}", Plain.identifier(column.as_str()), literal(value));
                self.sql.push_str(&format!("UPDATE {table} SET {set} WHERE {key} IN ({});", keys.join(", ")));
            }
        }
    }

    /// Takes all attributes from a user, and from all records what attributes are compared with.
    fn no_attributes(&mut self, bench: &Bench, user: &str) {
        let users = &bench.model.directory.users;
        for (attribute, _) in &users.attributes {
            let (table, key, column) =
                (table_sql(&users.table), Plain.identifier(users.key.as_str()), Plain.identifier(attribute.as_str()));
            self.sql.push_str(&format!("UPDATE {table} SET {column} = NULL WHERE {key}::text = {};", Plain.literal(user)));
            let rows = self.world.tables.entry(users.table.clone()).or_default().iter_mut();
            for row in rows.filter(|row| row.get(users.key.as_str()).and_then(Value::key).as_deref() == Some(user)) {
                row.insert(attribute.to_string(), Value::Null);
            }
        }
        for entity in bench.model.entities.iter().filter(|_| !users.attributes.is_empty()) {
            for column in compared(&bench.model, &entity.name).into_keys() {
                self.sql.push_str(&format!("UPDATE {} SET {} = NULL;", table_sql(&entity.table), Plain.identifier(&column)));
                for row in self.world.tables.entry(entity.table.clone()).or_default() {
                    row.insert(column.clone(), Value::Null);
                }
            }
        }
    }

    fn cells(&self, bench: &Bench, random: &mut Random, pools: &Pools, user: &str, what: What) -> Vec<Cell> {
        let before = format!("SET LOCAL session_replication_role = replica; {} SET LOCAL session_replication_role = origin;", self.sql);
        of_asker(bench, random, pools, Asker::User(user.to_owned()), (&self.world, &before), what)
    }
}
