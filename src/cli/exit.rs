//! Exit codes.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is as it should be.
    Fine,
    /// Something could not be done.
    Failure,
    /// The command line makes no sense.
    Usage,
    /// The configuration has mistakes, or the database is open somewhere.
    Findings,
    /// Something is not as the last apply left it.
    Drift,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::Findings => 3,
            Exit::Drift => 4,
        })
    }
}
