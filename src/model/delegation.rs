//! Who may have others act for them.

use super::RoleName;

/// Who may have others act for them, and for how long.
#[derive(Clone, Debug, Default)]
pub struct Delegation {
    /// Roles whose holders may have others act for them.
    pub roles: Vec<RoleName>,
    /// Roles whose holders may have somebody else act for any user.
    pub for_others: Vec<RoleName>,
    /// How many days a delegation may last at most.
    pub days: Option<u32>,
}
