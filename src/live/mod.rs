//! A connection to a server, for the command line.

mod connect;
mod error;
mod session;

pub use connect::connect;
pub use error::LiveError;
pub use session::Connection;
