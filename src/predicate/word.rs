//! Words that SQL gives a meaning of its own: which of them are refused, and what to write instead.

use super::PredicateError;
use crate::text::Span;

pub(super) const OPERATORS: &str =
    "the operators are `=`, `<>`, `<`, `<=`, `>`, `>=`, `IN`, `BETWEEN`, `IS NULL`, `IS TRUE`, `IS FALSE`, `AND`, `OR` and `NOT`";
pub(super) const FUNCTIONS: &str =
    "the functions are `lower`, `upper`, `length`, `coalesce`, `now`, `current_date`, `hours_ago`, `days_ago` and `starts_with`";
pub(super) const NAMES: &str = "write a column of the record as `column` or `\"Column\"`, and an attribute of the user as `user.attribute`";

/// Words that PostgreSQL reserves and that mean nothing in a condition: a column of that name needs double quotes.
const RESERVED: &[&str] = &[
    "analyse",
    "analyze",
    "and",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "binary",
    "both",
    "check",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "default",
    "deferrable",
    "desc",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "lateral",
    "leading",
    "left",
    "limit",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
];

/// Whether the bare word can't be a column's name.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Why a word of SQL is refused wherever it stands, if it is.
pub(super) fn refusal(word: &str, span: Span) -> Option<PredicateError> {
    let shown = word.to_ascii_uppercase();
    let operator = format!("the operator `{shown}` is not allowed in a condition");
    let (message, help) = match word {
        "like" | "ilike" | "similar" => (
            operator,
            "use `starts_with(column, 'text')`: pattern matching is not leakproof, so it would keep PostgreSQL from using an index",
        ),
        "select" | "exists" | "with" | "values" | "table" => (
            "a sub-select is not allowed in a condition".to_owned(),
            "a condition reads the record's own columns and `user.attribute`; relate other tables with `parents` of the entity",
        ),
        "any" | "all" | "some" | "array" => (operator, "list the values: `column IN ('a', 'b')`"),
        "cast" => ("a cast is not allowed in a condition".to_owned(), CAST),
        "case" => ("`CASE` is not allowed in a condition".to_owned(), "join conditions with `AND`, `OR` and `NOT`"),
        "collate" => (operator, "compare with the collation of the column"),
        "distinct" => (
            "the operator `IS DISTINCT FROM` is not allowed in a condition".to_owned(),
            "write `a <> b OR a IS NULL` with the cases that are meant",
        ),
        "unknown" => ("`IS UNKNOWN` is not allowed in a condition".to_owned(), "write `IS NULL`"),
        "isnull" => (operator, "write `IS NULL`"),
        "notnull" => (operator, "write `IS NOT NULL`"),
        "symmetric" => (operator, "write `BETWEEN` with the lower value first"),
        "current_user" | "session_user" | "current_role" | "system_user" | "current_catalog" | "current_schema" => {
            (format!("the function `{word}` is not allowed in a condition"), "the user is known by the user's attributes: `user.attribute`")
        }
        "current_timestamp" | "current_time" | "localtime" | "localtimestamp" => {
            (format!("the function `{word}` is not allowed in a condition"), "write `now()` or `current_date`")
        }
        _ => return None,
    };
    Some(PredicateError::not_allowed(span, message, help))
}

/// What to write instead of a cast.
pub(super) const CAST: &str = "write the literal as plain text or number: it takes the type of the column it is compared with";
