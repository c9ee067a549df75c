//! Whether a view shows rows that row security would hide (A11).

use super::{Catalog, Dependent, Relation, RelationKind, RelationName};

/// With whose rights a relation is read.
#[derive(Clone, Copy)]
enum Reader<'a> {
    /// Those of the role that asks: its policies hold.
    Asker,
    /// Those of an owner on the way.
    Owner(&'a Dependent),
    /// Those of whoever stored the rows earlier.
    Stored,
}

impl Catalog {
    /// Whether the dependent gives rows of the relation that the policies of the asking role do not decide about.
    ///
    /// A view with `security_invoker` hands on the rights it is read with; any other view, and a table's rule, replaces them by
    /// its owner's; a materialized view has its rows from before. An owner is not bound when it is a superuser, has BYPASSRLS,
    /// or has the rights of the relation's owner while FORCE is off.
    pub fn escapes_row_security(&self, dependent: &Dependent, relation: &Relation) -> bool {
        self.escapes(dependent, relation, Reader::Asker, &mut Vec::new())
    }

    fn escapes<'a>(&'a self, dependent: &'a Dependent, relation: &Relation, asker: Reader<'a>, passed: &mut Vec<&'a RelationName>) -> bool {
        let Some(reading) = dependent.reads.iter().find(|reading| reading.relation == relation.name) else {
            return false;
        };
        // Rules of views can lead back to where they began.
        if passed.contains(&&dependent.name) {
            return false;
        }
        let reader = match dependent.kind {
            RelationKind::MaterializedView => Reader::Stored,
            _ if dependent.security_invoker => asker,
            _ => Reader::Owner(dependent),
        };
        if reading.direct && self.is_unbound(reader, relation) {
            return true;
        }
        passed.push(&dependent.name);
        let escapes = dependent
            .through
            .iter()
            .filter_map(|name| self.dependents.iter().find(|other| other.name == *name))
            .any(|other| matches!(reader, Reader::Stored) || self.escapes(other, relation, reader, passed));
        passed.pop();
        escapes
    }

    fn is_unbound(&self, reader: Reader<'_>, relation: &Relation) -> bool {
        match reader {
            Reader::Asker => false,
            Reader::Stored => true,
            Reader::Owner(dependent) => {
                dependent.owner_superuser
                    || dependent.owner_bypass_rls
                    || (!relation.force_row_security && self.has_rights_of(&dependent.owner, &relation.owner))
            }
        }
    }

    /// Whether a role has another's rights without SET ROLE: it is the same, or inherits them through memberships.
    pub fn has_rights_of(&self, role: &str, other: &str) -> bool {
        let mut reached = vec![role];
        let mut next = 0;
        while let Some(name) = reached.get(next).copied() {
            if name == other {
                return true;
            }
            for membership in self.role(name).map_or(&[][..], |role| &role.member_of) {
                if membership.inherit && !reached.contains(&membership.role.as_str()) {
                    reached.push(&membership.role);
                }
            }
            next += 1;
        }
        false
    }
}
