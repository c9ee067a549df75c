//! Programs as SQL text.
//!
//! Every name and text passes through one filter, `q`, which quotes by what the atom is. The filter's [`Quoting`] can be exchanged for one
//! that writes placeholders: `verify` renders a statement both ways and compares what a parser sees.

mod expr;
mod quote;
mod script;
mod templates;

pub use quote::{ARRAY_TYPE, Neutral, Plain, Quoting};
pub use script::{OPENING, Script, ScriptStatement, script};
pub use templates::{FUNCTION_TEMPLATES, ONE, ROWS, RenderError, Renderer, STATEMENT_TEMPLATES, dollar_tag};
