//! What the helper functions say of who has what, against the rules alone: also where no policy of the preset would show it.

use std::collections::BTreeSet;

use crm_access::decide::World;
use crm_access::model::{Assigned, Model, Period, Subject};
use crm_access::render::{Plain, Quoting};

use crate::bench::{Asker, Bench, Check};
use crate::cells::{Cell, What, askers, is_known, of_asker};
use crate::combinations::{People, When, forbidden};
use crate::data::pools;
use crate::given::{Given, unchecked};
use crate::random::Random;
use crate::schema::{fresh_key, table_sql};

/// Questions to the helper functions, which nobody but a superuser can ask.
pub fn cells(bench: &Bench, seed: u64) -> Vec<Cell> {
    let (model, world) = (&bench.model, &bench.world);
    let mut all: [BTreeSet<String>; 3] = Default::default();
    let mut checks = Vec::new();
    let keys = |lines: &BTreeSet<String>| format!("keys {}", lines.iter().cloned().collect::<Vec<_>>().join(" "));
    let people = People::new(model, world);
    let (now, from_now_on) = (people.restrictions(When::Now), people.restrictions(When::FromNowOn));
    for user in people.named_somewhere() {
        let is = people.subjects(&user).into_iter().map(|(kind, key)| format!("{kind}/{key}")).collect::<BTreeSet<String>>();
        let roles = |when| people.given_roles(&user, when).into_iter().map(|(role, rank)| format!("{role}/{rank}"));
        let confirmed =
            from_now_on.get(&user).into_iter().flatten().flat_map(|(name, all)| all.iter().map(move |all| format!("{name}/{all}")));
        all[0].extend(is.iter().map(|line| format!("{user}/{line}")));
        all[1].extend(roles(When::FromNowOn).map(|line| format!("{user}/{line}")));
        all[2].extend(confirmed.map(|line| format!("{user}/{line}")));
        let narrowed = now.get(&user).into_iter().flatten().map(|(name, _)| name.to_string()).collect();
        for (function, what, expected) in [
            ("subjects_of", "x.subject || '/' || x.key", keys(&is)),
            ("roles_of", "x.role || '/' || x.rank", keys(&roles(When::Now).collect())),
            ("restrictions_of", "x.restriction", keys(&narrowed)),
        ] {
            checks.push(asked(&format!("{function}({})", Plain.literal(&user)), what, expected));
        }
    }
    checks.push(asked("subjects()", "x.user_key || '/' || x.subject || '/' || x.key", keys(&all[0])));
    checks.push(asked("roles()", "x.user_key || '/' || x.role || '/' || x.rank", keys(&all[1])));
    checks.push(asked("restrictions()", "x.user_key || '/' || x.restriction || '/' || x.confirmed", keys(&all[2])));
    let superuser = Asker::Role("postgres".to_owned());
    let cell = |checks: &[Check]| {
        let (asker, before, checks) = (superuser.clone(), String::new(), checks.to_vec());
        Cell { asker, known: true, before, table: None, kind: "who has what", checks }
    };
    // The whole first: it shows most.
    checks.reverse();
    let mut cells: Vec<Cell> = checks.chunks(30).map(cell).collect();
    cells.extend(everyone(bench));
    cells.extend(administering(bench));
    cells.extend(unknown(bench, seed));
    cells
}

/// What everyone is given, as who has it is told.
fn everyone(bench: &Bench) -> Option<Cell> {
    let (model, role) = (&bench.model, bench.model.roles.first().filter(|_| bench.model.assignments.stored)?);
    let mut given = Given::as_it_is(bench);
    given.role(&Subject::Everyone, &role.name);
    let (world, before) = (&given.world, given.before());
    let people = People::new(model, world);
    let users = people.named_somewhere();
    let lines = |when| {
        let of = |user: &String| {
            let all = people.given_roles(user, when).into_iter();
            all.map(|(role, rank)| (user.clone(), format!("{role}/{rank}"))).collect::<Vec<_>>()
        };
        users.iter().flat_map(of).collect::<Vec<(String, String)>>()
    };
    let keys = |lines: BTreeSet<String>| format!("keys {}", lines.into_iter().collect::<Vec<_>>().join(" "));
    let all = keys(lines(When::FromNowOn).into_iter().map(|(user, role)| format!("{user}/{role}")).collect());
    let mut checks = vec![asked("roles()", "x.user_key || '/' || x.role || '/' || x.rank", all)];
    for user in users.iter().take(3) {
        let theirs = keys(lines(When::Now).into_iter().filter(|(of, _)| of == user).map(|(_, role)| role).collect());
        checks.push(asked(&format!("roles_of({})", Plain.literal(user)), "x.role || '/' || x.rank", theirs));
    }
    let asker = Asker::Role("postgres".to_owned());
    Some(Cell { asker, known: true, before, table: None, kind: "who has what", checks })
}

