//! Conditions: any text, and every sentence of the language.

use crm_access::predicate::{CompareOp, Function, MAX_DEPTH, Operand, Predicate, parse};
use crm_access::text::Span;
use proptest::prelude::*;

use crate::cases::cases;
use crate::hostile;

/// Everything that may stand outside of quotes in a condition as it is printed.
const WORDS: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "IN",
    "BETWEEN",
    "IS",
    "NULL",
    "TRUE",
    "FALSE",
    "user",
    "lower",
    "upper",
    "length",
    "coalesce",
    "now",
    "current_date",
    "starts_with",
];
const SIGNS: &[&str] = &["=", "<>", "<", "<=", ">", ">=", "(", ")", ",", ".", "-"];

fn operand() -> impl Strategy<Value = Operand> {
    let leaf = prop_oneof![
        3 => hostile::name().prop_map(|name| Operand::Column { name, span: Span::default() }),
        2 => hostile::name().prop_map(|name| Operand::UserAttribute { name, span: Span::default() }),
        2 => hostile::text().prop_map(|text| Operand::Text(text.replace('\0', ""))),
        1 => "(0|-?[1-9][0-9]{0,30})(\\.[0-9]{0,5}[1-9])?".prop_map(Operand::Number),
        1 => any::<bool>().prop_map(Operand::Bool),
        1 => Just(Operand::Function { name: Function::Now, args: Vec::new() }),
        1 => Just(Operand::Function { name: Function::CurrentDate, args: Vec::new() }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (prop::sample::select(&[Function::Lower, Function::Upper, Function::Length][..]), inner.clone())
                .prop_map(|(name, argument)| Operand::Function { name, args: vec![argument] }),
            prop::collection::vec(inner, 2..4).prop_map(|args| Operand::Function { name: Function::Coalesce, args }),
        ]
    })
}

/// An operand that is not the same for every record and user.
fn varying() -> impl Strategy<Value = Operand> {
    hostile::name().prop_map(|name| Operand::Column { name, span: Span::default() })
}

fn predicate() -> impl Strategy<Value = Predicate> {
    use CompareOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let op = prop::sample::select(&[Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual][..]);
    let leaf = prop_oneof![
        (varying(), op, operand()).prop_map(|(left, op, right)| Predicate::Compare { left, op, right }),
        (varying(), prop::collection::vec(operand(), 1..5), any::<bool>()).prop_map(|(operand, list, negated)| Predicate::In {
            operand,
            list,
            negated
        }),
        (operand(), varying(), operand(), any::<bool>()).prop_map(|(operand, low, high, negated)| Predicate::Between {
            operand,
            low,
            high,
            negated
        }),
        (varying(), any::<bool>()).prop_map(|(operand, negated)| Predicate::IsNull { operand, negated }),
        (varying(), any::<bool>(), any::<bool>()).prop_map(|(operand, truth, negated)| Predicate::IsTruth { operand, truth, negated }),
        (varying(), hostile::text()).prop_map(|(operand, prefix)| Predicate::StartsWith { operand, prefix: prefix.replace('\0', "") }),
        varying().prop_map(Predicate::Truth),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::Or),
            inner.prop_map(|inner| Predicate::Not(Box::new(inner))),
        ]
    })
}

/// The same without places.
fn placeless(predicate: &Predicate) -> String {
    let shown = format!("{predicate:?}");
    let mut out = String::new();
    let mut rest = shown.as_str();
    while let Some((before, after)) = rest.split_once("span: Span { ") {
        out.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// What stands outside of quotes, in words and signs.
fn outside(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => {
                let mut end = 1;
                loop {
                    end += rest[end..].find(first).expect("a closing quote") + 1;
                    if !rest[end..].starts_with(first) {
                        break end;
                    }
                    end += 1;
                }
            }
            ' ' => 1,
            c if c.is_ascii_alphanumeric() || c == '_' => rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len()),
            '<' | '>' => rest.find(|c: char| !"<>=".contains(c)).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        let piece = &rest[..length];
        if !piece.starts_with(['\'', '"', ' ']) {
            found.push(piece.to_owned());
        }
        rest = &rest[length..];
    }
    found
}

/// Only what is listed stands in a condition, whatever was written.
fn only_what_is_listed(predicate: &Predicate) {
    for piece in outside(&predicate.to_string()) {
        let number = piece.bytes().all(|byte| byte.is_ascii_digit());
        assert!(number || WORDS.contains(&piece.as_str()) || SIGNS.contains(&piece.as_str()), "`{piece}` in `{predicate}`");
    }
}

