//! Everything that is measured at one scale.

use std::io::Write;
use std::time::Duration;

use crate::beside::{identity, memory, planning};
use crate::cell::measure;
use crate::dataset::{build, size, values};
use crate::failure::{During, Result};
use crate::options::Options;
use crate::query::{Kind, QUERIES, Query};
use crate::record::{Cell, Findings, ratio_text};
use crate::runner::{Mode, Runner};
use crate::scale::Scale;
use crate::scope::candidates;
use crate::server::connect;
use crate::statement::Values;
use crate::user::User;
use crate::variant::Variant;

/// A query that takes longer is left out where memory is measured.
const MEMORY_LIMIT: Duration = Duration::from_secs(5);

/// Builds the data set and its copies, and measures. What is wrong with answers is added to `wrong`.
pub fn run(scale: Scale, options: &Options, wrong: &mut Vec<String>) -> Result<Findings> {
    let variants = variants(options);
    say(&format!("scale {}: making the data", scale.name()));
    build(scale)?;
    for variant in &variants {
        variant.build()?;
    }
    let mut admin = connect(&Variant::Hand.database(), "postgres")?;
    let bytes = size(&mut admin)?;
    say(&format!("{} copies of {:.0} MB", variants.len() + 1, bytes as f64 / 1e6));
    let users: Vec<User> = User::ALL.into_iter().filter(|user| options.only.user(*user)).collect();
    let asked: Vec<Values> = users.iter().map(|user| values(&mut admin, *user, scale)).collect::<Result<_>>()?;
    let mut findings = Findings { scale, bytes, cells: Vec::new(), planning: Vec::new(), memory: Vec::new(), identity: Vec::new() };
    let queries: Vec<&Query> = QUERIES.iter().filter(|query| options.only.query(query.name)).collect();
    // All that only reads comes first, so that it finds no dead row.
    for kind in [Kind::Read, Kind::Change, Kind::Insert] {
        for values in &asked {
            let mut runners: Vec<Runner> = variants.iter().map(|variant| Runner::new(*variant, values.user)).collect::<Result<_>>()?;
            for query in queries.iter().filter(|query| query.kind == kind) {
                measure_query(query, &mut runners, values, options, wrong, &mut findings)?;
            }
        }
    }
    if options.check {
        return Ok(findings);
    }
    say("planning, memory and identity");
    for values in &asked {
        beside(&queries, &variants, values, &mut findings)?;
    }
    for variant in &variants {
        let mut runner = Runner::new(*variant, User::Typical)?;
        if *variant != Variant::Hand {
            findings.identity.push(identity(&mut runner)?);
        }
    }
    Ok(findings)
}

pub fn variants(options: &Options) -> Vec<Variant> {
    Variant::ALL.into_iter().filter(|variant| options.only.variant(*variant)).collect()
}

fn measure_query(
    query: &Query,
    runners: &mut [Runner],
    values: &Values,
    options: &Options,
    wrong: &mut Vec<String>,
    findings: &mut Findings,
) -> Result<()> {
    for mode in Mode::ALL.into_iter().filter(|mode| options.only.mode(*mode)) {
        let name = format!("{} / {} / {}", query.name, values.user.name(), mode.name());
        let mut differences = Vec::new();
        let measured = measure(query, mode, runners, values, options.check, &mut differences).during(&name)?;
        wrong.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
        let cell = Cell { query: query.name, leaky: query.leaky, user: values.user, mode, measured };
        if !options.check {
            progress(&name, &cell);
        }
        findings.cells.push(cell);
        if query.kind == Kind::Insert {
            for runner in runners.iter() {
                connect(&runner.variant.database(), "postgres")?.batch_execute("VACUUM deals").during("vacuum")?;
            }
        }
    }
    Ok(())
}

/// Planning time and memory for a user.
fn beside(queries: &[&Query], variants: &[Variant], values: &Values, findings: &mut Findings) -> Result<()> {
    let mut hand = Vec::new();
    for query in queries {
        // The text that won above; where nothing was run ad hoc, that which won when it was prepared.
        let of_query = || findings.cells.iter().filter(|cell| cell.query == query.name && cell.user == values.user);
        let form =
            of_query().find(|cell| cell.mode == Mode::AdHoc).or_else(|| of_query().next()).and_then(|cell| cell.of(Variant::Hand)?.form);
        let sql = candidates(query, values.user).into_iter().find(|(name, _)| Some(*name) == form).map(|(_, sql)| sql);
        hand.extend(sql.map(|sql| (query.name, sql)));
    }
    let mut runners: Vec<Runner> = variants.iter().map(|variant| Runner::new(*variant, values.user)).collect::<Result<_>>()?;
    for query in queries {
        if let Some((_, sql)) = hand.iter().find(|(name, _)| *name == query.name) {
            let planned = planning(query, sql, &mut runners, values)?;
            findings.planning.extend(planned.into_iter().map(|one| (values.user, one)));
        }
    }
    for variant in variants {
        findings.memory.extend(memory(*variant, &hand, values, MEMORY_LIMIT)?.map(|one| (values.user, one)));
    }
    Ok(())
}

fn progress(name: &str, cell: &Cell) {
    let hand = cell.of(Variant::Hand).map_or(0.0, |hand| hand.median.as_secs_f64() * 1e3);
    let ratios: Vec<String> = cell
        .measured
        .iter()
        .filter(|one| one.variant != Variant::Hand)
        .filter_map(|one| Some(format!("{} {}", one.variant.name(), ratio_text(cell.ratio(one.variant)?))))
        .collect();
    say(&format!("{name}: {hand:.3} ms; {}", ratios.join(", ")));
}

fn say(line: &str) {
    // Progress is no part of the result; nobody may be listening.
    let _ = writeln!(std::io::stderr(), "{line}");
}
