//! Functions that answer which records of an entity a condition holds for.

use serde_json::{Value, json};

use super::functions::{Callers, Colleagues, Functions, Made, Need, body, qualified, reading, value};
use super::scope::{me, parent_condition};
use super::{CompileError, directory, key_type};
use crate::model::{Entity, EntityName, Link, LinkRule, LinkTable, Owners, ParentTerm};
use crate::program::{Body, Returns, Sql, Target};

/// Records of the entity for which `term` holds.
pub fn records(functions: &mut Functions, entity: &Entity, term: ParentTerm) -> Result<String, CompileError> {
    functions.require(Need::Records(entity.name.clone(), term), |functions, name| {
        let returned = key_type(entity.key_type);
        let body = match (&entity.owners, term) {
            (Owners::Table(join), ParentTerm::Owned) => joined_to_me(functions, entity, join),
            _ => {
                let condition = parent_condition(functions, entity, term)?;
                body(
                    "records_where",
                    [
                        ("table", value(Sql::table(&entity.table))),
                        ("key", value(Sql::ident(&entity.key))),
                        ("type", value(returned.clone())),
                        ("condition", value(Sql::Expr(condition))),
                    ],
                )
            }
        };
        let what = match term {
            ParentTerm::Readable => "may read",
            ParentTerm::Updatable => "may read and update",
            ParentTerm::Owned => "owns",
            ParentTerm::Created => "created",
        };
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Set(returned), body),
            why: format!("keys of the `{}` records that the user {what}", entity.name),
            callers: Callers::Application,
        })
    })
}

fn joined_to_me(functions: &Functions, entity: &Entity, join: &LinkTable) -> Body {
    body(
        "joined_to_me",
        [
            ("table", value(Sql::table(&join.table))),
            ("left", value(Sql::ident(&join.left))),
            ("right", value(Sql::ident(&join.right))),
            ("type", value(key_type(entity.key_type))),
            ("me", value(Sql::Expr(me(functions)))),
        ],
    )
}

/// Records that the join table gives the user as an observer of.
pub fn observed(functions: &mut Functions, entity: &Entity, join: &LinkTable) -> Result<String, CompileError> {
    functions.require(Need::Observed(entity.name.clone()), |functions, name| {
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Set(key_type(entity.key_type)), joined_to_me(functions, entity, join)),
            why: format!("keys of the `{}` records that the user observes", entity.name),
            callers: Callers::Application,
        })
    })
}

/// Parents for which `term` holds. A parent that is not there has no owner, whatever a join table says.
pub fn parents(functions: &mut Functions, entity: &Entity, term: ParentTerm) -> Result<String, CompileError> {
    if term != ParentTerm::Owned || !matches!(entity.owners, Owners::Table(_)) {
        return records(functions, entity, term);
    }
    functions.require(Need::OwnedParents(entity.name.clone()), |functions, name| {
        let returned = key_type(entity.key_type);
        let condition = parent_condition(functions, entity, term)?;
        let body = body(
            "records_where",
            [
                ("table", value(Sql::table(&entity.table))),
                ("key", value(Sql::ident(&entity.key))),
                ("type", value(returned.clone())),
                ("condition", value(Sql::Expr(condition))),
            ],
        );
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Set(returned), body),
            why: format!("keys of the `{}` records there are that the user owns", entity.name),
            callers: Callers::Application,
        })
    })
}

/// Whether a record has an owner in the join table.
pub fn has_owner(functions: &mut Functions, entity: &Entity, join: &LinkTable) -> Result<String, CompileError> {
    let need = Need::HasOwner(entity.name.clone());
    is_joined(functions, need, entity, join, format!("whether a `{}` record has an owner", entity.name))
}

/// Whether a record is linked to a parent.
pub fn has_parent(functions: &mut Functions, child: &Entity, parent: &EntityName, join: &LinkTable) -> Result<String, CompileError> {
    let need = Need::HasParent(child.name.clone(), parent.clone());
    is_joined(functions, need, child, join, format!("whether a `{}` record is linked to a `{parent}`", child.name))
}

fn is_joined(functions: &mut Functions, need: Need, entity: &Entity, join: &LinkTable, why: String) -> Result<String, CompileError> {
    functions.require(need, |_, name| {
        let body = body("is_joined", [("table", value(Sql::table(&join.table))), ("left", value(Sql::ident(&join.left)))]);
        let function = reading(&name, vec![key_type(entity.key_type)], Returns::One(Sql::word("boolean")), body);
        Ok(Made { function, why, callers: Callers::Application })
    })
}

