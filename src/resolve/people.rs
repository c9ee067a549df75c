//! Tables of people.

use super::Resolver;
use crate::config::{Circles, Departments as WrittenDepartments};
use crate::model::{AttributeType, Circle, CircleKind, ColumnName, Departments, Directory, Members, Membership, Users};
use crate::text::{At, Code, did_you_mean, listed, quoted};

impl Resolver<'_> {
    pub(super) fn directory(&mut self) -> Option<Directory> {
        let written = &self.config.directory;
        let users = self.users();
        let departments = written.departments.as_ref().and_then(|departments| self.departments(departments));
        let circles = written.circles().into_iter().filter_map(|(kind, circle)| self.circle(CircleKind::named(kind)?, circle?)).collect();
        Some(Directory { users: users?, departments, circles })
    }

    fn users(&mut self) -> Option<Users> {
        let written = &self.config.directory.users;
        let table = self.table(&written.schema, &written.table);
        let key = self.key_column(&written.key);
        let manager = self.optional_column(&written.manager);
        let active = self.optional_column(&written.active);
        let attributes = written.attributes.iter().filter_map(|(name, kind)| self.attribute(name, kind)).collect();
        Some(Users { table: table?, key: key?, key_type: self.key_type(&written.key_type), manager, active, attributes })
    }

    fn attribute(&mut self, name: &At<String>, kind: &At<String>) -> Option<(ColumnName, AttributeType)> {
        let column = self.column(name);
        let names = AttributeType::ALL.map(AttributeType::name);
        let found = AttributeType::ALL.into_iter().find(|candidate| candidate.name() == kind.as_str());
        if found.is_none() {
            let help = did_you_mean(kind, names).unwrap_or_else(|| format!("the types are {}", listed(names)));
            self.found.error(Code::BadValue, kind.span, format!("{} is no type of an attribute", quoted(kind)), help);
        }
        Some((column?, found?))
    }

    fn departments(&mut self, written: &WrittenDepartments) -> Option<Departments> {
        let table = self.table(&written.schema, &written.table);
        let key = self.key_column(&written.key);
        let parent = self.optional_column(&written.parent);
        let head = self.optional_column(&written.head);
        let given = &written.members;
        let members = match (&given.column, &given.table, &given.department, &given.user) {
            (Some(column), None, None, None) => self.column(column).map(Members::Column),
            (None, Some(name), Some(of), Some(user)) => {
                let (table, of, user) = (self.table(&given.schema, name), self.column(of), self.column(user));
                Some(Members::Table(Membership { table: table?, of: of?, user: user? }))
            }
            _ => {
                self.found.error(
                    Code::MissingKey,
                    written.table.span,
                    "the members of departments are not given in one way",
                    "write `members: column_of_users`, or `table`, `department` and `user` of a table of memberships",
                );
                None
            }
        };
        Some(Departments { table: table?, key: key?, key_type: self.key_type(&written.key_type), parent, head, members: members? })
    }

    fn circle(&mut self, kind: CircleKind, written: &Circles) -> Option<Circle> {
        let table = self.table(&written.schema, &written.table);
        let key = self.key_column(&written.key);
        let leader = self.optional_column(&written.leader);
        let members = &written.members;
        let (of_table, of, user) = (self.table(&members.schema, &members.table), self.column(&members.of), self.column(&members.user));
        Some(Circle {
            kind,
            table: table?,
            key: key?,
            key_type: self.key_type(&written.key_type),
            leader,
            members: Membership { table: of_table?, of: of?, user: user? },
        })
    }
}
