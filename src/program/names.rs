//! Names of what is generated.

use sha2::{Digest, Sha256};

use crate::model::IDENTIFIER_BYTES;

/// Schema of versions, assignments and the functions that people call.
pub const STATE_SCHEMA: &str = "crm_access";

/// Schema of the functions generated from a configuration.
pub const RULES_SCHEMA: &str = "crm_access_rules";

/// The function of the extension, in [`STATE_SCHEMA`], that tells whether a key is among those of a scope. It is leakproof: nothing is raised that
/// depends on the key.
pub const IN_SCOPE: &str = "in_scope";

/// The column of the generated views, which no expression over a row can mean.
pub const KEY_COLUMN: &str = "crm_access_key";

/// How the query of a scope begins that reads nothing but who is in which team, department and the like: all of them columns that a standing is
/// read from, so that its keys hold as long as the standing does.
pub const PEOPLE_ALONE: &str = "/* people alone */";

/// Joins words with underscores to a name that fits an identifier.
///
/// A name that would be too long ends in eight digits of its SHA-256, so that two long names never become one by truncation.
pub fn joined_name(words: &[&str]) -> String {
    let whole = words.join("_");
    if whole.len() <= IDENTIFIER_BYTES {
        return whole;
    }
    let digest: String = Sha256::digest(whole.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut end = IDENTIFIER_BYTES - digest.len() - 1;
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{digest}", whole.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_at_a_character_and_stays_distinct() {
        let long = "ä".repeat(40);
        let one = joined_name(&[&long, "readable"]);
        let two = joined_name(&[&long, "updatable"]);
        assert!(one.len() <= IDENTIFIER_BYTES && two.len() <= IDENTIFIER_BYTES);
        assert_ne!(one, two);
        assert_eq!(joined_name(&["company", "readable"]), "company_readable");
    }
}
