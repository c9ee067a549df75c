//! The presets on a live server, in both targets, tried by everybody in every way and compared with the reference evaluator; and the same
//! with one clause after the other broken, each of which must be noticed.
//!
//! Beside the unbroken comparison a fixed sample of broken clauses is tried. CRM_ACCESS_MUTANTS chooses which all are tried: `policies` (also
//! without it) those of policies, triggers and rights, `functions` those of the helper functions, `all` both, each but for what is listed as
//! equivalent; `kinds` of all policies that are broken in the same way one, wherever it stands; `listed` those that are listed, of which none may be
//! noticed; `@FILE` those whose names are its lines; any other text, those that have it in their name.
//! CRM_ACCESS_MUTANTS_ONLY names a preset, or a preset and a target, to try alone; CRM_ACCESS_MUTANTS_SLICE=3/8 tries every eighth, from the third
//! on. CRM_ACCESS_MUTANTS_SEED chooses other data.

mod alone;
mod apart;
mod bench;
mod bodies;
mod campaign;
mod cells;
mod changes;
mod circumstances;
mod clauses;
mod combinations;
mod data;
mod equivalent;
mod expressions;
mod given;
mod givings;
mod handover;
mod mutants;
mod opened;
mod portable;
mod probes;
mod questions;
#[allow(dead_code)]
#[path = "../differential/random.rs"]
mod random;
mod schema;
#[allow(dead_code)]
#[path = "../live/support.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

use crm_access::program::Target;

use bench::{Bench, Preset, presets};
use campaign::{Campaign, Difference};
use equivalent::{Equivalent, equivalents};
use mutants::{Mutant, Part, mutants, reach};
use support::{Refused, TARGETS};

const WORKERS: usize = 2;
/// Statements of each preset and target that are tried with nothing broken before the sample; all of them before all mutants.
const STATEMENTS: usize = 6_000;
/// Mutants of each preset and target in the sample.
const SAMPLE: usize = 24;
/// Presets that the sample is of: those whose survivors have all been looked at.
const SAMPLED: [&str; 4] = ["teamleader", "odoo-crm", "jetpack", "bitrix24"];

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn seed() -> u64 {
    setting("CRM_ACCESS_MUTANTS_SEED").map_or(20_260_101, |text| text.parse().expect("CRM_ACCESS_MUTANTS_SEED is a number"))
}

/// Runs something for each preset and target, two at a time.
fn each(run: impl Fn(&Preset, Target) + Sync) {
    println!("seed={}", seed());
    let presets = presets();
    let only = setting("CRM_ACCESS_MUTANTS_ONLY");
    let wanted =
        |preset: &Preset, target: Target| only.as_ref().is_none_or(|only| format!("{} {}", preset.name, target.name()).contains(only));
    let jobs: Mutex<VecDeque<(&Preset, Target)>> = Mutex::new(
        presets
            .iter()
            .flat_map(|preset| TARGETS.map(|target| (preset, target)))
            .filter(|(preset, target)| wanted(preset, *target))
            .collect(),
    );
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = jobs.lock().expect("jobs").pop_front();
                    let Some((preset, target)) = next else { break };
                    run(preset, target);
                }
            });
        }
    });
}

fn campaign(preset: &Preset, target: Target) -> Campaign {
    let bench = Bench::new(preset, target, seed());
    let prepared = preset.prepared(target);
    Campaign::new(bench, reach(&prepared.model, &prepared.script), seed())
}

fn assert_whole(campaign: &mut Campaign, title: &str) {
    assert_none(campaign.first_difference(&Part::Other), title);
}

fn assert_none(difference: Option<Difference>, title: &str) {
    if let Some(difference) = difference {
        panic!("{title}, nothing broken, {}: {}", difference.by, difference.text);
    }
}

