//! The users who are measured.

use crate::scale::Scale;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum User {
    Small,
    Typical,
    Big,
    Head,
    Manager,
}

/// What a user's role lets them see.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Own,
    Department,
    All,
}

impl User {
    pub const ALL: [User; 5] = [User::Small, User::Typical, User::Big, User::Head, User::Manager];

    pub fn name(self) -> &'static str {
        match self {
            User::Small => "s",
            User::Typical => "t",
            User::Big => "b",
            User::Head => "d",
            User::Manager => "a",
        }
    }

    /// The key in the table of users.
    pub fn key(self) -> i64 {
        match self {
            User::Small => 1,
            User::Typical => 2,
            User::Big => 3,
            User::Head => 4,
            User::Manager => 5,
        }
    }

    pub fn level(self) -> Level {
        match self {
            User::Head => Level::Department,
            User::Manager => Level::All,
            _ => Level::Own,
        }
    }

    /// How many companies the user should see.
    pub fn companies(self, scale: Scale) -> i64 {
        match self {
            User::Small => 5,
            User::Typical => scale.typical(),
            User::Big => scale.large(),
            User::Head => scale.companies() * 35 / 1000,
            User::Manager => scale.companies(),
        }
    }

    /// The role of the variant that has one database role per level.
    pub fn database_role(self) -> &'static str {
        match self.level() {
            Level::Own => "bench_salesperson",
            Level::Department => "bench_head",
            Level::All => "bench_manager",
        }
    }
}
