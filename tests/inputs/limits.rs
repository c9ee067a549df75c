//! Inputs made to exhaust the stack, the memory or the patience: each ends at a limit that the product states.

use crm_access::apply::prepare;
use crm_access::program::Target;
use crm_access::text::{Code, Diagnostics, Source};

use crate::examine::{Outcome, examine};

/// Runs a test on a stack no larger than a server's backend may use (`max_stack_depth` is 2 MB), a half of which the server has taken.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(test).unwrap().join().unwrap();
}

fn refused(text: String) {
    assert_eq!(examine(text.into_bytes()), Outcome::Refused);
}

#[test]
fn nesting_of_any_depth_ends_at_the_limit_and_before_the_stack() {
    on_a_small_stack(|| {
        for depth in [10, 63, 64, 65, 127, 129, 1000, 100_000] {
            for (open, close) in
                [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("[{a: ", "}]"), ("{? [", "] : x}"), ("&a [", "]"), ("!t [", "]")]
            {
                refused(format!("{}x{}", open.repeat(depth), close.repeat(depth)));
                refused(open.repeat(depth));
            }
            let steps: String = (0..depth.min(2000)).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
            refused(steps);
        }
    });
}

#[test]
fn a_text_of_many_megabytes_ends_at_the_limit() {
    let size = Source::LIMIT + 1;
    for filler in
        ["x", "[", "{", "- ", "a: ", "a: b\n", "'", "\"", "\\", "#", "\n", " ", "\t", "&a ", "*a ", "!", "|\n", "é", "\u{feff}", "\0", "%"]
    {
        let text = filler.repeat(size / filler.len() + 1);
        refused(text.clone());
        refused(text.chars().take(100_000 / filler.len()).collect());
    }
}

#[test]
fn aliases_that_stand_for_ever_more_end_at_the_limit() {
    for width in [2, 10, 100] {
        let mut text = "a0: &a0 x\n".to_owned();
        for level in 1..40 {
            let aliases = vec![format!("*a{}", level - 1); width].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        refused(text);
    }
    refused(format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 900].join(", ")));
}

/// A configuration with so many entities, each the parent of the one before, restrictions and roles that it says nothing wrong otherwise.
fn many(entities: usize, restrictions: usize, roles: usize, scope: &str) -> String {
    let mut text = "version: 1\napplication_role: crm_app\nidentity: {act_as: crm_backend, database_role: login}\n".to_owned();
    text.push_str("directory: {users: {table: users}}\nentities:\n");
    for n in 0..entities {
        text.push_str(&format!("  e{n}: {{table: t{n}, owners: owner, parents: {{e{}: up}}}}\n", n + 1));
    }
    text.push_str(&format!("  e{entities}: {{table: top, owners: owner}}\nroles:\n"));
    for n in 0..roles {
        let includes = if n + 1 < roles { format!("includes: r{}, ", n + 1) } else { String::new() };
        let grants = match scope {
            "parent" => (0..entities).map(|n| format!("e{n}: parent(e{})", n + 1)).collect::<Vec<_>>().join(", "),
            _ => format!("\"*\": {scope}"),
        };
        text.push_str(&format!("  r{n}: {{{includes}grants: {{{grants}}}}}\n"));
    }
    text.push_str("restrictions:\n");
    for n in 0..restrictions {
        text.push_str(&format!("  x{n}: {{entities: {{e0: own}}, others: hidden}}\n"));
    }
    text + "assignments: {listed: {role: r0, everyone: true}}\n"
}

/// The codes and messages of a configuration that is refused.
fn reasons(text: String) -> Vec<(Code, String)> {
    assert_eq!(examine(text.clone().into_bytes()), Outcome::Refused);
    let mut found = Diagnostics::new();
    prepare(&Source::new("input.yaml", text), Target::Extension, &mut found);
    found.iter().map(|diagnostic| (diagnostic.code, diagnostic.message.clone())).collect()
}

#[test]
fn parents_above_each_other_end_at_the_limit_and_before_the_stack() {
    on_a_small_stack(|| {
        assert_eq!(examine(many(32, 1, 1, "parent").into_bytes()), Outcome::Accepted);
        for depth in [33, 34, 200, 990] {
            let found = reasons(many(depth, 1, 1, "parent"));
            assert!(!found.is_empty() && found.iter().all(|(code, _)| *code == Code::TooDeep), "{depth}: {found:?}");
        }
        // The same the other way round in the file.
        let text = many(500, 1, 1, "parent");
        let mut lines: Vec<&str> = text.lines().collect();
        lines[5..=505].reverse();
        assert!(reasons(lines.join("\n") + "\n").iter().any(|(code, _)| *code == Code::TooDeep));
    });
}

#[test]
fn few_lines_that_stand_for_very_many_policies_end_at_the_limit() {
    let small = many(10, 3, 3, "own");
    assert_eq!(examine(small.into_bytes()), Outcome::Accepted);
    for (entities, restrictions, roles, scope) in [
        (30, 900, 1, "own"),
        (30, 1, 900, "own"),
        (
            20,
            1,
            40,
            "[own, {scope: own, where: note = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}, own, own, own, own, own, own, own, own, own, own, own, own, own, own]",
        ),
        (0, 1, 1000, "own"),
    ] {
        let found = reasons(many(entities, restrictions, roles, scope));
        assert_eq!(found.iter().filter(|(code, _)| *code == Code::FileTooLarge).count(), 1, "{found:?}");
    }
}

#[test]
fn more_names_than_any_configuration_has_end_at_the_limit() {
    for text in [many(1000, 0, 1, "own"), many(1, 1001, 1, "own"), many(1, 0, 1001, "own")] {
        let found = reasons(text);
        assert!(found.iter().any(|(code, message)| *code == Code::FileTooLarge && message.contains("1001 names")), "{found:?}");
    }
}
