//! Boolean expressions over one row.

use serde::{Deserialize, Serialize};

/// An expression; columns are those of the one table in scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// TRUE or FALSE.
    Bool(bool),
    /// All of them; none: true.
    And(Vec<Expr>),
    /// Any of them; none: false.
    Or(Vec<Expr>),
    /// Not true; null stays null.
    Not(Box<Expr>),
    /// A column of the row.
    Column(String),
    /// Who is to become the row's owner: stands beside the row in a statement that checks an assignment.
    NewOwner,
    /// A text.
    Text(String),
    /// A number in its canonical form.
    Number(String),
    /// A comparison.
    Compare(Box<Expr>, Comparison, Box<Expr>),
    /// IS NULL, or IS NOT NULL where the flag is set.
    IsNull(Box<Expr>, bool),
    /// IS TRUE or IS FALSE, negated where the second flag is set.
    IsTruth(Box<Expr>, bool, bool),
    /// IN a list, negated where the flag is set.
    InList(Box<Expr>, Vec<Expr>, bool),
    /// BETWEEN, negated where the flag is set.
    Between(Box<Expr>, Box<Expr>, Box<Expr>, bool),
    /// IN the rows of a generated function, which is called once a statement.
    InSet(Box<Expr>, Call),
    /// Among the keys that a generated view gives, which the planner asks row by row or all at once.
    InView(Box<Expr>, Call),
    /// In the rows of a generated function, or of a view where true: by an array where they are few and the plan is made for who asks.
    InFew(Box<Expr>, Call, bool),
    /// Among the keys that a generated function gives, as the extension asks: by an index, for single rows, or of all at once.
    InScope(Box<Expr>, Call),
    /// A generated function, called once a statement.
    Once(Call),
    /// A fact about who asks by a generated function: its value where the plan is made for them, else called once a statement.
    Planned(Call),
    /// Whether these facts are still as the plan was made with.
    AsPlanned(Vec<Call>),
    /// A fact about who asks, by a function of the schema crm_access; the extension's planner replaces it by its value.
    Fact(Call),
    /// A function of the schema crm_access without arguments, called once a statement.
    State(String),
    /// A generated function, called for each row.
    EachRow(Call),
    /// A function of the server, by its name in pg_catalog.
    Builtin(Builtin, Vec<Expr>),
}

/// Functions of the server that a predicate may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Builtin {
    /// lower(text)
    Lower,
    /// upper(text)
    Upper,
    /// length(text)
    Length,
    /// coalesce(value, ...)
    Coalesce,
    /// now()
    Now,
    /// CURRENT_DATE
    CurrentDate,
    /// that many hours before now()
    HoursAgo,
    /// that many times 24 hours before now()
    DaysAgo,
    /// starts_with(text, text)
    StartsWith,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// =
    Equal,
    /// <>
    NotEqual,
    /// <
    Less,
    /// <=
    LessOrEqual,
    /// >
    Greater,
    /// >=
    GreaterOrEqual,
}

impl Comparison {
    /// The operator as SQL writes it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

/// A call of a generated function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The function's name, in the schema of generated functions.
    pub function: String,
    /// Its arguments.
    pub arguments: Vec<Argument>,
}

/// An argument of a generated function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    /// A text.
    Text(String),
    /// An array of texts.
    Texts(Vec<String>),
    /// A column of the row.
    Column(String),
}

impl Call {
    /// A call without arguments.
    pub fn plain(function: impl Into<String>) -> Call {
        Call { function: function.into(), arguments: Vec::new() }
    }

    /// A call with one argument.
    pub fn with(function: impl Into<String>, argument: Argument) -> Call {
        Call { function: function.into(), arguments: vec![argument] }
    }
}

/// Adds a part that is not there yet: saying it twice changes neither a conjunction nor a disjunction.
fn add(parts: &mut Vec<Expr>, part: Expr) {
    if !parts.contains(&part) {
        parts.push(part);
    }
}

