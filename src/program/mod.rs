//! The statements that enforce a model, typed and in order, with nothing quoted and nothing rendered.
//!
//! Every name and every text of the configuration is inside a [`Sql`] atom; a template can print an atom only through the quoting filter.

mod expr;
mod names;
mod statement;

pub use expr::{Argument, Builtin, Call, Comparison, Expr};
pub use names::{IN_SCOPE, KEY_COLUMN, PEOPLE_ALONE, RULES_SCHEMA, STATE_SCHEMA, joined_name};
pub use statement::{
    Body, Check, Function, Policy, PolicyKind, Program, Record, RecordKind, Returns, Sql, Statement, Step, Trigger, View, Volatility,
};

/// Where the generated SQL is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A server with the extension.
    Extension,
    /// A server on which no extension of one's own can be installed.
    Portable,
}

impl Target {
    /// The target's name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Extension => "extension",
            Target::Portable => "portable",
        }
    }

    /// The target of that name.
    pub fn from_name(name: &str) -> Option<Target> {
        [Target::Extension, Target::Portable].into_iter().find(|target| target.name() == name)
    }
}
