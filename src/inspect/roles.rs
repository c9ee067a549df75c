//! Database roles: that they exist, and that none of them stands above row security.

use super::Inspector;
use crate::catalog::Role;
use crate::model::DbRoleName;
use crate::render::{Plain, Quoting};
use crate::text::{At, Code, Span, quoted};

impl Inspector<'_> {
    pub(super) fn database_roles(&mut self) {
        let config = self.config;
        let model = self.model;
        let application = &model.application_role;
        let place = config.application_role.span;
        if self.exists(application, place, &format!("CREATE ROLE {} NOLOGIN", Plain.identifier(application.as_str()))) {
            self.unprivileged(application, place);
        }
        for (role, written) in model.identity.act_as.iter().zip(config.identity.act_as.iter()) {
            self.actor(role, written);
        }
        if let (Some(setting), Some(written)) = (&model.identity.setting, &config.identity.setting) {
            for (role, written) in setting.issuers.iter().zip(written.issuers.iter()) {
                self.exists(role, written.span, &format!("CREATE ROLE {} LOGIN", Plain.identifier(role.as_str())));
            }
        }
        for (channel, (_, written)) in model.directory.channels.iter().zip(config.directory.channels.iter()) {
            // Those that act for users have been looked at.
            for (role, written) in channel.roles.iter().zip(written.iter()).filter(|(role, _)| !model.identity.act_as.contains(role)) {
                self.actor(role, written);
            }
        }
        self.reader(config.reader_role.as_ref().map_or(place, |written| written.span));
    }

    fn exists(&mut self, role: &DbRoleName, span: Span, help: &str) -> bool {
        let exists = self.catalog.role(role.as_str()).is_some();
        if !exists {
            self.found.error(Code::MissingDatabaseRole, span, format!("the server has no role {}", quoted(role.as_str())), help);
        }
        exists
    }

    /// A role that acts for users.
    fn actor(&mut self, role: &DbRoleName, written: &At<String>) {
        let application = &self.model.application_role;
        let (name, group) = (Plain.identifier(role.as_str()), Plain.identifier(application.as_str()));
        if !self.exists(role, written.span, &format!("CREATE ROLE {name} LOGIN IN ROLE {group}")) {
            return;
        }
        self.unprivileged(role, written.span);
        if role != application && !self.reached_from(role.as_str()).iter().any(|(reached, _)| *reached == application.as_str()) {
            self.found.warning(
                Code::Useless,
                written.span,
                format!(
                    "role {} is no member of {}, for whom the policies are, and sees nothing",
                    quoted(role.as_str()),
                    quoted(application.as_str())
                ),
                format!("GRANT {group} TO {name}"),
            );
        }
    }

    /// A role and every role that it is a member of, at any distance: it has their rights or can change to them.
    fn reached_from(&self, role: &str) -> Vec<(&str, Option<&Role>)> {
        let mut reached: Vec<(&str, Option<&Role>)> =
            self.catalog.role(role).map(|role| (role.name.as_str(), Some(role))).into_iter().collect();
        let mut next = 0;
        while let Some((_, role)) = reached.get(next).copied() {
            for membership in role.into_iter().flat_map(|role| &role.member_of) {
                if !reached.iter().any(|(name, _)| *name == membership.role) {
                    reached.push((&membership.role, self.catalog.role(&membership.role)));
                }
            }
            next += 1;
        }
        reached
    }

    /// Whoever the application connects as must not be, or become, someone whom row security does not bind.
    fn unprivileged(&mut self, role: &DbRoleName, span: Span) {
        let mut findings = Vec::new();
        for (name, there) in self.reached_from(role.as_str()) {
            let itself = name == role.as_str();
            let who = match itself {
                true => format!("role {}", quoted(name)),
                false => format!("role {} is a member of {}, which", quoted(role.as_str()), quoted(name)),
            };
            let leave = format!("REVOKE {} FROM {}", Plain.identifier(name), Plain.identifier(role.as_str()));
            if there.is_some_and(|there| there.superuser) {
                let help = if itself { format!("ALTER ROLE {} NOSUPERUSER", Plain.identifier(name)) } else { leave.clone() };
                findings.push((format!("{who} is a superuser, and row security binds none"), help));
            } else if there.is_some_and(|there| there.bypass_rls) {
                let help = if itself { format!("ALTER ROLE {} NOBYPASSRLS", Plain.identifier(name)) } else { leave.clone() };
                findings.push((format!("{who} has BYPASSRLS, and row security does not bind it"), help));
            }
            if name == self.model.reader_role.as_str() {
                findings.push((format!("{who} is the reader role and reads every protected table"), leave.clone()));
            }
            let owned =
                self.model.entities.iter().find(|entity| self.relation(&entity.table).is_some_and(|relation| relation.owner == name));
            if let Some(entity) = owned {
                let help = format!("let another role own {} and the other protected tables", quoted(&entity.table.to_string()));
                findings.push((format!("{who} owns {} and may switch its policies off", quoted(&entity.table.to_string())), help));
            }
        }
        for (message, help) in findings {
            self.found.error(Code::PrivilegedRole, span, message, help);
        }
    }

    /// The reader role is created when missing; one that exists must have no way in and nothing beyond its grants.
    fn reader(&mut self, span: Span) {
        let Some(role) = self.catalog.role(self.model.reader_role.as_str()) else { return };
        let (name, mut right) = (quoted(&role.name), Vec::new());
        for (has, attribute) in [(role.can_login, "LOGIN"), (role.superuser, "SUPERUSER"), (role.bypass_rls, "BYPASSRLS")] {
            if has {
                right.push(attribute);
            }
        }
        if !right.is_empty() {
            let without: Vec<String> = right.iter().map(|attribute| format!("NO{attribute}")).collect();
            self.found.error(
                Code::PrivilegedRole,
                span,
                format!("reader role {name} has {}, and it reads every protected table", right.join(" and ")),
                format!(
                    "name another `reader_role`, which is created when missing; or ALTER ROLE {} {}",
                    Plain.identifier(&role.name),
                    without.join(" ")
                ),
            );
        }
    }
}
