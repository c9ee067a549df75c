//! Trees written as YAML, each time in another of the ways that YAML has for the same.

/// A tree that can also hold what no tree of ours holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// Written as it is: an alias, a tag, or plain nonsense.
    Raw(String),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

/// Writes a tree; the style decides between block and flow, between kinds of quotes, line ends, comments and a byte order mark.
pub fn write(tree: &Tree, style: u64) -> String {
    let mut writer = Writer { style, out: String::new() };
    if writer.one_in(20) {
        writer.out.push('\u{feff}');
    }
    writer.value(tree, 0, false);
    writer.out.push('\n');
    if writer.one_in(8) { writer.out.replace('\n', "\r\n") } else { writer.out }
}

struct Writer {
    style: u64,
    out: String,
}

impl Writer {
    /// The next decision, by the generator called SplitMix64.
    fn below(&mut self, number: u64) -> u64 {
        self.style = self.style.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.style ^ (self.style >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % number
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }

    fn line(&mut self, indent: usize) {
        if self.one_in(30) {
            self.out.push_str(" # a comment: { [ \" '");
        }
        self.out.push('\n');
        self.out.push_str(&" ".repeat(indent));
    }

    fn value(&mut self, tree: &Tree, indent: usize, flow: bool) {
        match tree {
            Tree::Null => self.out.push_str("null"),
            Tree::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Tree::Int(value) => self.out.push_str(&value.to_string()),
            Tree::Float(value) => self.out.push_str(&value.to_string()),
            Tree::Raw(raw) => self.out.push_str(raw),
            Tree::Text(text) => self.text(text),
            Tree::List(items) => {
                let flow = flow || items.is_empty() || self.one_in(3);
                if flow {
                    self.flow('[', ']', items, indent, |writer, item| writer.value(item, indent, true));
                } else {
                    for item in items {
                        self.line(indent + 2);
                        self.out.push_str("- ");
                        self.value(item, indent + 2, false);
                    }
                }
            }
            Tree::Map(pairs) => {
                let flow = flow || pairs.is_empty() || self.one_in(4);
                if flow {
                    self.flow('{', '}', pairs, indent, |writer, (key, value)| {
                        writer.key(key);
                        writer.value(value, indent, true);
                    });
                } else {
                    for (key, value) in pairs {
                        self.line(indent + 2);
                        self.key(key);
                        self.value(value, indent + 2, false);
                    }
                }
            }
        }
    }

    fn flow<T>(&mut self, open: char, close: char, items: &[T], indent: usize, each: impl Fn(&mut Self, &T)) {
        self.out.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            if self.one_in(20) {
                self.line(indent + 4);
            }
            each(self, item);
        }
        self.out.push(close);
    }

    fn key(&mut self, key: &Tree) {
        match key {
            Tree::List(_) | Tree::Map(_) => {
                self.out.push_str("? ");
                self.value(key, 0, true);
                self.out.push_str(" : ");
            }
            _ => {
                self.value(key, 0, true);
                self.out.push_str(": ");
            }
        }
    }

    fn text(&mut self, text: &str) {
        let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '(' | ')' | ' '))
            && !text.ends_with(' ')
            && !matches!(text.to_ascii_lowercase().as_str(), "null" | "true" | "false");
        let quotable = !text.chars().any(char::is_control);
        match self.below(4) {
            0 | 1 if plain => self.out.push_str(text),
            2 if quotable => {
                self.out.push('\'');
                self.out.push_str(&text.replace('\'', "''"));
                self.out.push('\'');
            }
            _ => {
                let escaped = serde_json::to_string(text).unwrap_or_default();
                let escaped = escaped.replace('\u{7f}', "\\x7f").replace('\u{feff}', "\\ufeff");
                let escaped: String =
                    escaped.chars().map(|c| if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect();
                self.out.push_str(&escaped);
            }
        }
    }
}
