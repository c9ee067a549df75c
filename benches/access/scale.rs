//! How large the data set is, and what follows from it.

use crate::failure::{Failure, Result};

/// A part of the full data set: one in so many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scale(i64);

impl Scale {
    pub const CHECK: Scale = Scale(1000);

    /// Those of the growth series.
    pub const GROWTH: [Scale; 3] = [Scale(10), Scale(3), Scale(1)];

    pub fn parse(text: &str) -> Result<Scale> {
        let wrong = || Failure(format!("the scale `{text}` is not one of `full`, `1` or `1/N` with N from 1 to 1000, such as 1/10"));
        let divisor = match text {
            "full" | "1" => 1,
            _ => text.strip_prefix("1/").and_then(|rest| rest.parse().ok()).ok_or_else(wrong)?,
        };
        if (1..=1000).contains(&divisor) { Ok(Scale(divisor)) } else { Err(wrong()) }
    }

    pub fn name(self) -> String {
        if self.0 == 1 { "1".to_owned() } else { format!("1/{}", self.0) }
    }

    pub fn fraction(self) -> f64 {
        1.0 / self.0 as f64
    }

    pub fn companies(self) -> i64 {
        1_000_000 / self.0
    }

    /// At least 100, so that departments have members.
    pub fn users(self) -> i64 {
        (2000 / self.0).max(100)
    }

    /// Companies of user t.
    pub fn typical(self) -> i64 {
        (500 / self.0).max(50)
    }

    /// Companies of user b.
    pub fn large(self) -> i64 {
        50_000 / self.0
    }

    /// Users in the tree of the department that user d heads, beside user d.
    pub fn below(self) -> i64 {
        (self.users() * 35 / 1000).max(4)
    }

    /// Rows of the INSERT.
    pub fn inserted(self) -> i64 {
        if self == Scale::CHECK { 1000 } else { 10_000 }
    }
}
