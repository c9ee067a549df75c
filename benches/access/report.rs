//! What a run found, as tables for people.

use std::fmt::Write;

use crate::record::{Cell, Findings, ratio_text, summary};
use crate::runner::Mode;
use crate::user::User;
use crate::variant::Variant;

type Written = std::fmt::Result;

/// The tables of one scale, in Markdown.
pub fn tables(findings: &Findings, variants: &[Variant]) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = write_tables(&mut text, findings, variants);
    text
}

fn write_tables(text: &mut String, findings: &Findings, variants: &[Variant]) -> Written {
    let (scale, size) = (findings.scale, findings.bytes as f64 / 1e6);
    writeln!(text, "# Scale {}: {} companies, {size:.0} MB a copy\n", scale.name(), scale.companies())?;
    for mode in Mode::ALL {
        let cells: Vec<&Cell> = findings.cells.iter().filter(|cell| cell.mode == mode).collect();
        if !cells.is_empty() {
            writeln!(text, "## Ratio to the best hand-written query, {}\n", mode.name().replace('_', " "))?;
            ratios(text, &cells, variants)?;
        }
    }
    if !findings.cells.is_empty() {
        writeln!(text, "## Over all cells\n")?;
        overview(text, &findings.cells, variants)?;
    }
    planning(text, findings, variants)?;
    memory(text, findings, variants)?;
    writeln!(text, "## Saying who asks, in microseconds\n\n| variant | statement | `SELECT 1` | difference |\n| --- | --- | --- | --- |")?;
    for one in &findings.identity {
        let difference = one.microseconds - one.nothing;
        writeln!(text, "| {} | {:.0} | {:.0} | {difference:.0} |", one.variant.name(), one.microseconds, one.nothing)?;
    }
    writeln!(text)
}

fn head(text: &mut String, first: &str, variants: &[Variant]) -> Written {
    let names: Vec<&str> = variants.iter().map(|variant| variant.name()).collect();
    writeln!(text, "| {first} | {} |\n|{}", names.join(" | "), " --- |".repeat(first.split('|').count() + names.len()))
}

fn others(variants: &[Variant]) -> Vec<Variant> {
    variants.iter().copied().filter(|variant| *variant != Variant::Hand).collect()
}

fn ratios(text: &mut String, cells: &[&Cell], variants: &[Variant]) -> Written {
    let others = others(variants);
    head(text, "query | user | rows | hand-written, ms", &others)?;
    for cell in cells {
        let Some(hand) = cell.of(Variant::Hand) else { continue };
        let rows = hand.rows.map_or_else(String::new, |rows| rows.to_string());
        let (form, ms) = (hand.form.unwrap_or_default(), hand.median.as_secs_f64() * 1e3);
        write!(text, "| {} | {} | {rows} | {ms:.3} ({form}) |", cell.query, cell.user.name())?;
        for variant in &others {
            write!(text, " {} |", cell.ratio(*variant).map(ratio_text).unwrap_or_default())?;
        }
        writeln!(text)?;
    }
    writeln!(text)
}

