//! One query broken in every way that a clause of it can be: dropped, negated, swapped, changed.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, JoinConstraint, JoinOperator, Query, Select, SetExpr, SetOperator, SetQuantifier, UnaryOperator, VisitMut,
    VisitorMut,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::expressions::{boolean, negated, of_expr};

/// A broken query: what was done, and what became of it.
pub struct Broken {
    pub what: String,
    pub text: String,
}

/// Every mutation of a query.
pub fn broken(query: &str) -> Vec<Broken> {
    let parsed = parse(query);
    let anybodys = for_anybody(parsed.clone()).to_string();
    let mut survey = Walk { at: 0, elements: 0, seeds: 0, negations: 0, wanted: None, found: Vec::new() };
    let _ = parsed.clone().visit(&mut survey);
    survey
        .found
        .into_iter()
        .map(|(site, variant, what)| {
            let mut changed = parsed.clone();
            let _ =
                changed.visit(&mut Walk { at: 0, elements: 0, seeds: 0, negations: 0, wanted: Some((site, variant)), found: Vec::new() });
            (what, changed)
        })
        .filter(|(_, changed)| for_anybody(changed.clone()).to_string() != anybodys)
        .map(|(what, changed)| Broken { what, text: changed.to_string() })
        .collect()
}

/// A query as it is planned for anybody. What differs only in plans for who asks is broken by the live tests of these.
fn for_anybody(mut query: Query) -> Query {
    struct Choose;
    impl VisitorMut for Choose {
        type Break = ();

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Case { conditions, else_result: Some(otherwise), .. } = expr
                && conditions.iter().any(|when| when.condition.to_string().contains("plans_for_user()"))
            {
                *expr = otherwise.as_ref().clone();
            }
            ControlFlow::Continue(())
        }
    }
    let _ = query.visit(&mut Choose);
    query
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
