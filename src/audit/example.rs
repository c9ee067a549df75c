//! A database in which the preset of Teamleader Focus is applied, for tests that break it in one place.

use super::{Case, Drift, Finding, Lint, Report, Standing, audit};
use crate::catalog::{
    Catalog, Dependent, ForeignServer, Function, Grant, Grantee, Holding, Reading, Relation, RelationKind, RelationName, Role,
    RoleMembership,
};
use crate::config;
use crate::program::Target;
use crate::resolve::resolve;
use crate::text::{Diagnostics, Source};
use jiff::civil::date;

/// `tests/catalog/teamleader-applied.json` is what the catalog query says about it; `tools/catalog-documents` makes it anew.
pub(super) struct Example {
    pub(super) text: String,
    pub(super) catalog: Catalog,
    pub(super) standing: Standing,
}

impl Example {
    pub(super) fn new() -> Example {
        let mut example = Example {
            // What the preset accepts is put aside, so that each lint is seen.
            text: include_str!("../../examples/teamleader.yaml").split("\naudit:").next().unwrap().to_owned() + "\n",
            catalog: Catalog::from_json(include_str!("../../tests/catalog/teamleader-applied.json")).unwrap(),
            standing: Standing { target: Target::Extension, today: date(2026, 6, 15), is_applied: true, drift: Vec::new() },
        };
        example.role("postgres").superuser = true;
        example
    }

    /// The same with a part of the configuration replaced; it must stand there once.
    pub(super) fn with(mut self, part: &str, by: &str) -> Example {
        assert_eq!(self.text.matches(part).count(), 1, "{part}");
        self.text = self.text.replace(part, by);
        self
    }

    pub(super) fn relation(&mut self, name: &str) -> &mut Relation {
        self.catalog.relations.iter_mut().find(|relation| relation.name.name == name).unwrap()
    }

    pub(super) fn role(&mut self, name: &str) -> &mut Role {
        if self.catalog.role(name).is_none() {
            self.catalog.roles.push(Role {
                name: name.to_owned(),
                superuser: false,
                bypass_rls: false,
                replication: false,
                create_role: false,
                can_login: false,
                inherit: true,
                member_of: Vec::new(),
            });
        }
        self.catalog.roles.iter_mut().find(|role| role.name == name).unwrap()
    }

    /// Makes a role a member of another.
    pub(super) fn member(&mut self, role: &str, of: &str) {
        self.role(of);
        self.role(role).member_of.push(RoleMembership { role: of.to_owned(), inherit: true, set: true });
    }

    /// Grants a privilege on a described relation.
    pub(super) fn grant(&mut self, privilege: &str, relation: &str, column: Option<&str>, to: &str) {
        let (grantee, privilege, column) = (Grantee::from(to.to_owned()), privilege.to_owned(), column.map(str::to_owned));
        self.relation(relation).grants.push(Grant { grantee, privilege, column, grantable: false });
    }

    pub(super) fn drift(&mut self, part: &str, change: &str) {
        self.standing.drift.push(Drift { part: part.to_owned(), change: change.to_owned() });
    }

    /// A view that reads `companies` as its owner, who is a superuser, and that the application may read.
    pub(super) fn view(&mut self, name: &str, kind: RelationKind) -> &mut Dependent {
        self.catalog.dependents.push(Dependent {
            name: named(name),
            kind,
            owner: "postgres".to_owned(),
            owner_superuser: true,
            owner_bypass_rls: true,
            security_invoker: false,
            security_barrier: false,
            select: vec![role("crm_app")],
            rules: Vec::new(),
            reads: vec![Reading { relation: named("companies"), direct: true, same_owner: false }],
            through: Vec::new(),
        });
        self.catalog.dependents.last_mut().unwrap()
    }

    /// A SECURITY DEFINER function of a superuser that reads `companies` and that everybody may call.
    pub(super) fn function(&mut self, name: &str) -> &mut Function {
        self.catalog.functions.push(Function {
            schema: "public".to_owned(),
            name: name.to_owned(),
            arguments: String::new(),
            kind: "f".to_owned(),
            owner: "postgres".to_owned(),
            security_definer: true,
            leakproof: false,
            trigger: false,
            fixed_path: true,
            extension: None,
            notifies: false,
            mentions: vec![named("companies")],
            execute: vec![Grantee::Public],
        });
        self.catalog.functions.last_mut().unwrap()
    }

    /// Another server that the application may use.
    pub(super) fn server(&mut self, name: &str) -> &mut ForeignServer {
        self.catalog.foreign_servers.push(ForeignServer {
            name: name.to_owned(),
            wrapper: "postgres_fdw".to_owned(),
            owner: "postgres".to_owned(),
            usage: vec![role("crm_app")],
            mapped: Vec::new(),
        });
        self.catalog.foreign_servers.last_mut().unwrap()
    }

    /// What these lints report.
    pub(super) fn report(&self, lints: &[&'static Lint]) -> Report {
        let source = Source::new("crm.yaml", self.text.as_str());
        let mut diagnostics = Diagnostics::new();
        let config = config::read(&source, &mut diagnostics).unwrap_or_else(|| panic!("{diagnostics:?}"));
        let model = resolve(&source, &config, &mut diagnostics).unwrap_or_else(|| panic!("{diagnostics:?}"));
        audit(&Case::new(&source, &config, &model, &self.catalog, &self.standing), lints)
    }

    /// What one lint finds.
    pub(super) fn findings(&self, lint: &'static Lint) -> Vec<Finding> {
        let found = self.report(&[lint]).findings;
        assert!(
            found.iter().all(|finding| finding.lint.name == lint.name && !finding.message.is_empty() && !finding.fix.text().is_empty())
        );
        found
    }

    /// The objects that one lint finds.
    pub(super) fn found(&self, lint: &'static Lint) -> Vec<String> {
        self.findings(lint).into_iter().map(|finding| finding.object).collect()
    }

    /// The statements that would mend what one lint finds.
    pub(super) fn fixes(&self, lint: &'static Lint) -> Vec<String> {
        self.findings(lint).into_iter().flat_map(|finding| finding.fix.statements().to_vec()).collect()
    }
}

/// A relation of the schema `public`.
pub(super) fn named(name: &str) -> RelationName {
    RelationName { schema: "public".to_owned(), name: name.to_owned() }
}

/// A role as grantee.
pub(super) fn role(name: &str) -> Grantee {
    Grantee::Role(name.to_owned())
}

/// A privilege of a role, or of `public`.
pub(super) fn holding(grantee: &str, privilege: &str) -> Holding {
    Holding { grantee: Grantee::from(grantee.to_owned()), privilege: privilege.to_owned() }
}
