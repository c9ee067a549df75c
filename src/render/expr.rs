//! Expressions and atoms as SQL text.

use super::quote::Quoting;
use crate::program::{Argument, Builtin, Call, Expr, IN_SCOPE, KEY_COLUMN, RULES_SCHEMA, STATE_SCHEMA, Sql, joined_name};

/// An atom as SQL text.
pub fn atom(sql: &Sql, quoting: &dyn Quoting) -> String {
    match sql {
        Sql::Ident(name) => quoting.identifier(name),
        Sql::Qualified(schema, name) => format!("{}.{}", quoting.identifier(schema), quoting.identifier(name)),
        Sql::Literal(text) => quoting.literal(text),
        Sql::Texts(texts) => quoting.array(texts),
        Sql::Expr(expr) => top(expr, quoting),
        Sql::Word(word) => word.clone(),
    }
}

/// An expression that stands alone in parentheses: its alternatives on a line each.
fn top(expr: &Expr, quoting: &dyn Quoting) -> String {
    match expr {
        Expr::Or(parts) => format!("(\n    {}\n)", joined(parts, "\n    OR ", quoting)),
        other => part(other, quoting),
    }
}

fn joined(parts: &[Expr], by: &str, quoting: &dyn Quoting) -> String {
    parts.iter().map(|inner| part(inner, quoting)).collect::<Vec<_>>().join(by)
}

fn part(expr: &Expr, quoting: &dyn Quoting) -> String {
    match expr {
        Expr::Bool(true) => "true".to_owned(),
        Expr::Bool(false) => "false".to_owned(),
        Expr::And(parts) => format!("({})", joined(parts, " AND ", quoting)),
        Expr::Or(parts) => format!("({})", joined(parts, " OR ", quoting)),
        Expr::Not(inner) => format!("(NOT {})", part(inner, quoting)),
        Expr::Column(name) => quoting.identifier(name),
        Expr::NewOwner => "crm_access_new.crm_access_new_owner".to_owned(),
        Expr::Text(text) => quoting.literal(text),
        Expr::Number(number) => quoting.number(number),
        Expr::Compare(left, op, right) => format!("({} {} {})", part(left, quoting), op.symbol(), part(right, quoting)),
        Expr::IsNull(inner, negated) => format!("({} IS {}NULL)", part(inner, quoting), not(*negated)),
        Expr::IsTruth(inner, truth, negated) => {
            format!("({} IS {}{})", part(inner, quoting), not(*negated), if *truth { "TRUE" } else { "FALSE" })
        }
        // The verifying parser takes a list that begins with a sub-select for a sub-select.
        Expr::InList(inner, list, negated) if matches!(list.first(), Some(Expr::Once(_))) => {
            let (op, join) = if *negated { ("<>", " AND ") } else { ("=", " OR ") };
            let inner = part(inner, quoting);
            let each = list.iter().map(|item| format!("({inner} {op} {})", part(item, quoting)));
            format!("({})", each.collect::<Vec<_>>().join(join))
        }
        Expr::InList(inner, list, negated) => format!("({} {}IN ({}))", part(inner, quoting), not(*negated), joined(list, ", ", quoting)),
        Expr::Between(inner, low, high, negated) => {
            format!("({} {}BETWEEN {} AND {})", part(inner, quoting), not(*negated), part(low, quoting), part(high, quoting))
        }
        Expr::InSet(inner, function) => in_set(&part(inner, quoting), function, quoting),
        Expr::InView(inner, view) => in_view(&part(inner, quoting), view, quoting),
        Expr::InFew(inner, set, view) => {
            let inner = part(inner, quoting);
            let (keys, otherwise) = if *view {
                (keys_of_view(set, quoting), in_view(&inner, set, quoting))
            } else {
                (keys_of_set(set, quoting), in_set(&inner, set, quoting))
            };
            let (state, few) = (quoting.identifier(STATE_SCHEMA), generated(&["few", &set.function], quoting));
            format!("CASE WHEN {state}.plans_for_user() AND {few}() THEN {inner} = ANY (ARRAY({keys})) ELSE {otherwise} END")
        }
        Expr::Planned(fact) => where_planned(&planned(fact, quoting), &format!("(SELECT {})", call(RULES_SCHEMA, fact, quoting)), quoting),
        Expr::AsPlanned(facts) => {
            let same: Vec<String> =
                facts.iter().map(|fact| format!("{} = {}", planned(fact, quoting), call(RULES_SCHEMA, fact, quoting))).collect();
            let asked = format!("(SELECT {}.as_planned({}))", quoting.identifier(STATE_SCHEMA), same.join(" AND "));
            where_planned(&asked, "true", quoting)
        }
        Expr::InScope(inner, function) => in_scope(inner, function, quoting),
        Expr::Once(function) => format!("(SELECT {})", call(RULES_SCHEMA, function, quoting)),
        Expr::Fact(function) => call(STATE_SCHEMA, function, quoting),
        Expr::State(function) => format!("(SELECT {}.{}())", quoting.identifier(STATE_SCHEMA), quoting.identifier(function)),
        Expr::EachRow(function) => call(RULES_SCHEMA, function, quoting),
        Expr::Builtin(builtin, arguments) => {
            let arguments = joined(arguments, ", ", quoting);
            match builtin {
                Builtin::Lower => format!("pg_catalog.lower({arguments})"),
                Builtin::Upper => format!("pg_catalog.upper({arguments})"),
                Builtin::Length => format!("pg_catalog.length({arguments})"),
                Builtin::Coalesce => format!("COALESCE({arguments})"),
                Builtin::Now => "pg_catalog.now()".to_owned(),
                // CURRENT_DATE would be a day of the caller's choice, by SET timezone.
                Builtin::CurrentDate => "(pg_catalog.now() AT TIME ZONE 'UTC')::date".to_owned(),
                Builtin::HoursAgo => format!("(pg_catalog.now() - {arguments} * '1 hour'::interval)"),
                Builtin::DaysAgo => format!("(pg_catalog.now() - {arguments} * '24 hours'::interval)"),
                Builtin::StartsWith => format!("pg_catalog.starts_with({arguments})"),
            }
        }
    }
}