#[test]
fn every_preset_does_what_the_reference_evaluator_says() {
    each(|preset, target| {
        let title = format!("{} {}", preset.name, target.name());
        let started = Instant::now();
        let mut campaign = campaign(preset, target);
        println!("{title}: made in {} s", started.elapsed().as_secs());
        assert!(campaign.size() > 1000, "{title}: much is tried");
        assert_none(campaign.first_difference_in_some(STATEMENTS), &title);
        println!("{title}: statements={} of {} seconds={}", campaign.size().min(STATEMENTS), campaign.size(), started.elapsed().as_secs());
        if !SAMPLED.contains(&preset.name.as_str()) {
            return;
        }
        let (listed, all) = (equivalents(), wanted_mutants(preset, target, "policies", &[]));
        let sample = all.iter().step_by(all.len().div_ceil(SAMPLE).max(1));
        let (mut noticed, mut survivors) = (0, Vec::new());
        for mutant in sample.filter(|mutant| !listed.iter().any(|entry| entry.is(&mutant.name))) {
            match try_mutant(&mut campaign, mutant) {
                Fate::Survived => survivors.push(format!("{}\n{}", mutant.name, diff(mutant))),
                _ => noticed += 1,
            }
        }
        assert!(survivors.is_empty(), "{title}: these are not noticed:\n{}", survivors.join("\n"));
        assert_eq!(noticed > 0, !all.is_empty(), "{title}: a sample is tried");
        println!("{title}: noticed={noticed} seconds={}", started.elapsed().as_secs());
    });
}

/// What became of the mutants.
#[derive(Default)]
struct Tally {
    killed: usize,
    equivalent: usize,
    /// Those that the server does not take, which nobody could apply.
    refused: usize,
    survivors: Vec<String>,
    /// Entries of the list that matched a mutant.
    used: BTreeSet<String>,
    by: BTreeMap<String, usize>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.killed += other.killed;
        self.equivalent += other.equivalent;
        self.refused += other.refused;
        self.survivors.extend(other.survivors);
        self.used.extend(other.used);
        for (by, count) in other.by {
            *self.by.entry(by).or_default() += count;
        }
    }

    fn line(&self) -> String {
        format!("mutants={} killed={}", self.killed + self.survivors.len(), self.killed)
    }
}

#[test]
fn each_broken_clause_of_a_preset_is_noticed() {
    let wanted = setting("CRM_ACCESS_MUTANTS").unwrap_or_else(|| "policies".to_owned());
    let listed = equivalents();
    let total = Mutex::new(Tally::default());
    each(|preset, target| {
        let tally = try_mutants(preset, target, &wanted, &listed);
        total.lock().expect("a tally").add(tally);
    });
    let mut total = total.into_inner().expect("a tally");
    if wanted == "listed" {
        let unused = listed.iter().filter(|entry| !total.used.contains(&entry.pattern));
        total.survivors.extend(unused.map(|entry| format!("the list names a mutant that is none: {}", entry.pattern)));
    }
    for survivor in &total.survivors {
        println!("\nSURVIVOR {survivor}");
    }
    println!("refused={}", total.refused);
    println!("equivalent={}", total.equivalent);
    println!("{}", total.line());
    assert!(total.survivors.is_empty(), "{} broken clauses are not noticed", total.survivors.len());
    assert!(total.killed + total.equivalent > 0, "no mutant was made");
}

/// The mutants of a preset in a target that are to be tried.
fn wanted_mutants(preset: &Preset, target: Target, wanted: &str, listed: &[Equivalent]) -> Vec<Mutant> {
    let prepared = preset.prepared(target);
    let mut all = mutants(&prepared.model, &prepared.script);
    if target == Target::Portable {
        // What is the same in both targets is broken in one of them.
        let extension = preset.prepared(Target::Extension).script;
        let ways = portable::ways(&prepared.script);
        let known: BTreeSet<String> = extension.statements.iter().map(|statement| portable::text(statement, &ways)).collect();
        all.retain(|mutant| !known.contains(&mutant.before));
    }
    for mutant in &mut all {
        mutant.name.insert_str(0, &format!("{} {}: ", preset.name, target.name()));
    }
    let is_listed = |mutant: &Mutant| listed.iter().any(|entry| entry.is(&mutant.name));
    match wanted {
        "all" => all.retain(|mutant| !is_listed(mutant)),
        "functions" => all.retain(|mutant| !is_listed(mutant) && matches!(mutant.part, Part::Function(_))),
        "policies" => all.retain(|mutant| !is_listed(mutant) && !matches!(mutant.part, Part::Function(_))),
        "listed" => all.retain(is_listed),
        "kinds" => {
            let mut seen = BTreeSet::new();
            all.retain(|mutant| !is_listed(mutant) && !matches!(mutant.part, Part::Function(_)) && seen.insert(mutant.kind()));
        }
        part => match part.strip_prefix('@') {
            Some(file) => {
                let names = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
                let names: BTreeSet<&str> = names.lines().collect();
                all.retain(|mutant| names.contains(mutant.name.replace('\n', " ").as_str()));
            }
            None => all.retain(|mutant| mutant.name.contains(part)),
        },
    }
    let (first, step) = slice();
    all.into_iter().skip(first - 1).step_by(step).collect()
}

