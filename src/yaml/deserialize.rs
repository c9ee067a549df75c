//! From a tree to values of the configuration's types.
//!
//! Three forms are understood beside the usual ones: a single value where a list is expected is a list of one; anything but a
//! mapping where a mapping with known keys is expected is the value of its first key; and [`At`](crate::text::At) gets the place.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::{Kind, Node};
use crate::text::{At, SPANNED, Span};

/// Reads a value of a type from a tree.
pub fn deserialize<T: DeserializeOwned>(node: &Node) -> Result<T, Unreadable> {
    T::deserialize(Reader(node))
}

/// Why a tree is not a value of a type, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The innermost value that could not be read.
    pub span: Option<Span>,
    /// What is wrong with it.
    pub message: String,
}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Unreadable { span: None, message: message.to_string() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unreadable {}

/// Reads one value.
#[derive(Clone, Copy)]
struct Reader<'de>(&'de Node);

impl<'de> Reader<'de> {
    /// Notes this value's place in an error that has none.
    fn here<T>(self, result: Result<T, Unreadable>) -> Result<T, Unreadable> {
        result.map_err(|error| Unreadable { span: error.span.or(Some(self.0.span)), ..error })
    }

    fn unexpected(self, visitor: &impl Visitor<'de>) -> Unreadable {
        let words = self.0.in_words();
        Unreadable { span: Some(self.0.span), ..Error::invalid_type(Unexpected::Other(&words), visitor) }
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let result = match &self.0.kind {
            Kind::Refused => Err(self.unexpected(&visitor)),
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Int(value) => match i64::try_from(*value) {
                Ok(value) => visitor.visit_i64(value),
                Err(_) => visitor.visit_i128(*value),
            },
            Kind::Float(value) => visitor.visit_f64(*value),
            Kind::Text(value) => visitor.visit_borrowed_str(value),
            Kind::List(items) => visitor.visit_seq(Elements(items.iter())),
            Kind::Map(pairs) => visitor.visit_map(Pairs { rest: pairs.iter(), value: None }),
        };
        self.here(result)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        if name == SPANNED {
            let result = visitor.visit_seq(Spanned { part: 0, span: self.0.span, value: self });
            return self.here(result);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.kind {
            Kind::List(_) => self.deserialize_any(visitor),
            _ => self.here(visitor.visit_seq(Elements(std::slice::from_ref(self.0).iter()))),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.kind {
            Kind::Map(_) => self.deserialize_any(visitor),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match (&self.0.kind, fields.first()) {
            (Kind::Map(_), _) => self.deserialize_any(visitor),
            (_, Some(first)) => self.here(visitor.visit_map(First { key: Some(first), value: self })),
            (_, None) => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match &self.0.kind {
            Kind::Text(name) => self.here(visitor.visit_enum(BorrowedStrDeserializer::new(name))),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

/// The elements of a list.
struct Elements<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unreadable> {
        self.0.next().map(|node| seed.deserialize(Reader(node))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The first byte, the end and the value, as [`At`] reads them.
struct Spanned<D> {
    part: u8,
    span: Span,
    value: D,
}

impl<'de, D: Deserializer<'de, Error = Unreadable> + Copy> SeqAccess<'de> for Spanned<D> {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unreadable> {
        let part = self.part;
        self.part = part.saturating_add(1);
        match part {
            0 => seed.deserialize(self.span.start.into_deserializer()).map(Some),
            1 => seed.deserialize(self.span.end.into_deserializer()).map(Some),
            2 => seed.deserialize(self.value).map(Some),
            _ => Ok(None),
        }
    }
}

/// The keys and values of a mapping.
struct Pairs<'de> {
    rest: std::slice::Iter<'de, (At<String>, Node)>,
    value: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = Unreadable;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unreadable> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Name(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unreadable> {
        let node = self.value.take().ok_or_else(|| Unreadable::custom("a value was asked for before its key"))?;
        seed.deserialize(Reader(node))
    }
}

/// A mapping of the first key alone.
struct First<'de> {
    key: Option<&'static str>,
    value: Reader<'de>,
}

impl<'de> MapAccess<'de> for First<'de> {
    type Error = Unreadable;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unreadable> {
        self.key.take().map(|key| seed.deserialize(BorrowedStrDeserializer::new(key))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unreadable> {
        seed.deserialize(self.value)
    }
}

/// A key of a mapping.
#[derive(Clone, Copy)]
struct Name<'de>(&'de At<String>);

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let result = visitor.visit_borrowed_str(&self.0.value);
        result.map_err(|error: Unreadable| Unreadable { span: error.span.or(Some(self.0.span)), ..error })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        if name == SPANNED {
            return visitor.visit_seq(Spanned { part: 0, span: self.0.span, value: self });
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::text::{Diagnostics, Source};

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(default)]
        names: Vec<At<String>>,
        #[serde(default)]
        count: Option<u32>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        inner: At<Inner>,
        #[serde(default)]
        mode: Option<Mode>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Fast,
    }

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
        let mut diagnostics = Diagnostics::new();
        let node = crate::yaml::parse(&Source::new("t", text), &mut diagnostics).unwrap();
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        deserialize(&node)
    }

    #[test]
    fn a_value_is_a_list_of_one_and_the_first_key_of_a_mapping() {
        for text in ["inner: {names: [a]}", "inner: {names: a}", "inner: [a]", "inner: a"] {
            let outer: Outer = read(text).unwrap();
            assert_eq!(outer.inner.names, [At::new("a".to_owned(), Span::default())], "{text}");
        }
    }

    #[test]
    fn places_are_kept() {
        let text = "inner:\n  names: [a, bc]\n  count: 3\nmode: fast\n";
        let outer: Outer = read(text).unwrap();
        let at = outer.inner.names[1].span;
        assert_eq!(&text[at.start..at.end], "bc");
        let at = outer.inner.span;
        assert_eq!(&text[at.start..at.end], "names: [a, bc]\n  count: 3");
        assert_eq!((outer.inner.count, outer.mode), (Some(3), Some(Mode::Fast)));
    }

    #[test]
    fn an_error_has_the_innermost_place() {
        let text = "inner: {names: [a, [b]]}";
        let error = read::<Outer>(text).unwrap_err();
        let at = error.span.unwrap();
        assert_eq!(&text[at.start..at.end], "[b]");
        let text = "inner: {count: -1}";
        let error = read::<Outer>(text).unwrap_err();
        let at = error.span.unwrap();
        assert_eq!(&text[at.start..at.end], "-1");
    }
}
