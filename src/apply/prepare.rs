//! All passes from text to verified SQL.

use sha2::{Digest, Sha256};

use crate::audit::check_names;
use crate::compile::{CompileError, compile};
use crate::config::{self, Config};
use crate::model::Model;
use crate::program::Target;
use crate::render::Script;
use crate::resolve::resolve;
use crate::text::{Code, Diagnostics, Source};
use crate::verify::verified;

/// A configuration that is ready to be applied.
#[derive(Debug)]
pub struct Prepared {
    /// What it says.
    pub config: Config,
    /// What it means.
    pub model: Model,
    /// The statements that enforce it.
    pub script: Script,
    /// SHA-256 of its text, in hexadecimal.
    pub hash: String,
}

/// Runs the passes; `None` where an error was found, all of which are in `diagnostics`.
pub fn prepare(source: &Source, target: Target, diagnostics: &mut Diagnostics) -> Option<Prepared> {
    let config = config::read(source, diagnostics)?;
    check_names(&config, diagnostics);
    let model = resolve(source, &config, diagnostics)?;
    let program = match compile(&model, target) {
        Ok(program) => program,
        Err(error) => {
            let (code, help) = match &error {
                CompileError::NoIdentity(Target::Extension) => (Code::NoIdentity, "give `act_as` or `database_role` under `identity`"),
                CompileError::NoIdentity(Target::Portable) => (Code::NoIdentity, "give `setting` or `database_role` under `identity`"),
                CompileError::NameCollision(_) => (Code::NameCollision, "rename one of the entities, roles or restrictions"),
                CompileError::Unresolved(_) => (Code::BadValue, "please report this as a defect of crm_access"),
            };
            let place = matches!(error, CompileError::NoIdentity(_)).then_some(config.identity.span);
            diagnostics.error(code, place, error.to_string(), help);
            return None;
        }
    };
    match verified(&program) {
        Ok(script) => {
            let hash = Sha256::digest(source.text().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            Some(Prepared { config, model, script, hash })
        }
        Err(error) => {
            diagnostics.error(Code::BadValue, None, error.to_string(), "please report this as a defect of crm_access");
            None
        }
    }
}
