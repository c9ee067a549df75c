//! Statements made of hostile names and texts: what is written means them and nothing else.

use std::sync::Arc;

use crm_access::program::{
    Argument, Body, Builtin, Call, Check, Comparison, Expr, Policy, PolicyKind, Record, Sql, Statement, Trigger, View,
};
use crm_access::render::{Neutral, Plain, Renderer};
use crm_access::verify::verify;
use proptest::prelude::*;

use crate::cases::cases;
use crate::hostile;

/// A text without NUL, which no configuration lets in.
fn text() -> impl Strategy<Value = String> {
    hostile::text().prop_map(|text| text.replace('\0', ""))
}

fn ident() -> impl Strategy<Value = Sql> {
    hostile::name().prop_map(Sql::Ident)
}

fn qualified() -> impl Strategy<Value = Sql> {
    (hostile::name(), hostile::name()).prop_map(|(schema, name)| Sql::Qualified(schema, name))
}

fn literal() -> impl Strategy<Value = Sql> {
    prop_oneof![text().prop_map(Sql::Literal), prop::collection::vec(text(), 0..3).prop_map(Sql::Texts)]
}

fn call() -> impl Strategy<Value = Call> {
    let argument = prop_oneof![
        text().prop_map(Argument::Text),
        prop::collection::vec(text(), 0..3).prop_map(Argument::Texts),
        hostile::name().prop_map(Argument::Column),
    ];
    (hostile::name(), prop::collection::vec(argument, 0..3)).prop_map(|(function, arguments)| Call { function, arguments })
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Expr::Bool),
        3 => hostile::name().prop_map(Expr::Column),
        3 => text().prop_map(Expr::Text),
        1 => "(0|-?[1-9][0-9]{0,20})(\\.[0-9]{0,5}[1-9])?".prop_map(Expr::Number),
        1 => call().prop_map(Expr::Once),
        1 => call().prop_map(Expr::EachRow),
        1 => call().prop_map(Expr::Planned),
        1 => prop::collection::vec(call(), 1..3).prop_map(Expr::AsPlanned),
        1 => Just(Expr::Builtin(Builtin::Now, Vec::new())),
        1 => Just(Expr::Builtin(Builtin::CurrentDate, Vec::new())),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let boxed = || inner.clone().prop_map(Box::new);
        let op = prop::sample::select(&[Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual][..]);
        let one = prop::sample::select(&[Builtin::Lower, Builtin::Upper, Builtin::Length][..]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::Or),
            boxed().prop_map(Expr::Not),
            (boxed(), op, boxed()).prop_map(|(left, op, right)| Expr::Compare(left, op, right)),
            (boxed(), any::<bool>()).prop_map(|(inner, negated)| Expr::IsNull(inner, negated)),
            (boxed(), any::<bool>(), any::<bool>()).prop_map(|(inner, truth, negated)| Expr::IsTruth(inner, truth, negated)),
            (boxed(), prop::collection::vec(inner.clone(), 1..4), any::<bool>())
                .prop_map(|(inner, list, negated)| Expr::InList(inner, list, negated)),
            (boxed(), boxed(), boxed(), any::<bool>()).prop_map(|(inner, low, high, negated)| Expr::Between(inner, low, high, negated)),
            (boxed(), call()).prop_map(|(inner, call)| Expr::InSet(inner, call)),
            (boxed(), call()).prop_map(|(inner, call)| Expr::InView(inner, call)),
            (boxed(), call(), any::<bool>()).prop_map(|(inner, call, view)| Expr::InFew(inner, call, view)),
            (boxed(), call()).prop_map(|(inner, call)| Expr::InScope(inner, call)),
            (one, inner.clone()).prop_map(|(builtin, argument)| Expr::Builtin(builtin, vec![argument])),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|arguments| Expr::Builtin(Builtin::Coalesce, arguments)),
        ]
    })
}

fn check() -> impl Strategy<Value = Check> {
    let side = || prop::option::of(expr().prop_map(Sql::Expr));
    (side(), side()).prop_map(|(using, with_check)| Check { using, with_check })
}

fn policy() -> impl Strategy<Value = Statement> {
    let kind = prop::sample::select(&[PolicyKind::Permissive, PolicyKind::Restrictive][..]);
    let command = prop::sample::select(&["SELECT", "INSERT", "UPDATE", "DELETE"][..]).prop_map(Sql::word);
    (ident(), qualified(), kind, command, ident(), check()).prop_map(|(name, table, permissive, command, role, check)| {
        Statement::CreatePolicy(Policy { name, table, permissive, command, role, check })
    })
}

fn view() -> impl Strategy<Value = Statement> {
    (qualified(), ident(), qualified(), ident(), types(), expr()).prop_map(|(name, key, table, column, types, condition)| {
        let value = |sql: Sql| serde_json::to_value(sql).unwrap();
        let returned = types.into_iter().next().unwrap_or(Sql::word("int8"));
        let values = [("table", table), ("key", column), ("type", returned), ("condition", Sql::Expr(condition))];
        let values = values.map(|(name, sql)| (name, value(sql))).into_iter().collect();
        Statement::CreateView(View { name, key, body: Body { template: "records_where", values } })
    })
}

