//! Protected tables.

use std::collections::BTreeMap;

use super::{Resolver, find_entity};
use crate::config::{Entity as Written, Owners as WrittenOwners, Parent as WrittenParent};
use crate::model::{Entity, EntityName, Link, LinkTable, Owners, Parent, TableName};
use crate::text::{At, Code, Span, did_you_mean, listed, quoted};

/// Most parents above each other; every one of them is a function that the one below calls.
const MOST_ABOVE: usize = 32;

impl Resolver<'_> {
    pub(super) fn entities(&mut self) -> Vec<Entity> {
        let mut entities: Vec<Entity> = self.config.entities.iter().filter_map(|(name, written)| self.entity(name, written)).collect();
        self.distinct_tables(&entities);
        let known: Vec<String> = self.config.entities.iter().map(|(name, _)| name.value.clone()).collect();
        for (name, written) in self.config.entities.iter() {
            for (parent, _) in written.parents.iter() {
                if !known.contains(parent) && !self.left_out(parent) {
                    self.unknown_entity(parent, known.iter().map(String::as_str));
                }
            }
            // A parent that does not resolve is reported above and must not be found later.
            if let Some(entity) = entities.iter_mut().find(|entity| entity.name.as_str() == name.as_str()) {
                entity.parents.retain(|parent| known.iter().any(|name| name == parent.entity.as_str()));
            }
        }
        self.parent_cycles(&entities);
        self.distinct_views(&entities);
        self.decisive_columns(&entities);
        entities
    }

    pub(super) fn unknown_entity<'n>(&mut self, name: &At<String>, known: impl Iterator<Item = &'n str> + Clone) {
        let help = did_you_mean(name, known.clone()).unwrap_or_else(|| format!("the entities are {}", listed(known)));
        self.found.error(Code::UnknownEntity, name.span, format!("unknown entity {}", quoted(name)), help);
    }

    fn entity(&mut self, name: &At<String>, written: &Written) -> Option<Entity> {
        let checked = self.entity_name(name);
        let table = match &written.table {
            Some(table) => self.table(&written.schema, table),
            None => self.table(&written.schema, name),
        };
        let key = self.key_column(&written.key);
        let owners = match &written.owners {
            Some(owners) => self.owners("owners", owners, name.span),
            None => Some(Owners::None),
        };
        let observers = match &written.observers {
            Some(observers) => self.owners("observers", observers, name.span),
            None => Some(Owners::None),
        };
        let creator = self.optional_column(&written.creator);
        let department = self.optional_column(&written.department);
        let team = self.optional_column(&written.team);
        let territory = self.optional_column(&written.territory);
        let open = self.optional_column(&written.open);
        let stage = written.stage.as_ref().and_then(|stage| self.column(&stage.column));
        let parents = written.parents.iter().filter_map(|(name, parent)| self.parent(name, parent)).collect();
        let columns = self.protected_columns(written);
        let view = self.column_view(written, table.as_ref());
        let assigned = written.owners.is_some() && self.names_assign(name);
        Some(Entity {
            name: checked?,
            table: table?,
            key: key?,
            key_type: self.key_type(&written.key_type),
            owners: owners?,
            assigned,
            observers: observers?,
            creator,
            department,
            team,
            territory,
            open,
            stage,
            parents,
            columns,
            view,
        })
    }

    fn entity_name(&mut self, written: &At<String>) -> Option<EntityName> {
        if written.contains(['(', ')', ',', '*']) {
            self.found.error(
                Code::BadName,
                written.span,
                format!("entity {} has a character that scopes are written with", quoted(written)),
                "write the name without parentheses, comma and asterisk",
            );
            return None;
        }
        self.name(written, "entity", EntityName::new)
    }

    fn owners(&mut self, what: &str, written: &WrittenOwners, span: Span) -> Option<Owners> {
        match (written.columns.is_empty(), &written.table, &written.record, &written.user) {
            (false, None, None, None) => {
                let columns: Vec<_> = written.columns.iter().filter_map(|column| self.column(column)).collect();
                (columns.len() == written.columns.len()).then_some(Owners::Columns(columns))
            }
            (true, Some(name), Some(record), Some(user)) => {
                let (table, left, right) = (self.table(&written.schema, name), self.column(record), self.column(user));
                Some(Owners::Table(LinkTable { table: table?, left: left?, right: right? }))
            }
            _ => {
                let span =
                    written.table.as_ref().map_or_else(|| written.columns.first().map_or(span, |column| column.span), |table| table.span);
                self.found.error(
                    Code::MissingKey,
                    span,
                    format!("the {what} are not given in one way"),
                    "write columns of the record, or `table`, `record` and `user` of a join table",
                );
                None
            }
        }
    }

    fn parent(&mut self, name: &At<String>, written: &WrittenParent) -> Option<Parent> {
        let entity = EntityName::new(name).ok();
        let link = match (&written.column, &written.table, &written.child, &written.parent) {
            (Some(column), None, None, None) => {
                if let Some(links) = &written.links {
                    self.found.error(
                        Code::UnknownKey,
                        links.span,
                        "`links` means nothing where a column names the one parent",
                        "leave it out, or name a link table",
                    );
                }
                self.column(column).map(Link::Column)
            }
            (None, Some(table), Some(child), Some(parent)) => {
                let (table, left, right) = (self.table(&written.schema, table), self.column(child), self.column(parent));
                let rule = written.links.as_ref().map(|rule| rule.value).unwrap_or_default();
                Some(Link::Table(LinkTable { table: table?, left: left?, right: right? }, rule))
            }
            _ => {
                self.found.error(
                    Code::MissingKey,
                    name.span,
                    format!("how a record names its {} is not given in one way", quoted(name)),
                    "write a column of the record, or `table`, `child` and `parent` of a link table",
                );
                None
            }
        };
        Some(Parent { entity: entity?, link: link? })
    }

    /// Two entities on one table would have two sets of policies there, each opening what the other closes.
    fn distinct_tables(&mut self, entities: &[Entity]) {
        let mut seen: BTreeMap<&TableName, &EntityName> = BTreeMap::new();
        for entity in entities {
            if let Some(first) = seen.insert(&entity.table, &entity.name) {
                let span = self.config.entities.iter().find(|(name, _)| name.as_str() == entity.name.as_str()).map(|(name, _)| name.span);
                self.found.error(
                    Code::DuplicateName,
                    span,
                    format!(
                        "entities {} and {} are the same table `{}`",
                        quoted(first.as_str()),
                        quoted(entity.name.as_str()),
                        entity.table
                    ),
                    "a table is one entity",
                );
            }
        }
    }

    fn parent_cycles(&mut self, entities: &[Entity]) {
        let mut done: BTreeMap<&EntityName, usize> = BTreeMap::new();
        for entity in entities {
            let mut path: Vec<&Entity> = Vec::new();
            self.walk_parents(entities, entity, &mut path, &mut done);
        }
    }

    /// How many parents stand above each other over an entity; what goes round or too far up is reported.
    fn walk_parents<'e>(
        &mut self,
        entities: &'e [Entity],
        entity: &'e Entity,
        path: &mut Vec<&'e Entity>,
        done: &mut BTreeMap<&'e EntityName, usize>,
    ) -> usize {
        if let Some(start) = path.iter().position(|above| above.name == entity.name) {
            let names: Vec<&str> = path.iter().skip(start).map(|above| above.name.as_str()).chain([entity.name.as_str()]).collect();
            let place = path.last().and_then(|last| {
                let (_, written) = self.config.entities.iter().find(|(name, _)| name.as_str() == last.name.as_str())?;
                written.parents.iter().find(|(name, _)| name.as_str() == entity.name.as_str()).map(|(name, _)| name.span)
            });
            self.found.error(
                Code::ParentCycle,
                place,
                format!("the parents go round: {}", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" -> ")),
                "a record can't belong to itself, not even at a distance; leave one of these parents out",
            );
            return 0;
        }
        if let Some(above) = done.get(&entity.name) {
            return *above;
        }
        if path.len() > MOST_ABOVE {
            return 0; // Where the path began, it is too long.
        }
        path.push(entity);
        let mut most = 0;
        for parent in &entity.parents {
            if let Some(above) = find_entity(entities, parent.entity.as_str()) {
                most = most.max(1 + self.walk_parents(entities, above, path, done));
            }
        }
        path.pop();
        if most == MOST_ABOVE + 1 {
            let span = self.config.entities.iter().find(|(name, _)| name.as_str() == entity.name.as_str()).map(|(name, _)| name.span);
            self.found.error(
                Code::TooDeep,
                span,
                format!("more than {MOST_ABOVE} parents stand above each other over entity {}", quoted(entity.name.as_str())),
                "let it name one of the parents higher up instead",
            );
        }
        done.insert(&entity.name, most);
        most
    }
}