/// A fact by the function that answers it while planning.
fn planned(fact: &Call, quoting: &dyn Quoting) -> String {
    let planned = Call { function: joined_name(&["planned", &fact.function]), arguments: fact.arguments.clone() };
    call(RULES_SCHEMA, &planned, quoting)
}

/// What holds where the plan is made for who asks, and what otherwise; the planner decides and keeps one of them.
fn where_planned(for_user: &str, for_all: &str, quoting: &dyn Quoting) -> String {
    format!("CASE WHEN {}.plans_for_user() THEN {for_user} ELSE {for_all} END", quoting.identifier(STATE_SCHEMA))
}

/// The qualified name of a generated function or view.
fn generated(words: &[&str], quoting: &dyn Quoting) -> String {
    format!("{}.{}", quoting.identifier(RULES_SCHEMA), quoting.identifier(&joined_name(words)))
}

fn keys_of_set(set: &Call, quoting: &dyn Quoting) -> String {
    format!("SELECT {}", call(RULES_SCHEMA, set, quoting))
}

fn in_set(inner: &str, set: &Call, quoting: &dyn Quoting) -> String {
    format!("({inner} IN ({}))", keys_of_set(set, quoting))
}

fn keys_of_view(view: &Call, quoting: &dyn Quoting) -> String {
    format!("SELECT s.{} FROM {} AS s", quoting.identifier(KEY_COLUMN), generated(&[&view.function], quoting))
}

fn in_view(inner: &str, view: &Call, quoting: &dyn Quoting) -> String {
    let (name, key) = (generated(&[&view.function], quoting), quoting.identifier(KEY_COLUMN));
    format!("EXISTS (SELECT 1 FROM {name} AS s WHERE s.{key} = {inner})")
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn in_scope(inner: &Expr, function: &Call, quoting: &dyn Quoting) -> String {
    let mut arguments = vec![quoting.literal(&function.function), part(inner, quoting)];
    if !function.arguments.is_empty() {
        let texts = function.arguments.iter().flat_map(|argument| match argument {
            Argument::Text(text) | Argument::Column(text) => std::slice::from_ref(text),
            Argument::Texts(texts) => texts,
        });
        arguments.push(quoting.array(&texts.cloned().collect::<Vec<_>>()));
    }
    format!("{}.{IN_SCOPE}({})", quoting.identifier(STATE_SCHEMA), arguments.join(", "))
}

fn call(schema: &str, call: &Call, quoting: &dyn Quoting) -> String {
    let arguments: Vec<String> = call
        .arguments
        .iter()
        .map(|argument| match argument {
            Argument::Text(text) => quoting.literal(text),
            Argument::Texts(texts) => quoting.array(texts),
            Argument::Column(name) => quoting.identifier(name),
        })
        .collect();
    format!("{}.{}({})", quoting.identifier(schema), quoting.identifier(&call.function), arguments.join(", "))
}
