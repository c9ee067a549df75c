//! What a condition may say, for people: each form with an example.

/// A form of a condition, of a value or of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// How it is written.
    pub written: &'static str,
    /// What it says.
    pub means: &'static str,
    /// A condition that uses it.
    pub example: &'static str,
}

const fn form(written: &'static str, means: &'static str, example: &'static str) -> Form {
    Form { written, means, example }
}

/// Conditions, and how they are joined; `NOT` binds closest, then `AND`, then `OR`.
pub const CONDITIONS: &[Form] = &[
    form("value = value", "They are equal.", "stage = 'won'"),
    form("value <> value", "They differ; also written `!=`.", "stage <> 'lost'"),
    form("value < value", "The left one is less.", "amount < 1000"),
    form("value <= value", "The left one is less or equal.", "amount <= user.budget"),
    form("value > value", "The left one is greater.", "created_at > hours_ago(24)"),
    form("value >= value", "The left one is greater or equal.", "amount >= 100000"),
    form("value IN (value, ...)", "It is one of them; `NOT IN`: none of them. At most 200.", "stage IN ('won', 'lost')"),
    form(
        "value BETWEEN value AND value",
        "It is neither less than the first nor greater than the second; `NOT BETWEEN`.",
        "amount BETWEEN 1 AND 1000",
    ),
    form("value IS NULL", "There is none; `IS NOT NULL`.", "firm_id IS NULL"),
    form("value IS TRUE", "It is true; null is not. `IS NOT TRUE`.", "vip IS NOT TRUE"),
    form("value IS FALSE", "It is false; null is not. `IS NOT FALSE`.", "archived IS FALSE"),
    form("value", "A boolean column or attribute, or a `coalesce` of them, standing alone: it is true.", "user.vip"),
    form(
        "starts_with(value, 'text')",
        "The text begins so. There is no LIKE: it would keep PostgreSQL from using an index.",
        "starts_with(postcode, '10')",
    ),
    form("condition AND condition", "Both hold.", "amount < 1000 AND region = user.region"),
    form("condition OR condition", "One of them holds.", "firm_id = user.firm_id OR firm_id IS NULL"),
    form("NOT condition", "The opposite; unknown where the condition is unknown.", "NOT archived"),
    form("(condition)", "Parentheses join as they do in SQL; at most 32 deep.", "(a = 1 OR b = 2) AND c = 3"),
];

/// Values.
pub const VALUES: &[Form] = &[
    form("column", "A column of the record's own table.", "amount > 0"),
    form("\"Column\"", "One whose name has capitals, or is a word of SQL.", "\"Order\" = 7"),
    form("user.attribute", "An attribute of the user, one of `attributes` of `directory: users`.", "region = user.region"),
    form(
        "'text'",
        "A text, a date, a time or a uuid: it takes the type of what it is compared with. `''` is a quote in it.",
        "region = 'Val d''Oise'",
    ),
    form("12.5", "A number.", "amount = -12.5"),
    form("TRUE", "TRUE or FALSE.", "archived = FALSE"),
    form("lower(value)", "In lower case.", "lower(region) = 'north'"),
    form("upper(value)", "In upper case.", "upper(region) = 'NORTH'"),
    form("length(value)", "How many characters.", "length(code) = 5"),
    form("coalesce(value, value, ...)", "The first that is not null.", "coalesce(region, 'north') = user.region"),
    form("now()", "When the transaction began, a time with time zone.", "valid_until > now()"),
    form("current_date", "The day in UTC.", "due < current_date"),
    form("hours_ago(number)", "That many hours before `now()`.", "created_at > hours_ago(24)"),
    form("days_ago(number)", "That many times 24 hours before `now()`.", "created_at > days_ago(7)"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::predicate::{Predicate, parse};

    /// The kinds of conditions and values in a tree, by their names.
    fn kinds(predicate: &Predicate, into: &mut BTreeSet<String>) {
        let written = format!("{predicate:?}");
        let names = written.split(|c: char| !c.is_alphanumeric()).filter(|word| word.starts_with(|c: char| c.is_uppercase()));
        into.extend(names.map(str::to_owned));
    }

    #[test]
    fn each_example_is_a_condition_and_together_they_use_everything_there_is() {
        let mut used = BTreeSet::new();
        for form in CONDITIONS.iter().chain(VALUES) {
            match parse(form.example) {
                Ok(tree) => kinds(&tree, &mut used),
                Err(error) => panic!("{}: {error:?}", form.example),
            }
        }
        let all = [
            "And",
            "Or",
            "Not",
            "Compare",
            "In",
            "Between",
            "IsNull",
            "IsTruth",
            "StartsWith",
            "Truth",
            "Column",
            "UserAttribute",
            "Function",
            "Equal",
            "NotEqual",
            "Less",
            "LessOrEqual",
            "Greater",
            "GreaterOrEqual",
            "Lower",
            "Upper",
            "Length",
            "Coalesce",
            "Now",
            "CurrentDate",
            "HoursAgo",
            "DaysAgo",
            "Text",
            "Number",
            "Bool",
        ];
        let missing: Vec<&str> = all.into_iter().filter(|name| !used.contains(*name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
