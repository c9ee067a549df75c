//! Columns with rights of their own, and the views that show them.

use std::collections::BTreeMap;

use super::Resolver;
use crate::config::{Entity as Written, Many, ProtectedColumn as WrittenColumn, View};
use crate::model::{ColumnName, Entity, ProtectedColumn, RoleName, TableName};
use crate::text::{At, Code, quoted};

impl Resolver<'_> {
    pub(super) fn protected_columns(&mut self, written: &Written) -> Vec<ProtectedColumn> {
        written.columns.iter().filter_map(|(name, column)| self.protected_column(name, column, written)).collect()
    }

    fn protected_column(&mut self, name: &At<String>, column: &WrittenColumn, written: &Written) -> Option<ProtectedColumn> {
        let checked = self.column(name);
        if column.read.is_none() && column.change.is_none() {
            self.found.error(
                Code::MissingKey,
                name.span,
                format!("nothing is said of column {}", quoted(name)),
                "write `read` or `change` with the roles that may, or leave the column out",
            );
        }
        if written.key.as_ref().map_or("id", |key| key.as_str()) == name.as_str() {
            self.found.error(
                Code::BadValue,
                name.span,
                format!("column {} is the key, by which every right is found", quoted(name)),
                "leave it out; a key that tells something should not be the key",
            );
        }
        let owners = written.owners.as_ref().filter(|owners| owners.columns.iter().any(|owner| owner.as_str() == name.as_str()));
        if let (Some(change), Some(_)) = (&column.change, owners) {
            self.found.error(
                Code::BadValue,
                change.first().map_or(name.span, |role| role.span),
                format!("column {} says who owns the record", quoted(name)),
                "leave out `change`; the action `assign` in the grants says who may change owners",
            );
        }
        Some(ProtectedColumn { name: checked?, read: self.column_roles(&column.read), change: self.column_roles(&column.change) })
    }

    fn column_roles(&mut self, written: &Option<Many<At<String>>>) -> Option<Vec<RoleName>> {
        let mut roles: Vec<RoleName> = Vec::new();
        for name in written.as_ref()?.iter() {
            if !self.config.roles.iter().any(|(role, _)| role.as_str() == name.as_str()) {
                self.unknown_role(name);
            } else if let Ok(role) = RoleName::new(name)
                && !roles.contains(&role)
            {
                roles.push(role);
            }
        }
        Some(roles)
    }

    pub(super) fn column_view(&mut self, written: &Written, table: Option<&TableName>) -> Option<TableName> {
        let hidden = || written.columns.iter().filter_map(|(name, column)| Some((name, column.read.as_ref()?)));
        let Some(View { name, schema }) = written.view.as_deref() else {
            if let Some((name, _)) = hidden().find(|(_, roles)| !roles.is_empty()) {
                self.found.error(
                    Code::MissingKey,
                    name.span,
                    format!("column {} is shown to some roles, and there is no view that they read it in", quoted(name)),
                    "name one that applying shall make, as in `view: deals_shown`; for a column that nobody reads write `read: []`",
                );
            }
            return None;
        };
        if hidden().next().is_none() {
            self.found.error(
                Code::UnknownKey,
                name.span,
                "`view` means nothing where every column of the table may be read",
                "leave it out, or say under `columns` who may `read` one",
            );
        }
        let view = match (schema, table) {
            (None, Some(table)) => self.name(name, "view", |text| TableName::new(table.schema.clone(), text)),
            (schema, _) => self.table(schema, name),
        }?;
        (Some(&view) != table).then_some(()).or_else(|| {
            self.found.error(Code::NameCollision, name.span, format!("the view {} is the table itself", quoted(name)), "name it otherwise");
            None
        })?;
        Some(view)
    }

    /// A view has a name of its own.
    pub(super) fn distinct_views(&mut self, entities: &[Entity]) {
        let mut taken: BTreeMap<&TableName, &str> = entities.iter().map(|entity| (&entity.table, entity.name.as_str())).collect();
        for entity in entities {
            let Some(view) = &entity.view else { continue };
            let Some(other) = taken.insert(view, entity.name.as_str()) else { continue };
            let written = self.config.entities.iter().find(|(name, _)| name.as_str() == entity.name.as_str());
            let span = written.map(|(name, written)| written.view.as_ref().map_or(name.span, |view| view.name.span));
            self.found.error(
                Code::NameCollision,
                span,
                format!(
                    "the view {} of {} has the name of the table or view of {}",
                    quoted(&view.to_string()),
                    quoted(entity.name.as_str()),
                    quoted(other)
                ),
                "name it otherwise",
            );
        }
    }

    /// Columns by which a record is somebody's: whoever may create or change records by them must be able to write them.
    pub(super) fn decisive_columns(&mut self, entities: &[Entity]) {
        for entity in entities {
            let Some((_, written)) = self.config.entities.iter().find(|(name, _)| name.as_str() == entity.name.as_str()) else { continue };
            for (name, _) in written.columns.iter().filter(|(_, column)| column.change.is_some()) {
                if entity.creator.as_ref().map(ColumnName::as_str) == Some(name.as_str()) {
                    self.found.warning(
                        Code::Useless,
                        name.span,
                        format!("who may not change {} can only create records that nobody created", quoted(name)),
                        "leave out `change`, or let the column's default tell who creates",
                    );
                }
            }
        }
    }
}
