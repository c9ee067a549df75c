//! Cells that read under circumstances: hostile settings, people's tables with row security of their own, logins, one role or none, what
//! everyone is given, restrictions that may not be; and what the helper functions give to who calls them.

use crm_access::decide::{Judge, Row, Value, World};
use crm_access::model::{Action, Assigned, Entity, Period, Subject};
use crm_access::program::{Target, joined_name};
use crm_access::render::{Plain, Quoting};

use crate::bench::{Asker, Bench, Check, store};
use crate::cells::{Cell, What, askers, is_known, of_asker};
use crate::data::pools;
use crate::probes::{OUTSIDER, logins};
use crate::random::Random;
use crate::schema::{table_sql, tables};

/// Users who get a restriction that is not for them.
const RESTRICTED: usize = 3;

/// All of these cells.
pub fn cells(bench: &Bench, seed: u64) -> Vec<Cell> {
    let mut random = Random::new(seed);
    let pools = pools(&bench.model, &bench.schema, &bench.world);
    let entities: Vec<String> = bench.model.entities.iter().map(|entity: &Entity| table_sql(&entity.table)).collect();
    let others: Vec<String> = tables(&bench.model).iter().map(table_sql).filter(|name| !entities.contains(name)).collect();
    let protect = |name: &String| format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; ALTER TABLE {name} FORCE ROW LEVEL SECURITY;");
    let protected: String = others.iter().map(protect).collect();
    let hostile =
        "SET LOCAL search_path = evil, pg_catalog, public; SET LOCAL datestyle = 'SQL, DMY'; SET LOCAL timezone = 'Pacific/Kiritimati';
                   SET LOCAL intervalstyle = 'sql_standard';";
    let everyone = askers(&bench.model, &bench.world);
    let mut all = Vec::new();
    let mut reading = |cells: Vec<Cell>, kind: &'static str| all.extend(cells.into_iter().map(|cell| Cell { kind, ..cell }));
    for (before, kind) in [(hostile, "hostile settings"), (protected.as_str(), "protected people")] {
        for asker in everyone.iter().step_by(4) {
            reading(of_asker(bench, &mut random, &pools, asker.clone(), (&bench.world, before), What::Reading), kind);
        }
    }
    let mut roleless = Vec::new();
    // What everyone is given would hide what only some have, so it is tried apart.
    if bench.model.assignments.stored {
        for role in &bench.model.roles {
            let to = Subject::Everyone;
            let (mut world, period) = (bench.world.clone(), Period::default());
            world.stored_roles.push(Assigned { what: role.name.clone(), to: to.clone(), confirmed: false, period });
            let sql = store("role", role.name.as_str(), &to, false, period);
            let before = format!("SET LOCAL session_replication_role = replica; {sql}; SET LOCAL session_replication_role = origin;");
            for asker in everyone.iter().skip(1).step_by(6) {
                reading(of_asker(bench, &mut random, &pools, asker.clone(), (&world, &before), What::Reading), "given to everyone");
            }
        }
    }
    // The policies of the targets are the same text: once is enough.
    let once = bench.model.assignments.stored && bench.target == Target::Extension;
    let (world, before) = without_roles(bench);
    for asker in everyone.iter().filter(|asker| once && matches!(asker, Asker::User(_))).take(RESTRICTED) {
        roleless.extend(of_asker(bench, &mut random, &pools, asker.clone(), (&world, &before), What::All));
    }
    for role in bench.model.roles.iter().filter(|_| once) {
        for (asker, null) in everyone.iter().filter(|asker| matches!(asker, Asker::User(_))).take(2).zip([false, true]) {
            let Asker::User(user) = asker else { continue };
            let (mut world, mut before) = (world.clone(), before.clone());
            let to = Subject::User(user.clone());
            let period = Period::default();
            let stored = store("role", role.name.as_str(), &to, false, period);
            world.stored_roles.push(Assigned { what: role.name.clone(), to, confirmed: false, period });
            before.push_str(&format!("SET LOCAL session_replication_role = replica; {stored};"));
            if null {
                before.push_str(&without_attributes(bench, &mut world, user));
            }
            before.push_str("SET LOCAL session_replication_role = origin;");
            let cells = of_asker(bench, &mut random, &pools, asker.clone(), (&world, &before), What::Reading);
            roleless.extend(cells.into_iter().map(|cell| Cell { kind: "one role", ..cell }));
        }
    }
    let mut restricted = Vec::new();
    // Combinations that may not be: should one come to be all the same, the restriction counts.
    for restriction in bench.model.restrictions.iter().filter(|_| once) {
        let Some(role) = restriction.not_for.first() else { continue };
        for asker in everyone.iter().filter(|asker| matches!(asker, Asker::User(_))).take(RESTRICTED) {
            let Asker::User(user) = asker else { continue };
            let (mut world, period) = (bench.world.clone(), Period::default());
            let to = Subject::User(user.clone());
            world.stored_roles.push(Assigned { what: role.clone(), to: to.clone(), confirmed: false, period });
            let what = restriction.name.clone();
            world.stored_restrictions.push(Assigned { what, to: to.clone(), confirmed: true, period });
            let (role, name) =
                (store("role", role.as_str(), &to, false, period), store("restriction", restriction.name.as_str(), &to, true, period));
            let before =
                format!("SET LOCAL session_replication_role = replica; {role}; {name}; SET LOCAL session_replication_role = origin;");
            restricted.extend(of_asker(bench, &mut random, &pools, asker.clone(), (&world, &before), What::All));
        }
    }
    for (login, user) in logins(bench) {
        let cells = of_asker(bench, &mut random, &pools, Asker::User(user), (&bench.world, ""), What::Reading);
        let as_login = cells.into_iter().map(|cell| Cell { asker: Asker::Role(login.clone()), known: true, ..cell });
        reading(as_login.collect(), "logins");
    }
    all.extend(restricted);
    all.extend(roleless);
    all.extend(helpers(bench, &everyone));
    // People's tables themselves are closed then.
    let checks = others.iter().map(|name| Check { sql: format!("SELECT 1 FROM {name}"), expected: "rows 0".to_owned() });
    let (asker, before) = (Asker::Role(OUTSIDER.to_owned()), protected.clone());
    all.push(Cell { asker, known: true, before, table: None, kind: "protected people", checks: checks.collect() });
    all
}

