//! Puts something else in the place of calls in a query, and leaves every other character as it is.

use sqlparser::tokenizer::{Token, Word};

use super::{Piece, pieces};

/// A query in which each call `schema.function('text', expression)` is what `replace` gives for the text and the expression; a call for which it
/// gives nothing, or that has other arguments, stays.
///
/// The error says why the query can't be read.
pub fn with_calls_replaced(
    query: &str,
    (schema, function): (&str, &str),
    mut replace: impl FnMut(&str, &str) -> Option<String>,
) -> Result<String, String> {
    let pieces = pieces(query)?;
    let (mut out, mut at) = (String::with_capacity(query.len()), 0);
    while at < pieces.len() {
        let call = call(&pieces[at..], schema, function);
        match call.and_then(|call| Some((call.length, replace(call.text, &call.expression)?))) {
            Some((length, instead)) => {
                out.push_str(&instead);
                at += length;
            }
            None => {
                out.push_str(pieces[at].written);
                at += 1;
            }
        }
    }
    Ok(out)
}

/// A call that stands at the beginning of some pieces.
struct Call<'t> {
    /// How many pieces it is.
    length: usize,
    text: &'t str,
    expression: String,
}

fn call<'t>(pieces: &'t [Piece<'_>], schema: &str, function: &str) -> Option<Call<'t>> {
    let is_word =
        |piece: &Piece<'_>, word: &str| matches!(&piece.token, Token::Word(Word { value, quote_style: None, .. }) if value == word);
    let [first, dot, name, open, text, comma, rest @ ..] = pieces else { return None };
    let begins = is_word(first, schema)
        && dot.token == Token::Period
        && is_word(name, function)
        && open.token == Token::LParen
        && comma.token == Token::Comma;
    let Token::SingleQuotedString(text) = &text.token else { return None };
    let mut depth = 0;
    let mut end = None;
    for (at, piece) in rest.iter().enumerate() {
        match piece.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen if depth == 0 => {
                end = Some(at);
                break;
            }
            Token::RParen | Token::RBracket => depth -= 1,
            // One more argument.
            Token::Comma if depth == 0 => return None,
            _ => {}
        }
    }
    let end = end.filter(|_| begins)?;
    let expression = rest[..end].iter().map(|piece| piece.written).collect::<String>().trim().to_owned();
    Some(Call { length: 6 + end + 1, text, expression })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(query: &str) -> String {
        with_calls_replaced(query, ("a", "f"), |text, expression| (text != "stay").then(|| format!("<{text}|{expression}>")))
            .expect("a query")
    }

    #[test]
    fn calls_are_replaced_wherever_they_stand() {
        assert_eq!(replaced("SELECT 1 WHERE a.f('x', t.k)"), "SELECT 1 WHERE <x|t.k>");
        assert_eq!(replaced("(NOT a.f('it''s',(g(1, 2))[3] ) OR a.f('y', k))"), "(NOT <it's|(g(1, 2))[3]> OR <y|k>)");
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for query in [
            "SELECT \"a\".f('x', k), a.\"f\"('x', k), b.f('x', k), f('x', k)",
            "SELECT a.f('stay', k)  -- a.f('x', k)\n",
            "SELECT 'a.f(''x'', k)', E'\\'a.f(', /* a.f('x', k) */ $$a.f('x', k)$$",
            "SELECT a.f('x', k, NULL), a.f(x, k), a.f('x')",
            "SELECT a.f('x', k",
        ] {
            assert_eq!(replaced(query), query);
        }
    }

    #[test]
    fn what_is_no_sql_is_told() {
        assert!(with_calls_replaced("SELECT 'a", ("a", "f"), |_, _| None).is_err());
    }
}
