//! Source text, places in it, and what is said about them.

mod code;
mod diagnostic;
mod print;
mod report;
mod source;
mod span;
mod suggest;

pub use code::Code;
pub use diagnostic::{Diagnostic, Diagnostics, Help, Severity};
pub use print::{listed, message, one_line, quoted};
pub use report::{Format, report};
pub use source::{LoadError, LoadFault, Source};
pub use span::{At, SPANNED, Span};
pub use suggest::{did_you_mean, suggest};
