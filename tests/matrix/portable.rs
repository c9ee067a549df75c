//! Policies of the extension as the portable target has them: they ask the same, by other functions.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use crm_access::program::{Call, Check, Expr, PolicyKind, Sql, Statement};
use crm_access::render::{Plain, Renderer, Script, ScriptStatement};

/// How a script of the portable target asks.
pub struct Ways {
    /// The sets of records that it has views of.
    views: BTreeSet<String>,
    /// Whether plans may be made for who asks.
    planned: bool,
}

/// How a script asks.
pub fn ways(script: &Script) -> Ways {
    let views = script.statements.iter().filter_map(|statement| match &statement.statement {
        Statement::CreateView(view) => Some(&view.name),
        _ => None,
    });
    let views = views.map(|name| if let Sql::Qualified(_, name) = name { name.clone() } else { panic!("no name: {name:?}") }).collect();
    Ways { views, planned: script.statements.iter().any(|statement| statement.statement == Statement::Planning) }
}

/// The text that a statement of the extension has in the portable target that asks in these ways, where it is a policy; its own text else.
pub fn text(statement: &ScriptStatement, ways: &Ways) -> String {
    let Statement::CreatePolicy(policy) = &statement.statement else { return statement.text.clone() };
    let mut policy = policy.clone();
    let granting = policy.permissive == PolicyKind::Permissive;
    let planned = granting && ways.planned;
    let side = |side: Option<Sql>| {
        side.map(|sql| match sql {
            Sql::Expr(expr) => {
                let mut facts: Vec<Call> = Vec::new();
                let changed: Result<Expr, Infallible> = expr.changed(&mut |part| {
                    Ok(match part {
                        Expr::Fact(call) if call.function.starts_with("me_") => Expr::Once(Call::plain("me")),
                        Expr::Fact(call) if planned => {
                            if !facts.contains(&call) {
                                facts.push(call.clone());
                            }
                            Expr::Planned(call)
                        }
                        Expr::Fact(call) => Expr::Once(call),
                        Expr::InScope(column, call) if planned && call.arguments.is_empty() => {
                            let view = ways.views.contains(&call.function);
                            Expr::InFew(column, call, view)
                        }
                        Expr::InScope(column, call) if granting && ways.views.contains(&call.function) => Expr::InView(column, call),
                        Expr::InScope(column, call) => Expr::InSet(column, call),
                        other => other,
                    })
                });
                let Ok(changed) = changed;
                Sql::Expr(if facts.is_empty() { changed } else { Expr::all([Expr::AsPlanned(facts), changed]) })
            }
            other => other,
        })
    };
    policy.check = Check { using: side(policy.check.using), with_check: side(policy.check.with_check) };
    let renderer = Renderer::new(Arc::new(Plain)).expect("templates");
    renderer.statement(&Statement::CreatePolicy(policy)).expect("a policy")
}
