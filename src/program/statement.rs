//! Statements, each a kind with its own template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Expr, STATE_SCHEMA, Target};
use crate::model::TableName;

/// A part of a statement that came from the configuration, or was made from it, and is quoted where it is printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sql {
    /// An identifier.
    Ident(String),
    /// A schema and a name in it.
    Qualified(String, String),
    /// A text.
    Literal(String),
    /// An array of texts.
    Texts(Vec<String>),
    /// An expression.
    Expr(Expr),
    /// The name of a type, of a privilege or the like: one of ours, never from the configuration.
    Word(String),
}

impl Sql {
    /// A table's qualified name.
    pub fn table(table: &TableName) -> Sql {
        Sql::Qualified(table.schema.as_str().to_owned(), table.name.clone())
    }

    /// Something in the schema of versions and assignments.
    pub fn state(name: &str) -> Sql {
        Sql::Qualified(STATE_SCHEMA.to_owned(), name.to_owned())
    }

    /// An identifier.
    pub fn ident(name: impl ToString) -> Sql {
        Sql::Ident(name.to_string())
    }

    /// A text.
    pub fn literal(text: impl ToString) -> Sql {
        Sql::Literal(text.to_string())
    }

    /// A word of ours.
    pub fn word(word: &str) -> Sql {
        Sql::Word(word.to_owned())
    }
}

/// All statements of a target, in the order in which they run.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where they run.
    pub target: Target,
    /// What a reader should know first; each line becomes a comment.
    pub preamble: Vec<String>,
    /// The statements.
    pub steps: Vec<Step>,
}

/// A statement and why it is there.
#[derive(Clone, Debug)]
pub struct Step {
    /// Comment above the statement, a line each.
    pub why: Vec<String>,
    /// The statement.
    pub statement: Statement,
}

/// A statement. Its kind names its template.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Statement {
    /// The tables and functions that are the same for every configuration (portable target only).
    State,
    /// The key and functions that sign identities (portable target with a signed setting).
    Signing,
    /// What plans for who asks need (portable target).
    Planning,
    /// SELECT of a function of the schema crm_access.
    Call {
        /// Name of the function.
        function: Sql,
        /// Its arguments.
        arguments: Vec<Sql>,
    },
    /// LOCK TABLE, so that no lock is asked for while a weaker one is held: ANALYZE and autovacuum would meet that with a deadlock.
    LockTables {
        /// The tables.
        tables: Vec<Sql>,
    },
    /// CREATE SCHEMA of the generated functions.
    CreateSchema {
        /// Its name.
        schema: Sql,
    },
    /// GRANT on a schema.
    GrantSchema {
        /// The privilege.
        privilege: Sql,
        /// The schema.
        schema: Sql,
        /// Who receives it.
        role: Sql,
    },
    /// GRANT on a table.
    GrantTable {
        /// The privileges.
        privileges: Sql,
        /// The table.
        table: Sql,
        /// Who receives it.
        role: Sql,
    },
    /// GRANT EXECUTE on a function.
    GrantExecute {
        /// The function.
        function: Sql,
        /// Types of its arguments.
        arguments: Vec<Sql>,
        /// Who receives it.
        role: Sql,
    },
    /// REVOKE of everything on a function from PUBLIC.
    RevokeExecute {
        /// The function.
        function: Sql,
        /// Types of its arguments.
        arguments: Vec<Sql>,
    },
    /// ALTER FUNCTION ... OWNER TO.
    FunctionOwner {
        /// The function.
        function: Sql,
        /// Types of its arguments.
        arguments: Vec<Sql>,
        /// The new owner.
        role: Sql,
    },
    /// CREATE OR REPLACE FUNCTION.
    CreateFunction(Function),
    /// CREATE VIEW of the keys that a function gives as well.
    CreateView(View),
    /// ALTER VIEW ... OWNER TO.
    ViewOwner {
        /// The view.
        view: Sql,
        /// The new owner.
        role: Sql,
    },
    /// ALTER TABLE ... ENABLE ROW LEVEL SECURITY.
    EnableRowSecurity {
        /// The table.
        table: Sql,
    },
    /// ALTER TABLE ... FORCE ROW LEVEL SECURITY.
    ForceRowSecurity {
        /// The table.
        table: Sql,
    },
    /// CREATE POLICY.
    CreatePolicy(Policy),
    /// COMMENT ON POLICY.
    CommentPolicy {
        /// The policy.
        policy: Sql,
        /// Its table.
        table: Sql,
        /// The comment.
        comment: Sql,
    },
    /// CREATE TRIGGER.
    CreateTrigger(Trigger),
    /// CREATE TRIGGER that looks at each row before one of its columns changes.
    CreateChangeTrigger {
        /// Its name.
        name: Sql,
        /// Its table.
        table: Sql,
        /// The columns.
        columns: Vec<Sql>,
        /// The function it calls.
        function: Sql,
    },
    /// CREATE TRIGGER that looks at each row with a protected column: a new one, or one where such a column changes.
    CreateColumnTrigger {
        /// Its name.
        name: Sql,
        /// Its table.
        table: Sql,
        /// Whether it is for UPDATE, else for INSERT.
        update: bool,
        /// The columns.
        columns: Vec<Sql>,
        /// The function it calls.
        function: Sql,
    },
    /// CREATE INDEX on one column, in the schema of its table.
    CreateIndex {
        /// Its name.
        name: Sql,
        /// Its table.
        table: Sql,
        /// The column.
        column: Sql,
        /// Whether without keeping anybody from writing, which can be done in no transaction.
        concurrently: bool,
        /// Whether one of that name may be there already.
        if_absent: bool,
    },
    /// DROP INDEX CONCURRENTLY, of one that could not be made.
    DropIndex {
        /// Its name.
        name: Sql,
    },
    /// INSERT of what has been made into `crm_access.object`.
    Record {
        /// The objects.
        records: Vec<Record>,
    },
}

