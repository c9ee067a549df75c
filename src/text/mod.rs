//! Source text, places in it, and what is said about them.

mod diagnostic;
mod report;
mod source;
mod span;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use report::{Format, report};
pub use source::{LoadError, Source};
pub use span::{At, Span};
