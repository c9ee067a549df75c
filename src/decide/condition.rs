//! Predicates, in the three-valued logic of SQL: `None` is unknown.

use std::cmp::Ordering;

use super::{Row, Value};
use crate::predicate::{CompareOp, Function, Operand, Predicate};

/// What a predicate is about.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) record: &'a Row,
    pub(super) user: &'a Row,
    pub(super) now: i64,
}

impl About<'_> {
    /// Whether the predicate holds; `None` where that is unknown.
    pub(super) fn holds(self, predicate: &Predicate) -> Option<bool> {
        match predicate {
            Predicate::Or(parts) => self.any(parts.iter().map(|part| self.holds(part))),
            Predicate::And(parts) => not(self.any(parts.iter().map(|part| not(self.holds(part))))),
            Predicate::Not(inner) => not(self.holds(inner)),
            Predicate::Compare { left, op, right } => self.compared(left, *op, right),
            Predicate::In { operand, list, negated } => {
                let found = self.any(list.iter().map(|item| self.compared(operand, CompareOp::Equal, item)));
                if *negated { not(found) } else { found }
            }
            Predicate::Between { operand, low, high, negated } => {
                let below = not(self.compared(operand, CompareOp::GreaterOrEqual, low));
                let above = not(self.compared(operand, CompareOp::LessOrEqual, high));
                let outside = self.any([below, above].into_iter());
                if *negated { outside } else { not(outside) }
            }
            Predicate::IsNull { operand, negated } => Some((self.value(operand) == Value::Null) != *negated),
            Predicate::IsTruth { operand, truth, negated } => Some((self.value(operand) == Value::Bool(*truth)) != *negated),
            Predicate::StartsWith { operand, prefix } => match self.value(operand) {
                Value::Text(text) => Some(text.starts_with(prefix.as_str())),
                _ => None,
            },
            Predicate::Truth(operand) => match self.value(operand) {
                Value::Bool(truth) => Some(truth),
                _ => None,
            },
        }
    }

    /// True where one part is, else unknown where one part is.
    fn any(self, parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        let mut sum = Some(false);
        for part in parts {
            match part {
                Some(true) => return Some(true),
                Some(false) => {}
                None => sum = None,
            }
        }
        sum
    }

    fn compared(self, left: &Operand, op: CompareOp, right: &Operand) -> Option<bool> {
        let order = self.value(left).compare(&self.value(right))?;
        Some(match op {
            CompareOp::Equal => order == Ordering::Equal,
            CompareOp::NotEqual => order != Ordering::Equal,
            CompareOp::Less => order == Ordering::Less,
            CompareOp::LessOrEqual => order != Ordering::Greater,
            CompareOp::Greater => order == Ordering::Greater,
            CompareOp::GreaterOrEqual => order != Ordering::Less,
        })
    }

    /// So many times so many seconds ago.
    fn ago(self, args: &[Operand], seconds: i64) -> Value {
        match args {
            [Operand::Number(count)] => {
                count.parse::<i64>().map_or(Value::Null, |count| Value::Time(self.now - count * seconds * 1_000_000))
            }
            _ => Value::Null,
        }
    }

    fn value(self, operand: &Operand) -> Value {
        match operand {
            Operand::Column { name, .. } => self.record.get(name).cloned().unwrap_or(Value::Null),
            Operand::UserAttribute { name, .. } => self.user.get(name).cloned().unwrap_or(Value::Null),
            Operand::Text(text) => Value::Text(text.clone()),
            Operand::Number(digits) => Value::Decimal(digits.clone()),
            Operand::Bool(truth) => Value::Bool(*truth),
            Operand::Function { name, args } => {
                let mut values = args.iter().map(|arg| self.value(arg));
                match name {
                    Function::Now => Value::Time(self.now),
                    Function::CurrentDate => Value::day_of(self.now),
                    Function::HoursAgo => self.ago(args, 3_600),
                    Function::DaysAgo => self.ago(args, 86_400),
                    Function::Coalesce => values.find(|value| *value != Value::Null).unwrap_or(Value::Null),
                    Function::Lower | Function::Upper | Function::Length => match values.next() {
                        Some(Value::Text(text)) if *name == Function::Lower => Value::Text(text.to_lowercase()),
                        Some(Value::Text(text)) if *name == Function::Upper => Value::Text(text.to_uppercase()),
                        Some(Value::Text(text)) => i64::try_from(text.chars().count()).map_or(Value::Null, Value::Int),
                        _ => Value::Null,
                    },
                }
            }
        }
    }
}

fn not(truth: Option<bool>) -> Option<bool> {
    truth.map(|truth| !truth)
}
