//! How a record relates to the user: scopes and their terms.

use std::collections::BTreeSet;

use super::assign::NEW_OWNER;
use jiff::Timestamp;

use super::condition::About;
use super::people::{circles, departments, reaches, reports, with_subdepartments};
use super::world::{key_in, value};
use super::{Judge, Leaf, Row};
use crate::model::{
    Action, CircleKind, ColumnName, Entity, EntityName, Link, LinkRule, Owners, ParentTerm, Scope, SharingRule, Subject, Term,
};
use crate::predicate::Predicate;

impl Judge<'_> {
    /// The first of these scopes that holds, or what failed in each.
    pub(super) fn first_scope(&self, entity: &Entity, scopes: &[Scope], row: &Row) -> Result<usize, Vec<Leaf>> {
        let mut failed = Vec::new();
        for (at, scope) in scopes.iter().enumerate() {
            match self.failing_leaf(entity, scope, row) {
                None => return Ok(at),
                Some(leaf) => failed.push(leaf),
            }
        }
        Err(failed)
    }

    fn failing_leaf(&self, entity: &Entity, scope: &Scope, row: &Row) -> Option<Leaf> {
        let failing_term = scope.terms.iter().find(|term| !self.term(entity, term, row));
        if let Some(term) = failing_term {
            return Some(Leaf::Term(term.clone()));
        }
        let predicate = scope.predicate.as_ref()?;
        let about = About { record: row, user: self.person.as_ref().ok()?.row?, now: self.world.now };
        let parts = match predicate {
            Predicate::And(parts) => parts.as_slice(),
            whole => std::slice::from_ref(whole),
        };
        let failing = parts.iter().find(|part| about.holds(part) != Some(true));
        failing.map(|part| Leaf::Predicate(part.to_string()))
    }

    fn term(&self, entity: &Entity, term: &Term, row: &Row) -> bool {
        let Ok(person) = &self.person else { return false };
        let is_user = |key: Option<String>| key.as_ref() == Some(&person.key);
        match term {
            Term::Own => self.owns(entity, row),
            Term::Created => entity.creator.as_ref().is_some_and(|creator| is_user(key_in(row, creator))),
            Term::Observed => self.people_of(entity, &entity.observers, row).contains(&person.key),
            Term::Unassigned => match &entity.owners {
                Owners::None => false,
                Owners::Columns(columns) => columns.iter().all(|column| key_in(row, column).is_none()),
                Owners::Table(join) => {
                    key_in(row, &entity.key).is_some_and(|key| self.world.rows_with(&join.table, &join.left, &key).next().is_none())
                }
            },
            Term::Reports(depth) => {
                let near = reports(self.model, self.world, &person.key, *depth);
                self.owners(entity, row).iter().any(|owner| near.contains(owner))
            }
            Term::Territory => {
                let mine = circles(self.model, self.world, CircleKind::Territory, &person.key);
                entity.territory.as_ref().and_then(|column| key_in(row, column)).is_some_and(|territory| mine.contains(&territory))
            }
            Term::Team => {
                let of = |user: &str| circles(self.model, self.world, CircleKind::Team, user);
                let mine = of(&person.key);
                self.groups_of(entity, row, &entity.team, of).iter().any(|team| mine.contains(team))
            }
            Term::Department | Term::DepartmentTree => {
                let of = |user: &str| departments(self.model, self.world, user);
                let mut mine = of(&person.key);
                if *term == Term::DepartmentTree {
                    mine = with_subdepartments(self.model, self.world, mine);
                }
                self.groups_of(entity, row, &entity.department, of).iter().any(|department| mine.contains(department))
            }
            Term::Shared(level) => self.world.shares.iter().any(|share| {
                share.entity == entity.name
                    && key_in(row, &entity.key).as_ref() == Some(&share.record)
                    && share.level >= *level
                    && Timestamp::from_microsecond(self.world.now).is_ok_and(|now| share.period.holds(now))
                    && reaches(self.model, self.world, &person.key, &share.to).is_some()
                    && (share.keep || share.owners == self.owners_in_order(entity, row))
            }),
            Term::Open => entity.open.as_ref().is_some_and(|open| value(row, open).is_true()),
            Term::Parent(name, condition) => {
                let Some(above) = self.model.entity(name) else { return false };
                self.parents(entity, name, row, |parent| match condition {
                    ParentTerm::Readable => self.may(above, Action::Read, parent).allowed,
                    ParentTerm::Updatable => {
                        self.may(above, Action::Read, parent).allowed && self.may(above, Action::Update, parent).allowed
                    }
                    ParentTerm::Owned => self.owns(above, parent),
                    ParentTerm::Created => above.creator.as_ref().is_some_and(|creator| is_user(key_in(parent, creator))),
                })
            }
            Term::GivenTo(to) => row.get(NEW_OWNER).is_none_or(|owner| self.within(*to, owner)),
            Term::Child(name) => {
                let (Some(below), Some(key)) = (self.model.entity(name), key_in(row, &entity.key)) else { return false };
                self.world.rows(&below.table).iter().any(|child| {
                    let belongs = match below.parent(&entity.name).map(|parent| &parent.link) {
                        None => false,
                        Some(Link::Column(column)) => key_in(child, column).as_ref() == Some(&key),
                        Some(Link::Table(join, _)) => key_in(child, &below.key).is_some_and(|child| {
                            self.world
                                .rows_with(&join.table, &join.left, &child)
                                .any(|link| key_in(link, &join.right).as_ref() == Some(&key))
                        }),
                    };
                    belongs && self.may(below, Action::Read, child).allowed
                })
            }
            Term::Without(name) => match entity.parent(name).map(|parent| &parent.link) {
                None => false,
                Some(Link::Column(column)) => key_in(row, column).is_none(),
                Some(Link::Table(join, _)) => {
                    key_in(row, &entity.key).is_some_and(|key| self.world.rows_with(&join.table, &join.left, &key).next().is_none())
                }
            },
        }
    }

    /// Whether a sharing rule counts now and is for the user.
    pub(super) fn is_for_me(&self, rule: &SharingRule) -> bool {
        let Ok(person) = &self.person else { return false };
        let counts = Timestamp::from_microsecond(self.world.now).is_ok_and(|now| rule.period.holds(now));
        let reached = match &rule.to {
            Subject::HavingRole(role) => person.roles.contains_key(role),
            to => reaches(self.model, self.world, &person.key, to).is_some(),
        };
        counts && reached
    }

    /// Whether a sharing rule opens a record to the user.
    pub(super) fn opened(&self, rule: &SharingRule, entity: &Entity, row: &Row) -> bool {
        let is_in = |key: &str, subject: &Subject| reaches(self.model, self.world, key, subject).is_some();
        let owned = rule.owned_by.as_ref().is_none_or(|of| self.owners(entity, row).iter().any(|owner| is_in(owner, of)));
        self.is_for_me(rule) && owned && self.first_scope(entity, std::slice::from_ref(&rule.scope), row).is_ok()
    }

    fn owns(&self, entity: &Entity, row: &Row) -> bool {
        self.person.as_ref().is_ok_and(|person| self.owners(entity, row).contains(&person.key))
    }

    fn owners(&self, entity: &Entity, row: &Row) -> BTreeSet<String> {
        self.people_of(entity, &entity.owners, row)
    }

    /// The users whom columns of a record or a join table name.
    fn people_of(&self, entity: &Entity, people: &Owners, row: &Row) -> BTreeSet<String> {
        match people {
            Owners::None => BTreeSet::new(),
            Owners::Columns(columns) => columns.iter().filter_map(|column| key_in(row, column)).collect(),
            Owners::Table(join) => {
                let Some(key) = key_in(row, &entity.key) else { return BTreeSet::new() };
                self.world.rows_with(&join.table, &join.left, &key).filter_map(|joined| key_in(joined, &join.right)).collect()
            }
        }
    }

    /// The owner of each column, or those of the join table, sorted.
    fn owners_in_order(&self, entity: &Entity, row: &Row) -> Vec<Option<String>> {
        match &entity.owners {
            Owners::Columns(columns) => columns.iter().map(|column| key_in(row, column)).collect(),
            _ => self.owners(entity, row).into_iter().map(Some).collect(),
        }
    }

    /// The teams or departments of a record: what its column says, else those of its owners.
    fn groups_of(
        &self,
        entity: &Entity,
        row: &Row,
        column: &Option<ColumnName>,
        of: impl Fn(&str) -> BTreeSet<String>,
    ) -> BTreeSet<String> {
        match column {
            Some(column) => key_in(row, column).into_iter().collect(),
            None => self.owners(entity, row).iter().flat_map(|owner| of(owner)).collect(),
        }
    }

    /// Whether a record's parents of an entity qualify: the one that a column names, or those of a link table under its rule.
    /// A link that leads nowhere does not qualify.
    fn parents(&self, entity: &Entity, name: &EntityName, row: &Row, qualifies: impl Fn(&Row) -> bool) -> bool {
        let (Some(above), Some(parent)) = (self.model.entity(name), entity.parent(name)) else { return false };
        let leads = |key: Option<String>| {
            key.is_some_and(|key| self.world.rows_with(&above.table, &above.key, &key).next().is_some_and(&qualifies))
        };
        match &parent.link {
            Link::Column(column) => leads(key_in(row, column)),
            Link::Table(join, rule) => {
                let Some(key) = key_in(row, &entity.key) else { return false };
                let mut links = self.world.rows_with(&join.table, &join.left, &key).map(|link| leads(key_in(link, &join.right))).peekable();
                match rule {
                    LinkRule::Any => links.any(|link| link),
                    LinkRule::All => links.peek().is_some() && links.all(|link| link),
                }
            }
        }
    }
}
