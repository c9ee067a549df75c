//! Policies of the extension as the portable target has them: they ask the same, by other functions.

use std::sync::Arc;

use crm_access::program::{Call, Check, Expr, Sql, Statement};
use crm_access::render::{Plain, Renderer, ScriptStatement};

/// The text that a statement of the extension has in the portable target, where it is a policy; its own text else.
pub fn text(statement: &ScriptStatement) -> String {
    let Statement::CreatePolicy(policy) = &statement.statement else { return statement.text.clone() };
    let mut policy = policy.clone();
    let side = |side: Option<Sql>| {
        side.map(|sql| match sql {
            Sql::Expr(expr) => Sql::Expr(portable(expr)),
            other => other,
        })
    };
    policy.check = Check { using: side(policy.check.using), with_check: side(policy.check.with_check) };
    let renderer = Renderer::new(Arc::new(Plain)).expect("templates");
    renderer.statement(&Statement::CreatePolicy(policy)).expect("a policy")
}

fn portable(expr: Expr) -> Expr {
    let each = |parts: Vec<Expr>| parts.into_iter().map(portable).collect();
    let one = |part: Box<Expr>| Box::new(portable(*part));
    match expr {
        Expr::Fact(call) if call.function.starts_with("me_") => Expr::Once(Call::plain("me")),
        Expr::Fact(call) => Expr::Once(call),
        Expr::InScope(column, call) => Expr::InSet(column, call),
        Expr::And(parts) => Expr::And(each(parts)),
        Expr::Or(parts) => Expr::Or(each(parts)),
        Expr::Not(inner) => Expr::Not(one(inner)),
        Expr::Compare(left, op, right) => Expr::Compare(one(left), op, one(right)),
        Expr::IsNull(inner, negated) => Expr::IsNull(one(inner), negated),
        Expr::IsTruth(inner, truth, negated) => Expr::IsTruth(one(inner), truth, negated),
        Expr::InList(inner, list, negated) => Expr::InList(one(inner), each(list), negated),
        Expr::Between(inner, low, high, negated) => Expr::Between(one(inner), one(low), one(high), negated),
        Expr::Builtin(builtin, arguments) => Expr::Builtin(builtin, each(arguments)),
        other => other,
    }
}