/// Which mutants are tried: from which on, counted from one, and each how manieth.
fn slice() -> (usize, usize) {
    let Some(text) = setting("CRM_ACCESS_MUTANTS_SLICE") else { return (1, 1) };
    let numbers: Option<(usize, usize)> = text.split_once('/').and_then(|(first, step)| Some((first.parse().ok()?, step.parse().ok()?)));
    match numbers {
        Some((first, step)) if (1..=step).contains(&first) => (first, step),
        _ => panic!("CRM_ACCESS_MUTANTS_SLICE is like 3/8: every eighth, from the third on; not {text}"),
    }
}

fn try_mutants(preset: &Preset, target: Target, wanted: &str, listed: &[Equivalent]) -> Tally {
    let title = format!("{} {}", preset.name, target.name());
    let started = Instant::now();
    let all = wanted_mutants(preset, target, wanted, listed);
    let mut tally = Tally::default();
    if all.is_empty() {
        return tally;
    }
    let mut campaign = campaign(preset, target);
    assert_whole(&mut campaign, &title);
    let whole = campaign.bench.digest();
    println!("{title}: {} mutants to try, made in {} s", all.len(), started.elapsed().as_secs());
    let count = all.len();
    for (at, mutant) in all.into_iter().enumerate() {
        let entry = listed.iter().find(|entry| entry.is(&mutant.name));
        tally.used.extend(entry.map(|entry| entry.pattern.clone()));
        match (try_mutant(&mut campaign, &mutant), entry) {
            (Fate::Refused, _) => tally.refused += 1,
            (Fate::Killed(by), None) => {
                tally.killed += 1;
                *tally.by.entry(by).or_default() += 1;
            }
            (Fate::Killed(by), Some(_)) => {
                tally.survivors.push(format!("{}\nis in the list of those that nobody notices, but is noticed by: {by}", mutant.name));
            }
            (Fate::Survived, Some(_)) => tally.equivalent += 1,
            (Fate::Survived, None) => {
                println!("{title}: survivor {}", mutant.name.replace('\n', " "));
                tally.survivors.push(format!("{}\n{}", mutant.name, diff(&mutant)));
            }
        }
        if at % 50 == 49 || at + 1 == count {
            assert_eq!(campaign.bench.digest(), whole, "{title}: the mutants up to {} are mended", at + 1);
            println!(
                "{title}: {}/{count} {} equivalent={} seconds={}",
                at + 1,
                tally.line(),
                tally.equivalent,
                started.elapsed().as_secs()
            );
        }
    }
    assert_whole(&mut campaign, &title);
    println!(
        "{title}: {} equivalent={} refused={} seconds={} noticed by {:?}",
        tally.line(),
        tally.equivalent,
        tally.refused,
        started.elapsed().as_secs(),
        tally.by
    );
    tally
}

enum Fate {
    Killed(String),
    Survived,
    Refused,
}

/// Breaks a clause, looks for a difference, mends it.
fn try_mutant(campaign: &mut Campaign, mutant: &Mutant) -> Fate {
    let in_one = |sql: &str| format!("BEGIN; {sql} COMMIT;");
    if campaign.bench.admin.batch_execute(&in_one(&mutant.make)).is_err() {
        campaign.bench.admin.batch_execute("ROLLBACK").expect("a transaction ends");
        return Fate::Refused;
    }
    let difference = campaign.first_difference(&mutant.part);
    let undone = campaign.bench.admin.batch_execute(&in_one(&mutant.undo));
    undone.unwrap_or_else(|error| panic!("{}: {:?}\n{}", mutant.name, Refused::from(error), mutant.undo));
    match difference {
        Some(difference) => {
            if setting("CRM_ACCESS_MUTANTS_SHOW").is_some() {
                println!("{}\n  killed by {}: {}", mutant.name, difference.by, difference.text);
            }
            Fate::Killed(difference.by)
        }
        None => Fate::Survived,
    }
}

/// The lines that differ.
fn diff(mutant: &Mutant) -> String {
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let (before, after) = (lines(&mutant.before), lines(&mutant.make));
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("  - {line}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("  + {line}"));
    gone.chain(new).collect::<Vec<_>>().join("\n")
}
