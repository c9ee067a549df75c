//! Which cells are measured.

use crate::failure::{Failure, Result};
use crate::query::QUERIES;
use crate::runner::Mode;
use crate::user::User;
use crate::variant::Variant;

/// Words that choose among queries, users, variants and modes; a kind of which none is named is complete.
pub struct Only(Vec<String>);

impl Only {
    pub fn parse(text: &str) -> Result<Only> {
        let kinds: [Vec<&str>; 4] = [
            QUERIES.iter().map(|query| query.name).collect(),
            User::ALL.iter().map(|user| user.name()).collect(),
            Variant::ALL.iter().map(|variant| variant.name()).collect(),
            Mode::ALL.iter().map(|mode| mode.name()).collect(),
        ];
        let words: Vec<String> = text.split([',', ' ']).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect();
        if let Some(word) = words.iter().find(|word| !kinds.iter().flatten().any(|name| name == word)) {
            let lists = kinds.map(|names| names.join(" "));
            return Err(Failure(format!(
                "`{word}` is no query, user, variant or mode\n       queries: {}\n       users: {}\n       variants: {}\n       modes: {}",
                lists[0], lists[1], lists[2], lists[3]
            )));
        }
        Ok(Only(words))
    }

    fn takes(&self, name: &str, mut all: impl Iterator<Item = &'static str>) -> bool {
        self.0.iter().any(|word| word == name) || !all.any(|other| self.0.iter().any(|word| word == other))
    }

    pub fn query(&self, name: &str) -> bool {
        self.takes(name, QUERIES.iter().map(|query| query.name))
    }

    pub fn user(&self, user: User) -> bool {
        self.takes(user.name(), User::ALL.iter().map(|user| user.name()))
    }

    /// The hand-written queries are always there: the others are compared with them.
    pub fn variant(&self, variant: Variant) -> bool {
        variant == Variant::Hand || self.takes(variant.name(), Variant::ALL.iter().map(|variant| variant.name()))
    }

    pub fn mode(&self, mode: Mode) -> bool {
        self.takes(mode.name(), Mode::ALL.iter().map(|mode| mode.name()))
    }
}
