//! The page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::example::{Example, examples_of_keys, examples_of_scopes};
use crate::config::{KeyDoc, SCOPE_FORMS, TypeDoc, types};
use crate::predicate::{CONDITIONS, Form, MAX_DEPTH, MAX_LENGTH, VALUES};

const HEAD: &str = "# The configuration language

This page is made by `crm-access reference` from the documentation of the types that read a configuration, and quotes the presets in
`examples/`, above all [full.yaml](../examples/full.yaml), which uses every key and every scope. Identifiers such as T1, J4, B9 and O7 are
those of the rules (last section) that the presets of Teamleader (T), Jetpack (J), Odoo (O) and Bitrix24 (B) keep; the tests are named after them.

A configuration is YAML, or JSON, which is YAML. Wherever a list is expected, one value may stand without the list. Where a key takes
a text, a list or a mapping, the value of the mapping's first key may stand in the mapping's place: `owners: manager_id` is `owners: {columns: [manager_id]}`. An unknown
key is a mistake, and so is a key without a value. Names of tables and columns are taken as they are written, capitals included.
`crm-access schema` prints the same as JSON Schema, for editors.
";

const SCOPES: &str = "A scope says which records. Several in a list are a union; `and` in one text narrows: `created and without(company)`. A `where`
beside a scope narrows it further. Null, unknown and missing are never in a scope, except where `unassigned` and `without` ask for just that.
";

const RULES: &str =
    "The rules of the four products that are named above, and the keys and scopes that are there because of them. Rules that are \
not in this list need no key.
";

/// The whole page.
pub fn document() -> String {
    let types = types();
    let keys = examples_of_keys();
    let mut out = HEAD.to_owned();
    contents(&types, &mut out);
    for one in &types {
        section(one, &types, &keys, &mut out);
    }
    scopes(&mut out);
    conditions(&mut out);
    rules(&types, &mut out);
    out
}

/// The heading of a type: `EntityGrants` is `Entity grants`.
fn title(name: &str) -> String {
    if name == "Config" {
        return "The file".to_owned();
    }
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push(' ');
            out.extend(letter.to_lowercase());
        } else {
            out.push(letter);
        }
    }
    out
}

fn link(name: &str) -> String {
    let title = title(name);
    format!("[{title}](#{})", title.to_lowercase().replace(' ', "-"))
}

fn contents(types: &[TypeDoc], out: &mut String) {
    let all: Vec<String> = types.iter().map(|one| link(&one.name)).chain(["Scopes", "Conditions", "Rules"].map(link)).collect();
    let _ = writeln!(out, "\n{}", all.join(" · "));
}

fn section(one: &TypeDoc, types: &[TypeDoc], examples: &BTreeMap<(String, String), Example>, out: &mut String) {
    let _ = writeln!(out, "\n## {}\n\n{}", title(&one.name), one.description);
    if !one.values.is_empty() {
        let _ = writeln!(out);
        for (value, means) in &one.values {
            let _ = writeln!(out, "- `{value}`: {means}");
        }
    }
    for key in &one.keys {
        let _ = writeln!(out, "\n### `{}`\n\n{}", key.name, facts(key, types));
        let (means, _) = without_default(&key.description);
        if !means.is_empty() {
            let _ = writeln!(out, "\n{means}");
        }
        if let Some(example) = examples.get(&(one.name.clone(), key.name.clone())) {
            quote(example, out);
        }
    }
}

/// What a key expects, whether it must be there, and its default, in one line.
fn facts(key: &KeyDoc, types: &[TypeDoc]) -> String {
    let described = |name: &&String| types.iter().any(|one| one.name == **name);
    let mut links: Vec<String> = key.types.iter().filter(described).map(|name| link(name)).collect();
    if key.types.iter().any(|name| name == "Scope") || key.expected.contains("scope") {
        links.push(link("Scopes"));
    }
    if key.expected.contains("predicate") {
        links.push(link("Conditions"));
    }
    let mut expected = key.expected.clone();
    if let Some(first) = expected.get(..1).map(str::to_uppercase) {
        expected.replace_range(..1, &first);
    }
    let links = if links.is_empty() { String::new() } else { format!(" ({})", links.join(", ")) };
    let (_, written) = without_default(&key.description);
    let default = written.or_else(|| key.default.as_ref().map(|value| format!("`{value}`")));
    match (key.required, default) {
        (true, _) => format!("{expected}{links}. **Required.**"),
        (false, Some(default)) => format!("{expected}{links}. Optional; default: {default}."),
        (false, None) => format!("{expected}{links}. Optional."),
    }
}