/// A generated function: PARALLEL SAFE unless volatile, never LEAKPROOF, with its search_path pinned.
/// A body of SQL is wrapped as PL/pgSQL, whose plans a connection keeps: a function in SQL would be planned anew in every statement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Function {
    /// Its name.
    pub name: Sql,
    /// Its arguments: types only, the body names them `$1`, `$2`.
    pub arguments: Vec<Sql>,
    /// What it returns.
    pub returns: Returns,
    /// Its volatility.
    pub volatility: Volatility,
    /// Whether it runs with the rights of its owner.
    pub security_definer: bool,
    /// Whether its query reads nothing but who is in which team, department and the like, and says so to the extension.
    pub people_alone: bool,
    /// Its body.
    #[serde(skip)]
    pub body: Body,
}

/// A generated view of the keys of records: of one column, read with the rights of its owner, behind a security barrier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// Its name: that of the function that gives the same keys.
    pub name: Sql,
    /// Its column.
    pub key: Sql,
    /// Its query.
    #[serde(skip)]
    pub body: Body,
}

/// What a function returns.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    /// One value of a type.
    One(Sql),
    /// Rows of a type.
    Set(Sql),
    /// Rows of named columns: name and type.
    Table(Vec<(Sql, Sql)>),
    /// Nothing.
    Void,
    /// It is a trigger's.
    Trigger,
}

/// Volatility of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// What is answered while a statement is planned, and asked again in each execution by those that rely on it.
    Immutable,
    /// The same within a statement.
    Stable,
    /// Checks of what was just written, which must see it.
    Volatile,
}

/// The body of a function: a template under `templates/functions` and what it is filled with.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Name of the template.
    pub template: &'static str,
    /// Values by name; texts only inside [`Sql`] atoms.
    pub values: BTreeMap<&'static str, Value>,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// Its name.
    pub name: Sql,
    /// Its table.
    pub table: Sql,
    /// Whether it grants or narrows.
    pub permissive: PolicyKind,
    /// The command it is for.
    pub command: Sql,
    /// The role it is for.
    pub role: Sql,
    /// Its conditions.
    #[serde(flatten)]
    pub check: Check,
}

/// Whether a policy grants or narrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// AS PERMISSIVE
    Permissive,
    /// AS RESTRICTIVE
    Restrictive,
}

/// Conditions of a policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// For rows as they are; absent for INSERT.
    pub using: Option<Sql>,
    /// For rows as they become; absent for SELECT and DELETE.
    pub with_check: Option<Sql>,
}

/// A trigger that checks assignments after a statement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trigger {
    /// Its name.
    pub name: Sql,
    /// The commands after which it fires.
    pub event: Sql,
    /// Its table.
    pub table: Sql,
    /// Whether it looks at the rows before and after.
    pub transition: bool,
    /// Its arguments: the columns whose change matters; none: any change.
    pub columns: Vec<Sql>,
    /// The function it calls.
    pub function: Sql,
}

/// Something that was made or changed, for `crm_access.object`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// What it is.
    pub kind: Sql,
    /// Schema of the relation it is on, or its own, or a further distinction.
    pub schema: Sql,
    /// The relation it is on, if any.
    pub relation: Sql,
    /// Its name.
    pub name: Sql,
    /// What it was before, as JSON; used for grants on functions.
    pub before: Option<Sql>,
}

/// Kinds of [`Record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A policy.
    Policy,
    /// A trigger.
    Trigger,
    /// A privilege that was granted; the name is the role.
    Grant,
    /// A role of the configuration.
    Role,
    /// A restriction of the configuration.
    Restriction,
    /// A setting of the configuration; the schema is its key, the name its value.
    Option,
}

impl RecordKind {
    /// The kind's name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            RecordKind::Policy => "policy",
            RecordKind::Trigger => "trigger",
            RecordKind::Grant => "grant",
            RecordKind::Role => "role",
            RecordKind::Restriction => "restriction",
            RecordKind::Option => "option",
        }
    }
}
