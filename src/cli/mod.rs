//! The command line: parse, run, give an exit code.

mod arguments;
mod audit;
mod commands;
mod exit;
mod indexes;

use std::process::ExitCode;

use clap::Parser as _;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    match arguments::Arguments::try_parse() {
        Ok(arguments) => commands::run(&arguments).into(),
        Err(error) => {
            // Help and version are asked for and go to standard output; anything else is a mistake of usage.
            let _ = error.print();
            if error.use_stderr() { exit::Exit::Usage.into() } else { exit::Exit::Fine.into() }
        }
    }
}