fn examine(text: &str) {
    match parse(text) {
        Ok(predicate) => {
            only_what_is_listed(&predicate);
            let printed = predicate.to_string();
            // Printing puts names in quotes, so it may exceed the limit of a text that did not.
            if printed.len() <= crm_access::predicate::MAX_LENGTH {
                let again = parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
                assert_eq!(placeless(&again), placeless(&predicate), "{printed}");
            }
            for (name, span) in predicate.columns().chain(predicate.attributes()) {
                assert!(!name.is_empty() && text.get(span.start..span.end).is_some(), "{name} {span:?}");
            }
        }
        Err(error) => {
            assert!(text.get(error.span.start..error.span.end).is_some(), "{:?} in {text:?}", error.span);
            assert!(!error.message.is_empty() && error.message.len() < 300 && !error.help.is_empty(), "{error:?}");
        }
    }
}

/// Words and signs of the language and of what it leaves out.
fn soup() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "a",
        "\"B c\"",
        "user.",
        "user",
        "'x'",
        "'it''s'",
        "1",
        "1.5",
        ".5",
        "1.",
        "-",
        "+",
        "=",
        "<>",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "==",
        "(",
        ")",
        "((",
        "))",
        ",",
        ".",
        " AND ",
        " OR ",
        " NOT ",
        " IN ",
        " IN (",
        " BETWEEN ",
        " IS ",
        " NULL",
        " TRUE",
        " FALSE",
        "lower(",
        "COALESCE(",
        "now()",
        "current_date",
        "starts_with(",
        "length(",
        " LIKE ",
        "~",
        "||",
        "::text",
        "CAST(",
        "CASE",
        "SELECT",
        "EXISTS(",
        ";",
        "--",
        "/*",
        "*/",
        "$1",
        "$$",
        "e'x'",
        "U&'x'",
        "pg_sleep(1)",
        "pg_catalog.now()",
        "\0",
        "\n",
        "\t",
        "é",
        "🦀",
        "null",
        "ANY(",
        "ARRAY[",
        "]",
        "date '",
    ];
    let piece = prop_oneof![6 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => hostile::text(), 1 => Just(" ".to_owned())];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn any_text_is_a_condition_or_refused_at_its_place(text in "\\PC{0,80}") {
        examine(&text);
    }

    #[test]
    fn words_in_any_order_are_a_condition_or_refused_at_their_place(text in soup()) {
        examine(&text);
    }

    #[test]
    fn a_condition_that_is_printed_and_read_again_is_the_same(predicate in predicate()) {
        let printed = predicate.to_string();
        prop_assume!(printed.len() <= crm_access::predicate::MAX_LENGTH);
        let read = parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(placeless(&read), placeless(&predicate), "{}", &printed);
        only_what_is_listed(&read);
    }

    #[test]
    fn a_condition_with_a_piece_put_in_is_still_one_or_refused(predicate in predicate(), at in any::<prop::sample::Index>(), piece in soup()) {
        let mut text = predicate.to_string();
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        text.insert_str(places[at.index(places.len())], &piece);
        examine(&text);
    }
}

#[test]
fn what_is_not_listed_is_seen_outside_of_quotes() {
    assert_eq!(outside("\"a''\" = 'it''s' AND pg_sleep(1) <> 2.5"), ["=", "AND", "pg_sleep", "(", "1", ")", "<>", "2", ".", "5"]);
    assert!(std::panic::catch_unwind(|| only_what_is_listed(&Predicate::Truth(Operand::Number("pg_sleep".to_owned())))).is_err());
}

#[test]
fn nesting_ends_at_the_limit_and_before_the_stack() {
    let examined = std::thread::Builder::new().stack_size(256 * 1024).spawn(|| {
        for (open, close) in [("(", ")"), ("NOT ", ""), ("lower(", ")"), ("NOT (", ")"), ("coalesce(a, ", ")"), ("a = 1 AND (", ")")] {
            for depth in [1, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 500] {
                examine(&format!("{}a = 'x'{}", open.repeat(depth), close.repeat(depth)));
                examine(&format!("{}a{} = 'x'", open.repeat(depth), close.repeat(depth)));
                examine(&open.repeat(depth));
            }
        }
    });
    examined.unwrap().join().unwrap();
}
