//! One query broken in every way that a clause of it can be: dropped, negated, swapped, changed.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, JoinConstraint, JoinOperator, ObjectName, Query,
    Select, SetExpr, SetOperator, SetQuantifier, UnaryOperator, Value, VisitMut, VisitorMut,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// A broken query: what was done, and what became of it.
pub struct Broken {
    pub what: String,
    pub text: String,
}

/// Every mutation of a query.
pub fn broken(query: &str) -> Vec<Broken> {
    let parsed = parse(query);
    let mut survey = Walk { at: 0, elements: 0, seeds: 0, negations: 0, wanted: None, found: Vec::new() };
    let _ = parsed.clone().visit(&mut survey);
    survey
        .found
        .into_iter()
        .map(|(site, variant, what)| {
            let mut changed = parsed.clone();
            let _ =
                changed.visit(&mut Walk { at: 0, elements: 0, seeds: 0, negations: 0, wanted: Some((site, variant)), found: Vec::new() });
            Broken { what, text: changed.to_string() }
        })
        .filter(|broken| broken.text != parsed.to_string())
        .collect()
}

/// Every mutation of a condition, the whole of it included.
pub fn broken_condition(condition: &str) -> Vec<Broken> {
    let marker = "SELECT 1 WHERE ";
    let strip = |broken: Broken| broken.text.strip_prefix(marker).map(|text| Broken { what: broken.what, text: text.to_owned() });
    let mut all: Vec<Broken> = broken(&format!("{marker}{condition}")).into_iter().filter_map(strip).collect();
    all.push(Broken { what: "drop the whole condition".to_owned(), text: "true".to_owned() });
    all.retain(|broken| broken.text != condition);
    all
}

fn parse(query: &str) -> Query {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(query).unwrap_or_else(|error| panic!("{error}: {query}"));
    *parser.parse_query().unwrap_or_else(|error| panic!("{error}: {query}"))
}

/// Visits every place that can be broken, in a fixed order; lists what can be done, or does one of it.
struct Walk {
    at: usize,
    /// Elements of an array that are still to come: changing one is the same as dropping it.
    elements: usize,
    /// Conditions `false` of arms that give no row and only say which types the columns have.
    seeds: usize,
    /// How many negations stand around it: outside of one, unknown is as good as false.
    negations: usize,
    wanted: Option<(usize, usize)>,
    found: Vec<(usize, usize, String)>,
}

impl Walk {
    fn site<T>(&mut self, node: &mut T, variants: fn(&T) -> Vec<(String, T)>) -> ControlFlow<()> {
        let site = self.at;
        self.at += 1;
        match self.wanted {
            None => {
                self.found.extend(variants(node).into_iter().enumerate().map(|(at, (what, _))| (site, at, what)));
                ControlFlow::Continue(())
            }
            Some((wanted, variant)) if wanted == site => {
                *node = variants(node).swap_remove(variant).1;
                ControlFlow::Break(())
            }
            Some(_) => ControlFlow::Continue(()),
        }
    }
}

impl VisitorMut for Walk {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.site(query, of_query)
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if is_seed(select) {
            self.seeds += 1;
            return ControlFlow::Continue(());
        }
        self.site(select, of_select)
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.elements > 0 {
            self.elements -= 1;
            return ControlFlow::Continue(());
        }
        if self.seeds > 0 && *expr == boolean(false) {
            self.seeds -= 1;
            return ControlFlow::Continue(());
        }
        if let Expr::Array(array) = expr {
            self.elements = array.elem.len();
        }
        self.negations += usize::from(is_not(expr));
        if self.negations == 0 && is_of_a_constant(expr) {
            return self.site(expr, without_null);
        }
        self.site(expr, of_expr)
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        self.negations -= usize::from(is_not(expr));
        ControlFlow::Continue(())
    }
}

fn is_seed(select: &Select) -> bool {
    select.from.is_empty() && select.selection == Some(boolean(false))
}

