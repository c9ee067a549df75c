//! The benchmark: what policies cost, in the several ways to write them, against the best query that one would write by hand.
//!
//! `tools/bench` runs it beside a server of its own. Every variant has its own copy of one data set and answers the same queries for the same
//! users, in turn; an answer that is not that of the hand-written query is a failure.

mod beside;
mod campaign;
mod cell;
mod dataset;
mod failure;
mod only;
mod options;
mod plot;
mod processor;
mod query;
mod record;
mod report;
mod runner;
mod scale;
mod scope;
mod server;
mod statement;
mod user;
mod variant;

use std::io::Write;
use std::process::ExitCode;

use failure::{During, Failure, Result};
use options::Options;
use record::Findings;
use runner::Mode;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1))
        .map_err(|failure| (failure, 2))
        .and_then(|options| run(&options).map_err(|failure| (failure, 1)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err((failure, code)) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::from(code)
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let mut wrong = Vec::new();
    let mut all = Vec::new();
    for scale in &options.scales {
        all.push(campaign::run(*scale, options, &mut wrong)?);
        if !options.check {
            // After each scale, so that an interrupted series leaves something.
            write(&all, options)?;
        }
    }
    for variant in campaign::variants(options) {
        variant.drop()?;
    }
    let cells: usize = all.iter().map(|findings| findings.cells.len()).sum();
    let mut out = std::io::stdout();
    if !wrong.is_empty() {
        return Err(Failure(format!("{} of {cells} cells have differing answers:\n       {}", wrong.len(), wrong.join("\n       "))));
    }
    Ok(writeln!(out, "cells={cells} differences=0")?)
}

/// Prints the tables and stores everything.
fn write(all: &[Findings], options: &Options) -> Result<()> {
    let variants = campaign::variants(options);
    let out = &options.out;
    let shown = out.display().to_string();
    std::fs::create_dir_all(out).during(&shown)?;
    let ratios: Vec<serde_json::Value> = all.iter().flat_map(Findings::ratios).collect();
    let beside: Vec<serde_json::Value> = all.iter().map(Findings::beside).collect();
    for (name, list) in [("ratios.json", ratios), ("beside.json", beside)] {
        let text = serde_json::to_string_pretty(&list).map_err(|error| Failure(error.to_string()))?;
        std::fs::write(out.join(name), text + "\n").during(&shown)?;
    }
    let mut tables: String = all.iter().map(|findings| report::tables(findings, &variants)).collect();
    if all.len() > 1 {
        tables.push_str(&report::growth(all, &variants));
        plot::growth(all, &variants, &out.join("growth.svg"))?;
    }
    std::fs::write(out.join("ratios.md"), &tables).during(&shown)?;
    if let Some(last) = all.last() {
        for (mode, name) in [(Mode::Prepared, "ratios.svg"), (Mode::AdHoc, "ratios-ad-hoc.svg")] {
            plot::ratios(last, &variants, mode, &out.join(name))?;
        }
        if all.len() == options.scales.len() {
            std::io::stdout().write_all(tables.as_bytes())?;
            writeln!(std::io::stdout(), "stored under {shown}")?;
        }
    }
    Ok(())
}
