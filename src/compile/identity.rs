//! Functions that say who is asking (DESIGN section 4).

use serde_json::Value;

use super::delegation;
use super::directory::user_values;
use super::functions::{Callers, Functions, Made, Need, body, optional, reading, value};
use super::{CompileError, key_type};
use crate::model::{AttributeType, ColumnName, DbRoleName, Model};
use crate::program::{Body, Returns, Sql, Target};

/// The ways in that a target takes, each with what could be done about it by someone who can run SQL of their own, such as injected SQL.
pub fn ways(model: &Model, target: Target) -> Vec<String> {
    let identity = &model.identity;
    let mut lines = Vec::new();
    if !identity.act_as.is_empty() {
        lines.push(match target {
            Target::Extension => format!(
                "act_as: only {} may call crm_access.act_as(user). One user a transaction: SQL injected after the call can't become someone else before COMMIT.",
                names(&identity.act_as)
            ),
            Target::Portable => "act_as: not used, it needs the extension.".to_owned(),
        });
    }
    if let Some(login) = &identity.login {
        lines.push(format!("database_role: the role that logged in, by {}.{login}. Can't be forged.", model.directory.users.table));
    }
    if let Some(setting) = &identity.setting {
        let name = &setting.name;
        lines.push(match (target, setting.signed) {
            (Target::Extension, _) => format!("setting {name}: not used, act_as takes its place."),
            (Target::Portable, true) if setting.issuers.is_empty() => {
                format!("setting {name} (signed): can't be forged without the key in crm_access.identity_key; a value can be used again until it expires.")
            }
            (Target::Portable, true) => format!(
                "setting {name} (signed): CAN BE FORGED by whoever can run SQL as {}, who may call crm_access.issue(user); by nobody else. A value can be used again until it expires.",
                names(&setting.issuers)
            ),
            (Target::Portable, false) => format!("setting {name} (NOT signed): CAN BE FORGED by whoever can run SQL at all, injected SQL included."),
        });
    }
    lines
}

fn names(roles: &[DbRoleName]) -> String {
    roles.iter().map(DbRoleName::as_str).collect::<Vec<_>>().join(", ")
}

/// `identity_key()` and `me()`.
pub fn identity(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let target = functions.target;
    let act_as = target == Target::Extension && !model.identity.act_as.is_empty();
    let setting = model.identity.setting.as_ref().filter(|_| target == Target::Portable);
    if !act_as && setting.is_none() && model.identity.login.is_none() {
        return Err(CompileError::NoIdentity(target));
    }
    if setting.is_some_and(|setting| setting.signed) {
        functions.require(Need::Fixed("token_user"), |_, name| {
            Ok(Made {
                function: reading(&name, vec![Sql::word("text")], Returns::One(Sql::word("text")), body("token_user", [])),
                why: "the user whom a signed value names, or null where it is forged or has expired".to_owned(),
                callers: Callers::Functions,
            })
        })?;
    }
    functions.require(Need::Fixed("identity_key"), |_, name| {
        let mut values = user_values(&model.directory);
        values.insert("act_as", Value::Bool(act_as));
        values.insert("setting", optional(setting.map(|setting| Sql::literal(&setting.name))));
        values.insert("signed", Value::Bool(setting.is_some_and(|setting| setting.signed)));
        values.insert("login", optional(model.identity.login.as_ref().map(Sql::ident)));
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::One(Sql::word("text")), Body { template: "identity_key", values }),
            why: "the key of whoever is asking, not yet looked up".to_owned(),
            callers: Callers::Functions,
        })
    })?;
    delegation::delegate_key(functions)?;
    let asked = delegation::asked(functions);
    let key = || key_type(model.directory.users.key_type);
    let (looked_up, callers) = match target {
        Target::Extension => ("user_found", Callers::Functions),
        Target::Portable => ("me", Callers::Application),
    };
    let why = "the user who asks; null where nobody does, or where the user is unknown or not active";
    functions.require(Need::Fixed(looked_up), |_, name| {
        let mut values = user_values(&model.directory);
        values.insert("delegation", asked);
        values.insert("active", optional(model.directory.users.active.as_ref().map(Sql::ident)));
        let function = reading(&name, Vec::new(), Returns::One(key()), Body { template: "me", values });
        Ok(Made { function, why: why.to_owned(), callers })
    })?;
    if target == Target::Extension {
        functions.require(Need::Fixed("me"), |_, name| {
            let function = reading(&name, Vec::new(), Returns::One(key()), body("remembered_me", [("key_type", value(key()))]));
            Ok(Made { function, why: format!("{why}, as the extension remembers"), callers: Callers::Application })
        })?;
    }
    Ok(())
}

/// An attribute of the user who asks.
pub fn attribute(functions: &mut Functions, name: &str) -> Result<String, CompileError> {
    let model = functions.model;
    let (column, kind): &(ColumnName, AttributeType) = model
        .directory
        .users
        .attributes
        .iter()
        .find(|(column, _)| column.as_str() == name)
        .ok_or_else(|| CompileError::Unresolved(format!("user.{name}")))?;
    functions.require(Need::Attribute(column.clone()), |_, name| {
        let mut values = user_values(&model.directory);
        values.insert("column", value(Sql::ident(column)));
        values.insert("type", value(Sql::word(kind.name())));
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::One(Sql::word(kind.name())), Body { template: "attribute", values }),
            why: format!("`{column}` of the user"),
            callers: Callers::Application,
        })
    })
}
