//! Rules, told in memory.

mod assign;
mod columns;
mod commands;
mod conditions;
mod conflicts;
mod people;
mod restrictions;
mod terms;

use super::{Ask, Judge, Row, Value, World, decide};
use crate::config;
use crate::model::{Action, EntityName, Model, SchemaName, TableName};
use crate::resolve::resolve;
use crate::text::{Diagnostics, Source};

const HEAD: &str = "
version: 1
application_role: crm_app
identity: {act_as: backend}
directory:
  users: {table: users, active: active, attributes: {region: text, size: int4, since: date}}
  departments: {table: departments, parent: parent, head: head, members: department}
  groups: {table: groups, members: {table: group_members, of: group_id, user: user_id}}
  teams: {table: teams, leader: leader, members: {table: team_members, of: team_id, user: user_id}}
entities:
  company: {owners: [manager, second], creator: creator, open: open, stage: stage}
  contact:
    creator: creator
    owners: {table: contact_owners, record: contact, user: user}
    parents: {company: {table: links, child: contact, parent: company, links: ANY_OR_ALL}}
  deal: {owners: manager, department: department, team: team, parents: {company: company, contact: contact}}
";

/// The users and groups of most tests.
const PEOPLE: &str = "
departments id=1
departments id=2 parent=1 head=4
departments id=3 parent=2
users id=1 active=true department=1 region=north size=5
users id=2 active=true department=2 region=south
users id=3 active=true department=3
users id=4 active=true
users id=5 active=false department=1
users id=6 department=1
groups id=1
group_members group_id=1 user_id=2
teams id=1 leader=4
team_members team_id=1 user_id=3
team_members team_id=1
";

struct Case {
    model: Model,
    world: World,
}

/// A model of the head and these roles, and a world of the people and these rows.
fn case(rest: &str, rows: &str) -> Case {
    case_with("any", rest, rows)
}

fn case_with(links: &str, rest: &str, rows: &str) -> Case {
    case_of(&HEAD.replace("ANY_OR_ALL", links), rest, rows)
}

fn case_of(head: &str, rest: &str, rows: &str) -> Case {
    let text = format!("{head}{rest}");
    let source = Source::new("test.yaml", &text);
    let mut found = Diagnostics::new();
    let model = config::read(&source, &mut found).and_then(|config| resolve(&source, &config, &mut found));
    let messages: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
    let mut world = World { now: 20_000 * 86_400_000_000, ..World::default() };
    for line in PEOPLE.lines().chain(rows.lines()) {
        let mut words = line.split_whitespace();
        if let Some(table) = words.next() {
            let table = TableName::new(SchemaName::new("public").unwrap(), table).unwrap();
            world.tables.entry(table).or_default().push(row(&words.collect::<Vec<_>>().join(" ")));
        }
    }
    Case { model: model.unwrap_or_else(|| panic!("{messages:?}")), world }
}

/// A row, written as `column=value column=value`.
fn row(text: &str) -> Row {
    let value = |text: &str| match text {
        "null" => Value::Null,
        "true" | "false" => Value::Bool(text == "true"),
        _ if text.contains('.') => Value::Decimal(text.to_owned()),
        _ => text.parse().map_or_else(|_| Value::Text(text.to_owned()), Value::Int),
    };
    text.split_whitespace().map(|word| word.split_once('=').unwrap()).map(|(column, text)| (column.to_owned(), value(text))).collect()
}

fn name(entity: &str) -> EntityName {
    EntityName::new(entity).unwrap()
}

impl Case {
    /// Keys of the records of an entity for which a user has an action.
    fn may(&self, user: &str, action: Action, entity: &str) -> Vec<i64> {
        let judge = Judge::new(&self.model, &self.world, Some(user));
        let entity = self.model.entity(&name(entity)).unwrap();
        let rows = self.world.rows(&entity.table).iter().filter(|row| judge.may(entity, action, row).allowed);
        rows.map(|row| row["id"].to_string().parse().unwrap()).collect()
    }

    fn sees(&self, user: &str, entity: &str) -> Vec<i64> {
        self.may(user, Action::Read, entity)
    }

    fn why(&self, user: Option<&str>, entity: &str, ask: Ask<'_>) -> (bool, String) {
        let decision = decide(&self.model, &self.world, user, &name(entity), ask);
        (decision.allowed, decision.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}
