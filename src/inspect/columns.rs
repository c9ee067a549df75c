//! Columns that are named and do not exist, or are of a type that does not fit.

use super::Inspector;
use super::expected::{Expected, ExpectedColumn, Purpose};
use super::types::{Family, fitting_key_type, key_type_name};
use crate::catalog::{Column, Relation};
use crate::model::KeyType;
use crate::text::{Code, did_you_mean, listed, quoted};

impl Inspector<'_> {
    pub(super) fn columns(&mut self, expected: &Expected<'_>) {
        for named in &expected.columns {
            // A table that is missing has been reported.
            let Some(relation) = self.relation(named.table) else { continue };
            match relation.column(&named.column) {
                Some(column) => self.column_type(named, column),
                None => self.missing_column(named, relation),
            }
        }
    }

    fn missing_column(&mut self, named: &ExpectedColumn<'_>, relation: &Relation) {
        let names = || relation.columns.iter().map(|column| column.name.as_str());
        let help = match did_you_mean(&named.column, names()) {
            _ if named.by_default => format!("name the key column as `key`; the columns are {}", listed(names())),
            Some(suggestion) => suggestion,
            None => format!("its columns are {}", listed(names())),
        };
        self.found.error(
            Code::MissingDatabaseColumn,
            named.span,
            format!("table {} has no column {}", quoted(&named.table.to_string()), quoted(&named.column)),
            help,
        );
    }

    fn column_type(&mut self, named: &ExpectedColumn<'_>, column: &Column) {
        let family = Family::of(&column.base_type);
        match named.purpose {
            Purpose::Key { key_type, .. } => self.key_column_type(named, column, key_type),
            Purpose::Reference { table, key, key_type } => {
                // Where the key itself is of another type than configured, that is reported at the key and not at all that refers to it.
                let there = self.relation(table).and_then(|relation| relation.column(key.as_str()));
                let (keys, words) = match there {
                    Some(there) => (Family::of(&there.base_type), there.declared_type.as_str()),
                    None => (Family::of_key(key_type), key_type_name(key_type)),
                };
                if !family.compares_with(keys) {
                    let message = format!("{}, and keys of {} are {}", is_of(named, column), quoted(&table.to_string()), quoted(words));
                    self.found.error(
                        Code::WrongColumnType,
                        named.span,
                        message,
                        "name the column that holds these keys, or change its type",
                    );
                } else if family == Family::LikeText {
                    self.compared_as_text(named, column);
                }
            }
            Purpose::Boolean if family != Family::Boolean => {
                let message = format!("{}, and a boolean is needed", is_of(named, column));
                self.found.error(
                    Code::WrongColumnType,
                    named.span,
                    message,
                    "name a boolean column; a generated one can be made of others",
                );
            }
            Purpose::Attribute(kind) if !family.reads_as(kind) => {
                let message = format!("{} and can't be read as {}", is_of(named, column), quoted(kind.name()));
                self.found.error(Code::WrongColumnType, named.span, message, "give the attribute the type of its column, or `text`");
            }
            Purpose::Names if !family.may_name() => {
                let message = format!("{}, which holds no names", is_of(named, column));
                self.found.error(Code::WrongColumnType, named.span, message, "name a text column with names as they stand in this file");
            }
            Purpose::Login if !matches!(family, Family::Text | Family::LikeText) => {
                let message = format!("{}, which holds no names of database roles", is_of(named, column));
                self.found.error(
                    Code::WrongColumnType,
                    named.span,
                    message,
                    "name a text column with the role that each user logs in with",
                );
            }
            Purpose::Boolean | Purpose::Attribute(_) | Purpose::Names | Purpose::Login | Purpose::Any => {}
        }
    }

    fn key_column_type(&mut self, named: &ExpectedColumn<'_>, column: &Column, key_type: KeyType) {
        let family = Family::of(&column.base_type);
        let help = fitting_key_type(&column.base_type).map_or_else(
            || "keys are integers, UUIDs or texts; name another column as `key`".to_owned(),
            |fitting| format!("write `key_type: {fitting}`, here or for the whole file"),
        );
        if !family.compares_with(Family::of_key(key_type)) {
            let message = format!("{}, and the configuration says {}", is_of(named, column), quoted(key_type_name(key_type)));
            self.found.error(Code::WrongColumnType, named.span, message, help);
        } else if key_type == KeyType::Int4 && column.base_type == "bigint" {
            let message = format!("{}, and its keys are taken as `int4`, which fails above 2147483647", is_of(named, column));
            self.found.warning(Code::WrongColumnType, named.span, message, help);
        } else if family == Family::LikeText {
            self.compared_as_text(named, column);
        }
    }

    fn compared_as_text(&mut self, named: &ExpectedColumn<'_>, column: &Column) {
        let message = format!("{}, and is compared as text: letter case counts and its index is not used", is_of(named, column));
        self.found.warning(Code::WrongColumnType, named.span, message, "use text or varchar for keys");
    }
}

fn is_of(named: &ExpectedColumn<'_>, column: &Column) -> String {
    format!("column {} of {} is {}", quoted(&named.column), quoted(&named.table.to_string()), quoted(&column.declared_type))
}