/// Records with an owner, in the join table, who is a colleague.
pub fn owned_by_colleagues(functions: &mut Functions, entity: &Entity, join: &LinkTable, set: Colleagues) -> Result<String, CompileError> {
    functions.require(Need::OwnedByColleagues(entity.name.clone(), set), |functions, name| {
        let users = directory::colleagues(functions, set)?;
        let function = joined_to_set(functions, entity, join, &name, "joined_to_set", &users);
        Ok(Made {
            function,
            why: format!("keys of the `{}` records with an owner near the user", entity.name),
            callers: Callers::Application,
        })
    })
}

/// Records with an owner, in the join table, who is in a subject.
pub fn joined_to_members(functions: &mut Functions, entity: &Entity, join: &LinkTable) -> Result<String, CompileError> {
    functions.require(Need::OwnedByMembers(entity.name.clone()), |functions, name| {
        let users = directory::members_of(functions)?;
        let mut function = joined_to_set(functions, entity, join, &name, "joined_to_set", &users);
        function.arguments = vec![Sql::word("text"), Sql::word("text[]")];
        function.body.values.extend([("of_subject", true.into()), ("scope", false.into())]);
        Ok(Made {
            function,
            why: format!("keys of the `{}` records with an owner in a subject", entity.name),
            callers: Callers::Application,
        })
    })
}

/// Records to which a child belongs that the user may read.
pub fn parents_of(functions: &mut Functions, child: &Entity, entity: &Entity) -> Result<String, CompileError> {
    functions.require(Need::ParentsOf(child.name.clone(), entity.name.clone()), |functions, name| {
        let readable = records(functions, child, ParentTerm::Readable)?;
        let parent = child.parent(&entity.name).ok_or_else(|| CompileError::Unresolved(entity.name.to_string()))?;
        let returned = key_type(entity.key_type);
        let mut body = body("parents_of_records", [("type", value(returned.clone()))]);
        body.values.extend(among(functions, &readable));
        body.values.extend(match &parent.link {
            Link::Column(column) => vec![
                ("join", false.into()),
                ("table", value(Sql::table(&child.table))),
                ("key", value(Sql::ident(&child.key))),
                ("column", value(Sql::ident(column))),
            ],
            Link::Table(join, _) => vec![
                ("join", value(Sql::table(&join.table))),
                ("left", value(Sql::ident(&join.left))),
                ("right", value(Sql::ident(&join.right))),
            ],
        });
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Set(returned), body),
            why: format!("keys of the `{}` records to which a `{}` belongs that the user may read", entity.name, child.name),
            callers: Callers::Application,
        })
    })
}

/// Children that the link table joins to parents for which `term` holds.
pub fn linked(
    functions: &mut Functions,
    child: &Entity,
    parent: &EntityName,
    join: &LinkTable,
    rule: LinkRule,
    term: ParentTerm,
) -> Result<String, CompileError> {
    functions.require(Need::Linked(child.name.clone(), parent.clone(), term), |functions, name| {
        let above = functions.model.entity(parent).ok_or_else(|| CompileError::Unresolved(parent.to_string()))?;
        let parents = parents(functions, above, term)?;
        let (template, how) = match rule {
            LinkRule::Any => ("joined_to_set", "one of whose"),
            LinkRule::All => ("all_joined_to_set", "all of whose"),
        };
        let function = joined_to_set(functions, child, join, &name, template, &parents);
        Ok(Made {
            function,
            why: format!("keys of the `{}` records {how} `{parent}` records are in {parents}()", child.name),
            callers: Callers::Application,
        })
    })
}

fn joined_to_set(
    functions: &Functions,
    entity: &Entity,
    join: &LinkTable,
    name: &str,
    template: &'static str,
    set: &str,
) -> crate::program::Function {
    let returned = key_type(entity.key_type);
    let mut body = body(
        template,
        [
            ("table", value(Sql::table(&join.table))),
            ("left", value(Sql::ident(&join.left))),
            ("right", value(Sql::ident(&join.right))),
            ("type", json!(value(returned.clone()))),
        ],
    );
    body.values.extend(among(functions, set));
    reading(name, Vec::new(), Returns::Set(returned), body)
}

/// What the templates `among` and `among_end`, written around a column, take: the function of a set, and its name where the extension can ask
/// for single keys of it. `of_subject` is for functions that take a subject; `view` is where a view asks another one instead.
pub fn among(functions: &Functions, set: &str) -> [(&'static str, Value); 4] {
    let scope = match functions.target {
        Target::Extension => value(Sql::literal(set)),
        Target::Portable => Value::Bool(false),
    };
    [("set", value(qualified(set))), ("scope", scope), ("of_subject", Value::Bool(false)), ("view", Value::Bool(false))]
}
