//! A configuration's text, with its name and its lines.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{At, Code, Diagnostic, Severity, Span, quoted};

/// A text and the name it is known by.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    /// Offset of each line's first byte.
    lines: Vec<usize>,
}

impl Source {
    /// Largest text that is read, in bytes.
    pub const LIMIT: usize = 4 * 1024 * 1024;

    /// Takes a text that is already in memory; a byte order mark before it is left out.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if let Some(rest) = text.strip_prefix('\u{feff}') {
            text = rest.to_owned();
        }
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { name: name.into(), text, lines }
    }

    /// Takes bytes that should be text.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, LoadError> {
        let name = name.into();
        if bytes.len() > Self::LIMIT {
            return Err(LoadError { name, fault: LoadFault::TooLarge });
        }
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            // UTF-16 shows itself by its NUL bytes or its mark; the mark makes it "not UTF-8" below.
            if std::str::from_utf8(&bytes).is_ok() {
                let (line, column) = place(bytes.get(..at).unwrap_or_default());
                return Err(LoadError { name, fault: LoadFault::Nul { line, column } });
            }
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source::new(name, text)),
            Err(error) => {
                let sound = error.utf8_error().valid_up_to();
                let (line, column) = place(error.as_bytes().get(..sound).unwrap_or_default());
                Err(LoadError { name, fault: LoadFault::NotUtf8 { line, column } })
            }
        }
    }

    /// Reads a file; of one that is too large no more than the limit is read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        match read_limited(path) {
            Ok(bytes) => Source::from_bytes(name, bytes),
            Err(error) => Err(LoadError { name, fault: LoadFault::Io(error) }),
        }
    }

    /// The name, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of a part of a value, counted within the value; the whole value where it was written with escapes or on several lines.
    pub fn place_within(&self, value: &At<String>, part: Span) -> Span {
        let written = self.slice(value.span);
        let shift = if written == value.as_str() {
            Some(value.span.start)
        } else {
            let inner = written.get(1..written.len().saturating_sub(1));
            (inner == Some(value.as_str())).then_some(value.span.start + 1)
        };
        shift.map_or(value.span, |shift| Span::new(shift + part.start, shift + part.end))
    }

    /// The text of a span; empty where the span is not in this text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Line and column of an offset, both counted from one, the column in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let (line, start) = self.line_at(offset);
        let before = self.text.get(start..floor(&self.text, offset)).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// Number of the line that an offset is in, counted from one, and the line's first byte.
    pub(super) fn line_at(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        (line, self.lines.get(line - 1).copied().unwrap_or_default())
    }
}

/// The nearest character boundary at or before an offset.
pub(super) fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    at
}

fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    let mut bytes = Vec::new();
    // The limit is on what is read, not on the size that the file claims: a device claims none.
    let limit = u64::try_from(Source::LIMIT).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Line and column of the byte after a text's valid beginning.
fn place(before: &[u8]) -> (usize, usize) {
    let text = String::from_utf8_lossy(before);
    let line = text.matches('\n').count() + 1;
    let last = text.rsplit('\n').next().unwrap_or_default();
    (line, last.chars().count() + 1)
}

/// A text that could not be taken.
#[derive(Debug)]
pub struct LoadError {
    /// The file's name.
    pub name: String,
    /// What is wrong with it.
    pub fault: LoadFault,
}

/// Why a text could not be taken.
#[derive(Debug)]
pub enum LoadFault {
    /// The system could not read it.
    Io(io::Error),
    /// It is larger than [`Source::LIMIT`].
    TooLarge,
    /// It is not UTF-8; the place is that of the first byte that is wrong.
    NotUtf8 {
        /// Line, counted from one.
        line: usize,
        /// Column in characters, counted from one.
        column: usize,
    },
    /// It has a NUL byte.
    Nul {
        /// Line, counted from one.
        line: usize,
        /// Column in characters, counted from one.
        column: usize,
    },
}

impl LoadError {
    /// The error as a diagnostic; it has no span, since there is no text.
    pub fn diagnostic(&self) -> Diagnostic {
        let file = quoted(&self.name);
        let (code, message, help) = match &self.fault {
            LoadFault::Io(error) => {
                let help = (error.kind() == io::ErrorKind::NotFound).then_some("check the path");
                (Code::UnreadableFile, format!("{file} can't be read: {error}"), help)
            }
            LoadFault::TooLarge => (
                Code::FileTooLarge,
                format!("{file} is larger than {} bytes", Source::LIMIT),
                Some("a configuration is far smaller; check that this is the right file"),
            ),
            LoadFault::NotUtf8 { line, column } => {
                (Code::NotUtf8, format!("{file} is not UTF-8 at line {line}, column {column}"), Some("save the file as UTF-8"))
            }
            LoadFault::Nul { line, column } => (
                Code::YamlSyntax,
                format!("{file} has a NUL byte at line {line}, column {column}"),
                Some("save the file as plain UTF-8 text"),
            ),
        };
        Diagnostic::new(code, Severity::Error, None, message, help)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic().message)
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            LoadFault::Io(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("a.yaml", "é: x\nb: ü y\n");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(2), (1, 2));
        assert_eq!(source.position(1), (1, 1), "inside a character is at it");
        assert_eq!(source.position(6), (2, 1));
        assert_eq!(source.position(11), (2, 5));
        assert_eq!(source.position(usize::MAX), (3, 1));
        assert_eq!(Source::new("", "").position(0), (1, 1));
    }

    #[test]
    fn a_byte_order_mark_is_left_out() {
        assert_eq!(Source::new("a", "\u{feff}a: 1").text(), "a: 1");
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_with_their_place() {
        let error = Source::from_bytes("a.yaml", b"a: \xc3\xa9\nb: \xc3\xa9 \xff".to_vec()).unwrap_err();
        assert!(matches!(error.fault, LoadFault::NotUtf8 { line: 2, column: 6 }), "{error:?}");
        assert_eq!(error.to_string(), "`a.yaml` is not UTF-8 at line 2, column 6");
        let error = Source::from_bytes("a.yaml", b"a:\n \0".to_vec()).unwrap_err();
        assert!(matches!(error.fault, LoadFault::Nul { line: 2, column: 2 }), "{error:?}");
        let error = Source::from_bytes("a.yaml", b"\xff\xfea\0".to_vec()).unwrap_err();
        assert!(matches!(error.fault, LoadFault::NotUtf8 { line: 1, column: 1 }), "{error:?}");
    }

    #[test]
    fn a_file_that_is_missing_or_a_directory_is_unreadable() {
        let error = Source::load("no/such/file.yaml").unwrap_err();
        assert_eq!(error.diagnostic().code, Code::UnreadableFile);
        assert_eq!(error.diagnostic().help.as_deref(), Some("check the path"));
        let error = Source::load(std::env::temp_dir()).unwrap_err();
        assert!(matches!(error.fault, LoadFault::Io(_)));
    }

    #[test]
    fn a_file_without_end_is_refused_after_the_limit() {
        if cfg!(unix) {
            let error = Source::load("/dev/zero").unwrap_err();
            assert_eq!(error.diagnostic().code, Code::FileTooLarge);
        }
    }
}
