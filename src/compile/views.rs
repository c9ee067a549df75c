//! Sets of records as views (portable target).
//!
//! The server plans a view together with the statement that asks, so that a single key is looked up by an index and many are hashed; a function
//! gives all of its keys whatever is asked. Only what grants asks by views: whoever drops a table with CASCADE drops views that read it, and
//! policies that ask these, which may take rows away and never show more.

use super::CompileError;
use super::functions::{Functions, qualified, value};
use super::planned::granting;
use crate::program::{Body, Expr, Function, KEY_COLUMN, Returns, Sql, View};

/// Templates of sets of records, whose query is the view's as well.
const OF_RECORDS: [&str; 5] = ["records_where", "joined_to_me", "joined_to_set", "all_joined_to_set", "parents_of_records"];

/// A condition that asks views where there are functions of sets of records.
pub fn by_views(functions: &mut Functions, condition: Expr) -> Result<Expr, CompileError> {
    condition.changed(&mut |part| {
        Ok(match part {
            // A column of that name would be taken for the view's.
            Expr::InSet(inner, call) if *inner == Expr::Column(KEY_COLUMN.to_owned()) => Expr::InSet(inner, call),
            Expr::InSet(inner, call) if call.arguments.is_empty() && view(functions, &call.function)? => Expr::InView(inner, call),
            other => other,
        })
    })
}

/// Whether a function's keys are given by a view of its name too, which is made where it is not there yet.
fn view(functions: &mut Functions, name: &str) -> Result<bool, CompileError> {
    let name = qualified(name);
    if functions.has_view(&name) {
        return Ok(true);
    }
    let Some(Function { body: Body { template, mut values }, returns: Returns::Set(_), arguments, .. }) =
        functions.function(&name).cloned()
    else {
        return Ok(false);
    };
    if !arguments.is_empty() || !OF_RECORDS.contains(&template) {
        return Ok(false);
    }
    for given in values.values_mut() {
        if let Ok(Sql::Expr(condition)) = serde_json::from_value(given.clone()) {
            *given = value(Sql::Expr(granting(functions, condition)?));
        }
    }
    let set = values.get("set").and_then(|set| serde_json::from_value(set.clone()).ok());
    if let Some(Sql::Qualified(_, set)) = set
        && view(functions, &set)?
    {
        values.insert("view", value(qualified(&set)));
    }
    functions.add_view(View { name, key: Sql::ident(KEY_COLUMN), body: Body { template, values } });
    Ok(true)
}
