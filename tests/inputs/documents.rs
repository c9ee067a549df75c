//! Bytes and YAML of any shape.

use proptest::prelude::*;

use crate::cases::cases;
use crate::examine::{Outcome, examine};
use crate::hostile;
use crate::write::{Tree, write};

/// Pieces of YAML, in any order.
const SOUP: &[&str] = &[
    "version: 1\n",
    "entities:\n",
    "  ",
    "    ",
    "- ",
    "? ",
    ": ",
    "a",
    "key: ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "'",
    "\"",
    "\\",
    "|\n",
    ">-\n",
    "|2\n",
    "&a ",
    "*a",
    "*b ",
    "<<: *a\n",
    "!!int ",
    "!t ",
    "!<x> ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "%TAG ! x\n",
    "# c\n",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\0",
    "\"\\uD800\"",
    "\"\\u0000\"",
    "\"\\x41\"",
    "\"\\\n",
    "0x",
    "1e999",
    "-",
    "~",
    "null",
    "é",
    "🦀",
    "`",
    "@",
    "%",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![8 => prop::sample::select(SOUP).prop_map(str::to_owned), 1 => hostile::text()], 0..40)
        .prop_map(|pieces| pieces.concat())
}

/// Any tree, keys of any kind included.
pub fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i128>().prop_map(Tree::Int),
        any::<f64>().prop_map(Tree::Float),
        hostile::text().prop_map(Tree::Text),
        prop::sample::select(SOUP).prop_map(|raw| Tree::Raw(raw.to_owned())),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::List),
            prop::collection::vec((prop_oneof![3 => hostile::text().prop_map(Tree::Text), 1 => inner.clone()], inner), 0..6)
                .prop_map(Tree::Map),
        ]
    })
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn any_bytes_are_refused_with_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(examine(bytes), Outcome::Refused);
    }

    #[test]
    fn any_text_is_refused_with_a_reason(text in "\\PC{0,120}") {
        prop_assert_eq!(examine(text.into_bytes()), Outcome::Refused);
    }

    #[test]
    fn pieces_of_yaml_in_any_order_are_refused_with_a_reason(text in soup()) {
        prop_assert_eq!(examine(text.into_bytes()), Outcome::Refused);
    }

    #[test]
    fn any_tree_is_refused_with_a_reason(tree in tree(), style in any::<u64>()) {
        prop_assert_eq!(examine(write(&tree, style).into_bytes()), Outcome::Refused);
    }
}