/// A description without the sentence that says the default, and that default.
fn without_default(text: &str) -> (String, Option<String>) {
    let mut kept: Vec<&str> = Vec::new();
    let mut default = None;
    for sentence in text.split_inclusive(". ") {
        match sentence.trim().strip_prefix("Default").map(|rest| rest.trim_start_matches(':').trim().trim_end_matches('.')) {
            Some(rest) if default.is_none() => default = Some(rest.to_owned()),
            _ => kept.push(sentence),
        }
    }
    (kept.concat().trim().to_owned(), default)
}

fn quote(example: &Example, out: &mut String) {
    let Example { file, line, path, lines } = example;
    let place = if path.is_empty() { String::new() } else { format!(", in `{}`", path.join(": ")) };
    let _ = writeln!(out, "\n[{file}, line {line}](../examples/{file}#L{line}){place}:\n\n```yaml\n{}\n```", lines.join("\n"));
}

fn scopes(out: &mut String) {
    let examples = examples_of_scopes();
    let _ = writeln!(out, "\n## Scopes\n\n{SCOPES}\n| scope | what it means for a record | needs | example |\n| --- | --- | --- | --- |");
    for form in SCOPE_FORMS {
        let example = examples.get(form.written).map(|Example { file, line, lines, .. }| {
            let shown = lines.first().map(|first| cell(first.trim())).unwrap_or_default();
            format!("`{shown}` ([{file}:{line}](../examples/{file}#L{line}))")
        });
        let _ = writeln!(out, "| `{}` | {} | {} | {} |", form.written, form.means, form.needs, example.unwrap_or_default());
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('`', "'")
}

fn conditions(out: &mut String) {
    let _ = writeln!(
        out,
        "\n## Conditions\n\nThe text of a `where`: a small part of SQL's expressions, over the record's own columns and the user's attributes. \
         It is read into a tree and written anew, never pasted; what is not listed here is refused. A condition that is unknown, as with a null, \
         does not hold. At most {MAX_LENGTH} bytes, nested at most {MAX_DEPTH} deep. In a flow mapping (`{{where: ...}}`) a text with a comma takes quotes."
    );
    for (title, forms) in [("Comparing and joining", CONDITIONS), ("Values", VALUES)] {
        let _ = writeln!(out, "\n### {title}\n\n| written | means | example |\n| --- | --- | --- |");
        for Form { written, means, example } in forms {
            let _ = writeln!(out, "| `{}` | {} | `{}` |", cell(written), means, cell(example));
        }
    }
}

/// Which keys are there because of which rule.
fn rules(types: &[TypeDoc], out: &mut String) {
    let mut found: BTreeMap<(char, u32), Vec<String>> = BTreeMap::new();
    let mut note = |text: &str, what: String| {
        for rule in identifiers(text) {
            let known = found.entry(rule).or_default();
            if !known.contains(&what) {
                known.push(what.clone());
            }
        }
    };
    for one in types {
        note(&one.description, link(&one.name));
        for key in &one.keys {
            note(&key.description, format!("`{}` of {}", key.name, link(&one.name)));
        }
        for (value, means) in &one.values {
            note(means, format!("`{value}` of {}", link(&one.name)));
        }
    }
    for form in SCOPE_FORMS {
        note(form.means, format!("`{}` of {}", form.written, link("Scopes")));
    }
    let _ = writeln!(out, "\n## Rules\n\n{RULES}\n| rule | keys |\n| --- | --- |");
    for ((letter, number), keys) in found {
        let _ = writeln!(out, "| {letter}{number} | {} |", keys.join(", "));
    }
}

/// Identifiers of rules in a text: a letter and a number, standing alone.
fn identifiers(text: &str) -> impl Iterator<Item = (char, u32)> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter_map(|word| {
        let letter = word.chars().next().filter(|letter| matches!(letter, 'T' | 'J' | 'O' | 'B'))?;
        Some((letter, word.get(1..)?.parse().ok()?))
    })
}
