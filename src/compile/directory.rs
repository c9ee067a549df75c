//! Functions over the application's people: subjects, departments, teams and who is near whom.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::functions::{Callers, Colleagues, Functions, Made, Need, optional, reading, value};
use super::scope::me;
use super::sets::among;
use super::{CompileError, key_type};
use crate::model::{Circle, CircleKind, Departments, Directory, Members};
use crate::program::{Body, Function, Returns, Sql, Target};

/// Values that every template over the users table takes.
pub fn user_values(directory: &Directory) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("users", value(Sql::table(&directory.users.table))),
        ("user_key", value(Sql::ident(&directory.users.key))),
        ("key_type", value(key_type(directory.users.key_type))),
    ])
}

fn department_values(directory: &Directory, departments: &Departments) -> BTreeMap<&'static str, Value> {
    let mut values = user_values(directory);
    values.insert("departments", value(Sql::table(&departments.table)));
    values.insert("department_key", value(Sql::ident(&departments.key)));
    values.insert("type", value(key_type(departments.key_type)));
    values.insert("parent", optional(departments.parent.as_ref().map(Sql::ident)));
    values.insert("head", optional(departments.head.as_ref().map(Sql::ident)));
    values.insert("member_column", Value::Bool(false));
    match &departments.members {
        Members::Column(column) => {
            values.insert("member_column", value(Sql::ident(column)));
        }
        Members::Table(membership) => {
            values.insert("member_table", value(Sql::table(&membership.table)));
            values.insert("member_user", value(Sql::ident(&membership.user)));
            values.insert("member_of", value(Sql::ident(&membership.of)));
        }
    }
    values
}

fn circle_values(circle: &Circle) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("kind", value(Sql::literal(circle.kind.name()))),
        ("table", value(Sql::table(&circle.table))),
        ("key", value(Sql::ident(&circle.key))),
        ("type", value(key_type(circle.key_type))),
        ("leader", optional(circle.leader.as_ref().map(Sql::ident))),
        ("members", value(Sql::table(&circle.members.table))),
        ("of", value(Sql::ident(&circle.members.of))),
        ("user", value(Sql::ident(&circle.members.user))),
    ])
}

/// Values of the template of what users are, or are in.
pub fn subject_values(directory: &Directory, mine: bool) -> BTreeMap<&'static str, Value> {
    let mut values = match &directory.departments {
        Some(departments) => department_values(directory, departments),
        None => BTreeMap::from([("departments", Value::Bool(false)), ("parent", Value::Bool(false))]),
    };
    values.extend(user_values(directory));
    values.insert("mine", Value::Bool(mine));
    values.insert("circles", json!(directory.circles.iter().map(circle_values).collect::<Vec<_>>()));
    values
}

/// `subjects()` and `subjects_of(user)`: what each user is, or is in, that can be given a role.
pub fn subjects(functions: &mut Functions) -> Result<(), CompileError> {
    let directory = &functions.model.directory;
    for (name, mine) in [("subjects", false), ("subjects_of", true)] {
        let values = subject_values(directory, mine);
        let key = key_type(directory.users.key_type);
        let columns =
            vec![(Sql::ident("user_key"), key.clone()), (Sql::ident("subject"), Sql::word("text")), (Sql::ident("key"), Sql::word("text"))];
        let arguments = if mine { vec![key] } else { Vec::new() };
        functions.require(Need::Fixed(name), |_, name| {
            Ok(Made {
                function: reading(&name, arguments, Returns::Table(columns), Body { template: "subjects", values }),
                why: if mine { "what a user is, or is in (B3, B4)" } else { "what every user is, or is in (B3, B4)" }.to_owned(),
                callers: Callers::Functions,
            })
        })?;
    }
    Ok(())
}

fn departments<'m>(functions: &Functions<'m>) -> Result<(&'m Directory, &'m Departments), CompileError> {
    let directory = &functions.model.directory;
    let departments = directory.departments.as_ref().ok_or_else(|| CompileError::Unresolved("departments".to_owned()))?;
    Ok((directory, departments))
}

fn circle<'m>(functions: &Functions<'m>, kind: CircleKind) -> Result<(&'m Directory, &'m Circle), CompileError> {
    let directory = &functions.model.directory;
    let circle = directory.circle(kind).ok_or_else(|| CompileError::Unresolved(kind.plural().to_owned()))?;
    Ok((directory, circle))
}

/// A function of keys whose query reads nothing but what a standing is read from (`standing::sources`): the same columns of the same tables.
fn of_people(functions: &Functions, name: &str, key: Sql, body: Body) -> Function {
    Function { people_alone: functions.target == Target::Extension, ..reading(name, Vec::new(), Returns::Set(key), body) }
}

/// Keys of the departments that the user belongs to or heads.
pub fn my_departments(functions: &mut Functions) -> Result<String, CompileError> {
    functions.require(Need::MyDepartments, |functions, name| {
        let (directory, departments) = departments(functions)?;
        let mut values = department_values(directory, departments);
        values.insert("me", value(Sql::Expr(me(functions))));
        let body = Body { template: "my_departments", values };
        Ok(Made {
            function: of_people(functions, &name, key_type(departments.key_type), body),
            why: "keys of the departments that the user belongs to or heads".to_owned(),
            callers: Callers::Application,
        })
    })
}

