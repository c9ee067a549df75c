//! A condition as text again, in one spelling.
//!
//! The text parses to the same tree. It is for people and for comparing; statements are rendered from the tree elsewhere,
//! with the names of the tables and of the functions that give the user's attributes.

use std::fmt::{self, Display, Formatter};

use super::{Function, Operand, Predicate};

impl Display for Predicate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Predicate::Or(parts) => joined(f, parts, " OR "),
            Predicate::And(parts) => joined(f, parts, " AND "),
            Predicate::Not(inner) => {
                f.write_str("NOT ")?;
                nested(f, inner)
            }
            Predicate::Compare { left, op, right } => write!(f, "{left} {} {right}", op.as_sql()),
            Predicate::In { operand, list, negated } => {
                write!(f, "{operand}{} IN (", not(*negated))?;
                listed(f, list)?;
                f.write_str(")")
            }
            Predicate::Between { operand, low, high, negated } => {
                write!(f, "{operand}{} BETWEEN {low} AND {high}", not(*negated))
            }
            Predicate::IsNull { operand, negated } => write!(f, "{operand} IS{} NULL", not(*negated)),
            Predicate::IsTruth { operand, truth, negated } => {
                write!(f, "{operand} IS{} {}", not(*negated), if *truth { "TRUE" } else { "FALSE" })
            }
            Predicate::StartsWith { operand, prefix } => write!(f, "starts_with({operand}, {})", Quoted(prefix, '\'')),
            Predicate::Truth(operand) => operand.fmt(f),
        }
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Column { name, .. } => Quoted(name, '"').fmt(f),
            Operand::UserAttribute { name, .. } => write!(f, "user.{}", Quoted(name, '"')),
            Operand::Text(text) => Quoted(text, '\'').fmt(f),
            Operand::Number(number) => f.write_str(number),
            Operand::Bool(truth) => f.write_str(if *truth { "TRUE" } else { "FALSE" }),
            Operand::Function { name: Function::CurrentDate, .. } => f.write_str(Function::CurrentDate.as_sql()),
            Operand::Function { name, args } => {
                write!(f, "{}(", name.as_sql())?;
                listed(f, args)?;
                f.write_str(")")
            }
        }
    }
}

/// A name or text between `quote`s, which are doubled inside.
struct Quoted<'a>(&'a str, char);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Quoted(text, quote) = self;
        write!(f, "{quote}")?;
        for character in text.chars() {
            if character == *quote {
                write!(f, "{quote}")?;
            }
            write!(f, "{character}")?;
        }
        write!(f, "{quote}")
    }
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

fn joined(f: &mut Formatter<'_>, parts: &[Predicate], word: &str) -> fmt::Result {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            f.write_str(word)?;
        }
        nested(f, part)?;
    }
    Ok(())
}

fn nested(f: &mut Formatter<'_>, part: &Predicate) -> fmt::Result {
    match part {
        Predicate::Or(_) | Predicate::And(_) => write!(f, "({part})"),
        _ => part.fmt(f),
    }
}

fn listed(f: &mut Formatter<'_>, list: &[Operand]) -> fmt::Result {
    for (place, operand) in list.iter().enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        operand.fmt(f)?;
    }
    Ok(())
}