fn asked(call: &str, what: &str, expected: String) -> Check {
    Check { sql: format!("SELECT array_agg(DISTINCT {what}) FROM crm_access_rules.{call} AS x"), expected }
}

/// What users with each role that administers may give and take: of somebody who is not there yet, so that no other rule has a say.
fn administering(bench: &Bench) -> Vec<Cell> {
    let (model, users) = (&bench.model, &bench.model.directory.users);
    let to = fresh_key(bench.schema[&users.table].kind(users.key.as_str()), 950).key().unwrap_or_default();
    let everybody = askers(model, &bench.world);
    let mut all = Vec::new();
    for role in model.roles.iter().filter(|role| model.assignments.stored && role.administers.changes()) {
        let sound = everybody.iter().find_map(|asker| {
            let Asker::User(user) = asker else { return None };
            let mut given = Given::no_role(bench);
            given.role(&Subject::User(user.clone()), &role.name);
            let sound = is_known(model, &bench.world, Some(user)) && forbidden(model, &given.world, Some(&bench.world)).is_empty();
            sound.then_some((user, given))
        });
        let Some((user, given)) = sound else { continue };
        let mine = People::new(model, &given.world).roles(user, When::Now);
        let mine = || model.roles.iter().filter(|role| mine.contains_key(&role.name)).flat_map(|role| role.administers.operations());
        let restrictions = model.restrictions.iter().map(|restriction| restriction.name.as_str());
        let things: Vec<(&str, &str)> = model
            .roles
            .iter()
            .flat_map(|role| ["assign", "revoke"].map(|operation| (operation, role.name.as_str())))
            .chain(restrictions.flat_map(|name| ["restrict", "unrestrict"].map(|operation| (operation, name))))
            .collect();
        let checks = things.into_iter().map(|(operation, name)| {
            let may = mine().any(|(other, names)| other == operation && names.contains(&name));
            let sql = format!("SELECT crm_access.{operation}({}, 'user', {})", Plain.literal(name), Plain.literal(&to));
            Check { sql, expected: if may { "rows 1" } else { "denied" }.to_owned() }
        });
        let (asker, checks) = (Asker::User(user.clone()), checks.collect());
        all.push(Cell { asker, known: true, before: given.before(), table: None, kind: "who has what", checks });
    }
    all
}

/// A restriction that nobody knows was meant to narrow something, and counts as all of them.
fn unknown(bench: &Bench, seed: u64) -> Vec<Cell> {
    let (model, world) = (&bench.model, &bench.world);
    let mut random = Random::new(seed);
    let pools = pools(model, &bench.schema, world);
    let mut all = Vec::new();
    for asker in askers(model, world).iter().step_by(3) {
        let Asker::User(user) = asker else { continue };
        if !is_known(model, world, Some(user)) {
            continue;
        }
        let mut ways = Vec::new();
        if model.assignments.stored {
            ways.push(crate::bench::store("restriction", "gone", &Subject::User(user.clone()), false, Period::default()));
        }
        for table in &model.assignments.restriction_tables {
            let column = |name: &dyn ToString| Plain.identifier(&name.to_string());
            for name in ["'gone'", "NULL"] {
                let (into, user) = (table_sql(&table.table), Plain.literal(user));
                ways.push(format!("INSERT INTO {into} ({}, {}) VALUES ({user}, {name})", column(&table.user), column(&table.name)));
            }
        }
        if ways.is_empty() {
            return all; // Nothing is stored that could be unknown.
        }
        let way = random.pick(&ways).clone();
        let before = unchecked(&format!("{way};"));
        let narrowed = narrowed(model, world, user);
        // Without stored restrictions the reference evaluator could not be told.
        if narrowed.0 {
            let cells = of_asker(bench, &mut random, &pools, asker.clone(), (&narrowed.1, &before), What::Reading);
            all.extend(cells.into_iter().map(|cell| Cell { kind: "unknown restriction", ..cell }));
        }
    }
    all
}

/// The world in which a user has every restriction, and whether the model has a way to say so.
fn narrowed(model: &Model, world: &World, user: &str) -> (bool, World) {
    let mut narrowed = world.clone();
    for restriction in &model.restrictions {
        let what = restriction.name.clone();
        narrowed.stored_restrictions.push(Assigned {
            what,
            to: Subject::User(user.to_owned()),
            confirmed: true,
            period: Period::default(),
            channel: None,
        });
    }
    (model.assignments.stored && !model.restrictions.is_empty(), narrowed)
}