/// Keys of those departments and of all below them.
pub fn my_department_tree(functions: &mut Functions) -> Result<String, CompileError> {
    let (directory, departments) = departments(functions)?;
    if departments.parent.is_none() {
        return my_departments(functions);
    }
    functions.require(Need::MyDepartmentTree, |functions, name| {
        let mut values = department_values(directory, departments);
        values.insert("me", value(Sql::Expr(me(functions))));
        let body = Body { template: "my_department_tree", values };
        Ok(Made {
            function: of_people(functions, &name, key_type(departments.key_type), body),
            why: "keys of those departments and of all below them".to_owned(),
            callers: Callers::Application,
        })
    })
}

/// Keys of the groups, workgroups, teams or territories that the user is in or leads.
pub fn my_circles(functions: &mut Functions, kind: CircleKind) -> Result<String, CompileError> {
    functions.require(Need::MyCircles(kind), |functions, name| {
        let (_, circle) = circle(functions, kind)?;
        let mut values = circle_values(circle);
        values.insert("me", value(Sql::Expr(me(functions))));
        let body = Body { template: "my_circles", values };
        Ok(Made {
            function: of_people(functions, &name, key_type(circle.key_type), body),
            why: format!("keys of the {} that the user is in or leads", kind.plural()),
            callers: Callers::Application,
        })
    })
}

/// Keys of the user and of everyone who reports to them, directly or through others to a depth.
fn my_reports(functions: &mut Functions, depth: Option<u8>) -> Result<String, CompileError> {
    functions.require(Need::Reports(depth), |functions, name| {
        let users = &functions.model.directory.users;
        let mut values = user_values(&functions.model.directory);
        values.insert("manager", optional(users.manager.as_ref().map(Sql::ident)));
        values.insert("depth", depth.map_or(Value::Bool(false), |depth| value(Sql::word(&depth.to_string()))));
        let body = Body { template: "my_reports", values };
        Ok(Made {
            function: of_people(functions, &name, key_type(users.key_type), body),
            why: match depth {
                Some(depth) => format!("keys of the user and of those who report to them, to a depth of {depth}"),
                None => "keys of the user and of everyone who reports to them, directly or through others".to_owned(),
            },
            callers: Callers::Application,
        })
    })
}

/// Whether the user is in a subject, or has one of some roles, during a time.
pub fn is_in(functions: &mut Functions) -> Result<String, CompileError> {
    functions.require(Need::IsIn, |_, name| {
        let (text, texts) = (|| Sql::word("text"), Sql::word("text[]"));
        let body = Body { template: "is_in", values: BTreeMap::new() };
        Ok(Made {
            function: reading(&name, vec![text(), texts, text(), text()], Returns::One(Sql::word("boolean")), body),
            why: "whether the user is in a subject, or has one of some roles, from a time until another".to_owned(),
            callers: Callers::Application,
        })
    })
}

/// Keys of the users in a subject.
pub fn members_of(functions: &mut Functions) -> Result<String, CompileError> {
    let key = key_type(functions.model.directory.users.key_type);
    functions.require(Need::MembersOf, |_, name| {
        let body = Body { template: "members_of", values: BTreeMap::new() };
        Ok(Made {
            function: reading(&name, vec![Sql::word("text"), Sql::word("text[]")], Returns::Set(key), body),
            why: "keys of the users in a subject".to_owned(),
            callers: Callers::Application,
        })
    })
}

/// Keys of the users near the one who asks, who is one of them.
pub fn colleagues(functions: &mut Functions, set: Colleagues) -> Result<String, CompileError> {
    let (need, mine) = match set {
        Colleagues::Reports(depth) => return my_reports(functions, depth),
        Colleagues::Team => (Need::TeamColleagues, my_circles(functions, CircleKind::Team)?),
        Colleagues::Department => (Need::DepartmentColleagues, my_departments(functions)?),
        Colleagues::DepartmentTree => (Need::DepartmentTreeColleagues, my_department_tree(functions)?),
    };
    functions.require(need, |functions, name| {
        let (template, mut values) = if set == Colleagues::Team {
            let (directory, teams) = circle(functions, CircleKind::Team)?;
            let mut values = circle_values(teams);
            values.extend(user_values(directory));
            ("circle_colleagues", values)
        } else {
            let (directory, departments) = departments(functions)?;
            ("department_colleagues", department_values(directory, departments))
        };
        values.extend(among(functions, &mine));
        let key = key_type(functions.model.directory.users.key_type);
        Ok(Made {
            function: of_people(functions, &name, key, Body { template, values }),
            why: format!("keys of the users in {mine}()"),
            callers: Callers::Application,
        })
    })
}

/// A department's or team's leader columns, for the rule about restricted leaders (T10).
pub fn leader_columns(directory: &Directory) -> Vec<Value> {
    let heads = directory.departments.iter().filter_map(|departments| Some((&departments.table, departments.head.as_ref()?)));
    let leaders = directory.circles.iter().filter_map(|circle| Some((&circle.table, circle.leader.as_ref()?)));
    heads.chain(leaders).map(|(table, column)| json!({"table": value(Sql::table(table)), "column": value(Sql::ident(column))})).collect()
}
