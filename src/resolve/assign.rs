//! The action `assign`: for which entities it is one, and who may become the owner.

use super::Resolver;
use crate::config::{EntityGrants, NewOwner};
use crate::model::{CircleKind, Entity, Level, Owners, Term};
use crate::text::{Code, Span, quoted};

impl Resolver<'_> {
    /// Whether a role or a restriction names the action for that entity; `every` does not name it.
    pub(super) fn names_assign(&self, entity: &str) -> bool {
        let by_role = self.config.roles.iter().any(|(_, role)| {
            let listed = role.grants.iter().find(|(name, _)| name.as_str() == entity);
            let given = listed.or_else(|| role.grants.iter().find(|(name, _)| name.as_str() == "*"));
            given.is_some_and(|(_, given)| given.assign.is_some())
        });
        by_role
            || self
                .config
                .restrictions
                .iter()
                .any(|(_, restriction)| restriction.entities.iter().any(|(name, level)| name.as_str() == entity && level.assign.is_some()))
    }

    /// What a role gives of the action, where it is one for that entity.
    pub(super) fn assign_level(&mut self, entities: &[Entity], entity: &Entity, given: &EntityGrants) -> Option<Level> {
        let Some(written) = &given.assign else {
            let every = given.every.as_ref().filter(|_| entity.assigned)?;
            return Some(self.level(entities, entity, every));
        };
        if !entity.assigned {
            // `"*"` means the entities that have owners.
            return None;
        }
        let mut level = self.level(entities, entity, &written.level());
        if let Some(to) = &written.to {
            self.new_owner(to.value, to.span);
            let by_stage = level.stages.iter_mut().map(|stage| &mut stage.scopes);
            if to.value != NewOwner::Anyone {
                let scopes = by_stage.chain([&mut level.scopes]).flatten();
                scopes.for_each(|scope| scope.terms.push(Term::GivenTo(to.value)));
            }
        }
        Some(level)
    }

    /// An entity whose owners somebody is to change must have some.
    pub(super) fn assignable(&mut self, entity: &Entity, place: Span) {
        if matches!(entity.owners, Owners::None) {
            self.found.error(
                Code::MissingColumn,
                place,
                format!("action `assign` needs `owners`, which entity {} does not have", quoted(entity.name.as_str())),
                "name the column under `entities`, as in `owners: some_column`, or leave `assign` out",
            );
        }
    }

    fn new_owner(&mut self, to: NewOwner, place: Span) {
        let directory = &self.config.directory;
        let (there, several) = match to {
            NewOwner::Team => (directory.teams.is_some(), CircleKind::Team.plural()),
            NewOwner::Department => (directory.departments.is_some(), "departments"),
            NewOwner::Me | NewOwner::Anyone => return,
        };
        if !there {
            self.found.error(
                Code::UnknownSubject,
                place,
                format!("the directory has no {several}"),
                format!("describe them under `directory: {several}`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config;
    use crate::resolve::resolve;
    use crate::text::{Diagnostics, Source};

    const BASE: &str = "
version: 1
application_role: crm_app
identity: {act_as: crm_backend}
directory: {users: {table: users}, channels: {tracker: crm_tracker}}
entities: {company: {table: companies, owners: manager}, note: {table: notes}}
roles: {sales: {grants: {company: all, note: {read: all}}}}
assignments: {listed: {role: sales, everyone: true}, flags: {column: is_sales, role: sales}}
";

    /// What is said of the small configuration with a part replaced: message, help and the underlined text.
    fn said(part: &str, by: &str) -> Vec<(String, String, String)> {
        assert_eq!(BASE.matches(part).count(), 1, "{part}");
        let source = Source::new("crm.yaml", BASE.replace(part, by));
        let mut found = Diagnostics::new();
        let config = config::read(&source, &mut found).unwrap();
        resolve(&source, &config, &mut found);
        let marked = |span: Option<crate::text::Span>| span.and_then(|span| source.text().get(span.start..span.end)).unwrap_or_default();
        found.iter().map(|one| (one.message.clone(), one.help.clone().unwrap_or_default(), marked(one.span).to_owned())).collect()
    }

    fn one(part: &str, by: &str) -> (String, String, String) {
        let mut all = said(part, by);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    fn is(found: (String, String, String), message: &str, help: &str, marked: &str) {
        assert_eq!((found.0.as_str(), found.1.as_str(), found.2.as_str()), (message, help, marked));
    }

    #[test]
    fn what_is_assigned_has_owners_and_who_may_become_one_is_in_the_directory() {
        let needs = "action `assign` needs `owners`, which entity `note` does not have";
        let help = "name the column under `entities`, as in `owners: some_column`, or leave `assign` out";
        is(one("note: {read: all}", "note: {read: all, assign: all}"), needs, help, "note");
        is(
            one("company: all", "company: {every: all, assign: {scopes: own, to: team}}"),
            "the directory has no teams",
            "describe them under `directory: teams`",
            "team",
        );
        is(
            one("company: all", "company: {every: all, assign: {scopes: own, to: department}}"),
            "the directory has no departments",
            "describe them under `directory: departments`",
            "department",
        );
        assert!(
            said("company: all, note: {read: all}", "'*': {read: all, assign: {to: me, where: id > 1}}").is_empty(),
            "the entities that have owners"
        );
    }

    #[test]
    fn a_channel_is_one_of_the_directory_and_something_comes_over_it() {
        is(one("everyone: true", "channel: traker"), "the directory has no channel `traker`", "did you mean `tracker`?", "traker");
        is(one("everyone: true", "channel: fax"), "the directory has no channel `fax`", "the channels are `tracker`", "fax");
        is(
            one("tracker: crm_tracker", "tracker: []"),
            "nothing comes over channel `tracker`",
            "name the database role that the application logs in with",
            "tracker",
        );
        assert!(said("everyone: true", "user: 1, channel: tracker").is_empty());
    }
}
