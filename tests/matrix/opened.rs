//! Restrictions alone: a policy opens a table for everything, and no trigger looks, so that nothing but the restrictive policies narrows what a
//! user does. Where no role gives more than a restriction leaves, nothing else shows whether it stands.

use crm_access::decide::Judge;
use crm_access::model::{Action, Conflict, Entity, Grant, Level, Model, RoleName, Scope};
use crm_access::render::{Plain, Quoting};

use crate::bench::{Asker, Bench, Check};
use crate::cells::{About, Cell};
use crate::data::Pools;
use crate::given::Given;
use crate::random::Random;

/// What a user with a role does in each table that some restriction is about, while that table is open to them.
pub fn cells(bench: &Bench, random: &mut Random, pools: &Pools, asker: &Asker, role: &RoleName, given: &Given) -> Vec<Cell> {
    let Asker::User(user) = asker else { return Vec::new() };
    let model = &bench.model;
    let is_narrowed = |entity: &&Entity| model.restrictions.iter().any(|restriction| restriction.level(&entity.name).is_some());
    let mut all = Vec::new();
    // Elsewhere a grant can be outdone by another.
    for entity in model.entities.iter().filter(is_narrowed).filter(|_| model.conflict == Conflict::Union) {
        let (opened, table) = (with_everything(model, role, entity), &bench.schema[&entity.table]);
        let judge = Judge::new(&opened, &given.world, Some(user));
        let unguarded = Entity { assigned: false, columns: Vec::new(), ..entity.clone() };
        let rows = given.world.rows(&entity.table);
        let about = About { model: &opened, judge: &judge, entity: &unguarded, table, pools, rows, user: Some(user) };
        let before = format!(
            "{} CREATE POLICY opened ON {} TO {} USING (true) WITH CHECK (true);",
            given.before(),
            table.sql(),
            Plain.identifier(model.application_role.as_str())
        );
        let mut push = |kind: &'static str, others: &str, checks: Vec<Check>| {
            let before = format!("{before} {others} SET LOCAL session_replication_role = replica;");
            all.push(Cell { asker: asker.clone(), known: true, before, table: Some(entity.table.clone()), kind, checks });
        };
        push("reading", "", about.reading());
        push("copying", "", vec![about.copying()]);
        push("changing", "", about.changing(random));
        push("adding", "", about.adding(random));
        about.each_alone(&given.world, random).into_iter().for_each(|(others, checks)| push("moving blindly", &others, checks));
    }
    all.into_iter().filter(|cell| !cell.checks.is_empty()).collect()
}

fn everything() -> Scope {
    Scope { terms: Vec::new(), predicate: None }
}

/// The model with a role that reads, adds, changes and removes all records of an entity.
fn with_everything(model: &Model, role: &RoleName, entity: &Entity) -> Model {
    let mut opened = model.clone();
    for role in opened.roles.iter_mut().filter(|other| other.name == *role) {
        let level = Level { scopes: vec![everything()], stages: Vec::new() };
        let actions = [Action::Read, Action::Create, Action::Update, Action::Delete];
        role.grants.extend(actions.map(|action| Grant { entity: entity.name.clone(), action, level: level.clone() }));
    }
    opened
}
