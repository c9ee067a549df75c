//! Covering for a colleague: who acts for whom, and who may say so.

use serde_json::Value;

use super::CompileError;
use super::access::texts;
use super::assign::users;
use super::directory::user_values;
use super::functions::{Callers, Functions, Made, Need, body, optional, reading, value};
use crate::model::RoleName;
use crate::program::{Body, Function, Returns, Sql, Volatility};

/// `delegate_key()`: who acts for somebody else. The functions that answer who is asking need it.
pub fn delegate_key(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    if model.delegation.is_none() {
        return Ok(());
    }
    functions.require(Need::Fixed("delegate_key"), |_, name| {
        let mut values = user_values(&model.directory);
        values.insert("active", optional(model.directory.users.active.as_ref().map(Sql::ident)));
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::One(Sql::word("text")), Body { template: "delegate_key", values }),
            why: "the active user who would act on behalf of another; null where nobody is named to act for".to_owned(),
            callers: Callers::Functions,
        })
    })?;
    Ok(())
}

/// `delegate`, `end_delegation` and `delegations`: what `crm_access` offers under these names.
pub fn delegation(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let Some(delegation) = &model.delegation else { return Ok(()) };
    users(functions)?;
    let holders = |roles: &[RoleName]| value(Sql::Texts(texts(&model.roles_including(roles))));
    let mut values = user_values(&model.directory);
    values.insert("roles", holders(&delegation.roles));
    values.insert("for_others", holders(&delegation.for_others));
    values.insert("days", optional(delegation.days.map(|days| Sql::word(&days.to_string()))));
    let (text, time) = (|| Sql::word("text"), || Sql::word("timestamptz"));
    let mut change = |name: &'static str, arguments: Vec<Sql>, returns: &str, why: &str| {
        functions.require(Need::Fixed(name), |_, made| {
            let body = Body { template: name, values: values.clone() };
            let function =
                Function { volatility: Volatility::Volatile, ..reading(&made, arguments, Returns::One(Sql::word(returns)), body) };
            Ok(Made { function, why: why.to_owned(), callers: Callers::Application })
        })
    };
    change("delegate", vec![text(), time(), time(), text(), text()], "bigint", "lets a user act for another for a time")?;
    change("end_delegation", vec![Sql::word("bigint")], "boolean", "ends that")?;
    functions.require(Need::Fixed("delegations"), |_, name| {
        let types = [
            ("id", "bigint"),
            ("delegator", "text"),
            ("delegate", "text"),
            ("starts_at", "timestamptz"),
            ("ends_at", "timestamptz"),
            ("reason", "text"),
            ("in_force", "boolean"),
        ];
        let columns = types.map(|(name, kind)| (Sql::ident(name), Sql::word(kind))).to_vec();
        let body = body("delegations", [("for_others", holders(&delegation.for_others))]);
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Table(columns), body),
            why: "who acts for the user, and for whom the user acts".to_owned(),
            callers: Callers::Application,
        })
    })?;
    Ok(())
}

/// Whether templates must ask if somebody acts for another, as their value.
pub fn asked(functions: &Functions) -> Value {
    Value::Bool(functions.model.delegation.is_some())
}