fn each_changed<E>(parts: Vec<Expr>, change: &mut impl FnMut(Expr) -> Result<Expr, E>) -> Result<Vec<Expr>, E> {
    parts.into_iter().map(|part| part.changed(change)).collect()
}

impl Expr {
    /// All of them, flattened and without what is true anyway.
    pub fn all(parts: impl IntoIterator<Item = Expr>) -> Expr {
        let mut kept: Vec<Expr> = Vec::new();
        for part in parts {
            match part {
                Expr::Bool(true) => {}
                Expr::Bool(false) => return Expr::Bool(false),
                Expr::And(inner) => inner.into_iter().for_each(|part| add(&mut kept, part)),
                other => add(&mut kept, other),
            }
        }
        match kept.len() {
            0 => Expr::Bool(true),
            1 => kept.swap_remove(0),
            _ => Expr::And(kept),
        }
    }

    /// Any of them, flattened and without what is false anyway.
    pub fn any(parts: impl IntoIterator<Item = Expr>) -> Expr {
        let mut kept: Vec<Expr> = Vec::new();
        for part in parts {
            match part {
                Expr::Bool(false) => {}
                Expr::Bool(true) => return Expr::Bool(true),
                Expr::Or(inner) => inner.into_iter().for_each(|part| add(&mut kept, part)),
                other => add(&mut kept, other),
            }
        }
        match kept.len() {
            0 => Expr::Bool(false),
            1 => kept.swap_remove(0),
            _ => Expr::Or(kept),
        }
    }

    /// The expression with each of its parts changed, the innermost first, and then itself.
    pub fn changed<E>(self, change: &mut impl FnMut(Expr) -> Result<Expr, E>) -> Result<Expr, E> {
        let mut one = |part: Box<Expr>| part.changed(change).map(Box::new);
        let whole = match self {
            Expr::Not(inner) => Expr::Not(one(inner)?),
            Expr::Compare(left, op, right) => Expr::Compare(one(left)?, op, one(right)?),
            Expr::IsNull(inner, negated) => Expr::IsNull(one(inner)?, negated),
            Expr::IsTruth(inner, truth, negated) => Expr::IsTruth(one(inner)?, truth, negated),
            Expr::Between(inner, low, high, negated) => Expr::Between(one(inner)?, one(low)?, one(high)?, negated),
            Expr::InSet(inner, call) => Expr::InSet(one(inner)?, call),
            Expr::InView(inner, call) => Expr::InView(one(inner)?, call),
            Expr::InFew(inner, call, view) => Expr::InFew(one(inner)?, call, view),
            Expr::InScope(inner, call) => Expr::InScope(one(inner)?, call),
            Expr::InList(inner, list, negated) => {
                let inner = one(inner)?;
                Expr::InList(inner, each_changed(list, change)?, negated)
            }
            Expr::And(parts) => Expr::And(each_changed(parts, change)?),
            Expr::Or(parts) => Expr::Or(each_changed(parts, change)?),
            Expr::Builtin(builtin, arguments) => Expr::Builtin(builtin, each_changed(arguments, change)?),
            leaf @ (Expr::Bool(_)
            | Expr::Column(_)
            | Expr::NewOwner
            | Expr::Text(_)
            | Expr::Number(_)
            | Expr::Once(_)
            | Expr::Planned(_)
            | Expr::AsPlanned(_)
            | Expr::Fact(_)
            | Expr::State(_)
            | Expr::EachRow(_)) => leaf,
        };
        change(whole)
    }

    /// Its negation.
    pub fn negated(self) -> Expr {
        match self {
            Expr::Bool(value) => Expr::Bool(!value),
            other => Expr::Not(Box::new(other)),
        }
    }

    /// Equality of two expressions.
    pub fn equal(left: Expr, right: Expr) -> Expr {
        Expr::Compare(Box::new(left), Comparison::Equal, Box::new(right))
    }
}
