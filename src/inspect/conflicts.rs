//! Users whose roles differ in strength (B6), and users who each have a role of their own (B13), as the directory has them now.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{model_tables, sql_name};
use crate::compile::{conflict_query, holder_query};
use crate::config::Config;
use crate::model::Model;
use crate::render::{Plain, Quoting};
use crate::text::{Code, Diagnostics, listed, quoted};
use crate::verify::{VerifyError, verified_query};

/// How many conflicts are told one by one; the rest is counted.
const TOLD: usize = 50;

/// What is asked about who has which role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holdings {
    /// Only where roles differ in strength.
    Conflicts,
    /// Every role of every active user.
    All,
}

/// Whether the tables of people can be looked at.
pub fn readable_question(model: &Model) -> String {
    let tables: BTreeSet<_> =
        model_tables(model).into_iter().filter(|table| model.entities.iter().all(|entity| entity.table != **table)).collect();
    let each = tables.into_iter().map(|table| {
        let name = Plain.literal(&sql_name(table.schema.as_str(), &table.name));
        format!("pg_catalog.has_table_privilege({name}, 'SELECT')")
    });
    format!("SELECT {}", each.collect::<Vec<_>>().join(" AND "))
}

/// Whether there are stored assignments that can be looked at.
pub const fn stored_question() -> &'static str {
    "SELECT pg_catalog.has_table_privilege(pg_catalog.to_regclass('crm_access.assignment')::pg_catalog.oid, 'SELECT')"
}

/// A query of two texts a row: a user's key, and a role, or everything about a conflict as JSON.
pub fn holdings_question(model: &Model, stored: bool, what: Holdings) -> Result<String, VerifyError> {
    Ok(match what {
        Holdings::All => verified_query(&holder_query(model, stored))?,
        Holdings::Conflicts => format!(
            "SELECT q.user_key, pg_catalog.to_json(q)::pg_catalog.text FROM (\n{}\n) AS q(user_key, entity, action, role, level, given_by, wins, channel)",
            verified_query(&conflict_query(model, stored))?
        ),
    })
}

/// One role in a conflict.
#[derive(Clone, Debug, Deserialize)]
struct Side {
    user_key: String,
    entity: String,
    action: String,
    role: String,
    level: String,
    given_by: Vec<String>,
    wins: bool,
    channel: Option<String>,
}

impl Side {
    /// Whose roles differ where.
    fn about(&self) -> (&str, &str, Option<&str>) {
        (&self.user_key, &self.entity, self.channel.as_deref())
    }

    fn words(&self) -> String {
        let wins = if self.wins { ", which counts" } else { "" };
        format!("{} gives {} by {}{wins}", quoted(&self.role), quoted(&self.level), listed(self.given_by.iter().map(String::as_str)))
    }
}

/// Reports what the rows of both questions say.
pub fn conflicts(config: &Config, differing: &[(String, String)], held: &[(String, String)], diagnostics: &mut Diagnostics) {
    let sides: Vec<Side> = differing.iter().filter_map(|(_, row)| serde_json::from_str(row).ok()).collect();
    let place = config.conflict.as_ref().map(|conflict| conflict.span);
    let told = told(&sides);
    for line in told.iter().take(TOLD) {
        diagnostics.note(
            Code::RoleConflict,
            place,
            line.clone(),
            "leave it, take one of the roles away, or choose another `conflict` (B6)",
        );
    }
    if told.len() > TOLD {
        let text = format!("{} more conflicts of roles are not shown", told.len() - TOLD);
        diagnostics.note(Code::RoleConflict, place, text, "apply the configuration and run `SELECT * FROM crm_access.conflicts()`");
    }
    let mut holders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (user, role) in held {
        holders.entry(role).or_default().insert(user);
    }
    let users: BTreeSet<&str> = holders.values().flatten().copied().collect();
    let own: BTreeSet<&str> = holders.values().filter(|users| users.len() == 1).flatten().copied().collect();
    // Two users may well be different.
    if users.len() > 2 && own == users {
        diagnostics.warning(
            Code::OneRolePerUser,
            config.roles.iter().map(|(name, _)| name.span).next(),
            format!("each of the {} users who have a role has one of their own", users.len()),
            "give users common roles and narrow them by scopes or a restriction (B13)",
        );
    }
}

/// A line for each user and entity, with the actions for which all is the same.
fn told(sides: &[Side]) -> Vec<String> {
    let mut conflicts: Vec<(&Side, Vec<&str>, String)> = Vec::new();
    for group in sides.chunk_by(|one, other| one.about() == other.about() && one.action == other.action) {
        let Some(side) = group.first() else { continue };
        let words = group.iter().map(Side::words).collect::<Vec<_>>().join("; ");
        match conflicts.iter_mut().rev().take(8).find(|(other, _, said)| other.about() == side.about() && *said == words) {
            Some((_, actions, _)) => actions.push(&side.action),
            None => conflicts.push((side, vec![&side.action], words)),
        }
    }
    let line = |(side, actions, words): (&Side, Vec<&str>, String)| {
        let over = side.channel.as_ref().map(|channel| format!(" over channel {}", quoted(channel))).unwrap_or_default();
        format!("the roles of user {} differ on {} ({}){over}: {words}", quoted(&side.user_key), quoted(&side.entity), actions.join(", "))
    };
    conflicts.into_iter().map(line).collect()
}