/// A name, and which cells it is about.
type Group = (&'static str, fn(&Cell) -> bool);

const GROUPS: [Group; 4] = [
    ("all", |_| true),
    ("leakproof conditions", |cell| !cell.leaky),
    ("conditions that are not leakproof", |cell| cell.leaky),
    ("prepared lookup of a visible record", |cell| cell.query == "lookup_visible" && cell.mode == Mode::Prepared),
];

fn overview(text: &mut String, cells: &[Cell], variants: &[Variant]) -> Written {
    let others = others(variants);
    head(text, "cells | of", &others)?;
    let mut line = |name: &str, chosen: &dyn Fn(&Cell) -> bool| -> Written {
        let chosen: Vec<&Cell> = cells.iter().filter(|cell| chosen(cell)).collect();
        if chosen.is_empty() {
            return Ok(());
        }
        for (what, at) in [("geometric mean", 0), ("median", 1), ("worst", 2)] {
            write!(text, "| {name} ({}) | {what} |", chosen.len())?;
            for variant in &others {
                let ratios: Vec<(f64, bool)> = chosen.iter().filter_map(|cell| cell.ratio(*variant)).collect();
                let cancelled = ratios.iter().any(|(_, cancelled)| *cancelled) && what != "median";
                let numbers: Vec<f64> = ratios.iter().map(|(ratio, _)| *ratio).collect();
                let number = summary(&numbers).map(|(mean, median, worst)| [mean, median, worst]);
                let number = number.and_then(|numbers| numbers.get(at).copied());
                write!(text, " {} |", number.map(|number| ratio_text((number, cancelled))).unwrap_or_default())?;
            }
            writeln!(text)?;
        }
        Ok(())
    };
    for (name, chosen) in GROUPS {
        line(name, &chosen)?;
    }
    for user in User::ALL {
        line(&format!("user {}", user.name()), &|cell| cell.user == user)?;
    }
    writeln!(text)
}

fn planning(text: &mut String, findings: &Findings, variants: &[Variant]) -> Written {
    let others = others(variants);
    if findings.planning.is_empty() {
        return Ok(());
    }
    writeln!(text, "## Planning time, ratio to the hand-written query\n")?;
    head(text, "query | user | hand-written, ms", &others)?;
    let of = |user: User, query: &str, variant: Variant| {
        findings
            .planning
            .iter()
            .find(|(at, one)| *at == user && one.query == query && one.variant == variant)
            .map(|(_, one)| one.milliseconds)
    };
    let mut all: Vec<Vec<f64>> = others.iter().map(|_| Vec::new()).collect();
    for (user, one) in findings.planning.iter().filter(|(_, one)| one.variant == Variant::Hand) {
        write!(text, "| {} | {} | {:.3} |", one.query, user.name(), one.milliseconds)?;
        for (variant, all) in others.iter().zip(&mut all) {
            let ratio = of(*user, one.query, *variant).map(|own| own / one.milliseconds.max(1e-6));
            all.extend(ratio);
            write!(text, " {} |", ratio.map(|ratio| ratio_text((ratio, false))).unwrap_or_default())?;
        }
        writeln!(text)?;
    }
    write!(text, "| geometric mean | | |")?;
    for ratios in &all {
        write!(text, " {} |", summary(ratios).map(|(mean, ..)| ratio_text((mean, false))).unwrap_or_default())?;
    }
    writeln!(text, "\n")
}

fn memory(text: &mut String, findings: &Findings, variants: &[Variant]) -> Written {
    if findings.memory.is_empty() {
        return Ok(());
    }
    writeln!(text, "## Peak memory of the backend in MB: without shared buffers (with them)\n")?;
    head(text, "user", variants)?;
    for user in User::ALL.into_iter().filter(|user| findings.memory.iter().any(|(at, _)| at == user)) {
        write!(text, "| {} |", user.name())?;
        for variant in variants {
            let one = findings.memory.iter().find(|(at, one)| *at == user && one.variant == *variant);
            let cell = one.map(|(_, one)| format!("{:.1} ({:.0})", one.own as f64 / 1024.0, one.peak as f64 / 1024.0));
            write!(text, " {} |", cell.unwrap_or_default())?;
        }
        writeln!(text)?;
    }
    writeln!(text)
}

/// How many times as long the largest scale takes as the smallest: geometric means over the cells of a user.
pub fn growth(all: &[Findings], variants: &[Variant]) -> String {
    let mut text = String::new();
    let _ = write_growth(&mut text, all, variants);
    text
}

fn write_growth(text: &mut String, all: &[Findings], variants: &[Variant]) -> Written {
    let Some(first) = all.first() else { return Ok(()) };
    writeln!(text, "# Growth: geometric mean of the time of each cell, relative to scale {}\n", first.scale.name())?;
    head(text, "user | scale", variants)?;
    for user in User::ALL {
        for findings in all {
            write!(text, "| {} | {} |", user.name(), findings.scale.name())?;
            for variant in variants {
                let factors: Vec<f64> = findings
                    .cells
                    .iter()
                    .filter(|cell| cell.user == user)
                    .filter_map(|cell| {
                        let before =
                            first.cells.iter().find(|other| other.user == user && other.query == cell.query && other.mode == cell.mode)?;
                        let (now, before) = (cell.of(*variant)?, before.of(*variant)?);
                        Some(now.median.as_secs_f64() / before.median.as_secs_f64().max(1e-9))
                    })
                    .collect();
                write!(text, " {} |", summary(&factors).map(|(mean, ..)| ratio_text((mean, false))).unwrap_or_default())?;
            }
            writeln!(text)?;
        }
    }
    writeln!(text)
}
