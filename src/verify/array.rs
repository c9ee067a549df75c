//! Arrays of texts, read as the server reads them.

/// The elements; `None` where the text is no array of texts as we write them: an element without quotes has letters, digits and underscores
/// alone and is not null.
pub fn elements(text: &str) -> Option<Vec<String>> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut all = Vec::new();
    if rest.is_empty() {
        return Some(all);
    }
    loop {
        let (element, behind) = match rest.strip_prefix('"') {
            Some(quoted) => in_quotes(quoted)?,
            None => bare(rest)?,
        };
        all.push(element);
        if behind.is_empty() {
            return Some(all);
        }
        rest = behind.strip_prefix(',')?;
    }
}

/// What stands before the closing quotes, where a backslash takes the next character as it is, and what stands behind them.
fn in_quotes(text: &str) -> Option<(String, &str)> {
    let mut element = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some((element, characters.as_str())),
            '\\' => element.push(characters.next()?),
            other => element.push(other),
        }
    }
}

fn bare(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (element, behind) = text.split_at(end);
    (!element.is_empty() && !element.eq_ignore_ascii_case("null")).then(|| (element.to_owned(), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_with_and_without_quotes() {
        for (text, read) in [
            ("{}", &[][..]),
            ("{manager,head_2}", &["manager", "head_2"]),
            (r#"{"a,b","","NULL",c}"#, &["a,b", "", "NULL", "c"]),
            (r#"{"a\"b\\","{}"}"#, &["a\"b\\", "{}"]),
        ] {
            assert_eq!(elements(text).unwrap(), read, "{text}");
        }
    }

    #[test]
    fn what_the_server_could_read_otherwise_is_no_array() {
        for text in ["", "{", "a", "{a,}", "{,a}", "{null}", "{a b}", "{größe}", "{\"a}", "{\"a\\\"}", "{\"a\"b}", "{{a},{b}}", "{a}}"] {
            assert_eq!(elements(text), None, "{text}");
        }
    }
}
