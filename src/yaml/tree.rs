//! Builds a tree from the events of a parser, within limits.

use std::collections::HashMap;

use super::{Kind, Node};
use crate::text::{At, Code, Diagnostics, Source, Span, quoted};

/// Deepest nesting of lists and mappings.
pub(super) const DEPTH: usize = 64;
/// Most values, those that aliases stand for included.
const VALUES: usize = 200_000;
/// A text counts for one value more per this many bytes, so that repeating a long one is no way around the limit.
const VALUE_BYTES: usize = 100;
/// Most aliases.
const ALIASES: usize = 1000;

/// A tree under construction.
pub(super) struct Tree<'a> {
    source: &'a Source,
    diagnostics: &'a mut Diagnostics,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    values: usize,
    /// Values kept a second time, for aliases.
    copied: usize,
    aliases: usize,
}

/// A list or mapping whose end was not seen yet.
struct Open {
    start: usize,
    /// Whether it ends with a bracket.
    flow: bool,
    /// Values in the tree before this one.
    values: usize,
    /// Deepest nesting inside.
    depth: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { pairs: Vec<(At<String>, Node)>, seen: HashMap<String, Span>, key: Key },
}

/// What a mapping waits for.
enum Key {
    /// A key.
    Awaited,
    /// The value of a key.
    Sound(At<String>),
    /// The value of a key that was refused; the value is left out.
    Refused,
}

/// What an alias stands for.
struct Anchored {
    node: Node,
    values: usize,
    depth: usize,
}

/// Nothing further is read; the reason was reported.
pub(super) struct Stop;

impl<'a> Tree<'a> {
    pub(super) fn new(source: &'a Source, diagnostics: &'a mut Diagnostics) -> Self {
        Tree { source, diagnostics, open: Vec::new(), anchors: HashMap::new(), root: None, values: 0, copied: 0, aliases: 0 }
    }

    /// The root, once all events were taken.
    pub(super) fn finish(self) -> Option<Node> {
        self.root
    }

    /// Takes a scalar.
    pub(super) fn scalar(&mut self, kind: Kind, span: Span, merge: bool, anchor: usize) -> Result<(), Stop> {
        let weight = match &kind {
            Kind::Text(text) => 1 + text.len() / VALUE_BYTES,
            _ => 1,
        };
        self.count(weight, span)?;
        if merge && self.awaits_key() {
            self.diagnostics.error(
                Code::YamlSyntax,
                span,
                "merge keys are not supported",
                "write the keys out, or use an alias for the whole value",
            );
            self.refuse_key();
            return Ok(());
        }
        let node = Node::new(kind, span);
        self.remember(anchor, &node, weight, 0)?;
        self.place(node);
        Ok(())
    }

    /// Opens a list or mapping.
    pub(super) fn open(&mut self, map: bool, flow: bool, start: usize, anchor: usize) -> Result<(), Stop> {
        let at = Span::new(start, start.saturating_add(1));
        if self.open.len() >= DEPTH {
            self.too_deep(at);
            return Err(Stop);
        }
        self.count(1, at)?;
        let content =
            if map { Content::Map { pairs: Vec::new(), seen: HashMap::new(), key: Key::Awaited } } else { Content::List(Vec::new()) };
        self.open.push(Open { start, flow, values: self.values - 1, depth: 0, anchor, content });
        Ok(())
    }

