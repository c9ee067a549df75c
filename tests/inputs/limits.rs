//! Inputs made to exhaust the stack, the memory or the patience: each ends at a limit that the product states.

use crm_access::text::Source;

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
        refused(text.chars().take(Source::LIMIT / filler.len() / 4).collect());
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
