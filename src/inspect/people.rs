//! What the directory and the assignments name.

use super::expected::{Expected, Purpose};
use crate::config::{AssignmentTable, Circles, Config, Departments as WrittenDepartments};
use crate::model::{AttributeType, Circle, Departments, Members, Membership, Model, NameTable, Users};

/// Keys of users.
pub(super) fn users_keys(model: &Model) -> Purpose<'_> {
    let Users { table, key, key_type, .. } = &model.directory.users;
    Purpose::Reference { table, key, key_type: *key_type }
}

/// Tables and columns of people.
pub(super) fn expect<'a>(config: &'a Config, model: &'a Model, expected: &mut Expected<'a>) {
    users(config, model, expected);
    if let (Some(departments), Some(written)) = (&model.directory.departments, &config.directory.departments) {
        self::departments(departments, written, model, expected);
    }
    for circle in &model.directory.circles {
        let named = config.directory.circles().into_iter().find(|(word, _)| *word == circle.kind.name());
        if let Some((_, Some(written))) = named {
            self::circle(circle, written, model, expected);
        }
    }
    assignments(config, model, expected);
}

fn users<'a>(config: &'a Config, model: &'a Model, expected: &mut Expected<'a>) {
    let (users, written) = (&model.directory.users, &config.directory.users);
    let place = written.table.span;
    expected.table(&users.table, place);
    expected.key(&users.table, &users.key, &written.key, place, Purpose::Key { key_type: users.key_type, protected: false });
    if let (Some(column), Some(place)) = (&users.manager, &written.manager) {
        expected.lookup(&users.table, column, place.span, users_keys(model));
    }
    expected.optional(&users.table, &users.active, &written.active, Purpose::Boolean);
    for (column, kind) in &users.attributes {
        if let Some((name, _)) = written.attributes.iter().find(|(name, _)| name.as_str() == column.as_str()) {
            expected.column(&users.table, column, name.span, Purpose::Attribute(*kind));
        }
    }
    expected.optional(&users.table, &model.identity.login, &config.identity.database_role, Purpose::Login);
}

fn departments<'a>(departments: &'a Departments, written: &'a WrittenDepartments, model: &'a Model, expected: &mut Expected<'a>) {
    let Departments { table, key, key_type, .. } = departments;
    let keys = Purpose::Reference { table, key, key_type: *key_type };
    let users = users_keys(model);
    expected.table(table, written.table.span);
    expected.key(table, key, &written.key, written.table.span, Purpose::Key { key_type: *key_type, protected: false });
    expected.optional(table, &departments.parent, &written.parent, keys);
    expected.optional(table, &departments.head, &written.head, users);
    let given = &written.members;
    match (&departments.members, &given.column, &given.table, &given.department, &given.user) {
        (Members::Column(column), Some(place), ..) => expected.column(&model.directory.users.table, column, place.span, keys),
        (Members::Table(Membership { table, of, user }), _, Some(place), Some(of_place), Some(user_place)) => {
            expected.table(table, place.span);
            expected.column(table, of, of_place.span, keys);
            expected.lookup(table, user, user_place.span, users);
        }
        _ => {}
    }
}

fn circle<'a>(circle: &'a Circle, written: &'a Circles, model: &'a Model, expected: &mut Expected<'a>) {
    let Circle { table, key, key_type, members, .. } = circle;
    let keys = Purpose::Reference { table, key, key_type: *key_type };
    let users = users_keys(model);
    expected.table(table, written.table.span);
    expected.key(table, key, &written.key, written.table.span, Purpose::Key { key_type: *key_type, protected: false });
    expected.optional(table, &circle.leader, &written.leader, users);
    expected.table(&members.table, written.members.table.span);
    expected.column(&members.table, &members.of, written.members.of.span, keys);
    expected.lookup(&members.table, &members.user, written.members.user.span, users);
}

fn assignments<'a>(config: &'a Config, model: &'a Model, expected: &mut Expected<'a>) {
    let given = &model.assignments;
    // Tables and flags are resolved in the order of the file, those of roles apart from those of restrictions.
    let of_roles = config.assignments.tables.iter().filter(|written| written.role.is_some());
    let of_restrictions = config.assignments.tables.iter().filter(|written| written.restriction.is_some());
    for (source, written) in given.role_tables.iter().zip(of_roles).chain(given.restriction_tables.iter().zip(of_restrictions)) {
        names(source, written, model, expected);
    }
    let users = &model.directory.users.table;
    let of_roles = config.assignments.flags.iter().filter(|written| written.role.is_some());
    let of_restrictions = config.assignments.flags.iter().filter(|written| written.restriction.is_some());
    for (flag, written) in given.role_flags.iter().zip(of_roles) {
        expected.column(users, &flag.column, written.column.span, Purpose::Boolean);
    }
    for (flag, written) in given.restriction_flags.iter().zip(of_restrictions) {
        expected.column(users, &flag.column, written.column.span, Purpose::Boolean);
        expected.optional(users, &flag.confirmed, &written.confirmed, Purpose::Boolean);
    }
}

fn names<'a>(source: &'a NameTable, written: &'a AssignmentTable, model: &'a Model, expected: &mut Expected<'a>) {
    expected.table(&source.table, written.table.span);
    expected.lookup(&source.table, &source.user, written.user.span, users_keys(model));
    if let Some(name) = written.role.as_ref().or(written.restriction.as_ref()) {
        expected.column(&source.table, &source.name, name.span, Purpose::Names);
    }
    expected.optional(&source.table, &source.confirmed, &written.confirmed, Purpose::Boolean);
    for (column, place) in [(&source.from, &written.from), (&source.until, &written.until)] {
        expected.optional(&source.table, column, place, Purpose::Attribute(AttributeType::Timestamptz));
    }
}
