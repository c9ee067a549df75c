//! What is allowed and yet hardly meant.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use crate::model::{Link, Model, Owners, Subject, TableName};
use crate::text::{Code, Span, quoted};

impl Resolver<'_> {
    pub(super) fn warn(&mut self, model: &Model) {
        self.unprotected_links(model);
        self.roles_of_single_users(model);
    }

    /// Whoever may write the table that says who owns a record, or where it belongs, may give themselves the record.
    fn unprotected_links(&mut self, model: &Model) {
        let protected = |table: &TableName| model.entities.iter().any(|entity| entity.table == *table);
        for entity in &model.entities {
            let Some((name, written)) = self.config.entities.iter().find(|(name, _)| name.as_str() == entity.name.as_str()) else {
                continue;
            };
            let mut open: Vec<(&TableName, Span)> = Vec::new();
            if let Owners::Table(join) = &entity.owners
                && !protected(&join.table)
            {
                let span = written.owners.as_ref().and_then(|owners| owners.table.as_ref()).map_or(name.span, |table| table.span);
                open.push((&join.table, span));
            }
            if let Owners::Table(join) = &entity.observers
                && !protected(&join.table)
            {
                let span = written.observers.as_ref().and_then(|observers| observers.table.as_ref()).map_or(name.span, |table| table.span);
                open.push((&join.table, span));
            }
            for parent in &entity.parents {
                if let Link::Table(join, _) = &parent.link
                    && !protected(&join.table)
                {
                    let link = written.parents.iter().find(|(name, _)| name.as_str() == parent.entity.as_str());
                    let span = link.and_then(|(_, link)| link.table.as_ref()).map_or(name.span, |table| table.span);
                    open.push((&join.table, span));
                }
            }
            for (table, span) in open {
                self.found.warning(
                    Code::UnprotectedTable,
                    span,
                    format!(
                        "table {} decides who sees {} records and is not protected itself",
                        quoted(&table.to_string()),
                        quoted(entity.name.as_str())
                    ),
                    "make it an entity, so that nobody adds a row for themselves",
                );
            }
        }
    }

    /// A role that one user alone has is a name for that user (B13).
    fn roles_of_single_users(&mut self, model: &Model) {
        if !model.assignments.role_tables.is_empty() || model.assignments.stored {
            return;
        }
        if let Some(users) = each_with_a_role_of_their_own(model) {
            let place = self.config.roles.iter().map(|(name, _)| name.span).next();
            self.found.warning(
                Code::OneRolePerUser,
                place,
                format!("each of the {users} users who have a role has one of their own"),
                "give users common roles and narrow them by scopes or a restriction (B13)",
            );
            return;
        }
        for role in &model.roles {
            let given: Vec<&Subject> =
                model.assignments.roles.iter().filter(|given| given.what == role.name).map(|given| &given.to).collect();
            let flagged = model.assignments.role_flags.iter().any(|flag| flag.what == role.name);
            let included = model.roles.iter().any(|other| other.name != role.name && other.all_includes.contains(&role.name));
            let place = self.config.roles.iter().find(|(name, _)| name.as_str() == role.name.as_str()).map(|(name, _)| name.span);
            match given.as_slice() {
                [] if !flagged && !included => self.found.warning(
                    Code::Useless,
                    place,
                    format!("nobody can have the role {}", quoted(role.name.as_str())),
                    "assign it, or leave it out",
                ),
                [Subject::User(_)] if !flagged && !included && model.roles.len() > 3 => self.found.note(
                    Code::OneRolePerUser,
                    place,
                    format!("role {} is one user's own", quoted(role.name.as_str())),
                    "give users a common role and narrow it by scopes or a restriction (B13)",
                ),
                _ => {}
            }
        }
    }
}

/// How many users have a role, if each of them has one that nobody else has; two may well be different.
fn each_with_a_role_of_their_own(model: &Model) -> Option<usize> {
    if !model.assignments.role_flags.is_empty() {
        return None;
    }
    let mut held: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for given in &model.assignments.roles {
        let Subject::User(user) = &given.to else { return None };
        held.entry(given.what.as_str()).or_default().insert(user);
    }
    let users: BTreeSet<&str> = held.values().flatten().copied().collect();
    let own: BTreeSet<&str> = held.values().filter(|users| users.len() == 1).flatten().copied().collect();
    (users.len() > 2 && own == users).then_some(users.len())
}
