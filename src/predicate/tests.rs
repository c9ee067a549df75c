//! What the language takes, what it refuses, and what it says and underlines then.

use proptest::prelude::*;

use super::{CompareOp, Function, MAX_LIST, Operand, Predicate, PredicateErrorKind, parse};
use crate::text::Span;

/// The condition in its one spelling.
fn printed(text: &str) -> String {
    match parse(text) {
        Ok(predicate) => predicate.to_string(),
        Err(error) => panic!("`{text}` is refused: {} ({})", error.message, error.help),
    }
}

/// Kind, underlined text and message of the refusal.
fn refused(text: &str) -> (PredicateErrorKind, &str, String, String) {
    match parse(text) {
        Ok(predicate) => panic!("`{text}` is taken as `{predicate}`"),
        Err(error) => (error.kind, &text[error.span.start..error.span.end], error.message, error.help),
    }
}

#[track_caller]
fn not_allowed(text: &str, underlined: &str, message: &str, help: &str) {
    let expected = (PredicateErrorKind::NotAllowed, underlined, message.to_owned(), help.to_owned());
    assert_eq!(refused(text), expected, "{text}");
}

#[track_caller]
fn syntax(text: &str, underlined: &str, message: &str, help: &str) {
    let expected = (PredicateErrorKind::Syntax, underlined, message.to_owned(), help.to_owned());
    assert_eq!(refused(text), expected, "{text}");
}

const OPERATORS: &str = super::word::OPERATORS;
const FUNCTIONS: &str = super::word::FUNCTIONS;
const STARTS_WITH: &str =
    "use `starts_with(column, 'text')`: pattern matching is not leakproof, so it would keep PostgreSQL from using an index";
const CONSTANT: &str = "the scopes `all` and `none` need no condition, and `from` and `until` of an assignment limit its time";

#[test]
fn a_comparison_keeps_names_values_and_places() {
    let expected = Predicate::Compare {
        left: Operand::Column { name: "region".into(), span: Span::new(0, 6) },
        op: CompareOp::Equal,
        right: Operand::UserAttribute { name: "region".into(), span: Span::new(9, 20) },
    };
    assert_eq!(parse("Region = user.Region"), Ok(expected));
}

