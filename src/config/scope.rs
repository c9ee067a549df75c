//! The words that scopes are written with.

/// A form that one term of a scope may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeForm {
    /// How it is written, with a word for what stands in parentheses: `reports(depth)`, `parent(entity, update)`.
    pub written: &'static str,
    /// The records that are in it.
    pub means: &'static str,
    /// What the entity or the directory must have for it.
    pub needs: &'static str,
}

impl ScopeForm {
    /// The word before the parentheses.
    pub fn word(&self) -> &'static str {
        self.written.split('(').next().unwrap_or_default()
    }

    /// Whether something stands in parentheses.
    pub fn has_argument(&self) -> bool {
        self.written.contains('(')
    }
}

const fn form(written: &'static str, means: &'static str, needs: &'static str) -> ScopeForm {
    ScopeForm { written, means, needs }
}

/// Every form, in the order in which they are listed to people.
pub const SCOPE_FORMS: &[ScopeForm] = &[
    form(
        "none",
        "No record: the same as to leave the action out, except that `conflict: deny_wins` lets it take away what other roles give (B6, B8). It stands alone.",
        "",
    ),
    form("own", "The user is one of the owners, the first or any other (T2, T14, J1).", "`owners`"),
    form("created", "The user created the record (T4).", "`creator`"),
    form("observed", "The user is one of the observers (B11).", "`observers`"),
    form("unassigned", "The record has no owner (O2, J6).", "`owners`"),
    form(
        "reports",
        "An owner reports to the user, directly or through any number of others; the user counts as well (role hierarchy).",
        "`owners`, and `manager` of `directory: users`",
    ),
    form(
        "team",
        "The record is of one of the user's teams: by its own column, else because one of its owners is in the team (J8).",
        "`team` or `owners`, and `directory: teams`",
    ),
    form("territory", "The record is of one of the user's territories.", "`territory`, and `directory: territories`"),
    form(
        "department",
        "The record is of one of the user's departments: by its own column, else by its owners. Who heads a department belongs to it (B8, O3).",
        "`department` or `owners`, and `directory: departments`",
    ),
    form("department_tree", "The same, and the departments below (B8).", "as `department`"),
    form("open", "The record is marked as open (B8, O9).", "`open`"),
    form("shared", "The record was shared with the user, with `crm_access.share`, at any level.", ""),
    form("all", "Every record (J2).", ""),
    form("reports(depth)", "As `reports`, through at most so many: 1 is who reports to the user directly, 20 the most.", "as `reports`"),
    form("shared(update)", "The record was shared with the user at the level `update` or `full`.", ""),
    form("shared(full)", "The record was shared with the user at the level `full`.", ""),
    form(
        "parent(entity)",
        "The user may read its parent of that entity; with several parents, one or all of them as its `links` say (T3, T6, B10).",
        "that entity under `parents`",
    ),
    form("parent(entity, update)", "The user may read and update its parent (B10, controlled by parent).", "that entity under `parents`"),
    form(
        "own(entity)",
        "The user is an owner of its parent, whether or not they may read that one (T13, J9).",
        "that entity under `parents`, with `owners`",
    ),
    form("created(entity)", "The user created its parent.", "that entity under `parents`, with `creator`"),
    form("without(entity)", "It has no parent of that entity (T4, T7).", "that entity under `parents`"),
    form(
        "child(entity)",
        "The user may read a record of that entity that belongs to this one; no longer when the last of them is gone (implied parent).",
        "this entity under `parents` of that one",
    ),
];
