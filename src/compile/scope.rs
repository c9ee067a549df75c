//! Scopes as expressions over a record's columns.

use super::CompileError;
use super::access::subject_keys;
use super::directory::{colleagues, members_of, my_circles, my_department_tree, my_departments};
use super::functions::{Colleagues, Functions};
use super::identity::attribute;
use super::sets::{has_owner, has_parent, joined_to_members, linked, observed, owned_by_colleagues, parents, parents_of, records};
use crate::model::{
    Action, CircleKind, ColumnName, Entity, KeyType, Link, Model, NewOwner, Owners, Parent, ParentTerm, Scope, ShareLevel, Subject, Term,
};
use crate::predicate;
use crate::program::{Argument, Builtin, Call, Comparison, Expr, Target};

/// The user who asks: the extension remembers, elsewhere it is asked once a statement.
pub fn me(functions: &Functions) -> Expr {
    match functions.target {
        Target::Extension => Expr::Fact(Call::plain(me_function(functions.model))),
        Target::Portable => Expr::Once(Call::plain("me")),
    }
}

/// The extension's function that gives the user who asks, for the type of their keys.
pub fn me_function(model: &Model) -> &'static str {
    match model.directory.users.key_type {
        KeyType::Int4 => "me_int4",
        KeyType::Int8 => "me_int8",
        KeyType::Uuid => "me_uuid",
        KeyType::Text => "me_text",
    }
}

/// Whether a column's value is among the keys that a generated function gives.
fn among(target: Target, column: &ColumnName, call: Call) -> Expr {
    let column = Box::new(Expr::Column(column.to_string()));
    match target {
        Target::Extension => Expr::InScope(column, call),
        Target::Portable => Expr::InSet(column, call),
    }
}

/// Whether a record is in any of the scopes.
pub fn any_scope(functions: &mut Functions, entity: &Entity, scopes: &[Scope]) -> Result<Expr, CompileError> {
    let parts: Result<Vec<Expr>, CompileError> = scopes.iter().map(|scope| one_scope(functions, entity, scope)).collect();
    parts.map(Expr::any)
}

/// Whether a record is in the scope.
pub fn one_scope(functions: &mut Functions, entity: &Entity, scope: &Scope) -> Result<Expr, CompileError> {
    let mut parts = Vec::new();
    for term in &scope.terms {
        parts.push(one_term(functions, entity, term)?);
    }
    if let Some(predicate) = &scope.predicate {
        parts.push(predicate_expr(functions, predicate)?);
    }
    Ok(Expr::all(parts))
}

fn one_term(functions: &mut Functions, entity: &Entity, term: &Term) -> Result<Expr, CompileError> {
    match term {
        Term::Own => owned_by_me(functions, entity),
        Term::Created => entity
            .creator
            .as_ref()
            .map(|column| Expr::equal(Expr::Column(column.to_string()), me(functions)))
            .ok_or_else(|| missing(entity)),
        Term::Observed => observed_by_me(functions, entity),
        Term::Unassigned => unassigned(functions, entity),
        Term::Reports(depth) => owned_by(functions, entity, Colleagues::Reports(*depth)),
        Term::Territory => {
            let column = entity.territory.as_ref().ok_or_else(|| missing(entity))?;
            let mine = my_circles(functions, CircleKind::Territory)?;
            Ok(among(functions.target, column, Call::plain(mine)))
        }
        Term::Team => match &entity.team {
            Some(column) => Ok(among(functions.target, column, Call::plain(my_circles(functions, CircleKind::Team)?))),
            None => owned_by(functions, entity, Colleagues::Team),
        },
        Term::Department => match &entity.department {
            Some(column) => Ok(among(functions.target, column, Call::plain(my_departments(functions)?))),
            None => owned_by(functions, entity, Colleagues::Department),
        },
        Term::DepartmentTree => match &entity.department {
            Some(column) => Ok(among(functions.target, column, Call::plain(my_department_tree(functions)?))),
            None => owned_by(functions, entity, Colleagues::DepartmentTree),
        },
        Term::GivenTo(_) if !functions.new_owner => Ok(Expr::Bool(true)),
        Term::GivenTo(to) => given_to(functions, *to),
        Term::Shared(level) => {
            let levels = ShareLevel::ALL.into_iter().filter(|other| other >= level).map(|level| level.name().to_owned()).collect();
            let function = super::shares::shared(functions, entity)?;
            Ok(among(functions.target, &entity.key, Call::with(function, Argument::Texts(levels))))
        }
        Term::Open => entity
            .open
            .as_ref()
            .map(|column| Expr::IsTruth(Box::new(Expr::Column(column.to_string())), true, false))
            .ok_or_else(|| missing(entity)),
        Term::Parent(name, term) => {
            let parent = entity.parent(name).ok_or_else(|| missing(entity))?;
            through(functions, entity, parent, *term)
        }
        Term::Child(name) => {
            let child = functions.model.entity(name).ok_or_else(|| missing(entity))?;
            let function = parents_of(functions, child, entity)?;
            Ok(among(functions.target, &entity.key, Call::plain(function)))
        }
        Term::Without(name) => {
            let parent = entity.parent(name).ok_or_else(|| missing(entity))?;
            match &parent.link {
                Link::Column(column) => Ok(Expr::IsNull(Box::new(Expr::Column(column.to_string())), false)),
                Link::Table(table, _) => {
                    let function = has_parent(functions, entity, name, table)?;
                    Ok(Expr::EachRow(Call::with(function, Argument::Column(entity.key.to_string()))).negated())
                }
            }
        }
    }
}