/// The world in which nobody has been given a role, but for what the configuration lists, and how it is made.
fn without_roles(bench: &Bench) -> (World, String) {
    let (model, mut world) = (&bench.model, bench.world.clone());
    let users = &model.directory.users.table;
    let mut sql = String::from("SET LOCAL session_replication_role = replica; DELETE FROM crm_access.assignment WHERE kind = 'role';");
    world.stored_roles.clear();
    for table in &model.assignments.role_tables {
        let name = table_sql(&table.table);
        if table.table == *users {
            sql.push_str(&format!("UPDATE {name} SET {} = NULL;", Plain.identifier(table.name.as_str())));
            for row in world.tables.entry(users.clone()).or_default() {
                row.insert(table.name.to_string(), Value::Null);
            }
        } else {
            sql.push_str(&format!("DELETE FROM {name};"));
            world.tables.insert(table.table.clone(), Vec::new());
        }
    }
    for flag in &model.assignments.role_flags {
        sql.push_str(&format!("UPDATE {} SET {} = false;", table_sql(users), Plain.identifier(flag.column.as_str())));
        for row in world.tables.entry(users.clone()).or_default() {
            row.insert(flag.column.to_string(), Value::Bool(false));
        }
    }
    (world, sql + "SET LOCAL session_replication_role = origin;")
}

/// Takes all attributes from a user.
fn without_attributes(bench: &Bench, world: &mut World, user: &str) -> String {
    let users = &bench.model.directory.users;
    let mut sql = String::new();
    for (attribute, _) in &users.attributes {
        let (table, key) = (table_sql(&users.table), Plain.identifier(users.key.as_str()));
        let attribute_sql = Plain.identifier(attribute.as_str());
        sql.push_str(&format!("UPDATE {table} SET {attribute_sql} = NULL WHERE {key}::text = {};", Plain.literal(user)));
        let rows = world.tables.entry(users.table.clone()).or_default().iter_mut();
        for row in rows.filter(|row| row.get(users.key.as_str()).and_then(Value::key).as_deref() == Some(user)) {
            row.insert(attribute.to_string(), Value::Null);
        }
    }
    sql
}

/// What the helper functions give to who calls them directly: what they may see anyway, and nothing to nobody.
fn helpers(bench: &Bench, everyone: &[Asker]) -> Vec<Cell> {
    let call = |name: &str| format!("crm_access_rules.{}()", Plain.identifier(name));
    let mut all = Vec::new();
    for asker in everyone {
        let user = match asker {
            Asker::User(user) => Some(user.as_str()),
            _ => None,
        };
        let judge = Judge::new(&bench.model, &bench.world, user);
        let known = is_known(&bench.model, &bench.world, user);
        let mut push = |table, sql: String, expected: String| {
            let (asker, checks) = (asker.clone(), vec![Check { sql, expected }]);
            all.push(Cell { asker, known, before: String::new(), table, kind: "helpers", checks });
        };
        if !known {
            bench.helpers.iter().for_each(|name| push(None, format!("SELECT * FROM {}", call(name)), "rows 0".to_owned()));
        }
        for entity in &bench.model.entities {
            for (word, action) in [("readable", Action::Read), ("updatable", Action::Update)] {
                let name = joined_name(&[entity.name.as_str(), word]);
                if !bench.helpers.contains(&name) {
                    continue;
                }
                let may = |row: &&Row| judge.may(entity, Action::Read, row).allowed && judge.may(entity, action, row).allowed;
                let rows = bench.world.rows(&entity.table).iter().filter(may);
                let mut keys: Vec<String> = rows.map(|row| row[entity.key.as_str()].to_string()).collect();
                keys.sort();
                push(
                    Some(entity.table.clone()),
                    format!("SELECT array_agg(k::text) FROM {} AS k", call(&name)),
                    format!("keys {}", keys.join(" ")),
                );
            }
        }
    }
    all
}
