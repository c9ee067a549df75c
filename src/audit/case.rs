//! What every lint looks at, and the questions that several ask.

use std::collections::{BTreeMap, BTreeSet};

use super::Standing;
use super::sql::relation as sql_name;
use crate::catalog::{Catalog, Grantee, Relation, RelationName};
use crate::compile::columns_role;
use crate::config::Config;
use crate::model::{ColumnName, Entity, Link, Members, Model, Owners, TableName};
use crate::text::{Source, Span};

/// A configuration and a database.
#[derive(Debug)]
pub struct Case<'a> {
    /// The configuration's text.
    pub source: &'a Source,
    /// The configuration as written.
    pub config: &'a Config,
    /// What it means.
    pub model: &'a Model,
    /// The database; asked for what [`relations`](crate::inspect::relations) and [`roles`](crate::inspect::roles) say.
    pub catalog: &'a Catalog,
    /// How the configuration stands in it.
    pub standing: &'a Standing,
    askers: BTreeSet<&'a str>,
    reached: BTreeSet<&'a str>,
}

/// A protected table, or one of its partitions or children.
#[derive(Clone, Copy, Debug)]
pub(super) struct Protected<'a> {
    /// The entity.
    pub(super) entity: &'a Entity,
    /// The table.
    pub(super) relation: &'a Relation,
    /// Whether it is the entity's own table and no partition or child of it.
    pub(super) own: bool,
    /// Where the configuration names the entity.
    pub(super) span: Option<Span>,
}

impl Protected<'_> {
    /// The table's name, as findings name objects.
    pub(super) fn object(&self) -> String {
        self.relation.name.to_string()
    }

    /// The table's name as SQL writes it.
    pub(super) fn sql(&self) -> String {
        sql_name(&self.relation.name)
    }
}

impl<'a> Case<'a> {
    /// Puts them together.
    pub fn new(source: &'a Source, config: &'a Config, model: &'a Model, catalog: &'a Catalog, standing: &'a Standing) -> Case<'a> {
        let mut case = Case { source, config, model, catalog, standing, askers: BTreeSet::new(), reached: BTreeSet::new() };
        case.askers = case.askers_of();
        case.reached = case.askers.iter().flat_map(|role| case.reached_from(role)).collect();
        case
    }

    /// The application's role, those that say for whom they ask, and all members of these: who sends statements. The role that owns the views
    /// of columns sends none itself, but a member of it may.
    fn askers_of(&self) -> BTreeSet<&'a str> {
        let catalog = self.catalog;
        let mut askers = BTreeSet::new();
        let mut next: Vec<&'a str> = self.configured().collect();
        while let Some(name) = next.pop() {
            if askers.insert(name) {
                let members = catalog.roles.iter().filter(|role| {
                    role.member_of.iter().any(|membership| membership.role == name && (membership.inherit || membership.set))
                });
                next.extend(members.map(|role| role.name.as_str()));
            }
        }
        askers.remove(columns_role(self.model).as_str());
        askers
    }

