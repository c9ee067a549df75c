//! A configuration and data, tried as every user and compared with decide.

use crm_access::decide::{Judge, World};
use crm_access::model::Model;
use crm_access::program::Target;
use serde_json::Value as Json;

use crate::bench::{Bench, prepared};
use crate::checks::{Check, Expected, checks};
use crate::data::{USERS, world};
use crate::random::Random;
use crate::support::Refused;
use crate::tables::{FLAVORS, Flavor, key};

#[derive(Clone)]
pub struct Case {
    pub flavor: usize,
    pub configuration: Json,
    pub world: World,
    /// Seed of the statements.
    pub seed: u64,
}

/// A statement that did not do what decide says.
#[derive(Debug)]
pub struct Difference {
    pub target: Target,
    pub user: Option<String>,
    pub sql: String,
    pub expected: String,
    pub got: String,
}

impl Case {
    pub fn flavor(&self) -> &'static Flavor {
        &FLAVORS[self.flavor]
    }

    pub fn text(&self) -> String {
        serde_json::to_string_pretty(&self.configuration).expect("JSON")
    }

    /// Other data under the same configuration.
    pub fn reload(&mut self, random: &mut Random) {
        self.world = world(random, self.flavor());
        self.seed = random.next();
    }

    /// Half of them: another configuration tells more than another user.
    pub fn some_users(&self, random: &mut Random) -> Vec<Option<String>> {
        let mut users = self.users();
        while users.len() > USERS / 2 + 1 {
            users.remove(random.below(users.len()));
        }
        users
    }

    /// Everyone who can be tried: the users, one who is none, and nobody.
    fn users(&self) -> Vec<Option<String>> {
        let keys = (1..=USERS + 1).map(|number| Some(key(self.flavor().user, number).to_string()));
        keys.chain([None]).collect()
    }
}

/// The model of a configuration.
pub fn model(text: &str) -> Result<Model, String> {
    prepared(text, Target::Portable).map(|(_, made)| made.model)
}

/// Tries the data of a case, whose configuration stands, as these users. Gives the number of decisions and the first difference.
pub fn compare(case: &Case, model: &Model, benches: &mut [&mut Bench], users: &[Option<String>]) -> (u64, Option<Difference>) {
    let mut decisions = 0;
    for bench in benches.iter_mut() {
        bench.load(case.flavor(), &case.world);
    }
    let mut random = Random::new(case.seed);
    for user in users {
        let judge = Judge::new(model, &case.world, user.as_deref());
        let made = checks(&mut random, case.flavor(), model, &judge, benches.iter().all(|bench| bench.merge));
        for bench in benches.iter_mut() {
            let generic = random.chance(30);
            let target = bench.target;
            let different =
                |sql: &str, expected: String, got: String| Difference { target, user: user.clone(), sql: sql.to_owned(), expected, got };
            match bench.outcomes(user.as_deref(), &made, generic) {
                Ok(outcomes) => {
                    for (check, got) in made.iter().zip(outcomes) {
                        if got.as_ref() != Ok(&check.expected) {
                            return (decisions, Some(different(&check.sql, format!("{:?}", check.expected), format!("{got:?}"))));
                        }
                        decisions += check.decisions;
                    }
                }
                // Who is not there or not active can't be acted for.
                Err(refused) if refused.state == "28000" && nothing(&made) => decisions += 1,
                Err(refused) => return (decisions, Some(different("the identity", "an answer".to_owned(), format!("{refused:?}")))),
            }
        }
    }
    let (read, difference) = compare_prepared(case, model, benches, users, &mut random);
    (decisions + read, difference)
}

/// One prepared statement for many identities.
fn compare_prepared(
    case: &Case,
    model: &Model,
    benches: &mut [&mut Bench],
    users: &[Option<String>],
    random: &mut Random,
) -> (u64, Option<Difference>) {
    let mut decisions = 0;
    let entity = random.pick(&model.entities);
    for bench in benches.iter_mut() {
        let all = bench.prepared_reads(case.flavor(), &entity.table.name, users).map_err(|refused: Refused| format!("{refused:?}"));
        for (at, user) in users.iter().enumerate() {
            let judge = Judge::new(model, &case.world, user.as_deref());
            let rows = case.world.rows(&entity.table);
            let seen = crm_access::decide::select(&judge, entity);
            let mut expected: Vec<String> = seen.iter().map(|place| rows[*place]["id"].to_string()).collect();
            expected.sort();
            let got = all.as_ref().map(|all| all[at].clone());
            if got != Ok(expected.clone()) {
                let sql = format!("SELECT id::text FROM {}, prepared once", crate::tables::table_sql(case.flavor(), &entity.table.name));
                let (expected, got) = (format!("{expected:?}"), format!("{got:?}"));
                return (decisions, Some(Difference { target: bench.target, user: user.clone(), sql, expected, got }));
            }
            decisions += rows.len() as u64;
        }
    }
    (decisions, None)
}

/// Whether nothing is allowed.
fn nothing(checks: &[Check]) -> bool {
    checks.iter().all(|check| match &check.expected {
        Expected::Keys(keys) => keys.is_empty(),
        Expected::Count(count) => *count == 0,
        Expected::Refused => true,
    })
}
