//! Who may have others act for them.

use super::Resolver;
use crate::model::{Delegation, Role, RoleName};
use crate::text::{At, Code};

/// In place of a list of names: every role there is.
const ALL: &str = "all";

impl Resolver<'_> {
    /// Who may have others act for them, where the configuration says so.
    pub(super) fn delegation(&mut self, roles: &[Role]) -> Option<Delegation> {
        let written = self.config.delegation.as_ref()?;
        let mut known = |listed: &[At<String>]| -> Vec<RoleName> {
            match listed {
                [only] if only.as_str() == ALL => roles.iter().map(|role| role.name.clone()).collect(),
                listed => listed.iter().filter_map(|name| self.known_role(roles, name)).collect(),
            }
        };
        let (of_roles, for_others) = (known(&written.roles), known(&written.for_others));
        if written.roles.is_empty() && written.for_others.is_empty() {
            let help = "name the roles whose holders may have others act for them, as in `roles: all`";
            self.found.error(Code::MissingKey, Some(written.span), "`delegation` names no role", help);
        }
        Some(Delegation { roles: of_roles, for_others, days: written.days.as_ref().map(|days| days.value) })
    }
}
