//! The order of the layers: a module imports from lower ones only, and each foreign interface has one layer that may name it.
//!
//! Reads the sources as text, so it also sees what no feature of this build compiles.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first. Those on one line stand beside each other.
const LAYERS: &[&[&str]] = &[
    &["text"],
    &["yaml"],
    &["config"],
    &["predicate"],
    &["model"],
    &["resolve"],
    &["reference"],
    &["program", "decide"],
    &["compile"],
    &["render"],
    &["verify"],
    &["catalog"],
    &["inspect"],
    &["audit"],
    &["apply"],
    &["live", "extension"],
    &["cli"],
];

/// Pairs that must not meet, whatever their order.
const APART: &[(&str, &str)] = &[
    ("cli", "extension"),
    // What is correct and what is generated must not borrow from each other.
    ("decide", "compile"),
    ("decide", "render"),
];

/// Crates that only one layer may name.
const OWNERS: &[(&str, &str)] = &[
    ("pgrx", "extension"),
    ("pgrx_tests", "extension"),
    ("rustc_hash", "extension"),
    ("postgres", "live"),
    ("tera", "render"),
    ("sqlparser", "verify"),
    ("granit_parser", "yaml"),
    ("clap", "cli"),
    ("annotate_snippets", "text"),
];

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|beside| beside.contains(&layer))
}

/// What is wrong with a file, by its path below `src`.
fn violations(path: &str, source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
    // The root only lists the layers, and the program only calls the command line.
    let layer = match path.split(['/', '.']).next().unwrap_or_default() {
        "lib" => return Vec::new(),
        "bin" => "cli",
        layer => layer,
    };
    let Some(own) = rank(layer) else {
        return vec![format!("{path}: `{layer}` has no place in the order of the layers")];
    };
    let mut found = Vec::new();
    for import in imports(&words, depth(path)) {
        let Some(other) = rank(import) else { continue };
        let apart = APART.iter().any(|pair| *pair == (layer, import) || *pair == (import, layer));
        if apart || other > own || (other == own && import != layer) {
            found.push(format!("{path}: `{layer}` imports `{import}`, which is not below it"));
        }
    }
    for (name, owner) in OWNERS {
        if *owner != layer && names_crate(&words, name) {
            found.push(format!("{path}: `{layer}` names `{name}`, which only `{owner}` may"));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// How many times `super` leads from a file's module to the root.
fn depth(path: &str) -> usize {
    let parts: Vec<&str> = path.split('/').collect();
    if path.ends_with("/mod.rs") { parts.len() - 1 } else { parts.len() }
}

/// Modules of the root that paths lead to, by `crate::` or by as many `super::` as it takes.
fn imports<'t>(words: &[&'t str], depth: usize) -> Vec<&'t str> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let start = match *word {
            "crate" if before != Some(&"::") => at + 1,
            "crm_access" if before != Some(&"::") => at + 1,
            "super" if before != Some(&"::") => {
                let supers = words[at..].chunks(2).take_while(|pair| *pair == ["super", "::"]).count();
                if supers < depth {
                    continue;
                }
                at + 2 * supers - 1
            }
            _ => continue,
        };
        if words.get(start) == Some(&"::") {
            found.extend(first_segments(&words[start + 1..]));
        }
    }
    found
}

/// The first segment of a path, or those of each path in a group.
fn first_segments<'t>(words: &[&'t str]) -> Vec<&'t str> {
    match words.first() {
        Some(&"{") => {
            let (mut level, mut begins, mut found) = (0, false, Vec::new());
            for word in words {
                match *word {
                    "{" => {
                        level += 1;
                        begins = level == 1;
                    }
                    "}" if level == 1 => break,
                    "}" => level -= 1,
                    "," => begins = level == 1,
                    segment if begins => {
                        found.push(segment);
                        begins = false;
                    }
                    _ => {}
                }
            }
            found
        }
        Some(segment) => vec![segment],
        None => Vec::new(),
    }
}

/// Whether a path begins with the crate's name.
fn names_crate(words: &[&str], name: &str) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or_default();
        let before_that = at.checked_sub(2).and_then(|before| words.get(before)).copied().unwrap_or_default();
        let begins = !matches!(before, "::" | ".") || (before == "::" && !is_word(before_that));
        let path = words.get(at + 1) == Some(&"::") || before == "use" || (before == "crate" && before_that == "extern");
        *word == name && begins && path
    })
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_') || token == ">"
}

