//! Policies of the extension as the portable target has them: they ask the same, by other functions.

use std::collections::BTreeSet;
use std::sync::Arc;

use crm_access::program::{Call, Check, Expr, PolicyKind, Sql, Statement};
use crm_access::render::{Plain, Renderer, Script, ScriptStatement};

/// The sets of records that a script has views of.
pub fn views(script: &Script) -> BTreeSet<String> {
    let views = script.statements.iter().filter_map(|statement| match &statement.statement {
        Statement::CreateView(view) => Some(&view.name),
        _ => None,
    });
    views.map(|name| if let Sql::Qualified(_, name) = name { name.clone() } else { panic!("no name: {name:?}") }).collect()
}

/// The text that a statement of the extension has in the portable target with these views, where it is a policy; its own text else.
pub fn text(statement: &ScriptStatement, views: &BTreeSet<String>) -> String {
    let Statement::CreatePolicy(policy) = &statement.statement else { return statement.text.clone() };
    let mut policy = policy.clone();
    let granting = policy.permissive == PolicyKind::Permissive;
    let side = |side: Option<Sql>| {
        side.map(|sql| match sql {
            Sql::Expr(expr) => Sql::Expr(expr.changed(&mut |part| match part {
                Expr::Fact(call) if call.function.starts_with("me_") => Expr::Once(Call::plain("me")),
                Expr::Fact(call) => Expr::Once(call),
                Expr::InScope(column, call) if granting && views.contains(&call.function) => Expr::InView(column, call),
                Expr::InScope(column, call) => Expr::InSet(column, call),
                other => other,
            })),
            other => other,
        })
    };
    policy.check = Check { using: side(policy.check.using), with_check: side(policy.check.with_check) };
    let renderer = Renderer::new(Arc::new(Plain)).expect("templates");
    renderer.statement(&Statement::CreatePolicy(policy)).expect("a policy")
}
