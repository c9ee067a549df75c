//! The command line `crm-access`.

use std::process::ExitCode;

fn main() -> ExitCode {
    crm_access::cli::main()
}
