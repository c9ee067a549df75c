//! What roles may change about others' rights, and that none can make itself stronger by it (B12).

use super::Resolver;
use crate::config::Administers as Written;
use crate::model::{Administers, Restriction, RestrictionName, Role, RoleName};
use crate::text::{At, Code, quoted};

/// In place of a list of names: every one there is.
const ALL: &str = "all";

impl Resolver<'_> {
    /// Fills in what each role administers.
    pub(super) fn administration(&mut self, roles: &mut [Role], restrictions: &[Restriction]) {
        let config = self.config;
        let written = |name: &RoleName| {
            config.roles.iter().find(|(role, _)| role.as_str() == name.as_str()).and_then(|(_, role)| role.administers.as_ref())
        };
        let names: Vec<RoleName> = roles.iter().map(|role| role.name.clone()).collect();
        for at in 0..names.len() {
            let Some(given) = names.get(at).and_then(written) else { continue };
            let mut known_roles = |listed: &[At<String>]| -> Vec<RoleName> {
                match listed {
                    [only] if only.as_str() == ALL => names.clone(),
                    listed => listed.iter().filter_map(|name| self.known_role(roles, name)).collect(),
                }
            };
            let (assign, revoke) = (known_roles(&given.assign), known_roles(&given.revoke));
            let mut known_restrictions = |listed: &[At<String>]| -> Vec<RestrictionName> {
                match listed {
                    [only] if only.as_str() == ALL => restrictions.iter().map(|restriction| restriction.name.clone()).collect(),
                    listed => listed.iter().filter_map(|name| self.known_restriction(name)).collect(),
                }
            };
            let (restrict, unrestrict) = (known_restrictions(&given.restrict), known_restrictions(&given.unrestrict));
            if let Some(role) = roles.get_mut(at) {
                role.administers = Administers { assign, revoke, restrict, unrestrict, list: given.list };
            }
        }
        for role in roles.iter() {
            if let Some(given) = written(&role.name) {
                self.escalation(roles, role, given);
                self.storage(role, given);
            }
        }
    }

    /// Whoever can give a role can give it to themselves, so it must not let them change more than they may already.
    fn escalation(&mut self, roles: &[Role], role: &Role, written: &Written) {
        let mine = with_included(roles, role);
        for name in written.assign.iter() {
            let given = roles.iter().filter(|other| name.as_str() == ALL || other.name.as_str() == name.as_str());
            for other in given {
                let theirs = with_included(roles, other);
                let more = theirs.operations().into_iter().zip(mine.operations()).find_map(|((operation, theirs), (_, mine))| {
                    let extra = theirs.into_iter().find(|name| !mine.contains(name))?;
                    Some(format!("{operation} {}", quoted(extra)))
                });
                let more = more.or_else(|| (theirs.list && !mine.list).then(|| "list who has what".to_owned()));
                if let Some(more) = more {
                    self.found.error(
                        Code::EscalatingRole,
                        name.span,
                        format!(
                            "role {} may give the role {}, who may {more}, which {} may not",
                            quoted(role.name.as_str()),
                            quoted(other.name.as_str()),
                            quoted(role.name.as_str())
                        ),
                        "let both of them do it, or neither: whoever can give a role can give it to themselves",
                    );
                    break;
                }
            }
        }
    }

    fn storage(&mut self, role: &Role, written: &Written) {
        let named = [&written.assign, &written.revoke, &written.restrict, &written.unrestrict].into_iter().flat_map(|names| names.iter());
        if let (false, Some(first)) = (self.config.assignments.stored, named.map(|name| name.span).next()) {
            self.found.warning(
                Code::Useless,
                first,
                format!("role {} administers what the database stores, and it stores nothing", quoted(role.name.as_str())),
                "write `stored: true` under `assignments`",
            );
        }
    }
}

/// What a role may change, together with the roles that it includes.
fn with_included(roles: &[Role], role: &Role) -> Administers {
    let mut all = Administers::default();
    for included in roles.iter().filter(|candidate| role.all_includes.contains(&candidate.name)) {
        let own = &included.administers;
        all.assign.extend(own.assign.iter().cloned());
        all.revoke.extend(own.revoke.iter().cloned());
        all.restrict.extend(own.restrict.iter().cloned());
        all.unrestrict.extend(own.unrestrict.iter().cloned());
        all.list |= own.list;
    }
    all
}
