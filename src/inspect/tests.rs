//! The presets against databases that fit them, and against the same ones broken in one place.
//!
//! `tests/catalog/teamleader.json` and `odoo-crm.json` are what the catalog query says, on PostgreSQL 15, about databases into which
//! `examples/teamleader.sql` and `examples/odoo-crm.sql` were loaded; it was asked for what [`relations`] and [`roles`] say.

mod columns;
mod grants;
mod kinds;
mod leaders;
mod roles;
mod views;

use super::{inspect, relations, roles as roles_of};
use crate::catalog::{Catalog, Column, Dependent, Relation, Role};
use crate::config::{self, Config};
use crate::model::Model;
use crate::resolve::resolve;
use crate::text::{Code, Diagnostic, Diagnostics, Severity, Source};

const TEAMLEADER: &str = include_str!("../../examples/teamleader.yaml");
const ODOO: &str = include_str!("../../examples/odoo-crm.yaml");

/// A preset and a database that fits it.
struct Case {
    text: String,
    catalog: Catalog,
}

fn teamleader() -> Case {
    Case { text: TEAMLEADER.to_owned(), catalog: Catalog::from_json(include_str!("../../tests/catalog/teamleader.json")).unwrap() }
}

fn odoo() -> Case {
    Case { text: ODOO.to_owned(), catalog: Catalog::from_json(include_str!("../../tests/catalog/odoo-crm.json")).unwrap() }
}

/// A sound configuration and its model.
fn sound(text: &str) -> (Source, Config, Model) {
    let source = Source::new("crm.yaml", text);
    let mut diagnostics = Diagnostics::new();
    let config = config::read(&source, &mut diagnostics).unwrap_or_else(|| panic!("{diagnostics:?}"));
    let model = resolve(&source, &config, &mut diagnostics).unwrap_or_else(|| panic!("{diagnostics:?}"));
    (source, config, model)
}

/// A finding: code, gravity, message, help and the underlined text.
type Finding = (Code, Severity, String, String, String);

impl Case {
    /// The same with a part of the configuration replaced; it must stand there once.
    fn with(mut self, part: &str, by: &str) -> Self {
        assert_eq!(self.text.matches(part).count(), 1, "{part}");
        self.text = self.text.replace(part, by);
        self
    }

    fn relation(&mut self, name: &str) -> &mut Relation {
        self.catalog.relations.iter_mut().find(|relation| relation.name.name == name).unwrap()
    }

    fn column(&mut self, relation: &str, name: &str) -> &mut Column {
        self.relation(relation).columns.iter_mut().find(|column| column.name == name).unwrap()
    }

    fn retype(mut self, relation: &str, name: &str, of: &str) -> Self {
        let column = self.column(relation, name);
        column.declared_type = of.to_owned();
        column.base_type = of.to_owned();
        self
    }

    fn role(&mut self, name: &str) -> &mut Role {
        self.catalog.roles.iter_mut().find(|role| role.name == name).unwrap()
    }

    /// The same with a change of the database.
    fn changed(mut self, change: impl FnOnce(&mut Case)) -> Self {
        change(&mut self);
        self
    }

    fn findings(&self) -> Vec<Finding> {
        let (source, config, model) = sound(&self.text);
        let mut diagnostics = Diagnostics::new();
        inspect(&source, &config, &model, &self.catalog, &mut diagnostics);
        diagnostics.iter().map(|found| finding(&source, found)).collect()
    }

    /// That this is found, and nothing else.
    #[track_caller]
    fn says(&self, code: Code, severity: Severity, message: &str, help: &str, underlined: &str) {
        let expected = (code, severity, message.to_owned(), help.to_owned(), underlined.to_owned());
        assert_eq!(self.findings(), [expected]);
    }

    #[track_caller]
    fn says_nothing(&self) {
        assert_eq!(self.findings(), []);
    }
}

fn finding(source: &Source, found: &Diagnostic) -> Finding {
    let underlined = found.span.map(|span| source.slice(span)).unwrap_or_default();
    (found.code, found.severity, found.message.clone(), found.help.clone().unwrap_or_default(), underlined.to_owned())
}

fn view(name: &str, kind: crate::catalog::RelationKind, of: &str) -> Dependent {
    use crate::catalog::{Grantee, Reading, RelationName};
    Dependent {
        name: RelationName { schema: "public".to_owned(), name: name.to_owned() },
        kind,
        owner: "postgres".to_owned(),
        owner_superuser: true,
        owner_bypass_rls: true,
        security_invoker: false,
        security_barrier: false,
        select: vec![Grantee::Role("crm_app".to_owned()), Grantee::Role("postgres".to_owned())],
        rules: Vec::new(),
        reads: vec![Reading {
            relation: RelationName { schema: "public".to_owned(), name: of.to_owned() },
            direct: true,
            same_owner: true,
        }],
        through: Vec::new(),
    }
}

fn new_role(name: &str) -> Role {
    Role {
        name: name.to_owned(),
        superuser: false,
        bypass_rls: false,
        replication: false,
        create_role: false,
        can_login: false,
        inherit: true,
        member_of: Vec::new(),
    }
}

#[test]
fn the_presets_fit_their_databases() {
    teamleader().says_nothing();
    odoo().says_nothing();
}

#[test]
fn the_catalog_is_asked_for_every_table_and_role_that_the_model_names() {
    let (_, _, model) = sound(TEAMLEADER);
    let tables: Vec<&str> = relations(&model).into_iter().map(|(_, name)| name).collect();
    let expected = [
        "activities",
        "companies",
        "contact_companies",
        "contacts",
        "deals",
        "departments",
        "invoices",
        "quotations",
        "team_members",
        "teams",
        "tickets",
        "users",
    ];
    assert_eq!(tables, expected);
    assert_eq!(roles_of(&model), ["crm_access_reader", "crm_app", "crm_backend"]);
    let (_, _, model) = sound(ODOO);
    assert!(relations(&model).contains(&("sales", "opportunity_owners")) && relations(&model).contains(&("sales", "user_restrictions")));
}

#[test]
fn a_database_without_anything_lacks_every_table_and_role() {
    let mut case = teamleader();
    case.catalog.relations.clear();
    case.catalog.roles.clear();
    let findings = case.findings();
    assert!(findings.iter().all(|found| matches!(found.0, Code::MissingTable | Code::MissingDatabaseRole)), "{findings:?}");
    assert_eq!(findings.iter().filter(|found| found.0 == Code::MissingDatabaseRole).count(), 3);
    // The users stand twice, as users and as assignments; the links too, as an entity and as a link.
    assert_eq!(findings.iter().filter(|found| found.0 == Code::MissingTable).count(), 14);
}