    /// Who sends statements for the application.
    pub(super) fn askers(&self) -> &BTreeSet<&'a str> {
        &self.askers
    }

    /// The roles whose rights the askers have or can take on.
    pub(super) fn reached(&self) -> &BTreeSet<&'a str> {
        &self.reached
    }

    /// A role and those whose rights it has or can take on.
    pub(super) fn reached_from(&self, role: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&'a str> = self.catalog.role(role).map(|role| role.name.as_str()).into_iter().collect();
        while let Some(name) = next.pop() {
            if reached.insert(name) {
                let memberships = self.catalog.role(name).map_or(&[][..], |role| &role.member_of);
                next.extend(memberships.iter().filter(|membership| membership.inherit || membership.set).map(|m| m.role.as_str()));
            }
        }
        reached
    }

    /// The roles that the configuration names as those who ask, or say for whom others do.
    pub(super) fn configured(&self) -> impl Iterator<Item = &'a str> {
        let model = self.model;
        let issuers = model.identity.setting.iter().flat_map(|setting| &setting.issuers);
        [&model.application_role].into_iter().chain(&model.identity.act_as).chain(issuers).map(|role| role.as_str())
    }

    /// What a role is a member of, directly.
    pub(super) fn memberships(&self, role: &str) -> Vec<&'a str> {
        let memberships = self.catalog.role(role).map_or(&[][..], |role| &role.member_of);
        memberships.iter().map(|membership| membership.role.as_str()).collect()
    }

    /// The askers, and roles whose rights they reach, that are members of a role directly.
    pub(super) fn members_among_reached(&self, role: &str) -> Vec<&'a str> {
        self.reached.iter().copied().filter(|member| self.memberships(member).contains(&role)).collect()
    }

    /// Whether a privilege reaches an asker, directly or by SET ROLE.
    pub(super) fn asks(&self, grantee: &Grantee) -> bool {
        match grantee {
            Grantee::Public => true,
            Grantee::Role(name) => self.reached.contains(name.as_str()),
        }
    }

    /// Those of the grantees whom a privilege reaches an asker through, except roles that only the finding about them concerns.
    pub(super) fn asking<'g>(&self, grantees: impl IntoIterator<Item = &'g Grantee>) -> Vec<&'g Grantee> {
        grantees.into_iter().filter(|grantee| self.asks(grantee)).collect()
    }

    /// Whether row security does not bind a role, whatever FORCE says; a role that is not known is none that it binds.
    pub(super) fn is_unbound(&self, role: &str) -> bool {
        let catalog = self.catalog;
        catalog.role(role).is_none_or(|role| role.superuser || role.bypass_rls)
            || catalog.has_rights_of(role, self.model.reader_role.as_str())
    }

    /// Why row security does not bind a role, in words that follow its name.
    pub(super) fn why_unbound(&self, role: &str) -> &'static str {
        match self.catalog.role(role) {
            Some(role) if role.superuser => "a superuser",
            Some(role) if role.bypass_rls => "who has BYPASSRLS",
            None => "of whom nothing is known",
            Some(_) => "who has the rights of the reader role",
        }
    }

    /// A table of the configuration, if it exists.
    pub(super) fn relation(&self, table: &TableName) -> Option<&'a Relation> {
        self.catalog.relation(table.schema.as_str(), &table.name)
    }

    /// Where the configuration names an entity.
    pub(super) fn place(&self, entity: &Entity) -> Option<Span> {
        self.config.entities.iter().find(|(name, _)| name.as_str() == entity.name.as_str()).map(|(name, _)| name.span)
    }

    /// The protected tables that exist, each followed by its partitions and children.
    pub(super) fn protected(&self) -> Vec<Protected<'a>> {
        let mut all = Vec::new();
        for entity in &self.model.entities {
            let Some(relation) = self.relation(&entity.table) else { continue };
            let mut family = vec![relation];
            let mut next = 0;
            while let Some(member) = family.get(next).copied() {
                family.extend(self.catalog.children(member).filter(|child| !family.contains(child)).collect::<Vec<_>>());
                next += 1;
            }
            let span = self.place(entity);
            all.extend(family.into_iter().enumerate().map(|(at, relation)| Protected { entity, relation, own: at == 0, span }));
        }
        all
    }

    /// The tables of people, groups, links and assignments with the columns by which they decide who sees what.
    pub(super) fn deciding(&self) -> BTreeMap<&'a TableName, BTreeSet<String>> {
        let (directory, given) = (&self.model.directory, &self.model.assignments);
        let mut all: BTreeMap<&'a TableName, BTreeSet<String>> = BTreeMap::new();
        let mut add = |table: &'a TableName, columns: Vec<Option<&ColumnName>>| {
            all.entry(table).or_default().extend(columns.into_iter().flatten().map(|column| column.as_str().to_owned()));
        };
        let users = &directory.users;
        add(&users.table, vec![Some(&users.key), users.active.as_ref(), self.model.identity.login.as_ref()]);
        add(&users.table, users.attributes.iter().map(|(column, _)| Some(column)).collect());
        for flag in &given.role_flags {
            add(&users.table, vec![Some(&flag.column), flag.confirmed.as_ref()]);
        }
        for flag in &given.restriction_flags {
            add(&users.table, vec![Some(&flag.column), flag.confirmed.as_ref()]);
        }
        if let Some(departments) = &directory.departments {
            add(&departments.table, vec![Some(&departments.key), departments.parent.as_ref(), departments.head.as_ref()]);
            match &departments.members {
                Members::Column(column) => add(&users.table, vec![Some(column)]),
                Members::Table(membership) => add(&membership.table, vec![Some(&membership.of), Some(&membership.user)]),
            }
        }
        for circle in &directory.circles {
            add(&circle.table, vec![Some(&circle.key), circle.leader.as_ref()]);
            add(&circle.members.table, vec![Some(&circle.members.of), Some(&circle.members.user)]);
        }
        for table in given.role_tables.iter().chain(&given.restriction_tables) {
            add(&table.table, vec![Some(&table.user), Some(&table.name), table.confirmed.as_ref()]);
        }
        for entity in &self.model.entities {
            let owners = match &entity.owners {
                Owners::Table(join) => Some(join),
                _ => None,
            };
            let links = entity.parents.iter().filter_map(|parent| match &parent.link {
                Link::Table(join, _) => Some(join),
                Link::Column(_) => None,
            });
            // A link that is an entity is protected by conditions on both of its sides.
            let open = |table: &TableName| !self.model.entities.iter().any(|entity| entity.table == *table);
            for join in owners.into_iter().chain(links).filter(|join| open(&join.table)) {
                add(&join.table, vec![Some(&join.left), Some(&join.right)]);
            }
        }
        all
    }

    /// The protected table of that name, if it is one.
    pub(super) fn protected_named(&self, name: &RelationName) -> Option<Protected<'a>> {
        self.protected().into_iter().find(|table| table.relation.name == *name)
    }
}
