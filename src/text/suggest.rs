//! The name that was probably meant.

/// Words longer than this have no near name: nobody misspells them, and comparing them costs time.
const LONGEST: usize = 64;

/// The candidate that a misspelled word is nearest to, when one is near.
///
/// Equally near candidates count in their order; one that the word begins comes last.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().take(LONGEST + 1).count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let word = folded(word);
    let allowed = (length / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    let mut longer: Option<&str> = None;
    for candidate in candidates {
        let other = candidate.chars().take(LONGEST + 1).count();
        if other <= LONGEST && length > 2 && longer.is_none() && folded(candidate).starts_with(&word) {
            longer = Some(candidate);
        }
        if other > LONGEST || other.abs_diff(length) > allowed {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&word, &folded(candidate));
        // A word of one or two letters is near everything: only its case may differ.
        let near = distance <= allowed && (length > 2 || distance == 0);
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate).or(longer)
}

/// "did you mean ...?" for a misspelled word, when a candidate is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    suggest(word, candidates).map(|found| format!("did you mean {}?", super::quoted(found)))
}

/// A word as it is compared: case and the kind of separator do not count.
fn folded(word: &str) -> String {
    word.to_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(suggest("reed", ["create", "read", "update"]), Some("read"));
        assert_eq!(suggest("READ", ["create", "read"]), Some("read"));
        assert_eq!(suggest("key-type", ["key", "key_type"]), Some("key_type"));
        assert_eq!(suggest("deny", ["union", "deny_wins"]), Some("deny_wins"));
        assert_eq!(did_you_mean("onwer", ["owner"]).as_deref(), Some("did you mean `owner`?"));
    }

    #[test]
    fn nothing_is_suggested_when_nothing_is_near() {
        assert_eq!(suggest("export", ["create", "read", "update"]), None);
        assert_eq!(suggest("", ["a"]), None);
        assert_eq!(suggest("x", ["y"]), None);
        assert_eq!(suggest(&"x".repeat(1_000_000), ["xxxx"]), None);
    }
}