/// Whether who is to become the owner is near enough to the user. Nobody is near, so that a record is left without owner by `anyone` only.
fn given_to(functions: &mut Functions, to: NewOwner) -> Result<Expr, CompileError> {
    let set = match to {
        NewOwner::Anyone => return Ok(Expr::Bool(true)),
        NewOwner::Me => return Ok(Expr::equal(Expr::NewOwner, me(functions))),
        NewOwner::Team => Colleagues::Team,
        NewOwner::Department => Colleagues::Department,
    };
    let near = Expr::InSet(Box::new(Expr::NewOwner), Call::plain(colleagues(functions, set)?));
    Ok(Expr::any([Expr::equal(Expr::NewOwner, me(functions)), near]))
}

fn missing(entity: &Entity) -> CompileError {
    CompileError::Unresolved(entity.name.to_string())
}

/// Whether the user is an owner; each owner counts as much as the first (T14).
pub fn owned_by_me(functions: &mut Functions, entity: &Entity) -> Result<Expr, CompileError> {
    match &entity.owners {
        Owners::None => Err(missing(entity)),
        Owners::Columns(columns) => {
            Ok(Expr::any(columns.iter().map(|column| Expr::equal(Expr::Column(column.to_string()), me(functions)))))
        }
        Owners::Table(_) => {
            let function = records(functions, entity, ParentTerm::Owned)?;
            Ok(among(functions.target, &entity.key, Call::plain(function)))
        }
    }
}

/// Whether the user is an observer (B11).
fn observed_by_me(functions: &mut Functions, entity: &Entity) -> Result<Expr, CompileError> {
    match &entity.observers {
        Owners::None => Err(missing(entity)),
        Owners::Columns(columns) => {
            Ok(Expr::any(columns.iter().map(|column| Expr::equal(Expr::Column(column.to_string()), me(functions)))))
        }
        Owners::Table(join) => {
            let function = observed(functions, entity, join)?;
            Ok(among(functions.target, &entity.key, Call::plain(function)))
        }
    }
}

fn owned_by(functions: &mut Functions, entity: &Entity, set: Colleagues) -> Result<Expr, CompileError> {
    match &entity.owners {
        Owners::None => Err(missing(entity)),
        Owners::Columns(columns) => {
            let function = colleagues(functions, set)?;
            Ok(Expr::any(columns.iter().map(|column| among(functions.target, column, Call::plain(function.clone())))))
        }
        Owners::Table(table) => {
            let function = owned_by_colleagues(functions, entity, table, set)?;
            Ok(among(functions.target, &entity.key, Call::plain(function)))
        }
    }
}

/// Whether an owner is in a subject.
pub fn owned_by_members(functions: &mut Functions, entity: &Entity, subject: &Subject) -> Result<Expr, CompileError> {
    let (kind, keys) = subject_keys(functions.model, subject);
    let arguments = vec![Argument::Text(kind), Argument::Texts(keys)];
    match &entity.owners {
        Owners::None => Err(missing(entity)),
        Owners::Columns(columns) => {
            let function = members_of(functions)?;
            let call = || Call { function: function.clone(), arguments: arguments.clone() };
            Ok(Expr::any(columns.iter().map(|column| among(functions.target, column, call()))))
        }
        Owners::Table(table) => {
            let function = joined_to_members(functions, entity, table)?;
            Ok(among(functions.target, &entity.key, Call { function, arguments }))
        }
    }
}

fn unassigned(functions: &mut Functions, entity: &Entity) -> Result<Expr, CompileError> {
    match &entity.owners {
        Owners::None => Err(missing(entity)),
        Owners::Columns(columns) => {
            Ok(Expr::all(columns.iter().map(|column| Expr::IsNull(Box::new(Expr::Column(column.to_string())), false))))
        }
        Owners::Table(table) => {
            let function = has_owner(functions, entity, table)?;
            Ok(Expr::EachRow(Call::with(function, Argument::Column(entity.key.to_string()))).negated())
        }
    }
}