#[test]
fn every_operator_and_function_is_taken() {
    for (text, expected) in [
        ("a = 1 and b<>2 or c != 3", r#"("a" = 1 AND "b" <> 2) OR "c" <> 3"#),
        ("a<1 AND (b>=2 OR c<=-3) AND d>4", r#""a" < 1 AND ("b" >= 2 OR "c" <= -3) AND "d" > 4"#),
        ("not a and not (b or c)", r#"NOT "a" AND NOT ("b" OR "c")"#),
        ("a in ('x', user.y, b)", r#""a" IN ('x', user."y", "b")"#),
        ("a NOT IN (1)", r#""a" NOT IN (1)"#),
        ("a between 1 and 2 and b", r#""a" BETWEEN 1 AND 2 AND "b""#),
        ("a not between now() and current_date", r#""a" NOT BETWEEN now() AND current_date"#),
        ("a is null or b is not null", r#""a" IS NULL OR "b" IS NOT NULL"#),
        ("a is true and b is not false", r#""a" IS TRUE AND "b" IS NOT FALSE"#),
        ("starts_with(lower(name), 'it''s')", r#"starts_with(lower("name"), 'it''s')"#),
        ("coalesce(open, false)", r#"coalesce("open", FALSE)"#),
        ("upper(a) = 'X' and length(b) > 3", r#"upper("a") = 'X' AND length("b") > 3"#),
        ("user.senior", r#"user."senior""#),
        ("(a) = ((1))", r#""a" = 1"#),
        ("((a = 1))", r#""a" = 1"#),
        ("active = true", r#""active" = TRUE"#),
    ] {
        assert_eq!(printed(text), expected, "{text}");
    }
}

#[test]
fn names_fold_as_in_postgresql_and_quoted_ones_stay() {
    assert_eq!(printed(r#"STRASSE = 1 AND "Größe ""x""" = 2 AND Ärger = 3"#), r#""strasse" = 1 AND "Größe ""x""" = 2 AND "Ärger" = 3"#);
    assert_eq!(printed(r#""select" = user."Region""#), r#""select" = user."Region""#);
}

#[test]
fn numbers_have_one_form() {
    for (text, expected) in [("007", "7"), ("1.50", "1.5"), ("-0.0", "0"), (".5", "0.5"), ("2.", "2"), ("- 12", "-12")] {
        assert_eq!(printed(&format!("a = {text}")), format!("\"a\" = {expected}"));
    }
    assert_eq!(printed("a<-1"), "\"a\" < -1");
}

#[test]
fn columns_and_attributes_are_listed_with_their_places() {
    let text = "owner = user.id and coalesce(a, user.x) in (1, owner)";
    let predicate = parse(text).unwrap();
    let columns: Vec<_> = predicate.columns().map(|(name, span)| (name, &text[span.start..span.end])).collect();
    assert_eq!(columns, [("owner", "owner"), ("a", "a"), ("owner", "owner")]);
    let attributes: Vec<_> = predicate.attributes().map(|(name, span)| (name, &text[span.start..span.end])).collect();
    assert_eq!(attributes, [("id", "user.id"), ("x", "user.x")]);
}

#[test]
fn pattern_matching_is_refused_for_starts_with() {
    not_allowed("name LIKE 'a%'", "LIKE", "the operator `LIKE` is not allowed in a condition", STARTS_WITH);
    not_allowed("name not ilike 'a%'", "ilike", "the operator `ILIKE` is not allowed in a condition", STARTS_WITH);
    not_allowed("name ~* 'a'", "~*", "the operator `~*` is not allowed in a condition", STARTS_WITH);
}

#[test]
fn other_operators_are_refused_by_name() {
    not_allowed(
        "a || b = 'x'",
        "||",
        "the operator `||` is not allowed in a condition",
        "write `OR` between conditions; texts can't be joined",
    );
    not_allowed("a + 1 = 2", "+", "the operator `+` is not allowed in a condition", OPERATORS);
    not_allowed("a - 1 = 2", "-", "the operator `-` is not allowed in a condition", OPERATORS);
    not_allowed("1 - a = 2", "-", "the operator `-` is not allowed in a condition", OPERATORS);
    not_allowed("a == 2", "==", "the operator `==` is not allowed in a condition", "write `=`");
    not_allowed(
        "a is distinct from b",
        "distinct",
        "the operator `IS DISTINCT FROM` is not allowed in a condition",
        "write `a <> b OR a IS NULL` with the cases that are meant",
    );
    not_allowed("a = any (b)", "any", "the operator `ANY` is not allowed in a condition", "list the values: `column IN ('a', 'b')`");
    not_allowed(
        "a collate \"C\" = 'x'",
        "collate",
        "the operator `COLLATE` is not allowed in a condition",
        "compare with the collation of the column",
    );
}

#[test]
fn casts_and_typed_literals_are_refused() {
    let help = super::word::CAST;
    not_allowed("a::int = 1", "::", "a cast is not allowed in a condition", help);
    not_allowed("cast(a as int) = 1", "cast", "a cast is not allowed in a condition", help);
    not_allowed(
        "a > date '2026-01-01'",
        "date '2026-01-01'",
        "a literal with the type `date` before it is not allowed in a condition",
        help,
    );
    not_allowed(
        "a = E'x\\'",
        "E'",
        "a text with the prefix `E` is not allowed in a condition",
        "write the text between plain single quotes: 'text'",
    );
}

#[test]
fn sub_selects_and_other_functions_are_refused() {
    let help = "a condition reads the record's own columns and `user.attribute`; relate other tables with `parents` of the entity";
    not_allowed("a in (select 1)", "select", "a sub-select is not allowed in a condition", help);
    not_allowed("exists (select 1)", "exists", "a sub-select is not allowed in a condition", help);
    not_allowed("(select true)", "select", "a sub-select is not allowed in a condition", help);
    not_allowed("pg_sleep(10)", "pg_sleep", "the function `pg_sleep` is not allowed in a condition", FUNCTIONS);
    not_allowed("\"lower\"(a) = 'x'", "\"lower\"", "the function `lower` is not allowed in a condition", FUNCTIONS);
    not_allowed(
        "owner = current_user",
        "current_user",
        "the function `current_user` is not allowed in a condition",
        "the user is known by the user's attributes: `user.attribute`",
    );
    not_allowed(
        "starts_with(a, b)",
        "b",
        "the second argument of `starts_with` is not a text",
        "write the text between single quotes: `starts_with(column, 'text')`",
    );
}

#[test]
fn what_would_end_or_hide_the_statement_is_refused() {
    not_allowed("a = 1; drop table x", ";", "a condition is no statement: `;` is not allowed", "remove it and what follows");
    let comment = "put the comment into the configuration, after `#`";
    not_allowed("a = 1 -- x", "--", "a comment is not allowed in a condition", comment);
    not_allowed("a = 1 /* x */", "/*", "a comment is not allowed in a condition", comment);
    not_allowed("a =/**/ 1", "/*", "a comment is not allowed in a condition", comment);
    let parameter = "write literals between single quotes, and attributes of the user as `user.attribute`";
    not_allowed("a = $1", "$", "`$` is not allowed in a condition: there are no parameters", parameter);
    not_allowed("a = $$x$$", "$", "`$` is not allowed in a condition: there are no parameters", parameter);
    not_allowed("a = 'x\0'", "\0", "a NUL character is not allowed in a condition", "remove it: PostgreSQL stores none");
    syntax("a = 1) or (b = 2", ")", "`)` stands where `AND`, `OR` or the end should be", OPERATORS);
}

#[test]
fn dotted_names_are_refused_other_than_the_users() {
    let message = "a name with a dot is not allowed in a condition, other than `user.attribute`";
    not_allowed("deal.stage = 1", "deal.stage", message, super::word::NAMES);
    not_allowed("\"user\".region = 1", "\"user\".region", message, super::word::NAMES);
    not_allowed("user.a.b = 1", "user.a", "an attribute of the user has one name after `user.`", super::word::NAMES);
    syntax("owner = user", "user", "`user` stands without an attribute", "name an attribute of the user: `user.attribute`");
}

#[test]
fn null_is_no_value() {
    not_allowed(
        "a = NULL",
        "NULL",
        "`NULL` is not allowed as a value: a comparison with it is never true",
        "write `column IS NULL` or `column IS NOT NULL`",
    );
    assert_eq!(refused("a not in (1, null)").1, "null");
}

#[test]
fn a_condition_that_reads_nothing_is_refused() {
    let message = "this reads neither a column nor an attribute of the user";
    not_allowed("a = 1 or 1 = 1", "1 = 1", message, CONSTANT);
    not_allowed("lower('X') = 'x'", "lower('X') = 'x'", message, CONSTANT);
    not_allowed("now() > '2026-01-01'", "now() > '2026-01-01'", message, CONSTANT);
    syntax(
        "a = 1 or true",
        "true",
        "a value standing alone is no condition",
        "compare it with a column, as in `column = value`; the scopes `all` and `none` need no condition",
    );
}

#[test]
fn unfinished_and_misplaced_words_are_shown() {
    syntax("", "", "the condition ends where a value should be", "complete the condition");
    syntax("a = ", "", "the condition ends where a value should be", "complete the condition");
    syntax("a b", "b", "`b` stands where an operator should be", OPERATORS);
    syntax(
        "order = 1",
        "order",
        "`order` stands where a value should be",
        "a column of that name is written `\"order\"`, in double quotes",
    );
    syntax("a = 'x", "'x", "the text that starts here has no closing quote", "close it with `'`, and write a quote inside as `''`");
    syntax("a = 1e5", "1e5", "`1e5` is not a number", "write digits with at most one decimal point, without exponent or separators");
    syntax("lower(a, b) = 1", "lower(a, b)", "`lower` takes one argument, but has 2", FUNCTIONS);
    syntax(
        "a = \u{201c}x\u{201d}",
        "\u{201c}",
        "the character `\u{201c}` has no meaning in a condition",
        "put names with unusual characters between double quotes, and text between single quotes",
    );
    not_allowed("a = b = c", "=", "the result of a condition can't be compared", "join conditions with `AND`, `OR` and `NOT`");
    not_allowed(
        "(a, b) = (1, 2)",
        ",",
        "a row of values is not allowed in a condition",
        "compare each column on its own, joined with `AND`",
    );
}

#[test]
fn limits_hold() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(32)).is_ok());
    assert_eq!(refused(&nested(33)).2, "the condition nests deeper than 32 levels");
    assert_eq!(refused(&format!("{}a", "not ".repeat(900))).2, "the condition nests deeper than 32 levels");
    let list = |length: usize| format!("a in ({}0)", "0,".repeat(length - 1));
    assert!(parse(&list(MAX_LIST)).is_ok());
    assert_eq!(refused(&list(MAX_LIST + 1)).2, "the list has more than 200 values");
    assert!(parse(&"a".repeat(63)).is_ok());
    assert_eq!(refused(&"a".repeat(64)).2, "a name is 64 bytes long");
    assert_eq!(refused(&format!("a = '{}'", "x".repeat(4_000))).2, "the condition is 4006 bytes long");
}

fn operand() -> impl Strategy<Value = Operand> {
    let span = Span::default();
    let leaf = prop_oneof![
        "[a-zäA-Z\" ']{1,8}".prop_map(move |name| Operand::Column { name, span }),
        "[a-z\"]{1,8}".prop_map(move |name| Operand::UserAttribute { name, span }),
        "[^\0]{0,8}".prop_map(Operand::Text),
        (-5_000i32..5_000).prop_map(|n| Operand::Number(n.to_string())),
        any::<bool>().prop_map(Operand::Bool),
        Just(Operand::Function { name: Function::Now, args: vec![] }),
        Just(Operand::Function { name: Function::CurrentDate, args: vec![] }),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|arg| Operand::Function { name: Function::Lower, args: vec![arg] }),
            prop::collection::vec(inner, 2..4).prop_map(|args| Operand::Function { name: Function::Coalesce, args }),
        ]
    })
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let column = Operand::Column { name: "c".to_owned(), span: Span::default() };
    let (a, b, c, d, e) = (column.clone(), column.clone(), column.clone(), column.clone(), column);
    let leaf = prop_oneof![
        operand().prop_map(move |right| Predicate::Compare { left: a.clone(), op: CompareOp::LessOrEqual, right }),
        (prop::collection::vec(operand(), 1..4), any::<bool>()).prop_map(move |(list, negated)| Predicate::In {
            operand: b.clone(),
            list,
            negated
        }),
        (operand(), operand(), any::<bool>()).prop_map(move |(operand, high, negated)| Predicate::Between {
            operand,
            low: c.clone(),
            high,
            negated
        }),
        (any::<bool>(), any::<bool>()).prop_map(move |(truth, negated)| Predicate::IsTruth { operand: d.clone(), truth, negated }),
        "[^\0]{0,8}".prop_map(move |prefix| Predicate::StartsWith { operand: e.clone(), prefix }),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::Or),
            inner.prop_map(|inner| Predicate::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused_within_itself(text in "\\PC{0,80}") {
        if let Err(error) = parse(&text) {
            prop_assert!(text.get(error.span.start..error.span.end).is_some());
        }
    }

    #[test]
    fn any_row_of_words_is_parsed_or_refused_within_itself(
        words in prop::collection::vec(prop::sample::select(vec![
            "a", "\"B\"", "user", ".", "(", ")", ",", "=", "<>", "-", "1", ".5", "'t'", "and", "or", "not", "in", "is", "null",
            "true", "between", "lower", "coalesce", "starts_with", "now", "current_date", "like", "select", "--", "::", "ä", "'",
        ]), 0..24),
        gap in prop::sample::select(vec!["", " "]),
    ) {
        let text = words.join(gap);
        match parse(&text) {
            Ok(predicate) => prop_assert_eq!(parse(&predicate.to_string()).map(|again| again.to_string()), Ok(predicate.to_string())),
            Err(error) => prop_assert!(text.get(error.span.start..error.span.end).is_some()),
        }
    }

    #[test]
    fn a_printed_condition_parses_to_the_same(tree in predicate()) {
        let text = tree.to_string();
        prop_assume!(text.len() <= super::MAX_LENGTH);
        prop_assert_eq!(parse(&text).map(|again| again.to_string()), Ok(text));
    }
}

#[test]
fn a_record_can_be_young() {
    let tree = parse("created_at > hours_ago(4) or seen_at >= days_ago(30)").unwrap();
    assert_eq!(tree.to_string(), "\"created_at\" > hours_ago(4) OR \"seen_at\" >= days_ago(30)");
    for text in ["a > hours_ago(-1)", "a > hours_ago(1.5)", "a > days_ago(b)", "a > days_ago(1000001)", "a > hours_ago('4')"] {
        let error = parse(text).unwrap_err();
        assert!(error.message.ends_with("takes a whole number from 0 to 1000000"), "{text}: {error:?}");
    }
}