fn types() -> impl Strategy<Value = Vec<Sql>> {
    prop::collection::vec(prop::sample::select(&["text", "int8", "uuid"][..]).prop_map(Sql::word), 0..3)
}

/// A statement of any kind that a template writes.
pub fn statement() -> impl Strategy<Value = Statement> {
    let trigger = (ident(), qualified(), any::<bool>(), prop::collection::vec(text().prop_map(Sql::Literal), 0..3), qualified()).prop_map(
        |(name, table, transition, columns, function)| {
            Statement::CreateTrigger(Trigger { name, event: Sql::word("UPDATE"), table, transition, columns, function })
        },
    );
    let record = (text(), text(), text(), text(), prop::option::of(text())).prop_map(|(kind, schema, relation, name, before)| Record {
        kind: Sql::Literal(kind),
        schema: Sql::Literal(schema),
        relation: Sql::Literal(relation),
        name: Sql::Literal(name),
        before: before.map(Sql::Literal),
    });
    prop_oneof![
        1 => (qualified(), prop::collection::vec(literal(), 0..4)).prop_map(|(function, arguments)| Statement::Call { function, arguments }),
        1 => prop::collection::vec(qualified(), 1..4).prop_map(|tables| Statement::LockTables { tables }),
        1 => (ident(), qualified(), ident(), any::<bool>(), any::<bool>()).prop_map(|(name, table, column, concurrently, if_absent)| {
            Statement::CreateIndex { name, table, column, concurrently, if_absent }
        }),
        1 => qualified().prop_map(|name| Statement::DropIndex { name }),
        1 => ident().prop_map(|schema| Statement::CreateSchema { schema }),
        1 => (ident(), ident()).prop_map(|(schema, role)| Statement::GrantSchema { privilege: Sql::word("USAGE"), schema, role }),
        1 => (qualified(), ident()).prop_map(|(table, role)| Statement::GrantTable { privileges: Sql::word("SELECT"), table, role }),
        1 => (qualified(), types(), ident()).prop_map(|(function, arguments, role)| Statement::GrantExecute { function, arguments, role }),
        1 => (qualified(), types()).prop_map(|(function, arguments)| Statement::RevokeExecute { function, arguments }),
        1 => (qualified(), types(), ident()).prop_map(|(function, arguments, role)| Statement::FunctionOwner { function, arguments, role }),
        1 => (qualified(), ident()).prop_map(|(view, role)| Statement::ViewOwner { view, role }),
        2 => view(),
        1 => qualified().prop_map(|table| Statement::EnableRowSecurity { table }),
        1 => qualified().prop_map(|table| Statement::ForceRowSecurity { table }),
        4 => policy(),
        1 => (ident(), qualified(), text()).prop_map(|(policy, table, comment)| Statement::CommentPolicy { policy, table, comment: Sql::Literal(comment) }),
        2 => trigger,
        1 => prop::collection::vec(record, 1..3).prop_map(|records| Statement::Record { records }),
    ]
}

/// A statement as it is written, as it would be with harmless names, and what those stand for.
pub fn written(statement: &Statement) -> (String, String, Arc<Neutral>) {
    let neutral = Arc::new(Neutral::default());
    let text = Renderer::new(Arc::new(Plain)).unwrap().statement(statement).unwrap();
    let twin = Renderer::new(neutral.clone()).unwrap().statement(statement).unwrap();
    (text, twin, neutral)
}

/// What stands outside of quotes, read by PostgreSQL's rules and not by a parser of anyone else.
fn outside(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escapes = rest.starts_with("E'");
        let length = match first {
            '\'' | '"' | 'E' if first != 'E' || escapes => {
                let quote = if escapes { '\'' } else { first };
                let mut characters = rest.char_indices().skip(if escapes { 2 } else { 1 }).peekable();
                loop {
                    let (at, c) = characters.next().expect("a closing quote");
                    if escapes && c == '\\' {
                        characters.next();
                    } else if c == quote && characters.next_if(|(_, c)| *c == quote).is_none() {
                        break at + 1;
                    }
                }
            }
            other => {
                out.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn hostile_names_and_texts_are_written_as_themselves(statement in statement()) {
        let (text, twin, neutral) = written(&statement);
        prop_assert_eq!(verify(&statement, &text, &twin, &neutral), Ok(()), "{}", &text);
        let bare = outside(&text);
        prop_assert_eq!(bare.matches(';').count(), 1, "{}", &text);
        prop_assert!(bare.ends_with(';') && !bare.contains("--") && !bare.contains("/*") && !bare.contains('$'), "{}", &text);
        prop_assert!(bare.is_ascii(), "{}", &text);
    }
}

#[test]
fn what_leaves_its_quotes_is_seen() {
    assert_eq!(outside("SELECT \"a\"\"b;\", 'it''s;', E'\\';''', x;"), "SELECT , , , x;");
    assert_eq!(outside("SELECT 'a\\'; DROP TABLE b; --'';"), "SELECT ; DROP TABLE b; --;");
}