    /// Closes the innermost list or mapping; `end` is where the parser saw its end, which without a bracket may be lines later.
    pub(super) fn close(&mut self, end: usize) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (kind, last) = match open.content {
            Content::List(items) => {
                let last = items.last().map(|item| item.span.end);
                (Kind::List(items), last)
            }
            Content::Map { pairs, .. } => {
                let last = pairs.iter().map(|(key, value)| value.span.end.max(key.span.end)).max();
                (Kind::Map(pairs), last)
            }
        };
        let end = if open.flow { end } else { last.unwrap_or(open.start) }.max(open.start);
        let node = Node::new(kind, Span::new(open.start, end));
        let depth = open.depth + 1;
        if let Some(outer) = self.open.last_mut() {
            outer.depth = outer.depth.max(depth);
        }
        self.remember(open.anchor, &node, self.values - open.values, depth)?;
        self.place(node);
        Ok(())
    }

    /// Puts what an alias stands for in its place.
    pub(super) fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        self.aliases += 1;
        if self.aliases > ALIASES {
            self.diagnostics.error(Code::TooManyAliases, span, format!("the file has more than {ALIASES} aliases"), "write the values out");
            return Err(Stop);
        }
        let Some(anchored) = self.anchors.get(&anchor) else {
            let name = quoted(self.source.slice(span));
            let message = format!("the alias {name} stands inside the value that it repeats");
            self.diagnostics.error(Code::YamlSyntax, span, message, "write the value out");
            self.place(Node::new(Kind::Refused, span));
            return Ok(());
        };
        let (values, depth) = (anchored.values, anchored.depth);
        if self.values.saturating_add(values) > VALUES {
            self.too_much(span);
            return Err(Stop);
        }
        if self.open.len() + depth > DEPTH {
            self.too_deep(span);
            return Err(Stop);
        }
        let node = anchored.node.clone();
        self.values += values;
        if let Some(outer) = self.open.last_mut() {
            outer.depth = outer.depth.max(depth);
        }
        self.place(node);
        Ok(())
    }

    /// Reports an alias of something that is not there.
    pub(super) fn unknown_alias(&mut self, name: &str, span: Span) {
        let message = format!("the alias {} repeats a value that is not marked", quoted(&format!("*{name}")));
        self.diagnostics.error(Code::YamlSyntax, span, message, format!("mark the value before it with {}", quoted(&format!("&{name}"))));
        if self.awaits_key() {
            self.refuse_key();
        } else {
            self.place(Node::new(Kind::Refused, span));
        }
    }

    /// Reports a tag.
    pub(super) fn tag(&mut self, span: Span) {
        let message = format!("tags are not supported: {}", quoted(self.source.slice(span)));
        self.diagnostics.error(Code::YamlSyntax, span, message, "leave the tag out; a text that looks like a number takes quotes");
    }

    /// Reports that a further document begins.
    pub(super) fn second_document(&mut self, span: Span) {
        self.diagnostics.error(
            Code::YamlSyntax,
            span,
            "the file has more than one document",
            "leave out the line `---` and what is after it",
        );
    }

    fn too_deep(&mut self, span: Span) {
        let message = format!("values are nested more than {DEPTH} deep");
        self.diagnostics.error(Code::TooDeep, span, message, "check the brackets and the indentation");
    }

    fn count(&mut self, values: usize, span: Span) -> Result<(), Stop> {
        self.values = self.values.saturating_add(values);
        if self.values > VALUES {
            let message = format!("the file has more than {VALUES} values");
            let help = "a configuration is far smaller; check that this is the right file";
            self.diagnostics.error(Code::FileTooLarge, span, message, help);
            return Err(Stop);
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: &Node, values: usize, depth: usize) -> Result<(), Stop> {
        // Anchors count from one; zero is none.
        if anchor == 0 {
            return Ok(());
        }
        // A value inside several marked ones is kept once for each.
        self.copied = self.copied.saturating_add(values);
        if self.copied > VALUES {
            self.too_much(node.span);
            return Err(Stop);
        }
        self.anchors.insert(anchor, Anchored { node: node.clone(), values, depth });
        Ok(())
    }

    fn too_much(&mut self, span: Span) {
        let message = format!("the aliases stand for more than {VALUES} values");
        self.diagnostics.error(Code::TooManyAliases, span, message, "write the values out");
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: Key::Awaited, .. }, .. }))
    }

    fn refuse_key(&mut self) {
        if let Some(Open { content: Content::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Key::Refused;
        }
    }

    /// Puts a complete value where it belongs: the root, an element, a key, or the value of a key.
    fn place(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map { pairs, seen, key } => match std::mem::replace(key, Key::Awaited) {
                Key::Refused => {}
                Key::Sound(name) => pairs.push((name, node)),
                Key::Awaited => {
                    *key = match named(node, seen, self.source, self.diagnostics) {
                        Some(name) => Key::Sound(name),
                        None => Key::Refused,
                    }
                }
            },
        }
    }
}

/// The name that a key is; `None`, with a report, where it is no text or stands for the second time.
fn named(node: Node, seen: &mut HashMap<String, Span>, source: &Source, diagnostics: &mut Diagnostics) -> Option<At<String>> {
    let span = node.span;
    let words = node.in_words();
    if node.kind == Kind::Refused {
        return None;
    }
    let Kind::Text(name) = node.kind else {
        let written = source.slice(span);
        let help = match node.kind {
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => format!("put it in quotes: {}", quoted(&format!("\"{written}\""))),
            _ => "write a text before the colon".to_owned(),
        };
        diagnostics.error(Code::WrongType, span, format!("a key must be a text, found {words}"), help);
        return None;
    };
    if let Some(first) = seen.get(&name) {
        let (line, column) = source.position(first.start);
        let message = format!("{} is written twice, first at line {line}, column {column}", quoted(&name));
        diagnostics.error(Code::DuplicateName, span, message, "leave one of them out, or join them");
        return None;
    }
    seen.insert(name.clone(), span);
    Some(At::new(name, span))
}
