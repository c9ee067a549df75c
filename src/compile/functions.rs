//! The generated functions: made when first needed, each after those that it calls.

use std::collections::BTreeMap;

use serde_json::Value;

use super::CompileError;
use crate::model::{CircleKind, ColumnName, EntityName, Model, ParentTerm};
use crate::program::{Body, Function, RULES_SCHEMA, Returns, Sql, Target, View, Volatility, joined_name};

/// What a generated function answers; each is made once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A function that does not depend on an entity.
    Fixed(&'static str),
    /// Departments of the user.
    MyDepartments,
    /// Departments of the user and those below.
    MyDepartmentTree,
    /// Groups, workgroups, teams or territories of the user.
    MyCircles(CircleKind),
    /// Users who report to the user, to a depth.
    Reports(Option<u8>),
    /// Users in one of the user's teams.
    TeamColleagues,
    /// Users in one of the user's departments.
    DepartmentColleagues,
    /// Users in one of the user's departments or below.
    DepartmentTreeColleagues,
    /// Whether the user is in a subject, during a time.
    IsIn,
    /// Users in a subject.
    MembersOf,
    /// Records with an owner in a subject.
    OwnedByMembers(EntityName),
    /// Parents, of the second entity, of records of the first that can be read.
    ParentsOf(EntityName, EntityName),
    /// An attribute of the user.
    Attribute(ColumnName),
    /// Records of an entity for which a condition holds.
    Records(EntityName, ParentTerm),
    /// Records there are that the user owns by a join table.
    OwnedParents(EntityName),
    /// Whether a record has an owner in the join table.
    HasOwner(EntityName),
    /// Records that the user observes, by the join table.
    Observed(EntityName),
    /// Records with an owner among colleagues.
    OwnedByColleagues(EntityName, Colleagues),
    /// Children linked to parents for which a condition holds.
    Linked(EntityName, EntityName, ParentTerm),
    /// Whether a record is linked to a parent.
    HasParent(EntityName, EntityName),
    /// Records that were shared with the user.
    Shared(EntityName),
    /// What a function answers, asked while planning.
    Planned(String),
    /// Whether a set has few keys, asked while planning.
    Few(String),
    /// What may be done with an entity.
    Can(EntityName),
    /// What may be done with many records of an entity.
    CanEach(EntityName),
    /// Changes owners of an entity's records.
    Assign(EntityName),
    /// The trigger that checks a change of their owners.
    CheckOwner(EntityName),
    /// The triggers that check a change of their protected columns.
    CheckColumns(EntityName),
}

/// Sets of users around the one who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colleagues {
    /// Reporting to the user, to a depth.
    Reports(Option<u8>),
    /// In one of the teams.
    Team,
    /// In one of the departments.
    Department,
    /// In one of the departments or below.
    DepartmentTree,
}

impl Need {
    /// The function's name.
    pub fn name(&self) -> String {
        match self {
            Need::Fixed(name) => (*name).to_owned(),
            Need::MyDepartments => "my_departments".to_owned(),
            Need::MyDepartmentTree => "my_department_tree".to_owned(),
            Need::MyCircles(kind) => joined_name(&["my", kind.plural()]),
            Need::Reports(None) => "my_reports".to_owned(),
            Need::Reports(Some(depth)) => format!("my_reports_{depth}"),
            Need::TeamColleagues => "team_colleagues".to_owned(),
            Need::DepartmentColleagues => "department_colleagues".to_owned(),
            Need::DepartmentTreeColleagues => "department_tree_colleagues".to_owned(),
            Need::IsIn => "is_in".to_owned(),
            Need::MembersOf => "members_of".to_owned(),
            Need::OwnedByMembers(entity) => joined_name(&[entity.as_str(), "owned_by_members"]),
            Need::ParentsOf(child, parent) => joined_name(&[parent.as_str(), "of_readable", child.as_str()]),
            Need::Attribute(column) => joined_name(&["my", column.as_str()]),
            Need::Records(entity, term) => joined_name(&[entity.as_str(), term_word(*term)]),
            Need::Observed(entity) => joined_name(&[entity.as_str(), "observed"]),
            Need::OwnedParents(entity) => joined_name(&[entity.as_str(), "there_and_owned"]),
            Need::HasOwner(entity) => joined_name(&[entity.as_str(), "has_owner"]),
            Need::OwnedByColleagues(entity, Colleagues::Reports(None)) => joined_name(&[entity.as_str(), "owned_by_reports"]),
            Need::OwnedByColleagues(entity, Colleagues::Reports(Some(depth))) => {
                joined_name(&[entity.as_str(), "owned_by_reports", &depth.to_string()])
            }
            Need::OwnedByColleagues(entity, Colleagues::Team) => joined_name(&[entity.as_str(), "owned_by_team"]),
            Need::OwnedByColleagues(entity, Colleagues::Department) => joined_name(&[entity.as_str(), "owned_by_department"]),
            Need::OwnedByColleagues(entity, Colleagues::DepartmentTree) => joined_name(&[entity.as_str(), "owned_by_department_tree"]),
            Need::Linked(child, parent, term) => joined_name(&[child.as_str(), "with", parent.as_str(), term_word(*term)]),
            Need::HasParent(child, parent) => joined_name(&[child.as_str(), "has", parent.as_str()]),
            Need::Shared(entity) => joined_name(&[entity.as_str(), "shared"]),
            Need::Planned(function) => joined_name(&["planned", function]),
            Need::Few(set) => joined_name(&["few", set]),
            Need::Can(entity) => joined_name(&["can", entity.as_str()]),
            Need::CanEach(entity) => joined_name(&["can_each_of", entity.as_str()]),
            Need::Assign(entity) => joined_name(&["assign", entity.as_str()]),
            Need::CheckOwner(entity) => joined_name(&["check_owner_of", entity.as_str()]),
            Need::CheckColumns(entity) => joined_name(&["check_columns_of", entity.as_str()]),
        }
    }
}

