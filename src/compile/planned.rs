//! What is known of who asks while a statement is planned (portable target).
//!
//! With `plans: user` an application may set `crm_access.plan_for_user`: then facts are answered when a statement is planned, by functions that are
//! called IMMUTABLE for that, so that only the arms remain that the user has, and small sets become arrays, which an index can serve. Each policy
//! that grants, and each view, asks once in every execution whether the facts that it was planned with are still so; a plan for somebody with others
//! gives SQLSTATE 40001, or no rows where nothing remained of it. Policies that restrict never rely on what was known. Without the setting everything
//! is asked in every execution. What these functions do is planned for nobody: they keep their plans when somebody else asks.

use std::collections::BTreeSet;

use super::CompileError;
use super::functions::{Callers, Functions, Made, Need, body, qualified, reading, value};
use super::views::by_views;
use crate::model::Plans;
use crate::program::{Argument, Body, Call, Expr, Function, Returns, Sql, Target, Volatility};

/// Functions whose answer is a fact about who asks.
const FACTS: [&str; 4] = ["granted", "granted_most_specific", "restricted", "is_in"];

/// What a policy or a view grants: by views, planned for who asks, and asking whether it still is their plan.
pub fn granting(functions: &mut Functions, condition: Expr) -> Result<Expr, CompileError> {
    if functions.target != Target::Portable {
        return Ok(condition);
    }
    let condition = by_views(functions, condition)?;
    if functions.model.plans == Plans::Anybody {
        return Ok(condition);
    }
    let mut facts: Vec<Call> = Vec::new();
    let planned = condition.changed(&mut |part| {
        Ok(match part {
            Expr::Once(call) if FACTS.contains(&call.function.as_str()) => {
                fact(functions, &call)?;
                if !facts.contains(&call) {
                    facts.push(call.clone());
                }
                Expr::Planned(call)
            }
            Expr::InSet(inner, call) if call.arguments.is_empty() => {
                few(functions, &call.function)?;
                Expr::InFew(inner, call, false)
            }
            Expr::InView(inner, call) => {
                few(functions, &call.function)?;
                Expr::InFew(inner, call, true)
            }
            other => other,
        })
    })?;
    let facts = together(functions, facts)?;
    Ok(if facts.is_empty() { planned } else { Expr::all([Expr::AsPlanned(facts), planned]) })
}

/// The facts with one in place of several about roles: which of all these roles the user has tells whether they have any of some, and is asked once.
fn together(functions: &mut Functions, facts: Vec<Call>) -> Result<Vec<Call>, CompileError> {
    let (of_roles, others): (Vec<Call>, Vec<Call>) = facts.into_iter().partition(|call| call.function == "granted");
    if of_roles.len() < 2 {
        return Ok([of_roles, others].concat());
    }
    let roles: BTreeSet<String> = of_roles
        .into_iter()
        .flat_map(|call| call.arguments)
        .flat_map(|argument| match argument {
            Argument::Texts(roles) => roles,
            Argument::Text(role) | Argument::Column(role) => vec![role],
        })
        .collect();
    let name = functions.require(Need::Fixed("roles_among"), |_, name| {
        let texts = || Sql::word("text[]");
        Ok(Made {
            function: reading(&name, vec![texts()], Returns::One(texts()), body("roles_among", [])),
            why: "which of the roles the user has".to_owned(),
            callers: Callers::Application,
        })
    })?;
    let all = Call::with(name, Argument::Texts(roles.into_iter().collect()));
    fact(functions, &all)?;
    Ok([vec![all], others].concat())
}

/// The function that answers a fact while planning, where that is asked for.
fn fact(functions: &mut Functions, call: &Call) -> Result<(), CompileError> {
    let name = &call.function;
    let Some(Function { arguments, returns, .. }) = functions.function(&qualified(name)).cloned() else {
        return Err(CompileError::Unresolved(name.clone()));
    };
    let passed: Vec<String> = (1..=arguments.len()).map(|number| format!("${number}")).collect();
    let values = [("function", value(qualified(name))), ("arguments", value(Sql::Word(passed.join(", "))))];
    let why = format!("what {name} answers, while planning");
    immutable(functions, Need::Planned(name.clone()), arguments, returns, body("planned", values), why)
}

/// Whether a set has few keys, where plans are made for who asks.
fn few(functions: &mut Functions, set: &str) -> Result<(), CompileError> {
    let is_view = functions.has_view(&qualified(set));
    let values = [("set", value(qualified(set))), ("view", is_view.into())];
    let why = format!("whether {set} has few keys, while planning");
    immutable(functions, Need::Few(set.to_owned()), Vec::new(), Returns::One(Sql::word("boolean")), body("few", values), why)
}

fn immutable(
    functions: &mut Functions,
    need: Need,
    arguments: Vec<Sql>,
    returns: Returns,
    body: Body,
    why: String,
) -> Result<(), CompileError> {
    functions.require(need, |_, name| {
        let function = Function { volatility: Volatility::Immutable, ..reading(&name, arguments, returns, body) };
        Ok(Made { function, why, callers: Callers::Application })
    })?;
    Ok(())
}
