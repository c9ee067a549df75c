//! The options of the command line.

use std::path::PathBuf;

use crate::failure::{Failure, Result};
use crate::only::Only;
use crate::scale::Scale;

pub struct Options {
    pub scales: Vec<Scale>,
    pub only: Only,
    /// Every cell once at the smallest scale, for the answers' sake: nothing is timed or written.
    pub check: bool,
    pub out: PathBuf,
}

const USAGE: &str = "options: [--scale SCALE] [--growth] [--check] [--only WORDS] [--out DIRECTORY]";

impl Options {
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Options> {
        let mut options =
            Options { scales: vec![Scale::parse("1/10")?], only: Only::parse("")?, check: false, out: PathBuf::from("target/bench") };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| Failure(format!("`{argument}` takes a value; {USAGE}")));
            match argument.as_str() {
                "--scale" => options.scales = vec![Scale::parse(&value()?)?],
                "--growth" => options.scales = Scale::GROWTH.to_vec(),
                "--check" => (options.check, options.scales) = (true, vec![Scale::CHECK]),
                "--only" => options.only = Only::parse(&value()?)?,
                "--out" => options.out = PathBuf::from(value()?),
                // Cargo adds it.
                "--bench" => {}
                other => return Err(Failure(format!("unknown option `{other}`; {USAGE}"))),
            }
        }
        Ok(options)
    }
}