fn term_word(term: ParentTerm) -> &'static str {
    match term {
        ParentTerm::Readable => "readable",
        ParentTerm::Updatable => "updatable",
        ParentTerm::Owned => "owned",
        ParentTerm::Created => "created",
    }
}

/// Who may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// The application's role, because policies call it in its name.
    Application,
    /// Other generated functions only.
    Functions,
    /// Whoever applied the configuration, who may not become the reader role again.
    Applier,
}

/// A function, why it is there and who may call it.
#[derive(Clone, Debug)]
pub struct Made {
    /// The function.
    pub function: Function,
    /// Comment above it.
    pub why: String,
    /// Who may call it.
    pub callers: Callers,
}

/// Collects the functions that a program needs.
pub struct Functions<'m> {
    /// The model.
    pub model: &'m Model,
    /// The target.
    pub target: Target,
    /// Whether the condition that is being made stands beside a new owner, and asks who that may be.
    pub new_owner: bool,
    made: Vec<Made>,
    views: Vec<View>,
    names: BTreeMap<String, Need>,
}

impl<'m> Functions<'m> {
    /// Starts with none.
    pub fn new(model: &'m Model, target: Target) -> Self {
        Functions { model, target, new_owner: false, made: Vec::new(), views: Vec::new(), names: BTreeMap::new() }
    }

    /// The functions, each after those that it calls, and the views, each after those that it reads.
    pub fn into_made(self) -> (Vec<Made>, Vec<View>) {
        (self.made, self.views)
    }

    /// The function of that name, where it has been made.
    pub fn function(&self, name: &Sql) -> Option<&Function> {
        self.made.iter().map(|made| &made.function).find(|function| function.name == *name)
    }

    /// Whether the view of that name has been made.
    pub fn has_view(&self, name: &Sql) -> bool {
        self.views.iter().any(|view| view.name == *name)
    }

    /// Adds a view, after those that it reads.
    pub fn add_view(&mut self, view: View) {
        self.views.push(view);
    }

    /// The name of the function that answers `need`; `make` makes it where it is not there yet.
    pub fn require(
        &mut self,
        need: Need,
        make: impl FnOnce(&mut Self, String) -> Result<Made, CompileError>,
    ) -> Result<String, CompileError> {
        let name = need.name();
        match self.names.get(&name) {
            Some(there) if *there == need => return Ok(name),
            Some(_) => return Err(CompileError::NameCollision(name)),
            None => {}
        }
        self.names.insert(name.clone(), need);
        let made = make(self, name.clone())?;
        self.made.push(made);
        Ok(name)
    }
}

/// The qualified name of a generated function.
pub fn qualified(name: &str) -> Sql {
    Sql::Qualified(RULES_SCHEMA.to_owned(), name.to_owned())
}

/// Starts a function that reads tables as the reader role.
pub fn reading(name: &str, arguments: Vec<Sql>, returns: Returns, body: Body) -> Function {
    Function {
        name: qualified(name),
        arguments,
        returns,
        volatility: Volatility::Stable,
        security_definer: true,
        people_alone: false,
        body,
    }
}

/// A body from a template.
pub fn body<const N: usize>(template: &'static str, values: [(&'static str, Value); N]) -> Body {
    Body { template, values: values.into_iter().collect() }
}

/// An atom as a template's value. Atoms hold strings and expressions only, which always serialize.
pub fn value(sql: Sql) -> Value {
    serde_json::to_value(sql).unwrap_or(Value::Null)
}

/// An optional atom as a template's value; absent ones are false.
pub fn optional(sql: Option<Sql>) -> Value {
    sql.map_or(Value::Bool(false), value)
}
