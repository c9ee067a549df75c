//! Cells that read under circumstances: hostile settings, people's tables with row security of their own, logins, what everyone is given;
//! and what the helper functions give to who calls them.

use crm_access::decide::{Judge, Row};
use crm_access::model::{Action, Entity, Subject};
use crm_access::program::{Target, joined_name};
use crm_access::render::{Plain, Quoting};

use crate::alone;
use crate::bench::{Asker, Bench, Check};
use crate::cells::{Cell, What, askers, is_known, of_asker};
use crate::data::pools;
use crate::given::Given;
use crate::probes::{OUTSIDER, logins};
use crate::random::Random;
use crate::schema::{table_sql, tables};

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
    // What everyone is given would hide what only some have, so it is tried apart.
    if bench.model.assignments.stored {
        for role in &bench.model.roles {
            let mut given = Given::as_it_is(bench);
            given.role(&Subject::Everyone, &role.name);
            for asker in everyone.iter().skip(1).step_by(6) {
                reading(given.cells(bench, &mut random, &pools, asker, What::Reading), "given to everyone");
            }
        }
    }
    for (login, user) in logins(bench) {
        let cells = of_asker(bench, &mut random, &pools, Asker::User(user), (&bench.world, ""), What::Reading);
        let as_login = cells.into_iter().map(|cell| Cell { asker: Asker::Role(login.clone()), known: true, ..cell });
        reading(as_login.collect(), "logins");
    }
    // The policies of the targets are the same text: once is enough.
    if bench.model.assignments.stored && bench.target == Target::Extension {
        all.extend(alone::cells(bench, &mut random, &pools, &everyone));
    }
    all.extend(helpers(bench, &everyone));
    // People's tables themselves are closed then.
    let checks = others.iter().map(|name| Check { sql: format!("SELECT 1 FROM {name}"), expected: "rows 0".to_owned() });
    let (asker, before) = (Asker::Role(OUTSIDER.to_owned()), protected.clone());
    all.push(Cell { asker, known: true, before, table: None, kind: "protected people", checks: checks.collect() });
    all
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
