//! One expression broken in every way.

use sqlparser::ast::{BinaryOperator, CaseWhen, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, UnaryOperator, Value};

/// A constant.
pub fn boolean(value: bool) -> Expr {
    Expr::Value(Value::Boolean(value).into())
}

/// The opposite of a condition.
pub fn not(expr: &Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr.clone()))) }
}

/// The negation of a condition whose kind does not say that it is one; [`of_expr`] negates all others.
pub fn negated(condition: &Expr) -> Option<(String, Expr)> {
    match condition {
        Expr::Subquery(_) | Expr::Function(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
            Some((format!("negate `{condition}`"), not(condition)))
        }
        Expr::Nested(inner) => negated(inner),
        _ => None,
    }
}

/// Everything that can be done to an expression itself, and what it was.
pub fn of_expr(expr: &Expr) -> Vec<(String, Expr)> {
    let mut all: Vec<(String, Expr)> = Vec::new();
    match expr {
        Expr::BinaryOp { left, op, right } => of_binary(expr, left, op, right, &mut all),
        Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => {
            all.push((format!("drop NOT of `{inner}`"), inner.as_ref().clone()));
        }
        Expr::IsNull(inner) => all.push((format!("`{expr}` to IS NOT NULL"), Expr::IsNotNull(inner.clone()))),
        Expr::IsNotNull(inner) => all.push((format!("`{expr}` to IS NULL"), Expr::IsNull(inner.clone()))),
        Expr::IsTrue(inner) => {
            all.push((format!("`{expr}` to IS NOT FALSE"), Expr::IsNotFalse(inner.clone())));
            all.push((format!("`{expr}` to IS NOT TRUE"), Expr::IsNotTrue(inner.clone())));
        }
        Expr::IsNotTrue(inner) => {
            all.push((format!("`{expr}` to IS FALSE"), Expr::IsFalse(inner.clone())));
            all.push((format!("`{expr}` to IS TRUE"), Expr::IsTrue(inner.clone())));
        }
        Expr::IsFalse(inner) => {
            all.push((format!("`{expr}` to IS NOT TRUE"), Expr::IsNotTrue(inner.clone())));
            all.push((format!("`{expr}` to IS NOT FALSE"), Expr::IsNotFalse(inner.clone())));
        }
        Expr::IsNotFalse(inner) => {
            all.push((format!("`{expr}` to IS TRUE"), Expr::IsTrue(inner.clone())));
            all.push((format!("`{expr}` to IS FALSE"), Expr::IsFalse(inner.clone())));
        }
        Expr::InSubquery { expr: left, subquery, negated } => {
            let other = Expr::InSubquery { expr: left.clone(), subquery: subquery.clone(), negated: !negated };
            all.push((format!("negate `{expr}`"), other));
        }
        Expr::Exists { subquery, negated } => {
            all.push((format!("negate `{expr}`"), Expr::Exists { subquery: subquery.clone(), negated: !negated }));
        }
        Expr::InList { expr: left, list, negated } => {
            let with = |list: Vec<Expr>, negated: bool| Expr::InList { expr: left.clone(), list, negated };
            all.push((format!("negate `{expr}`"), with(list.clone(), !negated)));
            // The server takes no empty list.
            let shorter = shorter(list).into_iter().filter(|(_, list)| !list.is_empty());
            all.extend(shorter.map(|(gone, list)| (format!("drop `{gone}` of `{expr}`"), with(list, *negated))));
        }
        Expr::Between { expr: value, negated, low, high } => {
            let other = Expr::Between { expr: value.clone(), negated: !negated, low: low.clone(), high: high.clone() };
            all.push((format!("negate `{expr}`"), other));
            if !negated {
                all.push((format!("drop the upper end of `{expr}`"), binary(value, BinaryOperator::GtEq, low)));
                all.push((format!("drop the lower end of `{expr}`"), binary(value, BinaryOperator::LtEq, high)));
            }
        }
        Expr::AnyOp { left, compare_op, right, .. } => {
            let (left, right) = (left.clone(), right.clone());
            all.push((
                format!("`{expr}` to ALL"),
                Expr::AllOp { left: left.clone(), compare_op: compare_op.clone(), right: right.clone() },
            ));
            all.push((format!("negate `{expr}`"), Expr::AllOp { left, compare_op: opposite(compare_op), right }));
        }
        Expr::AllOp { left, compare_op, right } => {
            let (left, right) = (left.clone(), right.clone());
            let any = |compare_op| Expr::AnyOp { left: left.clone(), compare_op, right: right.clone(), is_some: false };
            all.push((format!("`{expr}` to ANY"), any(compare_op.clone())));
            all.push((format!("negate `{expr}`"), any(opposite(compare_op))));
        }
        Expr::Array(array) => {
            let with = |elem: Vec<Expr>| Expr::Array(sqlparser::ast::Array { elem, named: array.named });
            all.extend(shorter(&array.elem).into_iter().map(|(gone, elem)| (format!("drop {gone} of `{expr}`"), with(elem))));
            if array.elem.len() > 1 {
                all.push((format!("empty `{expr}`"), with(Vec::new())));
            }
        }
        Expr::Case { .. } => of_case(expr, &mut all),
        Expr::Function(_) => of_function(expr, &mut all),
        Expr::Value(value) => of_value(&value.value, &mut all),
        _ => {}
    }
    all
}

