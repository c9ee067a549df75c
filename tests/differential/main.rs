//! Random configurations, data and statements on a live server, in both targets, compared with what decide says.
//!
//! A fixed number of seeded cases; with CRM_ACCESS_FUZZ_SECONDS new ones until the time is over. CRM_ACCESS_FUZZ_SEED repeats a run.

mod bench;
mod case;
mod checks;
mod columns;
mod configuration;
mod data;
mod permissions;
mod random;
mod servers;
mod shrink;
#[allow(dead_code)]
#[path = "../live/support.rs"]
mod support;
mod tables;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crm_access::decide::World;
use crm_access::program::Target;

use bench::Bench;
use case::{Case, Difference, compare, model};
use random::Random;
use tables::FLAVORS;

const WORKERS: usize = 2;
/// Cases of the fixed part.
const CASES: u64 = 80;
/// Sets of data that are tried under each configuration.
const WORLDS: usize = 1;
/// What is said of combinations that the file alone shows to be forbidden.
const FORBIDDEN: [&str; 4] =
    ["who can't be restricted", "is given to a ", "needs confirmation for leaders", "are given to the same subject"];
/// How many differences are made small and written down.
const WRITTEN: u64 = 3;

struct Tally {
    started: Instant,
    next: AtomicU64,
    decisions: AtomicU64,
    differences: AtomicU64,
    shown: Mutex<()>,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn roles() {
    let mut admin = support::connect("postgres", "postgres");
    let make = |name: &str, how: &str| {
        format!("IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name} {how}; END IF;")
    };
    let logins: String = (1..=data::USERS).map(|number| make(&data::login(number), "LOGIN IN ROLE crm_app")).collect();
    let roles =
        [make("crm_owner", "LOGIN CREATEROLE"), make("crm_app", "NOLOGIN"), make("crm_backend", "LOGIN IN ROLE crm_app"), logins].concat();
    admin.batch_execute(&format!("DO $$ BEGIN {roles} END $$")).expect("roles");
}

#[test]
fn both_targets_do_what_the_reference_evaluator_says() {
    let seconds = number("CRM_ACCESS_FUZZ_SECONDS");
    let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_secs());
    let seed = number("CRM_ACCESS_FUZZ_SEED").unwrap_or_else(|| if seconds.is_some() { fresh() } else { 20_260_101 });
    println!("seed={seed}");
    roles();
    let started = Instant::now();
    let until = seconds.map(|seconds| started + Duration::from_secs(seconds));
    let count = || AtomicU64::new(0);
    let tally = Tally { started, next: count(), decisions: count(), differences: count(), shown: Mutex::new(()) };
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let tally = &tally;
            scope.spawn(move || {
                let mut extension = Bench::new(worker, Target::Extension);
                let mut portable = Bench::new(worker, Target::Portable);
                loop {
                    let at = tally.next.fetch_add(1, Ordering::Relaxed);
                    let over = until.map_or(at >= CASES, |until| Instant::now() > until);
                    if over || tally.differences.load(Ordering::Relaxed) >= WRITTEN {
                        break;
                    }
                    one_case(seed.wrapping_add(at), worker, until, &mut extension, &mut portable, tally);
                    if at % 50 == 49 {
                        println!("{}", line(tally));
                    }
                }
            });
        }
    });
    println!("{}", line(&tally));
    assert_eq!(tally.differences.load(Ordering::Relaxed), 0, "the database does not do what decide says");
    assert!(tally.decisions.load(Ordering::Relaxed) > 0, "nothing was compared");
}

fn line(tally: &Tally) -> String {
    let (decisions, differences) = (tally.decisions.load(Ordering::Relaxed), tally.differences.load(Ordering::Relaxed));
    format!("decisions={decisions} differences={differences} seconds={}", tally.started.elapsed().as_secs())
}

fn one_case(seed: u64, worker: usize, until: Option<Instant>, extension: &mut Bench, portable: &mut Bench, tally: &Tally) {
    let mut random = Random::new(seed);
    let flavor = random.below(FLAVORS.len());
    let configuration = configuration::configuration(&mut random, &FLAVORS[flavor], &format!("crm_fuzz_reader_{worker}"));
    let mut case = Case { flavor, configuration, world: World::default(), seed };
    let model = match model(&case.text()) {
        Ok(model) => model,
        // A combination that the file alone shows to be forbidden (T9, T10, T12).
        Err(message) if FORBIDDEN.iter().any(|known| message.contains(known)) => return,
        Err(message) => panic!("case {seed} can't be read: {message}\n{}", case.text()),
    };
    for bench in [&mut *extension, &mut *portable] {
        if let Err(message) = bench.apply(&case.text()) {
            panic!("case {seed}, {}: can't be applied: {message}\n{}", bench.target.name(), case.text());
        }
        bench.find_rows(seed);
    }
    for at in 0..WORLDS {
        if at > 0 && until.is_some_and(|until| Instant::now() > until) {
            return;
        }
        case.reload(&mut random, &model);
        let (decisions, difference) = compare(&case, &model, &mut [&mut *extension, &mut *portable], &case.some_users(&mut random));
        tally.decisions.fetch_add(decisions, Ordering::Relaxed);
        if let Some(difference) = difference {
            tally.differences.fetch_add(1, Ordering::Relaxed);
            let bench = if difference.target == Target::Extension { extension } else { portable };
            show(seed, case, difference, bench, tally);
            return;
        }
    }
}

fn show(seed: u64, case: Case, difference: Difference, bench: &mut Bench, tally: &Tally) {
    // A server that went away has decided nothing.
    assert!(!difference.got.contains("57P01") && !difference.got.contains("connection closed"), "case {seed}: {}", difference.got);
    println!("case {seed}, after {} s: {difference:?}; making it smaller", tally.started.elapsed().as_secs());
    let (case, difference) = shrink::shrink(case, difference, bench);
    let script = shrink::script(&case, &difference, bench);
    let _one_at_a_time = tally.shown.lock();
    let path = shrink::write(&script, &format!("difference-{seed}.sql"));
    println!("case {seed}, {} target, user {:?}", difference.target.name(), difference.user);
    println!(
        "{}\n{}\nexpected {}\ngot      {}\nscript: {}",
        case.text(),
        difference.sql,
        difference.expected,
        difference.got,
        path.display()
    );
}
