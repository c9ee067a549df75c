//! A cell of the table: one query of one user, in one mode, by every variant in turn.

use std::time::{Duration, Instant};

use crate::failure::{During, Failure, Result};
use crate::query::Query;
use crate::runner::{Answer, Mode, Outcome, Ready, Runner};
use crate::scope::{candidates, without_conditions};
use crate::statement::Values;
use crate::variant::Variant;

/// What one variant needed.
#[derive(Clone)]
pub struct Measured {
    pub variant: Variant,
    /// Which of the hand-written queries was the fastest.
    pub form: Option<&'static str>,
    /// The median, or the limit where it was cancelled.
    pub median: Duration,
    pub runs: usize,
    /// Nothing where it was cancelled.
    pub rows: Option<u64>,
}

/// Before its plan may be generic a statement has been planned five times.
const WARM_UPS: usize = 6;
/// Warming up a slow statement further teaches nothing.
const WARM_UP_TIME: Duration = Duration::from_millis(500);
/// A hand-written query is never waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(120);
const LEAST_LIMIT: Duration = Duration::from_secs(10);
const LIMIT_FACTOR: u32 = 20;

/// How often a short statement is timed.
const MOST_ROUNDS: usize = 31;

/// How often a statement is timed that takes so long.
fn rounds(once: Duration) -> usize {
    match once.as_millis() {
        0..=4 => MOST_ROUNDS,
        5..=49 => 15,
        50..=399 => 7,
        400..=1499 => 3,
        _ => 1,
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Something in a race: a statement on one of the connections.
struct Contender {
    runner: usize,
    form: Option<&'static str>,
    ready: Ready,
    times: Vec<Duration>,
    cancelled: Option<Duration>,
    rounds: usize,
    answer: Option<Answer>,
}

impl Contender {
    fn new(runners: &mut [Runner], runner: usize, sql: &str, mode: Mode, form: Option<&'static str>) -> Result<Contender> {
        let at = runners.get_mut(runner).ok_or_else(|| Failure("no such connection".to_owned()))?;
        let ready = at.ready(sql, mode).during(at.variant.name())?;
        Ok(Contender { runner, form, ready, times: Vec::new(), cancelled: None, rounds: 0, answer: None })
    }

    /// Executes once, and holds the answer against what came before.
    fn run(&mut self, runners: &mut [Runner], values: &Values, limit: Duration, wrong: &mut Vec<String>) -> Result<Option<Duration>> {
        let Some(runner) = runners.get_mut(self.runner) else { return Ok(None) };
        match runner.run(&self.ready, values, limit).during(runner.variant.name())? {
            Outcome::Cancelled(limit) => {
                self.cancelled = Some(limit);
                Ok(None)
            }
            Outcome::Done { took, answer } => {
                if self.answer.as_ref().is_some_and(|before| *before != answer) {
                    wrong.push(format!("{} gave other rows than before", runner.variant.name()));
                }
                self.answer = Some(answer);
                Ok(Some(took))
            }
        }
    }

    /// Executes until plans and caches are what they stay, and decides how often it will be timed.
    fn warm_up(&mut self, runners: &mut [Runner], values: &Values, limit: Duration, wrong: &mut Vec<String>) -> Result<()> {
        let start = Instant::now();
        for _ in 0..WARM_UPS {
            let Some(took) = self.run(runners, values, limit, wrong)? else { return Ok(()) };
            self.rounds = rounds(took);
            if self.rounds == 1 {
                self.times.push(took);
            }
            if start.elapsed() > WARM_UP_TIME {
                break;
            }
        }
        Ok(())
    }

    fn race(&mut self, runners: &mut [Runner], values: &Values, limit: Duration, wrong: &mut Vec<String>) -> Result<()> {
        if self.cancelled.is_some() || self.times.len() >= self.rounds {
            return Ok(());
        }
        // The processor's caches hold what the one before needed, unless that was on the same connection, as hand-written ones are.
        if self.rounds == MOST_ROUNDS {
            self.run(runners, values, limit, wrong)?;
        }
        let took = self.run(runners, values, limit, wrong)?;
        self.times.extend(took);
        Ok(())
    }
}

/// Runs a cell. What is wrong with the answers is added to `wrong`.
pub fn measure(
    query: &Query,
    mode: Mode,
    runners: &mut [Runner],
    values: &Values,
    once: bool,
    wrong: &mut Vec<String>,
) -> Result<Vec<Measured>> {
    let (mut contenders, limit, expected) = hand_written(query, mode, runners, values, once, wrong)?;
    for runner in 0..runners.len() {
        let Some(variant) = runners.get(runner).map(|runner| runner.variant) else { continue };
        if variant == Variant::Hand {
            continue;
        }
        let mut contender = Contender::new(runners, runner, &without_conditions(query), mode, None)?;
        if once {
            // An answer that never came was not compared: here that is a failure.
            let took = contender.run(runners, values, PATIENCE, wrong)?;
            if took.is_none() {
                wrong.push(format!("{} did not answer in {} s", variant.name(), PATIENCE.as_secs()));
            }
            contender.times.extend(took);
        } else {
            contender.warm_up(runners, values, limit, wrong)?;
        }
        if contender.answer.as_ref().is_some_and(|answer| *answer != expected) {
            let rows = contender.answer.as_ref().map_or(0, |answer| answer.rows);
            wrong.push(format!("{} gives {rows} rows that are not the {} of the hand-written query", variant.name(), expected.rows));
        }
        contenders.push(contender);
    }
    let most = contenders.iter().map(|contender| contender.rounds).max().unwrap_or_default();
    for round in 0..most {
        // Each round begins with another one, so that none is always behind the same other.
        for place in 0..contenders.len() {
            let at = (place + round) % contenders.len();
            if let Some(contender) = contenders.get_mut(at) {
                contender.race(runners, values, limit, wrong)?;
            }
        }
    }
    let mut found: Vec<Measured> = contenders
        .into_iter()
        .filter_map(|mut contender| {
            Some(Measured {
                variant: runners.get(contender.runner)?.variant,
                form: contender.form,
                median: contender.cancelled.unwrap_or_else(|| median(&mut contender.times)),
                runs: contender.times.len(),
                rows: contender.answer.filter(|_| contender.cancelled.is_none()).map(|answer| answer.rows),
            })
        })
        .collect();
    // Of the hand-written queries the fastest counts.
    found.sort_by_key(|measured| (measured.variant != Variant::Hand, measured.variant.name(), measured.median));
    found.dedup_by_key(|measured| measured.variant.name());
    Ok(found)
}

/// The hand-written queries that may turn out to be the fastest, how long the others may take, and the rows.
fn hand_written(
    query: &Query,
    mode: Mode,
    runners: &mut [Runner],
    values: &Values,
    once: bool,
    wrong: &mut Vec<String>,
) -> Result<(Vec<Contender>, Duration, Answer)> {
    let hand = runners.iter().position(|runner| runner.variant == Variant::Hand);
    let hand = hand.ok_or_else(|| Failure("the variant `hand` is what the others are compared with".to_owned()))?;
    let mut limit = PATIENCE;
    let mut tried: Vec<(Duration, Contender)> = Vec::new();
    let mut expected: Option<Answer> = None;
    for (form, sql) in candidates(query, values.user) {
        let mut contender = Contender::new(runners, hand, &sql, mode, Some(form))?;
        let runs = if once { 1 } else { WARM_UPS + 5 };
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..runs {
            let Some(took) = contender.run(runners, values, limit, wrong)? else { break };
            times.push(took);
            if start.elapsed() > WARM_UP_TIME {
                break;
            }
        }
        let (None, Some(answer)) = (contender.cancelled, contender.answer.clone()) else { continue };
        if expected.as_ref().is_some_and(|expected| *expected != answer) {
            wrong.push(format!("the hand-written query `{form}` gives other rows than the one before"));
        }
        expected = Some(answer);
        // The first ones were planned for their parameters. What the processor was busy with otherwise makes times longer, never shorter.
        let last = times.split_off(times.len() / 2);
        let least = last.iter().min().copied().unwrap_or_default();
        // A form that takes ten times as long as another will not win.
        limit = limit.min((10 * least).max(Duration::from_secs(1)));
        contender.rounds = if once { 0 } else { rounds(least) };
        contender.times = if contender.rounds <= 1 { last } else { Vec::new() };
        tried.push((least, contender));
    }
    let took = tried.iter().map(|(least, _)| *least).min().ok_or_else(|| Failure("no hand-written query came to an end".to_owned()))?;
    tried.retain(|(least, _)| *least <= 3 * took);
    let contenders = tried.into_iter().map(|(_, contender)| contender).collect();
    let expected = expected.ok_or_else(|| Failure("no hand-written query came to an end".to_owned()))?;
    Ok((contenders, (LIMIT_FACTOR * took).max(LEAST_LIMIT), expected))
}
