//! Questions to a catalog.

use super::{Catalog, Column, Dependent, Extension, Index, Relation, RelationKind, Role};

impl Catalog {
    /// The relation of that name, if it exists.
    pub fn relation(&self, schema: &str, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name.schema == schema && relation.name.name == name)
    }

    /// The column of that name, if both exist.
    pub fn column(&self, schema: &str, relation: &str, column: &str) -> Option<&Column> {
        self.relation(schema, relation)?.column(column)
    }

    /// The role of that name, if it exists and was asked for or owns something.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    /// The extension of that name, if it is installed.
    pub fn extension(&self, name: &str) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.name == name)
    }

    /// The relations that inherit from this one directly, or are its partitions.
    pub fn children<'a>(&'a self, relation: &'a Relation) -> impl Iterator<Item = &'a Relation> {
        self.relations.iter().filter(|child| child.parents.contains(&relation.name))
    }

    /// The dependents that read this relation, directly or not.
    pub fn dependents_of<'a>(&'a self, relation: &'a Relation) -> impl Iterator<Item = &'a Dependent> {
        self.dependents.iter().filter(|dependent| dependent.reads.iter().any(|reading| reading.relation == relation.name))
    }

    /// Whether at most one row of the relation has given values, none of them null, in these columns.
    ///
    /// An index of an inheritance parent says nothing about its children's rows.
    pub fn is_unique_on(&self, relation: &Relation, columns: &[&str]) -> bool {
        if relation.kind == RelationKind::Table && self.children(relation).next().is_some() {
            return false;
        }
        relation.unique_keys.iter().any(|key| key.columns.iter().all(|column| columns.contains(&column.as_str())))
    }
}

impl Relation {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns of the primary key; empty without one that holds at any moment.
    pub fn primary_key(&self) -> &[String] {
        self.unique_keys.iter().find(|key| key.primary).map_or(&[], |key| &key.columns)
    }

    /// A usable B-tree over all rows that begins with exactly these columns, in this order.
    pub fn index_on(&self, columns: &[&str]) -> Option<&Index> {
        self.indexes.iter().find(|index| {
            index.valid
                && index.method == "btree"
                && index.predicate.is_none()
                && index.columns.len() >= columns.len()
                && index.columns.iter().zip(columns).all(|(of_index, wanted)| of_index.as_deref() == Some(*wanted))
        })
    }
}
