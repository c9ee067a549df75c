//! The tree of a condition.

use crate::text::Span;

/// A condition over one record and one user.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// At least one holds; two or more.
    Or(Vec<Predicate>),
    /// All hold; two or more.
    And(Vec<Predicate>),
    /// The opposite, which is unknown where the inner one is.
    Not(Box<Predicate>),
    /// `left op right`.
    Compare {
        /// Left side.
        left: Operand,
        /// Operator.
        op: CompareOp,
        /// Right side.
        right: Operand,
    },
    /// `operand [NOT] IN (list)`.
    In {
        /// What is looked for.
        operand: Operand,
        /// Where it is looked for; never empty.
        list: Vec<Operand>,
        /// Whether NOT was written.
        negated: bool,
    },
    /// `operand [NOT] BETWEEN low AND high`.
    Between {
        /// What is compared.
        operand: Operand,
        /// Lowest value that counts.
        low: Operand,
        /// Highest value that counts.
        high: Operand,
        /// Whether NOT was written.
        negated: bool,
    },
    /// `operand IS [NOT] NULL`.
    IsNull {
        /// What is tested.
        operand: Operand,
        /// Whether NOT was written.
        negated: bool,
    },
    /// `operand IS [NOT] TRUE` or `operand IS [NOT] FALSE`.
    IsTruth {
        /// What is tested.
        operand: Operand,
        /// TRUE or FALSE.
        truth: bool,
        /// Whether NOT was written.
        negated: bool,
    },
    /// `starts_with(operand, 'prefix')`.
    StartsWith {
        /// What is tested.
        operand: Operand,
        /// The text it starts with.
        prefix: String,
    },
    /// A boolean column or attribute, or a coalesce of such, standing alone.
    Truth(Operand),
}

/// A value in a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A column of the record.
    Column {
        /// Name as PostgreSQL stores it.
        name: String,
        /// Where it was written.
        span: Span,
    },
    /// An attribute of the user, written `user.name`.
    UserAttribute {
        /// Name after the dot, as PostgreSQL would store it.
        name: String,
        /// Where it was written, `user.` included.
        span: Span,
    },
    /// A text literal, without its quotes.
    Text(String),
    /// A decimal number without needless zeros: `-?digits[.digits]`.
    Number(String),
    /// TRUE or FALSE.
    Bool(bool),
    /// A call of a listed function.
    Function {
        /// Which one.
        name: Function,
        /// Its arguments, as many as it takes.
        args: Vec<Operand>,
    },
}

/// An operator that compares two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// `=`
    Equal,
    /// `<>`, also written `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl CompareOp {
    /// The operator as SQL writes it.
    pub const fn as_sql(self) -> &'static str {
        match self {
            CompareOp::Equal => "=",
            CompareOp::NotEqual => "<>",
            CompareOp::Less => "<",
            CompareOp::LessOrEqual => "<=",
            CompareOp::Greater => ">",
            CompareOp::GreaterOrEqual => ">=",
        }
    }
}

/// A function that gives a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `lower(text)`
    Lower,
    /// `upper(text)`
    Upper,
    /// `length(text)`
    Length,
    /// `coalesce(value, value, ...)`
    Coalesce,
    /// `now()`
    Now,
    /// `current_date`
    CurrentDate,
    /// `hours_ago(number)`: that many hours before `now()`
    HoursAgo,
    /// `days_ago(number)`: that many times 24 hours before `now()`
    DaysAgo,
}

impl Function {
    /// The function's name in SQL.
    pub const fn as_sql(self) -> &'static str {
        match self {
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Length => "length",
            Function::Coalesce => "coalesce",
            Function::Now => "now",
            Function::CurrentDate => "current_date",
            Function::HoursAgo => "hours_ago",
            Function::DaysAgo => "days_ago",
        }
    }
}

impl Predicate {
    /// The columns that are read, with their places, in the order and as often as they are written.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Span)> {
        self.leaves().into_iter().filter_map(|leaf| match leaf {
            Operand::Column { name, span } => Some((name.as_str(), *span)),
            _ => None,
        })
    }

    /// The user's attributes that are read, with their places, in the order and as often as they are written.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, Span)> {
        self.leaves().into_iter().filter_map(|leaf| match leaf {
            Operand::UserAttribute { name, span } => Some((name.as_str(), *span)),
            _ => None,
        })
    }

    fn leaves(&self) -> Vec<&Operand> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather<'a>(&'a self, into: &mut Vec<&'a Operand>) {
        match self {
            Predicate::Or(parts) | Predicate::And(parts) => parts.iter().for_each(|part| part.gather(into)),
            Predicate::Not(inner) => inner.gather(into),
            Predicate::Compare { left, right, .. } => {
                left.gather(into);
                right.gather(into);
            }
            Predicate::In { operand, list, .. } => {
                operand.gather(into);
                list.iter().for_each(|item| item.gather(into));
            }
            Predicate::Between { operand, low, high, .. } => {
                operand.gather(into);
                low.gather(into);
                high.gather(into);
            }
            Predicate::IsNull { operand, .. }
            | Predicate::IsTruth { operand, .. }
            | Predicate::StartsWith { operand, .. }
            | Predicate::Truth(operand) => operand.gather(into),
        }
    }
}

impl Operand {
    fn gather<'a>(&'a self, into: &mut Vec<&'a Operand>) {
        match self {
            Operand::Function { args, .. } => args.iter().for_each(|arg| arg.gather(into)),
            leaf => into.push(leaf),
        }
    }

    /// Whether the value is the same for every record and user.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Operand::Column { .. } | Operand::UserAttribute { .. } => false,
            Operand::Text(_) | Operand::Number(_) | Operand::Bool(_) => true,
            Operand::Function { args, .. } => args.iter().all(Operand::is_constant),
        }
    }
}
