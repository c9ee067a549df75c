//! Changes to a tree that somebody who edits a configuration could make, and some that only an enemy would.

use crm_access::text::{Diagnostics, Source};
use crm_access::yaml::{self, Kind, Node};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::hostile;
use crate::write::Tree;

/// One change, at a place of its own.
#[derive(Clone, Debug)]
pub enum Change {
    Drop,
    Double,
    Rename(String),
    Replace(Tree),
    /// The value of another place, as in a careless paste.
    Copy(Index),
    Listed,
    Nested(usize),
    Emptied,
    /// The text with a piece inserted.
    Inserted(Index, String),
    /// A key that other places know, with the value of another place.
    Foreign(Index, Index),
    Quoted,
}

/// Where and what.
pub type Mutation = (Index, Change);

pub fn mutation() -> impl Strategy<Value = Mutation> {
    let replaced = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(|value| Tree::Int(value.into())),
        any::<i128>().prop_map(Tree::Int),
        any::<f64>().prop_map(Tree::Float),
        hostile::name().prop_map(Tree::Text),
        hostile::text().prop_map(Tree::Text),
        prop::sample::select(SCOPES).prop_map(|text| Tree::Text(text.to_owned())),
        prop::sample::select(RAW).prop_map(|text| Tree::Raw(text.to_owned())),
        Just(Tree::Text("x".repeat(5000))),
        Just(Tree::List(vec![Tree::Text("own".to_owned()); 300])),
    ];
    let change = prop_oneof![
        3 => Just(Change::Drop),
        2 => Just(Change::Double),
        4 => hostile::name().prop_map(Change::Rename),
        6 => replaced.prop_map(Change::Replace),
        4 => any::<Index>().prop_map(Change::Copy),
        1 => Just(Change::Listed),
        1 => (1_usize..80).prop_map(Change::Nested),
        1 => Just(Change::Emptied),
        3 => (any::<Index>(), prop::sample::select(hostile::PIECES)).prop_map(|(at, piece)| Change::Inserted(at, piece.to_owned())),
        3 => (any::<Index>(), any::<Index>()).prop_map(|(key, value)| Change::Foreign(key, value)),
        1 => Just(Change::Quoted),
    ];
    (any::<Index>(), change)
}

const SCOPES: &[&str] = &[
    "own",
    "all",
    "none",
    "created",
    "unassigned",
    "team",
    "department",
    "department_tree",
    "open",
    "parent(company)",
    "own(company)",
    "created and without(company)",
    "parent(company, update)",
    "own and",
    "and own",
    "own(",
    "parent()",
    "parent(parent(company))",
    "ALL",
    "own,own",
    "*",
    "int4",
    "uuid",
    "text",
    "hidden",
    "as_granted",
    "forbid",
    "confirm",
    "lift",
    "union",
    "most_specific",
    "deny_wins",
];

const RAW: &[&str] = &[
    "*a",
    "&a x",
    "&a [*a]",
    "!!str x",
    "!x y",
    "{<<: *a}",
    "<<",
    "'",
    "\"",
    "{",
    "]",
    "| x",
    ">\n  x",
    "0o17",
    "0x7fffffffffffffffffffffffffffffff",
    "1e999",
    "-.inf",
    ".nan",
    "2026-01-01",
    "\t",
    "- - - x",
    "? x",
    "%x",
    "@x",
    "`x`",
    "\"\\uD83D\"",
    "\"\\0\"",
    "\"\\n\"",
    "\"\\u202e\"",
];

/// The tree of a preset.
pub fn parsed(text: &str) -> Tree {
    let node = yaml::parse(&Source::new("preset", text), &mut Diagnostics::new()).unwrap();
    from(&node)
}

fn from(node: &Node) -> Tree {
    match &node.kind {
        Kind::Refused | Kind::Null => Tree::Null,
        Kind::Bool(value) => Tree::Bool(*value),
        Kind::Int(value) => Tree::Int(*value),
        Kind::Float(value) => Tree::Float(*value),
        Kind::Text(text) => Tree::Text(text.clone()),
        Kind::List(items) => Tree::List(items.iter().map(from).collect()),
        Kind::Map(pairs) => Tree::Map(pairs.iter().map(|(key, value)| (Tree::Text(key.value.clone()), from(value))).collect()),
    }
}