/// Words, `::` and single signs of a source text, without comments, texts and characters.
fn tokens(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut found: Vec<String> = Vec::new();
    let mut index = 0;
    while index < chars.len() {
        let c = at(index);
        if c == '/' && at(index + 1) == '/' {
            while index < chars.len() && at(index) != '\n' {
                index += 1;
            }
        } else if c == '/' && at(index + 1) == '*' {
            let mut level = 0;
            loop {
                match (at(index), at(index + 1)) {
                    ('/', '*') => (level, index) = (level + 1, index + 2),
                    ('*', '/') => (level, index) = (level - 1, index + 2),
                    _ => index += 1,
                }
                if level == 0 || index >= chars.len() {
                    break;
                }
            }
        } else if c == '"' {
            index += 1;
            while index < chars.len() && at(index) != '"' {
                index += if at(index) == '\\' { 2 } else { 1 };
            }
            index += 1;
        } else if c == '\'' {
            // A character, unless it is a lifetime.
            if at(index + 1) == '\\' {
                index += 3;
                while index < chars.len() && at(index) != '\'' {
                    index += 1;
                }
                index += 1;
            } else {
                index += if at(index + 2) == '\'' { 3 } else { 1 };
            }
        } else if c.is_alphanumeric() || c == '_' {
            let start = index;
            while at(index).is_alphanumeric() || at(index) == '_' {
                index += 1;
            }
            let word: String = chars[start..index].iter().collect();
            let marks = chars[index..].iter().take_while(|c| **c == '#').count();
            if matches!(word.as_str(), "r" | "br" | "cr") && at(index + marks) == '"' {
                let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', marks)).collect();
                index += marks + 1;
                while index < chars.len() && !chars[index..].starts_with(&end) {
                    index += 1;
                }
                index += end.len();
            } else if word == "r" && marks == 1 {
                index += 1; // A raw identifier: its name follows.
            } else {
                found.push(word);
            }
        } else if c == ':' && at(index + 1) == ':' {
            found.push("::".to_owned());
            index += 2;
        } else {
            if !c.is_whitespace() {
                found.push(c.to_string());
            }
            index += 1;
        }
    }
    found
}

fn sources(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_module_imports_from_lower_layers_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.sort();
    let mut found = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        found.extend(violations(&path, &fs::read_to_string(file).unwrap()));
    }
    assert!(files.len() > 50, "the sources were not found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_import_from_a_higher_layer_is_found_however_it_is_written() {
    let expected = ["model/names.rs: `model` imports `render`, which is not below it"];
    for source in [
        "use crate::render::Plain;",
        "use crate::render;",
        "use crate::{text::Span, render::{Plain, Quoting}};",
        "use crate::{\n    text::{At, Span},\n    render,\n};",
        "fn f() { crate::render::run() }",
        "pub use crate :: render :: Plain;",
        "use super::super::render::Plain;",
        "mod tests { use crate::render::Plain; }",
        "fn f<'a>(x: &'a str) -> char { crate::render::f(x, '\"', '\\'') }",
        "const A: &str = r#\"a \" b\"#; use crate::render::Plain;",
    ] {
        assert_eq!(violations("model/names.rs", source), expected, "{source}");
    }
    assert_eq!(violations("model/mod.rs", "use super::render::Plain;"), ["model/mod.rs: `model` imports `render`, which is not below it"]);
    assert_eq!(violations("model/names/tests.rs", "use super::super::super::render::Plain;").len(), 1);
}

#[test]
fn what_may_be_imported_and_what_only_looks_like_an_import_is_left_alone() {
    for source in [
        "use crate::text::Span;\nuse crate::config::{Config, render};",
        "use crate::model::Model;",
        "// use crate::render::Plain;",
        "/* /* nested */ use crate::render::Plain; */",
        "/// [`Plain`](crate::render::Plain)\nstruct A;",
        "const A: &str = \"use crate::render::Plain;\";",
        "const A: &str = r##\"use crate::render::Plain; \"# \"##;",
        "use super::render::Plain;",
        "fn f(tera: u8) -> u8 { self.tera + config::tera::x(tera) }",
    ] {
        assert_eq!(violations("model/names.rs", source), [""; 0], "{source}");
    }
}

#[test]
fn the_faces_do_not_know_each_other() {
    for (path, source) in [
        ("extension/mod.rs", "use crate::cli::run;"),
        ("cli/mod.rs", "use crate::extension::can;"),
        ("extension/mod.rs", "use crate::live::connect;"),
        ("live/mod.rs", "use crate::extension::can;"),
        ("apply/mod.rs", "use crate::live::connect;"),
        ("bin/crm-access.rs", "use crm_access::extension::can;"),
    ] {
        assert_eq!(violations(path, source).len(), 1, "{path}: {source}");
    }
    assert_eq!(violations("cli/mod.rs", "use crate::live::connect;"), [""; 0]);
    assert_eq!(violations("bin/crm-access.rs", "use crm_access::cli::main;"), [""; 0]);
}

#[test]
fn each_foreign_interface_has_one_layer() {
    for (crate_name, owner) in OWNERS {
        for source in [
            format!("use {crate_name}::x;"),
            format!("fn f() {{ ::{crate_name}::x() }}"),
            format!("use {{a, {crate_name}::x}};"),
            format!("use {crate_name};"),
        ] {
            assert_eq!(violations(&format!("{owner}/mod.rs"), &source), [""; 0], "{source}");
            let found = violations("program/mod.rs", &source);
            assert_eq!(found, [format!("program/mod.rs: `program` names `{crate_name}`, which only `{owner}` may")], "{source}");
        }
    }
}

#[test]
fn a_module_without_a_place_in_the_order_is_found() {
    assert_eq!(violations("utils.rs", ""), ["utils.rs: `utils` has no place in the order of the layers"]);
}
