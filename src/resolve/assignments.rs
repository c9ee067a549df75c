//! Assignments, and those that no one may have (T9, T10, T12).

use super::Resolver;
use super::time::moment;
use crate::config::{AssignmentTable, Flag, Key, LeaderRule, Listed, NamedSubject, Promotion};
use crate::model::{
    Assigned, Assignments, CircleKind, FlagColumn, KeyType, NameTable, Period, Restriction, RestrictionName, Role, RoleName, Subject,
};
use crate::text::{At, Code, Span, quoted};

/// What a row, a column or a line gives.
enum Given {
    Role(RoleName),
    Restriction(RestrictionName),
}

impl Resolver<'_> {
    pub(super) fn assignments(&mut self, roles: &[Role], restrictions: &[Restriction]) -> Assignments {
        let written = &self.config.assignments;
        let mut all = Assignments {
            roles: Vec::new(),
            restrictions: Vec::new(),
            role_tables: Vec::new(),
            restriction_tables: Vec::new(),
            role_flags: Vec::new(),
            restriction_flags: Vec::new(),
            stored: written.stored,
        };
        let mut places = Vec::new();
        for listed in written.listed.iter() {
            let (given, to) = (self.given(roles, &listed.role, &listed.restriction, listed_span(listed)), self.subject(roles, listed));
            let confirmed = listed.confirmed.as_ref().is_some_and(|confirmed| confirmed.value);
            let period = self.period(listed.from.as_ref(), listed.until.as_ref());
            match (given, to, period) {
                (Some(Given::Role(what)), Some(to), Some(period)) => all.roles.push(Assigned { what, to, confirmed, period }),
                (Some(Given::Restriction(what)), Some(to), Some(period)) => {
                    places.push(listed_span(listed));
                    all.restrictions.push(Assigned { what, to, confirmed, period });
                }
                _ => {}
            }
        }
        for table in written.tables.iter() {
            self.table_source(table, &mut all);
        }
        for flag in written.flags.iter() {
            self.flag(roles, restrictions, flag, &mut all);
        }
        self.forbidden(roles, restrictions, &all, &places);
        all
    }

    fn given(&mut self, roles: &[Role], role: &Option<At<String>>, restriction: &Option<At<String>>, span: Option<Span>) -> Option<Given> {
        match (role, restriction) {
            (Some(role), None) => self.known_role(roles, role).map(Given::Role),
            (None, Some(restriction)) => self.known_restriction(restriction).map(Given::Restriction),
            _ => {
                self.found.error(
                    Code::BadAssignment,
                    span,
                    "an assignment gives one role or one restriction",
                    "write either `role` or `restriction`",
                );
                None
            }
        }
    }

    fn subject(&mut self, roles: &[Role], listed: &Listed) -> Option<Subject> {
        if let (Some(role), None) = (&listed.having_role, &listed.restriction) {
            let help = "let the other role list this one under `includes`";
            self.found.error(Code::BadAssignment, role.span, "a role can't be given by another role", help);
            return None;
        }
        let others = "or `having_role` for a restriction";
        self.members(roles, &NamedSubject::from(listed), listed_span(listed), ("an assignment", others))
    }

    /// The one subject that is named; `what` names it, and says what else could be written.
    pub(super) fn members(
        &mut self,
        roles: &[Role],
        written: &NamedSubject,
        place: Option<Span>,
        (what, others): (&str, &str),
    ) -> Option<Subject> {
        let directory = &self.config.directory;
        let user_type = self.key_type(&directory.users.key_type);
        let mut subjects: Vec<Option<Subject>> = Vec::new();
        if let Some(key) = &written.user {
            subjects.push(self.key(key, user_type).map(Subject::User));
        }
        for ((word, key), (_, table)) in written.circles().into_iter().zip(directory.circles()) {
            let (Some(key), Some(kind)) = (key, CircleKind::named(word)) else { continue };
            subjects.push(match table {
                Some(table) => self.key(key, self.key_type(&table.key_type)).map(|key| Subject::Circle(kind, key)),
                None => self.unknown_subject(kind.plural(), key.span),
            });
        }
        if let Some(key) = &written.department {
            let subdepartments = written.subdepartments.as_ref().is_some_and(|written| written.value);
            subjects.push(match &directory.departments {
                Some(table) => self.key(key, self.key_type(&table.key_type)).map(|key| Subject::Department { key, subdepartments }),
                None => self.unknown_subject("departments", key.span),
            });
        } else if let Some(alone) = &written.subdepartments {
            self.found.error(Code::BadAssignment, alone.span, "`subdepartments` stands without a department", "name the `department`");
        }
        if let Some(role) = &written.having_role {
            subjects.push(self.known_role(roles, role).map(Subject::HavingRole));
        }
        if let Some(everyone) = &written.everyone {
            subjects.push(if everyone.value {
                Some(Subject::Everyone)
            } else {
                self.found.error(Code::BadValue, everyone.span, "`everyone: false` gives nothing to nobody", "leave it out");
                None
            });
        }
        match subjects.len() {
            1 => subjects.pop().flatten(),
            count => {
                let names = if count == 0 { "names nobody" } else { "names more than one subject" };
                let help = format!("write one of `user`, `group`, `workgroup`, `team`, `territory`, `department`, `everyone`, {others}");
                self.found.error(Code::BadAssignment, place, format!("{what} {names}"), help);
                None
            }
        }
    }

    pub(super) fn period(&mut self, from: Option<&At<String>>, until: Option<&At<String>>) -> Option<Period> {
        let mut time = |written: Option<&At<String>>| match written {
            None => Some(None),
            Some(written) => {
                let found = moment(written);
                if found.is_none() {
                    let help = "write a date such as `2027-01-31`, or a time with its offset such as `2027-01-31T08:00:00+01:00`";
                    self.found.error(Code::BadValue, written.span, format!("{} is no time", quoted(written)), help);
                }
                found.map(Some)
            }
        };
        let (begins, ends) = (time(from), time(until));
        let period = Period { from: begins?, until: ends? };
        if let (Some(begins), Some(ends), Some(place)) = (period.from, period.until, until)
            && ends <= begins
        {
            self.found.error(
                Code::BadValue,
                place.span,
                "the assignment ends before it begins",
                "write an `until` that is later than `from`",
            );
        }
        Some(period)
    }

    fn unknown_subject(&mut self, what: &str, span: Span) -> Option<Subject> {
        self.found.error(
            Code::UnknownSubject,
            span,
            format!("the directory has no {what}"),
            format!("describe them under `directory: {what}`"),
        );
        None
    }

    /// A key in the form in which the server prints it, so that it can be compared as text.
    fn key(&mut self, written: &At<Key>, key_type: KeyType) -> Option<String> {
        let text = written.value.0.as_str();
        let (found, what) = match key_type {
            KeyType::Int4 => (text.parse::<i32>().ok().map(|number| number.to_string()), "a whole number of 32 bits"),
            KeyType::Int8 => (text.parse::<i64>().ok().map(|number| number.to_string()), "a whole number of 64 bits"),
            KeyType::Uuid => (uuid(text), "a UUID such as `123e4567-e89b-12d3-a456-426614174000`"),
            KeyType::Text => ((!text.is_empty() && text.len() <= 200).then(|| text.to_owned()), "a text of 1 to 200 bytes"),
        };
        if found.is_none() {
            self.found.error(Code::BadKey, written.span, format!("{} is no key", quoted(text)), format!("write {what}"));
        }
        found
    }

    fn table_source(&mut self, written: &AssignmentTable, all: &mut Assignments) {
        let table = self.table(&written.schema, &written.table);
        let user = self.column(&written.user);
        let confirmed = self.optional_column(&written.confirmed);
        let (from, until) = (self.optional_column(&written.from), self.optional_column(&written.until));
        let (name, to) = match (&written.role, &written.restriction) {
            (Some(role), None) => (self.column(role), &mut all.role_tables),
            (None, Some(restriction)) => (self.column(restriction), &mut all.restriction_tables),
            _ => {
                self.found.error(
                    Code::BadAssignment,
                    written.table.span,
                    "a table of assignments has one column with names",
                    "name it as `role` or as `restriction`",
                );
                return;
            }
        };
        if let (Some(table), Some(user), Some(name)) = (table, user, name) {
            to.push(NameTable { table, user, name, confirmed, from, until });
        }
    }

    fn flag(&mut self, roles: &[Role], restrictions: &[Restriction], written: &Flag, all: &mut Assignments) {
        let column = self.column(&written.column);
        let confirmed = self.optional_column(&written.confirmed);
        let given = self.given(roles, &written.role, &written.restriction, Some(written.column.span));
        let Some(column) = column else { return };
        match given {
            Some(Given::Role(what)) => all.role_flags.push(FlagColumn { column, what, confirmed: None }),
            Some(Given::Restriction(what)) => {
                let rule = restrictions.iter().find(|restriction| restriction.name == what).and_then(|restriction| restriction.leaders);
                if rule == Some(LeaderRule::Confirm) && confirmed.is_none() {
                    self.found.error(
                        Code::UnconfirmedLeader,
                        written.column.span,
                        format!("restriction {} needs confirmation for leaders, and this column can't confirm it", quoted(what.as_str())),
                        "name a boolean column as `confirmed`, or write `leaders: forbid` (T10)",
                    );
                }
                all.restriction_flags.push(FlagColumn { column, what, confirmed });
            }
            None => {}
        }
    }

    /// Combinations that this file alone shows to be forbidden; those that the data show are refused when it is applied.
    fn forbidden(&mut self, roles: &[Role], restrictions: &[Restriction], all: &Assignments, places: &[Option<Span>]) {
        for (assigned, place) in all.restrictions.iter().zip(places) {
            let Some(restriction) = restrictions.iter().find(|restriction| restriction.name == assigned.what) else { continue };
            let name = quoted(restriction.name.as_str());
            let exempt = |role: &RoleName| {
                roles
                    .iter()
                    .find(|candidate| candidate.name == *role)
                    .is_some_and(|role| role.all_includes.iter().any(|included| restriction.not_for.contains(included)))
            };
            let held = match &assigned.to {
                Subject::HavingRole(role) if exempt(role) => Some(role),
                to => all.roles.iter().find(|given| given.to == *to && exempt(&given.what)).map(|given| &given.what),
            };
            if let (Some(role), Promotion::Refuse) = (held, restriction.promotion) {
                self.found.error(
                    Code::RestrictedAdministrator,
                    *place,
                    format!("restriction {name} is given to someone with the role {}, who can't be restricted", quoted(role.as_str())),
                    "take one of the two away, or write `promotion: lift` (T9)",
                );
            }
            if let Some(rule) = restriction.leaders
                && let Some(leader) = self.reached_leader(&assigned.to)
                && !(rule == LeaderRule::Confirm && assigned.confirmed)
            {
                let help = match rule {
                    LeaderRule::Confirm => "write `confirmed: true` if that is meant (T10)",
                    LeaderRule::Forbid => "give it to users who lead nothing (T10)",
                };
                self.found.error(Code::UnconfirmedLeader, *place, format!("restriction {name} is given to {leader}"), help);
            }
        }
        for (at, (first, place)) in all.restrictions.iter().zip(places).enumerate() {
            for (second, _) in all.restrictions.iter().zip(places).take(at) {
                let conflict = restrictions
                    .iter()
                    .any(|restriction| restriction.name == first.what && restriction.conflicts_with.contains(&second.what));
                if conflict && first.to == second.to {
                    self.found.error(
                        Code::ConflictingRestrictions,
                        *place,
                        format!(
                            "restrictions {} and {} are given to the same subject",
                            quoted(second.what.as_str()),
                            quoted(first.what.as_str())
                        ),
                        "take one of the two away (T12)",
                    );
                }
            }
        }
    }

    /// The leader whom an assignment reaches for certain.
    fn reached_leader(&self, to: &Subject) -> Option<&'static str> {
        let directory = &self.config.directory;
        let leads = |kind: CircleKind| {
            let named = directory.circles().into_iter().find(|(word, _)| *word == kind.name());
            named.and_then(|(_, circle)| circle).is_some_and(|circle| circle.leader.is_some())
        };
        match to {
            Subject::Department { .. } if directory.departments.as_ref().is_some_and(|departments| departments.head.is_some()) => {
                Some("a department with its head")
            }
            Subject::Circle(kind, _) if leads(*kind) => Some("a group with its leader"),
            _ => None,
        }
    }
}

fn listed_span(listed: &Listed) -> Option<Span> {
    let named = [&listed.role, &listed.restriction].into_iter().flatten().map(|name| name.span).next();
    named.or_else(|| NamedSubject::from(listed).span()).or_else(|| listed.confirmed.as_ref().map(|flag| flag.span))
}

fn uuid(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let hexadecimal = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (lengths == [8, 4, 4, 4, 12] && hexadecimal).then(|| text.to_ascii_lowercase())
}