/// A place in a tree: which child of which child.
type Path = Vec<usize>;

fn paths(tree: &Tree, at: &mut Path, all: &mut Vec<Path>) {
    all.push(at.clone());
    let children: Vec<&Tree> = match tree {
        Tree::List(items) => items.iter().collect(),
        Tree::Map(pairs) => pairs.iter().map(|(_, value)| value).collect(),
        _ => return,
    };
    for (index, child) in children.into_iter().enumerate() {
        at.push(index);
        paths(child, at, all);
        at.pop();
    }
}

fn get<'t>(tree: &'t mut Tree, path: &[usize]) -> &'t mut Tree {
    let Some((first, rest)) = path.split_first() else { return tree };
    match tree {
        Tree::List(items) => get(&mut items[*first], rest),
        Tree::Map(pairs) => get(&mut pairs[*first].1, rest),
        _ => unreachable!("a path leads through lists and mappings"),
    }
}

/// Applies one change; one that makes no sense at its place does nothing.
pub fn apply(tree: &mut Tree, (place, change): &Mutation) {
    let mut all = Vec::new();
    paths(tree, &mut Path::new(), &mut all);
    let path = all[place.index(all.len())].clone();
    let other = |index: &Index| all[index.index(all.len())].clone();
    match change {
        Change::Copy(from) => {
            let copied = get(tree, &other(from)).clone();
            *get(tree, &path) = copied;
        }
        Change::Foreign(key, value) => {
            let key = name(tree, &other(key)).unwrap_or_else(|| Tree::Text("all".to_owned()));
            let value = get(tree, &other(value)).clone();
            if let Tree::Map(pairs) = get(tree, &path) {
                pairs.push((key, value));
            }
        }
        Change::Drop | Change::Double | Change::Rename(_) => {
            let Some((last, above)) = path.split_last() else { return };
            match (get(tree, above), change) {
                (Tree::List(items), Change::Drop) => drop(items.remove(*last)),
                (Tree::Map(pairs), Change::Drop) => drop(pairs.remove(*last)),
                (Tree::List(items), Change::Double) => items.push(items[*last].clone()),
                (Tree::Map(pairs), Change::Double) => pairs.push(pairs[*last].clone()),
                (Tree::Map(pairs), Change::Rename(name)) => pairs[*last].0 = Tree::Text(name.clone()),
                _ => {}
            }
        }
        Change::Replace(with) => *get(tree, &path) = with.clone(),
        Change::Emptied => {
            let value = get(tree, &path);
            *value = match value {
                Tree::List(_) => Tree::List(Vec::new()),
                Tree::Map(_) => Tree::Map(Vec::new()),
                _ => Tree::Text(String::new()),
            };
        }
        Change::Listed => {
            let value = get(tree, &path);
            *value = Tree::List(vec![value.clone()]);
        }
        Change::Nested(depth) => {
            let value = get(tree, &path);
            for level in 0..*depth {
                let inner = std::mem::replace(value, Tree::Null);
                *value = if level % 2 == 0 { Tree::List(vec![inner]) } else { Tree::Map(vec![(Tree::Text("a".to_owned()), inner)]) };
            }
        }
        Change::Inserted(at, piece) => {
            if let Tree::Text(text) = get(tree, &path) {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
                text.insert_str(places[at.index(places.len())], piece);
            }
        }
        Change::Quoted => {
            let value = get(tree, &path);
            match value {
                Tree::Bool(truth) => *value = Tree::Text(truth.to_string()),
                Tree::Int(number) => *value = Tree::Text(number.to_string()),
                Tree::Text(text) => *value = Tree::Raw(text.clone()),
                _ => {}
            }
        }
    }
}

/// The key that leads to a place.
fn name(tree: &mut Tree, path: &[usize]) -> Option<Tree> {
    let (last, above) = path.split_last()?;
    match get(tree, above) {
        Tree::Map(pairs) => Some(pairs[*last].0.clone()),
        _ => None,
    }
}