fn is_not(expr: &Expr) -> bool {
    matches!(expr, Expr::UnaryOp { op: UnaryOperator::Not, .. })
}

/// A comparison with what is never null, which is unknown only where a null-safe one is false.
fn is_of_a_constant(expr: &Expr) -> bool {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr else { return false };
    let is_never_null = |side: &Expr| matches!(side, Expr::Value(_)) || side.to_string().starts_with("session_user");
    is_never_null(left) || is_never_null(right)
}

fn without_null(expr: &Expr) -> Vec<(String, Expr)> {
    of_expr(expr).into_iter().filter(|(_, changed)| !matches!(changed, Expr::IsNotDistinctFrom(..))).collect()
}

fn of_query(query: &Query) -> Vec<(String, Query)> {
    let with = |body: SetExpr| Query { body: Box::new(body), ..query.clone() };
    without_an_arm(&query.body).into_iter().map(|(what, body)| (what, with(body))).collect()
}

/// A union without one of its arms, or one that keeps what it must not.
fn without_an_arm(body: &SetExpr) -> Vec<(String, SetExpr)> {
    let SetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier, right } = body else { return Vec::new() };
    let with = |left: SetExpr, quantifier: SetQuantifier| SetExpr::SetOperation {
        left: Box::new(left),
        op: SetOperator::Union,
        set_quantifier: quantifier,
        right: right.clone(),
    };
    let mut all = vec![(format!("drop arm `{right}`"), left.as_ref().clone())];
    if *set_quantifier != SetQuantifier::All {
        all.push(("UNION to UNION ALL".to_owned(), with(left.as_ref().clone(), SetQuantifier::All)));
    }
    if matches!(left.as_ref(), SetExpr::SetOperation { .. }) {
        all.extend(without_an_arm(left).into_iter().map(|(what, left)| (what, with(left, *set_quantifier))));
    } else {
        all.push((format!("drop arm `{left}`"), right.as_ref().clone()));
    }
    all
}

fn of_select(select: &Select) -> Vec<(String, Select)> {
    let mut all = Vec::new();
    if let Some(condition) = &select.selection {
        let with = |selection: Option<Expr>| Select { selection, ..select.clone() };
        all.push((format!("drop WHERE `{condition}`"), with(None)));
        all.push((format!("WHERE false for `{condition}`"), with(Some(boolean(false)))));
        all.extend(negated(condition).map(|(what, condition)| (what, with(Some(condition)))));
    }
    if let Some(condition) = &select.having {
        all.push((format!("drop HAVING `{condition}`"), Select { having: None, ..select.clone() }));
        all.extend(negated(condition).map(|(what, condition)| (what, Select { having: Some(condition), ..select.clone() })));
    }
    for (at, table) in select.from.iter().enumerate() {
        for (join, joined) in table.joins.iter().enumerate() {
            if let JoinOperator::Join(JoinConstraint::On(condition)) | JoinOperator::Inner(JoinConstraint::On(condition)) =
                &joined.join_operator
            {
                let mut changed = select.clone();
                changed.from[at].joins[join].join_operator = JoinOperator::Join(JoinConstraint::On(boolean(true)));
                all.push((format!("drop ON `{condition}`"), changed));
            }
        }
    }
    all
}

fn boolean(value: bool) -> Expr {
    Expr::Value(Value::Boolean(value).into())
}

fn not(expr: &Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr.clone()))) }
}

/// The negation of a condition whose kind does not say that it is one; [`of_expr`] negates all others.
fn negated(condition: &Expr) -> Option<(String, Expr)> {
    match condition {
        Expr::Subquery(_) | Expr::Function(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
            Some((format!("negate `{condition}`"), not(condition)))
        }
        Expr::Nested(inner) => negated(inner),
        _ => None,
    }
}

fn of_expr(expr: &Expr) -> Vec<(String, Expr)> {
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
            all.extend(shorter(list).into_iter().map(|(gone, list)| (format!("drop `{gone}` of `{expr}`"), with(list, *negated))));
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