fn binary(left: &Expr, op: BinaryOperator, right: &Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left.clone()), op, right: Box::new(right.clone()) }
}

/// Lists without one of their elements.
fn shorter(list: &[Expr]) -> Vec<(String, Vec<Expr>)> {
    (0..list.len())
        .map(|gone| {
            let rest = list.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, item)| item.clone()).collect();
            (list[gone].to_string(), rest)
        })
        .collect()
}

fn opposite(op: &BinaryOperator) -> BinaryOperator {
    match op {
        BinaryOperator::Eq => BinaryOperator::NotEq,
        BinaryOperator::NotEq => BinaryOperator::Eq,
        BinaryOperator::Lt => BinaryOperator::GtEq,
        BinaryOperator::LtEq => BinaryOperator::Gt,
        BinaryOperator::Gt => BinaryOperator::LtEq,
        BinaryOperator::GtEq => BinaryOperator::Lt,
        other => other.clone(),
    }
}

fn of_binary(expr: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr, all: &mut Vec<(String, Expr)>) {
    match op {
        BinaryOperator::And | BinaryOperator::Or => {
            let same = |side: &Expr| matches!(side, Expr::BinaryOp { op: inner, .. } if inner == op);
            all.push((format!("drop `{right}` of {op}"), left.clone()));
            if !same(left) {
                all.push((format!("drop `{left}` of {op}"), right.clone()));
            }
            let swapped = if *op == BinaryOperator::And { BinaryOperator::Or } else { BinaryOperator::And };
            let whole = Expr::BinaryOp {
                left: Box::new(Expr::Nested(Box::new(left.clone()))),
                op: swapped.clone(),
                right: Box::new(Expr::Nested(Box::new(right.clone()))),
            };
            all.push((format!("{op} to {swapped} before `{right}`"), Expr::Nested(Box::new(whole))));
            all.extend(negated(left).map(|(what, left)| (what, binary(&left, op.clone(), right))));
            all.extend(negated(right).map(|(what, right)| (what, binary(left, op.clone(), &right))));
        }
        BinaryOperator::Eq => {
            all.push((format!("`{expr}` to <>"), binary(left, BinaryOperator::NotEq, right)));
            let (left, right) = (Box::new(left.clone()), Box::new(right.clone()));
            all.push((format!("`{expr}` to IS NOT DISTINCT FROM"), Expr::IsNotDistinctFrom(left, right)));
        }
        BinaryOperator::NotEq => {
            all.push((format!("`{expr}` to ="), binary(left, BinaryOperator::Eq, right)));
            let (left, right) = (Box::new(left.clone()), Box::new(right.clone()));
            all.push((format!("`{expr}` to IS DISTINCT FROM"), Expr::IsDistinctFrom(left, right)));
        }
        BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => {
            let border = match op {
                BinaryOperator::Lt => BinaryOperator::LtEq,
                BinaryOperator::LtEq => BinaryOperator::Lt,
                BinaryOperator::Gt => BinaryOperator::GtEq,
                _ => BinaryOperator::Gt,
            };
            all.push((format!("`{expr}` to {border}"), binary(left, border, right)));
            all.push((format!("negate `{expr}`"), binary(left, opposite(op), right)));
        }
        BinaryOperator::PGRegexMatch => all.push((format!("negate `{expr}`"), binary(left, BinaryOperator::PGRegexNotMatch, right))),
        BinaryOperator::PGRegexIMatch => all.push((format!("negate `{expr}`"), binary(left, BinaryOperator::PGRegexNotIMatch, right))),
        _ => {}
    }
}

