//! Scopes in the words of the configuration, and how far each reaches.

use std::fmt;

use super::{ParentTerm, Scope, Term};

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = self.terms.iter().map(ToString::to_string).collect();
        if self.predicate.is_some() {
            words.push("where ...".to_owned());
        }
        if words.is_empty() { f.write_str("all") } else { f.write_str(&words.join(" and ")) }
    }
}

impl Scope {
    /// How far the scope reaches, to compare it with others: 0 is nothing, more is wider, `all` is the widest.
    ///
    /// Which of two scopes holds more records depends on the data; this is the order that people expect of their names. What narrows a
    /// scope, a further term or a predicate, puts it below the scope itself and above the next narrower one.
    pub fn width(&self) -> u16 {
        let whole = self.terms.iter().map(width).min().unwrap_or(1000);
        let narrowing = self.terms.len().saturating_sub(1) + usize::from(self.predicate.is_some());
        whole - u16::try_from(narrowing.min(4)).unwrap_or(4)
    }
}

/// The width of a scope that is this term alone; apart enough for what narrows it.
fn width(term: &Term) -> u16 {
    match term {
        Term::Without(_) => 10,
        Term::Unassigned => 20,
        Term::Created => 30,
        Term::Observed => 35,
        Term::Own => 40,
        Term::Parent(_, ParentTerm::Created) => 50,
        Term::Parent(_, ParentTerm::Owned) => 60,
        Term::Reports(Some(depth)) => 70 + 5 * u16::from((*depth).min(20)),
        Term::Reports(None) => 200,
        Term::Team => 210,
        Term::Department => 220,
        Term::DepartmentTree => 230,
        Term::Territory => 240,
        Term::Shared(_) => 205,
        Term::Open => 250,
        Term::Child(_) => 255,
        Term::Parent(_, ParentTerm::Updatable) => 260,
        Term::Parent(_, ParentTerm::Readable) => 270,
        // It says nothing of the record.
        Term::GivenTo(_) => 990,
    }
}
