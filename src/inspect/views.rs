//! Views, materialized views and rules that show rows past the policies, or show nothing any more (O6).

use std::collections::BTreeSet;

use super::expected::Expected;
use super::grants::grantee_sql;
use super::{Inspector, holder, reaches, sql_name};
use crate::catalog::{Dependent, Relation, RelationKind};
use crate::text::{Code, Diagnostic, Severity, Span, quoted};

impl<'a> Inspector<'a> {
    pub(super) fn views(&mut self, expected: &Expected<'_>) {
        let askers = self.askers();
        for (entity, span) in expected.entities() {
            let Some(relation) = self.relation(&entity.table) else { continue };
            for member in self.family(relation) {
                // Applying switches row security on for its owner too, so what counts is the table as it will be.
                let protected = Relation { row_security: true, force_row_security: true, ..member.clone() };
                let catalog = self.catalog;
                for dependent in catalog.dependents_of(member) {
                    if catalog.escapes_row_security(dependent, &protected) {
                        self.exposing(dependent, member, &askers, span);
                    } else {
                        self.blind(dependent, member, &askers, span);
                    }
                }
            }
        }
    }

    fn exposing(&mut self, dependent: &Dependent, relation: &Relation, askers: &BTreeSet<&str>, span: Span) {
        let (name, table) = (quoted(&dependent.name.to_string()), quoted(&relation.name.to_string()));
        let what = match dependent.kind {
            RelationKind::MaterializedView => format!("materialized view {name} holds rows of {table} whoever they belong to"),
            RelationKind::View if dependent.security_invoker => {
                format!("view {name} shows rows of {table} past its policies, through what it reads")
            }
            RelationKind::View => {
                format!("view {name} reads {table} as its owner {}, whom row security does not bind", quoted(&dependent.owner))
            }
            _ => {
                let rules: Vec<String> = dependent.rules.iter().map(|rule| quoted(rule)).collect();
                format!("{name} reads rows of {table} as its owner {} by rule {}", quoted(&dependent.owner), rules.join(", "))
            }
        };
        let view = sql_name(&dependent.name.schema, &dependent.name.name);
        let holders: Vec<_> = dependent.select.iter().filter(|grantee| reaches(grantee, askers)).collect();
        let by_owner = dependent.kind == RelationKind::View && !dependent.security_invoker;
        let way_out = match (dependent.kind, by_owner, self.catalog.server_version_num >= 150_000) {
            (RelationKind::View, true, true) => Some(format!("ALTER VIEW {view} SET (security_invoker = true)")),
            (RelationKind::View, true, false) => {
                Some("give it an owner whom row security binds (security_invoker needs PostgreSQL 15)".to_owned())
            }
            (RelationKind::MaterializedView | RelationKind::View, ..) => None,
            _ => Some("drop the rule".to_owned()),
        };
        let (severity, message, help) = if holders.is_empty() {
            let help = way_out.unwrap_or_else(|| "never grant SELECT on it to the application".to_owned());
            (Severity::Warning, what, help)
        } else {
            let readers: Vec<String> = holders.iter().map(|grantee| holder(grantee)).collect();
            let revoke: Vec<String> = holders.iter().map(|grantee| grantee_sql(grantee)).collect();
            let revoke = format!("REVOKE SELECT ON {view} FROM {}", revoke.join(", "));
            let help = way_out.map_or_else(|| revoke.clone(), |way| format!("{revoke}; or {way}"));
            (Severity::Error, format!("{what}, and {} may read it", readers.join(", ")), help)
        };
        self.found.push(Diagnostic::new(Code::ExposingView, severity, span, message, help));
    }

    /// A view that reads as an owner for whom no policy is, not even the table's own.
    fn blind(&mut self, dependent: &Dependent, relation: &Relation, askers: &BTreeSet<&str>, span: Span) {
        let direct = dependent.reads.iter().any(|reading| reading.relation == relation.name && reading.direct);
        let by_owner = dependent.kind == RelationKind::View && !dependent.security_invoker;
        let bound = !self.catalog.has_rights_of(&dependent.owner, self.model.application_role.as_str());
        if direct && by_owner && bound && dependent.select.iter().any(|grantee| reaches(grantee, askers)) {
            let view = sql_name(&dependent.name.schema, &dependent.name.name);
            let help = if self.catalog.server_version_num >= 150_000 {
                format!("ALTER VIEW {view} SET (security_invoker = true), so that it shows what its reader may see")
            } else {
                "make its owner a member of the application role (security_invoker needs PostgreSQL 15)".to_owned()
            };
            self.found.warning(
                Code::BlindView,
                span,
                format!(
                    "view {} reads {} as its owner {}, for whom there is no policy, and will show nothing",
                    quoted(&dependent.name.to_string()),
                    quoted(&relation.name.to_string()),
                    quoted(&dependent.owner)
                ),
                help,
            );
        }
    }
}
