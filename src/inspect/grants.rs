//! Privileges and policies beside ours that give more than the roles say.

use std::collections::BTreeSet;

use super::expected::Expected;
use super::{Inspector, holder, reaches, sql_name};
use crate::catalog::{Grantee, PolicyCommand, Relation};
use crate::render::{Plain, Quoting};
use crate::text::{Code, Diagnostic, Severity, Span, quoted};

impl Inspector<'_> {
    pub(super) fn grants(&mut self, expected: &Expected<'_>) {
        let askers = self.askers();
        for (entity, span) in expected.entities() {
            let Some(relation) = self.relation(&entity.table) else { continue };
            for (at, member) in self.family(relation).into_iter().enumerate() {
                self.excess_privileges(member, at == 0, &askers, span);
                self.foreign_policies(member, &askers, span);
            }
        }
    }

    /// What goes round row security. Applying takes it from the application role itself, on the entity's own table.
    fn excess_privileges(&mut self, relation: &Relation, taken: bool, askers: &BTreeSet<&str>, span: Span) {
        let application = self.model.application_role.as_str();
        for grant in &relation.grants {
            let handled = taken && grant.grantee == Grantee::Role(application.to_owned());
            let owner = grant.grantee == Grantee::Role(relation.owner.clone());
            if handled || owner || !reaches(&grant.grantee, askers) {
                continue;
            }
            let (severity, what) = match grant.privilege.as_str() {
                "TRUNCATE" => (Severity::Error, "empty"),
                "TRIGGER" => (Severity::Error, "put a trigger on"),
                "REFERENCES" => (Severity::Warning, "learn which keys there are, by a foreign key, in"),
                _ => continue,
            };
            let message = format!(
                "{} may {what} {} whatever the policies say ({})",
                holder(&grant.grantee),
                quoted(&relation.name.to_string()),
                grant.privilege
            );
            let column = grant.column.as_ref().map_or_else(String::new, |column| format!(" ({})", Plain.identifier(column)));
            let help = format!(
                "REVOKE {}{column} ON {} FROM {}",
                grant.privilege,
                sql_name(&relation.name.schema, &relation.name.name),
                grantee_sql(&grant.grantee)
            );
            self.found.push(Diagnostic::new(Code::ExcessPrivilege, severity, span, message, help));
        }
    }

    fn foreign_policies(&mut self, relation: &Relation, askers: &BTreeSet<&str>, span: Span) {
        // Only a name that an apply takes away and makes anew is ours.
        let actions = ["crm_access_reader", "crm_access_read", "crm_access_create", "crm_access_update", "crm_access_delete"];
        let policies = relation.policies.iter().filter(|policy| policy.permissive && !actions.contains(&policy.name.as_str()));
        for policy in policies.filter(|policy| policy.roles.iter().any(|role| reaches(role, askers))) {
            let what = match policy.command {
                PolicyCommand::Select => "lets rows be read",
                PolicyCommand::Insert => "lets rows be added",
                PolicyCommand::Update => "lets rows be changed",
                PolicyCommand::Delete => "lets rows be deleted",
                PolicyCommand::All => "lets rows be read, added, changed and deleted",
            };
            let table = sql_name(&relation.name.schema, &relation.name.name);
            self.found.error(
                Code::ForeignPolicy,
                span,
                format!("policy {} on {} {what} beside what the roles give", quoted(&policy.name), quoted(&relation.name.to_string())),
                format!("DROP POLICY {} ON {table}, or create it anew AS RESTRICTIVE", Plain.identifier(&policy.name)),
            );
        }
    }
}

/// A grantee as SQL writes it.
pub(super) fn grantee_sql(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Public => "PUBLIC".to_owned(),
        Grantee::Role(name) => Plain.identifier(name),
    }
}
