//! Who asks and what they are, remembered for as long as that is proven to hold, and plans made with it (DESIGN section 5).
//!
//! [`present`] gives the standing of whoever asks now: the user, their roles, restrictions and subjects. [`facts`] are the questions about it
//! that policies ask. The planner replaces each by its answer ([`folding`]) and notes in the plan that it did; what was noted is asked again
//! whenever the plan is executed ([`plans`]), so that no plan outlives the standing that it was made for.

mod changes;
mod facts;
mod folding;
mod lookup;
mod me;
mod memory;
mod moment;
mod plans;
mod whose;

pub use facts::{Fact, Standing};
pub use memory::{is_impressed, present};
pub use moment::{Moment, at_assignment};
pub use plans::{at_export, check, is_marked, note, recheck, suit};
pub use whose::Whose;

/// Registers what happens when transactions end and when the server says that something in the catalog has changed.
pub fn register() {
    moment::register();
    memory::register();
    changes::register();
    plans::register();
}
