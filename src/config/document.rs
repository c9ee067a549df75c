//! The whole file.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::conform::conform;
use super::schema::SCHEMA;
use super::{Assignments, Audit, Delegation, Directory, Entity, Entries, Identity, KeyType, Many, Restriction, Role, SharingRule};
use crate::text::{At, Code, Diagnostics, Source};
use crate::yaml::{self, Kind};

/// Who may see and change which record of a CRM.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Version of the configuration language; always 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: At<u32>,
    /// Database role that the application's connections belong to. Every policy is for this role; a role outside it sees nothing.
    pub application_role: At<String>,
    /// NOLOGIN database role that owns the helper functions. It is created when missing. Default `crm_access_reader`.
    #[serde(default)]
    pub reader_role: Option<At<String>>,
    /// Schema of the tables that do not name one. Default `public`.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Type of the keys that do not name one: int4, int8, uuid or text. Default `int8`.
    #[serde(default)]
    pub key_type: Option<At<KeyType>>,
    /// How the database learns who is asking.
    pub identity: At<Identity>,
    /// Where the application keeps its users, departments, groups, workgroups, teams and territories.
    pub directory: Directory,
    /// The protected tables, by the name that the rest of the file uses.
    pub entities: Entries<Entity>,
    /// Named sets of grants (O1, O8, B2). Without one, somebody sees nothing (O4, B7); removing one takes away what it gave (B5).
    pub roles: Entries<Role>,
    /// What narrows the grants, for those it is given to (T1, O11).
    #[serde(default)]
    pub restrictions: Entries<Restriction>,
    /// Who has which role or restriction (B1).
    #[serde(default)]
    pub assignments: Assignments,
    /// Records that are opened to someone beyond what roles grant (sharing rules).
    #[serde(default)]
    pub sharing: Many<SharingRule>,
    /// Who may have others act for them.
    #[serde(default)]
    pub delegation: Option<At<Delegation>>,
    /// What counts for a user whose roles differ in strength. Default `union`.
    #[serde(default)]
    pub conflict: Option<At<Conflict>>,
    /// For whom the portable target's policies let plans be made (the extension plans for who asks anyway). Default `anybody`.
    #[serde(default)]
    pub plans: Option<At<Plans>>,
    /// How the findings of `crm-access audit` are judged.
    #[serde(default)]
    pub audit: Audit,
    /// Keys and names whose values were left out because of mistakes already reported: that one of them is missing is no news.
    #[serde(skip)]
    pub left_out: BTreeSet<String>,
}

/// For whom a statement is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plans {
    /// A plan serves everybody, and asks in each execution who asks.
    #[default]
    Anybody,
    /// Where the application has `SET crm_access.plan_for_user = on`, a plan has only what the user may do. A plan that is kept must not be used for
    /// somebody else: it fails with SQLSTATE 40001 or gives no rows, so that `SELECT crm_access.forget_plans()` belongs to a change of the user.
    User,
}

/// What counts for a user whose roles differ in strength (B6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// Each role adds to the others: the strongest wins.
    #[default]
    Union,
    /// A role given to the user counts before one given to a group, that before a department's, that before everyone's.
    MostSpecific,
    /// A scope `none` in one role takes away what the other roles give.
    DenyWins,
}

/// Reads a configuration and reports every mistake of form at once.
///
/// Gives the configuration whenever enough of it is sound to go on checking: what is wrong is left out of it and
/// reported in `diagnostics`. `None`, with a report, where nothing can be read: no YAML, no mapping, or a key is missing that
/// everything else depends on.
pub fn read(source: &Source, diagnostics: &mut Diagnostics) -> Option<Config> {
    let mut found = Diagnostics::new();
    let config = read_into(source, &mut found);
    diagnostics.extend(found);
    config
}

fn read_into(source: &Source, diagnostics: &mut Diagnostics) -> Option<Config> {
    let root = match yaml::parse(source, diagnostics) {
        Some(root) if root.kind != Kind::Null => root,
        _ if diagnostics.has_errors() => return None,
        _ => {
            let help = "begin with `version: 1`";
            diagnostics.error(Code::EmptyFile, None, "the configuration is empty", help);
            return None;
        }
    };
    let conforming = conform(&root, &SCHEMA, diagnostics);
    let node = conforming.node?;
    match yaml::deserialize::<Config>(&node) {
        Ok(config) => Some(Config { left_out: conforming.left_out, ..config }),
        Err(error) => {
            // The schema comes from the same types, so this is not reached; if it is, nothing is read.
            diagnostics.error(Code::BadValue, error.span, error.message, None::<&str>);
            None
        }
    }
}
