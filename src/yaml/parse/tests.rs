use super::*;
use crate::text::At;

/// Code, message, help and marked text of a diagnostic.
type Found = (Code, String, Option<String>, String);

/// The tree of a text and what is reported of it.
fn reports(text: &str) -> (Option<Node>, Vec<Found>) {
    let source = Source::new("test.yaml", text);
    let mut diagnostics = Diagnostics::new();
    let node = parse(&source, &mut diagnostics);
    let all = diagnostics.iter().map(|d| {
        let marked = d.span.map(|span| source.slice(span).to_owned()).unwrap_or_default();
        (d.code, d.message.clone(), d.help.clone(), marked)
    });
    (node, all.collect())
}

fn only(text: &str) -> Found {
    let (_, mut all) = reports(text);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn says(text: &str, code: Code, message: &str, help: &str, marked: &str) {
    let (c, m, h, t) = only(text);
    assert_eq!((c, m.as_str(), h.as_deref().unwrap_or_default(), t.as_str()), (code, message, help, marked), "{text}");
}

fn simple(node: &Node) -> String {
    match &node.kind {
        Kind::List(items) => format!("[{}]", items.iter().map(simple).collect::<Vec<_>>().join(" ")),
        Kind::Map(pairs) => {
            let pairs = pairs.iter().map(|(At { value: key, .. }, value)| format!("{key}:{}", simple(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(" "))
        }
        Kind::Text(text) => format!("{text:?}"),
        Kind::Null => "~".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Int(value) => value.to_string(),
        Kind::Float(value) => format!("{value:?}"),
        Kind::Refused => "!".to_owned(),
    }
}

#[test]
fn values_of_every_kind_are_read() {
    let text = "a: [x, 'y', \"1\", 1, 1.5, true, null]\nb:\n- z\n-\n- p: q\n  r: s\nc: {}\nd: |\n  two\n  lines\n";
    let (node, all) = reports(text);
    assert!(all.is_empty(), "{all:?}");
    assert_eq!(simple(&node.unwrap()), r#"{a:["x" "y" "1" 1 1.5 true ~] b:["z" ~ {p:"q" r:"s"}] c:{} d:"two\nlines\n"}"#);
}

#[test]
fn json_is_read() {
    let (node, all) = reports("{\"a\": [1, \"\\u00e9\"], \"b\": {\"c\": null}}");
    assert!(all.is_empty(), "{all:?}");
    assert_eq!(simple(&node.unwrap()), r#"{a:[1 "é"] b:{c:~}}"#);
}

#[test]
fn places_cover_what_was_written() {
    let text = "é:\n  b: [x, yy]\n  c: 'z'\n\nd: {e: f}\n";
    let node = reports(text).0.unwrap();
    let Kind::Map(pairs) = &node.kind else { panic!() };
    let slice = |span: Span| &text[span.start..span.end];
    assert_eq!(slice(pairs[0].0.span), "é");
    assert_eq!(slice(pairs[0].1.span), "b: [x, yy]\n  c: 'z'");
    assert_eq!(slice(pairs[1].1.span), "{e: f}");
    let Kind::Map(inner) = &pairs[0].1.kind else { panic!() };
    assert_eq!(slice(inner[0].1.span), "[x, yy]");
    assert_eq!(slice(inner[1].1.span), "'z'");
}

#[test]
fn nothing_is_no_tree_and_no_error() {
    for text in ["", "\n\n", "# only a comment\n"] {
        assert_eq!(reports(text), (None, vec![]), "{text:?}");
    }
}

#[test]
fn aliases_repeat_values_with_their_first_place() {
    let text = "a: &x [1, {b: 2}]\nc: *x\n";
    let (node, all) = reports(text);
    assert!(all.is_empty(), "{all:?}");
    let node = node.unwrap();
    assert_eq!(simple(&node), "{a:[1 {b:2}] c:[1 {b:2}]}");
    let Kind::Map(pairs) = &node.kind else { panic!() };
    assert_eq!(pairs[0].1.span, pairs[1].1.span);
}

#[test]
fn what_is_refused_says_why() {
    use Code::{DuplicateName, WrongType, YamlSyntax};
    let tag = "leave the tag out; a text that looks like a number takes quotes";
    says("a: !!str 5", YamlSyntax, "tags are not supported: `!!str`", tag, "!!str");
    says("a: !x [5]", YamlSyntax, "tags are not supported: `!x`", tag, "!x");
    says("a: b\n---\nc: d", YamlSyntax, "the file has more than one document", "leave out the line `---` and what is after it", "---");
    says(
        "a: &x {b: c}\nd:\n  <<: *x\n  e: f\n",
        YamlSyntax,
        "merge keys are not supported",
        "write the keys out, or use an alias for the whole value",
        "<<",
    );
    says("a: *b", YamlSyntax, "the alias `*b` repeats a value that is not marked", "mark the value before it with `&b`", "*b");
    says("a: &b [*b]", YamlSyntax, "the alias `*b` stands inside the value that it repeats", "write the value out", "*b");
    says(
        "a: 1\nb: 2\na: 3\n",
        DuplicateName,
        "`a` is written twice, first at line 1, column 1",
        "leave one of them out, or join them",
        "a",
    );
    says("1: a", WrongType, "a key must be a text, found the number `1`", "put it in quotes: `\"1\"`", "1");
    says("true: a", WrongType, "a key must be a text, found `true`", "put it in quotes: `\"true\"`", "true");
    says("? [a]\n: b", WrongType, "a key must be a text, found a list", "write a text before the colon", "[a]");
}

#[test]
fn a_duplicate_keeps_the_first_value_and_each_is_reported() {
    let (node, all) = reports("a: 1\na: 2\nb: {c: 1, c: 2}\na: 3\n");
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!(simple(&node.unwrap()), "{a:1 b:{c:1}}");
}

#[test]
fn a_quoted_merge_key_is_a_key() {
    let (node, all) = reports("'<<': x");
    assert!(all.is_empty(), "{all:?}");
    assert_eq!(simple(&node.unwrap()), r#"{<<:"x"}"#);
}

#[test]
fn broken_yaml_is_refused_with_its_place_and_advice() {
    let cases = [
        ("a:\n\tb: 1", "b", "indent with spaces, not with tabs"),
        ("a: [1, 2", "[", "close the bracket `[`"),
        ("a: b: c", ":", "check the indentation; a text with `: ` in it takes quotes"),
        ("a: @b", "@", "a text that begins with this character takes quotes"),
        ("a: \"x\" y", "y", "put the whole text in quotes"),
        ("a: \"\\q\"", "\"", "write a backslash as `\\\\`, or use single quotes"),
        ("a: 'x", "'", "close the text with the same quote"),
        ("a: 1\nb\nc: 2", "b", "check the indentation, and that each key ends with `:`"),
    ];
    let mut wrong = Vec::new();
    for (text, marked, help) in cases {
        let (node, all) = reports(text);
        assert_eq!(node, None, "{text}");
        let [(code, message, found, at)] = &all[..] else { panic!("{text}: {all:?}") };
        assert_eq!(*code, Code::YamlSyntax, "{text}");
        assert!(message.starts_with("the text is not YAML here: "), "{message}");
        if (found.as_deref(), at.as_str()) != (Some(help), marked) {
            wrong.push(format!("{text:?}: {message} {found:?} {at:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(only("a: \0b").1, "the text has a NUL byte");
}

#[test]
fn hostile_texts_are_refused_at_once() {
    let laughs: String = (1..40).map(|n| format!("a{n}: &a{n} [*a{}, *a{}, *a{}]\n", n - 1, n - 1, n - 1)).collect();
    let nested: String = (0..60).map(|n| format!("&n{n} [")).collect::<String>() + &"x,".repeat(100_000) + &"]".repeat(60);
    let deep = format!("a: &a {}{}\nb: &b {}*a{}\n", "[".repeat(40), "]".repeat(40), "[".repeat(40), "]".repeat(40));
    let blocks: String = (0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let cases = [
        ("brackets", "[".repeat(50_000), Code::TooDeep),
        ("braces", "{a: ".repeat(50_000), Code::TooDeep),
        ("dashes", "- ".repeat(50_000), Code::TooDeep),
        ("questions", "? ".repeat(50_000), Code::TooDeep),
        ("blocks", blocks, Code::TooDeep),
        ("deep alias", deep, Code::TooDeep),
        ("laughs", format!("a0: &a0 [x, x, x]\n{laughs}"), Code::TooManyAliases),
        ("aliases", format!("a: &x 1\nb: [{}]", "*x,".repeat(100_000)), Code::TooManyAliases),
        ("long alias", format!("a: &x {}\nb: [{}]", "y".repeat(3_000_000), "*x,".repeat(900)), Code::TooManyAliases),
        ("nested anchors", nested, Code::TooManyAliases),
        ("values", format!("[{}]", "a,".repeat(2_000_000)), Code::FileTooLarge),
        ("keys", (0..200_000).map(|n| format!("k{n}: v\n")).collect(), Code::FileTooLarge),
        ("size", "a".repeat(Source::LIMIT + 1), Code::FileTooLarge),
    ];
    for (name, text, code) in cases {
        let (node, all) = reports(&text);
        assert_eq!(node, None, "{name}");
        assert_eq!(all.iter().map(|report| report.0).collect::<Vec<_>>(), [code], "{name}: {all:?}");
    }
}

#[test]
fn the_deepest_allowed_nesting_is_read() {
    assert!(reports(&format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH))).0.is_some());
    assert!(reports(&format!("{}{}", "[".repeat(DEPTH + 1), "]".repeat(DEPTH + 1))).0.is_none());
}

#[test]
fn many_mistakes_stay_few_lines() {
    let (_, all) = reports(&"a: 1\n".repeat(50_000));
    assert_eq!(all.len(), Diagnostics::LIMIT);
}
