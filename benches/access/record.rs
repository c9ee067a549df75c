//! What a run found, and how it is written down for programs.

use serde_json::{Value, json};

use crate::beside::{Identity, Memory, Planning};
use crate::cell::Measured;
use crate::runner::Mode;
use crate::scale::Scale;
use crate::user::User;
use crate::variant::Variant;

pub struct Cell {
    pub query: &'static str,
    pub leaky: bool,
    pub user: User,
    pub mode: Mode,
    pub measured: Vec<Measured>,
}

/// All that was found at one scale.
pub struct Findings {
    pub scale: Scale,
    pub bytes: i64,
    pub cells: Vec<Cell>,
    pub planning: Vec<(User, Planning)>,
    pub memory: Vec<(User, Memory)>,
    pub identity: Vec<Identity>,
}

impl Cell {
    pub fn of(&self, variant: Variant) -> Option<&Measured> {
        self.measured.iter().find(|measured| measured.variant == variant)
    }

    /// How often as long as the hand-written query, and whether it was cancelled by then.
    pub fn ratio(&self, variant: Variant) -> Option<(f64, bool)> {
        let hand = self.of(Variant::Hand)?.median.as_secs_f64();
        let own = self.of(variant)?;
        Some((own.median.as_secs_f64() / hand.max(1e-9), own.rows.is_none()))
    }
}

/// A ratio as it is printed; `>` where the query was cancelled.
pub fn ratio_text((ratio, cancelled): (f64, bool)) -> String {
    let number = match ratio {
        small if small < 9.95 => format!("{small:.2}"),
        middle if middle < 99.5 => format!("{middle:.1}"),
        large => format!("{large:.0}"),
    };
    if cancelled { format!(">{number}") } else { number }
}

fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}

impl Findings {
    /// A list of objects, one for each cell and variant.
    pub fn ratios(&self) -> Vec<Value> {
        let mut list = Vec::new();
        for cell in &self.cells {
            for measured in &cell.measured {
                let ratio = cell.ratio(measured.variant);
                list.push(json!({
                    "scale": self.scale.name(),
                    "query": cell.query,
                    "user": cell.user.name(),
                    "mode": cell.mode.name(),
                    "variant": measured.variant.name(),
                    "form": measured.form,
                    "ratio": match ratio {
                        Some((ratio, false)) => json!(rounded(ratio)),
                        Some(cancelled) => json!(ratio_text(cancelled)),
                        None => Value::Null,
                    },
                    "median_ms": rounded(measured.median.as_secs_f64() * 1e3),
                    "cancelled": measured.rows.is_none(),
                    "runs": measured.runs,
                    "rows": measured.rows,
                }));
            }
        }
        list
    }

    pub fn beside(&self) -> Value {
        json!({
            "scale": self.scale.name(),
            "database_bytes": self.bytes,
            "planning": self.planning.iter().map(|(user, one)| json!({
                "query": one.query, "user": user.name(), "variant": one.variant.name(), "planning_ms": rounded(one.milliseconds),
            })).collect::<Vec<_>>(),
            "memory": self.memory.iter().map(|(user, one)| json!({
                "user": user.name(), "variant": one.variant.name(), "peak_kb": one.peak, "without_shared_buffers_kb": one.own,
            })).collect::<Vec<_>>(),
            "identity": self.identity.iter().map(|one| json!({
                "variant": one.variant.name(), "microseconds": rounded(one.microseconds), "select_1_microseconds": rounded(one.nothing),
            })).collect::<Vec<_>>(),
        })
    }
}

/// The geometric mean, the median and the most of some ratios.
pub fn summary(ratios: &[f64]) -> Option<(f64, f64, f64)> {
    let mut sorted = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = (sorted.iter().map(|ratio| ratio.max(1e-9).ln()).sum::<f64>() / sorted.len() as f64).exp();
    Some((mean, *sorted.get(sorted.len() / 2)?, *sorted.last()?))
}