fn through(functions: &mut Functions, entity: &Entity, parent: &Parent, term: ParentTerm) -> Result<Expr, CompileError> {
    match &parent.link {
        Link::Column(column) => {
            let above = functions.model.entity(&parent.entity).ok_or_else(|| CompileError::Unresolved(parent.entity.to_string()))?;
            let function = parents(functions, above, term)?;
            Ok(among(functions.target, column, Call::plain(function)))
        }
        Link::Table(table, rule) => {
            let function = linked(functions, entity, &parent.entity, table, *rule, term)?;
            Ok(among(functions.target, &entity.key, Call::plain(function)))
        }
    }
}

/// The condition on one action's record that `term` asks of a parent, over the parent's own columns.
pub fn parent_condition(functions: &mut Functions, entity: &Entity, term: ParentTerm) -> Result<Expr, CompileError> {
    match term {
        ParentTerm::Readable => super::access::record_condition(functions, entity, Action::Read),
        ParentTerm::Updatable => super::access::record_condition(functions, entity, Action::Update),
        ParentTerm::Owned => owned_by_me(functions, entity),
        ParentTerm::Created => one_term(functions, entity, &Term::Created),
    }
}

fn predicate_expr(functions: &mut Functions, tree: &predicate::Predicate) -> Result<Expr, CompileError> {
    use predicate::Predicate;
    Ok(match tree {
        Predicate::Or(parts) => Expr::Or(parts.iter().map(|part| predicate_expr(functions, part)).collect::<Result<_, _>>()?),
        Predicate::And(parts) => Expr::And(parts.iter().map(|part| predicate_expr(functions, part)).collect::<Result<_, _>>()?),
        Predicate::Not(inner) => Expr::Not(Box::new(predicate_expr(functions, inner)?)),
        Predicate::Compare { left, op, right } => {
            Expr::Compare(Box::new(operand(functions, left)?), comparison(*op), Box::new(operand(functions, right)?))
        }
        Predicate::In { operand: what, list, negated } => Expr::InList(
            Box::new(operand(functions, what)?),
            list.iter().map(|item| operand(functions, item)).collect::<Result<_, _>>()?,
            *negated,
        ),
        Predicate::Between { operand: what, low, high, negated } => Expr::Between(
            Box::new(operand(functions, what)?),
            Box::new(operand(functions, low)?),
            Box::new(operand(functions, high)?),
            *negated,
        ),
        Predicate::IsNull { operand: what, negated } => Expr::IsNull(Box::new(operand(functions, what)?), *negated),
        Predicate::IsTruth { operand: what, truth, negated } => Expr::IsTruth(Box::new(operand(functions, what)?), *truth, *negated),
        Predicate::StartsWith { operand: what, prefix } => {
            Expr::Builtin(Builtin::StartsWith, vec![operand(functions, what)?, Expr::Text(prefix.clone())])
        }
        Predicate::Truth(what) => operand(functions, what)?,
    })
}

fn operand(functions: &mut Functions, tree: &predicate::Operand) -> Result<Expr, CompileError> {
    use predicate::{Function, Operand};
    Ok(match tree {
        Operand::Column { name, .. } => Expr::Column(name.clone()),
        Operand::UserAttribute { name, .. } => Expr::Once(Call::plain(attribute(functions, name)?)),
        Operand::Text(text) => Expr::Text(text.clone()),
        Operand::Number(number) => Expr::Number(number.clone()),
        Operand::Bool(truth) => Expr::Bool(*truth),
        Operand::Function { name, args } => {
            let builtin = match name {
                Function::Lower => Builtin::Lower,
                Function::Upper => Builtin::Upper,
                Function::Length => Builtin::Length,
                Function::Coalesce => Builtin::Coalesce,
                Function::Now => Builtin::Now,
                Function::CurrentDate => Builtin::CurrentDate,
                Function::HoursAgo => Builtin::HoursAgo,
                Function::DaysAgo => Builtin::DaysAgo,
            };
            Expr::Builtin(builtin, args.iter().map(|argument| operand(functions, argument)).collect::<Result<_, _>>()?)
        }
    })
}

fn comparison(op: predicate::CompareOp) -> Comparison {
    use predicate::CompareOp;
    match op {
        CompareOp::Equal => Comparison::Equal,
        CompareOp::NotEqual => Comparison::NotEqual,
        CompareOp::Less => Comparison::Less,
        CompareOp::LessOrEqual => Comparison::LessOrEqual,
        CompareOp::Greater => Comparison::Greater,
        CompareOp::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}
