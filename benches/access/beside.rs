//! What is measured beside the queries: planning, memory and the cost of saying who asks.

use std::time::{Duration, Instant};

use postgres::SimpleQueryMessage;

use crate::failure::{During, Failure, Result};
use crate::query::{Kind, QUERIES, Query};
use crate::runner::{Mode, Runner};
use crate::scope::without_conditions;
use crate::statement::Values;
use crate::variant::Variant;

const PLANS: usize = 9;
const IDENTITIES: usize = 400;

pub struct Planning {
    pub query: &'static str,
    pub variant: Variant,
    pub milliseconds: f64,
}

/// How long a query is planned, without parsing and rewriting, which EXPLAIN does not count.
pub fn planning(query: &Query, hand: &str, runners: &mut [Runner], values: &Values) -> Result<Vec<Planning>> {
    let mut times: Vec<Vec<f64>> = runners.iter().map(|_| Vec::new()).collect();
    for _ in 0..PLANS {
        for (runner, times) in runners.iter_mut().zip(&mut times) {
            let sql = if runner.variant == Variant::Hand { hand.to_owned() } else { without_conditions(query) };
            runner.begin(Duration::from_secs(30))?;
            let explained = runner.client().simple_query(&format!("EXPLAIN (SUMMARY, FORMAT JSON) {}", values.text(&sql)));
            runner.client().batch_execute("ROLLBACK")?;
            let explained = explained.during(&format!("planning {} as {}", query.name, runner.variant.name()))?;
            let text = explained.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
                _ => None,
            });
            let plan: serde_json::Value = serde_json::from_str(&text.unwrap_or_default()).map_err(|error| Failure(error.to_string()))?;
            times.extend(plan.pointer("/0/Planning Time").and_then(serde_json::Value::as_f64));
        }
    }
    let planned = runners.iter().zip(times).map(|(runner, mut times)| Planning {
        query: query.name,
        variant: runner.variant,
        milliseconds: median(&mut times),
    });
    Ok(planned.collect())
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

pub struct Memory {
    pub variant: Variant,
    /// The most that the backend had in memory, and what of it is its own and not a page of the shared buffers, in kB.
    pub peak: u64,
    pub own: u64,
}

/// Runs the reading queries in a fresh connection and asks the system what that took. Nothing where the system does not tell.
pub fn memory(variant: Variant, hand: &[(&'static str, String)], values: &Values, limit: Duration) -> Result<Option<Memory>> {
    let mut runner = Runner::new(variant, values.user)?;
    for query in QUERIES.iter().filter(|query| query.kind == Kind::Read) {
        let sql = match (variant, hand.iter().find(|(name, _)| *name == query.name)) {
            (Variant::Hand, Some((_, sql))) => sql.clone(),
            (Variant::Hand, None) => continue,
            _ => without_conditions(query),
        };
        let ready = runner.ready(&sql, Mode::AdHoc)?;
        runner.run(&ready, values, limit).during(&format!("{} as {}", query.name, variant.name()))?;
    }
    let pid: i32 = runner.client().query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else { return Ok(None) };
    let line = |name: &str| -> Option<u64> {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|kb| kb.parse().ok())
    };
    // Pages of the shared buffers stay once they are touched, so what is left of the peak was never more than this.
    Ok(line("VmHWM:").zip(line("RssShmem:")).map(|(peak, shared)| Memory { variant, peak, own: peak.saturating_sub(shared) }))
}

pub struct Identity {
    pub variant: Variant,
    pub microseconds: f64,
    /// What `SELECT 1` takes in the same place.
    pub nothing: f64,
}

/// What it costs in each transaction to say who asks.
pub fn identity(runner: &mut Runner) -> Result<Identity> {
    let statements = [runner.identity().to_owned(), "SELECT 1".to_owned()];
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..2 * IDENTITIES {
        let Some((statement, times)) = statements.get(round % 2).zip(times.get_mut(round % 2)) else { continue };
        runner.client().batch_execute("BEGIN")?;
        let start = Instant::now();
        runner.client().batch_execute(statement)?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
        runner.client().batch_execute("COMMIT")?;
    }
    let [said, nothing] = times.map(|mut times| median(&mut times));
    Ok(Identity { variant: runner.variant, microseconds: said, nothing })
}