fn of_case(expr: &Expr, all: &mut Vec<(String, Expr)>) {
    let Expr::Case { conditions, else_result, .. } = expr else { return };
    let with = |conditions: Vec<CaseWhen>, otherwise: Option<Box<Expr>>| {
        let mut changed = expr.clone();
        if let Expr::Case { conditions: there, else_result, .. } = &mut changed {
            *there = conditions;
            *else_result = otherwise;
        }
        changed
    };
    for (at, when) in conditions.iter().enumerate() {
        let rest: Vec<CaseWhen> = conditions.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, when)| when.clone()).collect();
        let what = format!("drop WHEN `{}`", when.condition);
        match else_result {
            _ if !rest.is_empty() => all.push((what, with(rest, else_result.clone()))),
            Some(otherwise) => all.push((what, otherwise.as_ref().clone())),
            None => all.push((format!("always THEN of `{}`", when.condition), when.result.clone())),
        }
        if let Some((what, condition)) = negated(&when.condition) {
            let mut changed = conditions.clone();
            changed[at] = CaseWhen { condition, result: when.result.clone() };
            all.push((what, with(changed, else_result.clone())));
        }
    }
    if else_result.is_some() {
        all.push(("drop ELSE".to_owned(), with(conditions.clone(), None)));
    }
}

/// Functions that are each other's opposite.
const PAIRS: [(&str, &str); 3] = [("bool_and", "bool_or"), ("min", "max"), ("lower", "upper")];

fn of_function(expr: &Expr, all: &mut Vec<(String, Expr)>) {
    let Expr::Function(function) = expr else { return };
    let name = function.name.to_string().to_lowercase();
    let bare = name.rsplit('.').next().unwrap_or_default().to_owned();
    for (one, other) in PAIRS.into_iter().chain(PAIRS.map(|(one, other)| (other, one))) {
        if bare == one {
            let mut changed = function.clone();
            changed.name = ObjectName::from(vec![sqlparser::ast::Ident::new(other)]);
            all.push((format!("{one} to {other} in `{expr}`"), Expr::Function(changed)));
        }
    }
    let FunctionArguments::List(list) = &function.args else { return };
    if bare == "coalesce" {
        // A null adds nothing to it.
        for gone in (0..list.args.len()).filter(|at| !list.args[*at].to_string().starts_with("NULL")) {
            let mut changed = function.clone();
            if let FunctionArguments::List(list) = &mut changed.args {
                list.args.remove(gone);
                all.push((format!("drop argument {} of `{expr}`", gone + 1), Expr::Function(changed)));
            }
        }
    }
    if bare == "nullif"
        && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.args.first()
    {
        all.push((format!("drop `{expr}`"), first.clone()));
    }
}

fn of_value(value: &Value, all: &mut Vec<(String, Expr)>) {
    if let Value::SingleQuotedString(text) = value
        && let Some(elements) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'))
    {
        return of_array(value, elements, all);
    }
    let changed = match value {
        Value::Boolean(truth) => boolean(!truth),
        // Texts with a blank are for people.
        Value::SingleQuotedString(text) if !text.contains(' ') => Expr::Value(Value::SingleQuotedString(format!("{text}_")).into()),
        Value::Number(digits, long) => match digits.parse::<i128>() {
            Ok(number) => Expr::Value(Value::Number((number + 1).to_string(), *long).into()),
            Err(_) => return,
        },
        _ => return,
    };
    all.push((format!("{value} to {changed}"), changed));
}

/// An array of texts that is written as one.
fn of_array(whole: &Value, elements: &str, all: &mut Vec<(String, Expr)>) {
    assert!(!elements.contains('\\'), "an element has quotes within its own: {whole}");
    let mut in_quotes = false;
    let between = |c: char| {
        in_quotes ^= c == '"';
        c == ',' && !in_quotes
    };
    let elements: Vec<&str> = elements.split(between).filter(|element| !element.is_empty()).collect();
    let with = |elements: &[&str]| Expr::Value(Value::SingleQuotedString(format!("{{{}}}", elements.join(","))).into());
    for (at, gone) in elements.iter().enumerate() {
        let rest = [&elements[..at], &elements[at + 1..]].concat();
        all.push((format!("drop '{gone}' of `{whole}`"), with(&rest)));
    }
    if elements.len() > 1 {
        all.push((format!("empty `{whole}`"), with(&[])));
    }
}
