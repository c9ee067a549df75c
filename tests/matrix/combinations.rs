//! Which combinations of roles and restrictions may not be (T9, T10, T12), from the rules alone: what the triggers are compared with.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crm_access::decide::{Row, Value, World};
use crm_access::model::{
    Assigned, CircleKind, ColumnName, LeaderRule, Members, Model, NameTable, Period, Promotion, Restriction, RestrictionName, RoleName,
    SharingRule, Subject, TableName,
};

/// Which assignments are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Those that count now.
    Now,
    /// Those too that will count: nothing looks at them again when their time comes.
    FromNowOn,
}

/// A user and a rule that is broken for them.
pub type Forbidden = BTreeSet<(String, String)>;

/// Whether some role, leadership or restriction may not go with a restriction.
pub fn combines(model: &Model) -> bool {
    let rules = |restriction: &Restriction| {
        !restriction.not_for.is_empty() || restriction.leaders.is_some() || !restriction.conflicts_with.is_empty()
    };
    model.restrictions.iter().any(rules)
}

/// What may not be. `before` is how things stood before a change: a restriction that was there may be lifted by a promotion.
pub fn forbidden(model: &Model, world: &World, before: Option<&World>) -> Forbidden {
    let mut all = Forbidden::new();
    let people = People::new(model, world);
    let earlier = before.map(|before| People::new(model, before).restrictions(When::FromNowOn));
    for (user, given) in &people.restrictions(When::FromNowOn) {
        let roles = people.roles(user, When::FromNowOn);
        for restriction in model.restrictions.iter().filter(|restriction| given.contains_key(&restriction.name)) {
            let administrator = roles.keys().any(|role| model.roles_including(&restriction.not_for).contains(role));
            let was = || earlier.as_ref().is_none_or(|all| all.get(user).is_some_and(|given| given.contains_key(&restriction.name)));
            if administrator && !(restriction.promotion == Promotion::Lift && was()) {
                all.insert((user.clone(), format!("{} is not for them", restriction.name)));
            }
            let confirmed = given.get(&restriction.name).is_some_and(|all| all.iter().all(|confirmed| *confirmed));
            let may_lead = match restriction.leaders {
                None => true,
                Some(LeaderRule::Confirm) => confirmed,
                Some(LeaderRule::Forbid) => false,
            };
            if !may_lead && people.leads(user) {
                all.insert((user.clone(), format!("{} is not for leaders", restriction.name)));
            }
            for other in restriction.conflicts_with.iter().filter(|other| given.contains_key(other)) {
                all.insert((user.clone(), format!("{} conflicts with {other}", restriction.name)));
            }
        }
    }
    for table in &model.assignments.restriction_tables {
        for row in world.rows(&table.table) {
            let name = key(row, &table.name).unwrap_or_default();
            if !model.restrictions.iter().any(|restriction| restriction.name.as_str() == name) {
                all.insert((key(row, &table.user).unwrap_or_default(), format!("unknown {name}")));
            }
        }
    }
    all
}

fn key(row: &Row, column: &ColumnName) -> Option<String> {
    row.get(column.as_str()).and_then(Value::key)
}

/// Rows by the key in one of their columns.
type Index<'a> = Rc<BTreeMap<String, Vec<&'a Row>>>;

/// Who is what and who has what in a world.
pub struct People<'a> {
    model: &'a Model,
    world: &'a World,
    indexes: RefCell<BTreeMap<(&'a TableName, &'a ColumnName), Index<'a>>>,
}

impl<'a> People<'a> {
    pub fn new(model: &'a Model, world: &'a World) -> People<'a> {
        People { model, world, indexes: RefCell::default() }
    }

    fn rows(&self, table: &'a TableName, column: &'a ColumnName, wanted: &str) -> Vec<&'a Row> {
        let index = || {
            let mut all: BTreeMap<String, Vec<&'a Row>> = BTreeMap::new();
            for row in self.world.rows(table) {
                if let Some(key) = key(row, column) {
                    all.entry(key).or_default().push(row);
                }
            }
            Rc::new(all)
        };
        let index = self.indexes.borrow_mut().entry((table, column)).or_insert_with(index).clone();
        index.get(wanted).cloned().unwrap_or_default()
    }

    fn is(&self, table: &'a TableName, column: &'a Option<ColumnName>, user: &str) -> Vec<&'a Row> {
        column.as_ref().map(|column| self.rows(table, column, user)).unwrap_or_default()
    }

    fn user(&self, user: &str) -> Vec<&'a Row> {
        let users = &self.model.directory.users;
        self.rows(&users.table, &users.key, user)
    }

    /// Whether a user leads a team or the like, or heads a department.
    fn leads(&self, user: &str) -> bool {
        let directory = &self.model.directory;
        directory.departments.iter().any(|all| !self.is(&all.table, &all.head, user).is_empty())
            || directory.circles.iter().any(|all| !self.is(&all.table, &all.leader, user).is_empty())
    }

    fn circles(&self, kind: CircleKind, user: &str) -> BTreeSet<String> {
        let Some(circle) = self.model.directory.circle(kind) else { return BTreeSet::new() };
        let member = self.rows(&circle.members.table, &circle.members.user, user).into_iter();
        let leader = self.is(&circle.table, &circle.leader, user).into_iter();
        member.filter_map(|row| key(row, &circle.members.of)).chain(leader.filter_map(|row| key(row, &circle.key))).collect()
    }

    fn departments(&self, user: &str) -> BTreeSet<String> {
        let Some(all) = &self.model.directory.departments else { return BTreeSet::new() };
        let mut found: BTreeSet<String> = match &all.members {
            Members::Column(column) => self.user(user).into_iter().filter_map(|row| key(row, column)).collect(),
            Members::Table(members) => {
                self.rows(&members.table, &members.user, user).into_iter().filter_map(|row| key(row, &members.of)).collect()
            }
        };
        found.extend(self.is(&all.table, &all.head, user).into_iter().filter_map(|row| key(row, &all.key)));
        found
    }

    /// Departments and all above them.
    fn with_those_above(&self, mut found: BTreeSet<String>) -> BTreeSet<String> {
        let departments = self.model.directory.departments.as_ref();
        let Some((all, parent)) = departments.and_then(|all| Some((all, all.parent.as_ref()?))) else { return found };
        let mut open: Vec<String> = found.iter().cloned().collect();
        while let Some(one) = open.pop() {
            for above in self.rows(&all.table, &all.key, &one).into_iter().filter_map(|row| key(row, parent)) {
                if found.insert(above.clone()) {
                    open.push(above);
                }
            }
        }
        found
    }

    /// How closely a subject reaches a user, if it does.
    fn reached(&self, to: &Subject, user: &str, when: When) -> Option<u8> {
        let there = || !self.user(user).is_empty();
        let (holds, rank) = match to {
            Subject::User(key) => (key == user && there(), 1),
            Subject::Everyone => (there(), 4),
            Subject::Circle(kind, key) => (self.circles(*kind, user).contains(key), 2),
            Subject::Department { key, subdepartments: false } => (self.departments(user).contains(key), 3),
            Subject::Department { key, subdepartments: true } => (self.with_those_above(self.departments(user)).contains(key), 3),
            Subject::HavingRole(role) => (self.roles(user, when).contains_key(role), 1),
        };
        holds.then_some(rank)
    }

    /// Rows of a table of names that are a user's: the name, and whether it is confirmed.
    fn named(&self, table: &'a NameTable, user: &str, when: When) -> Vec<(String, bool)> {
        let now = self.world.now;
        let confirmed = |row: &Row| table.confirmed.as_ref().is_some_and(|column| row.get(column.as_str()).is_some_and(Value::is_true));
        let time = |row: &Row, column: &Option<ColumnName>| match column.as_ref().and_then(|column| row.get(column.as_str())) {
            Some(Value::Time(time)) => Some(*time),
            _ => None,
        };
        let in_time = |row: &&Row| {
            (when == When::FromNowOn || time(row, &table.from).is_none_or(|from| from <= now))
                && time(row, &table.until).is_none_or(|until| now < until)
        };
        let rows = self.rows(&table.table, &table.user, user).into_iter().filter(in_time);
        rows.filter_map(|row| Some((key(row, &table.name)?, confirmed(row)))).collect()
    }

    /// Whether a rule opens records to a user now.
    pub fn is_opened(&self, rule: &SharingRule, user: &str) -> bool {
        counts(rule.period, self.world.now, When::Now) && self.reached(&rule.to, user, When::Now).is_some()
    }

    /// Everything that a user is, or is in, that can be given something: the kind and the key.
    pub fn subjects(&self, user: &str) -> BTreeSet<(String, String)> {
        let mut all = BTreeSet::new();
        if !self.user(user).is_empty() {
            all.extend([("user".to_owned(), user.to_owned()), ("everyone".to_owned(), String::new())]);
        }
        for circle in &self.model.directory.circles {
            all.extend(self.circles(circle.kind, user).into_iter().map(|key| (circle.kind.name().to_owned(), key)));
        }
        let mine = self.departments(user);
        all.extend(mine.iter().map(|key| ("department".to_owned(), key.clone())));
        all.extend(self.with_those_above(mine).into_iter().map(|key| ("department_tree".to_owned(), key)));
        all
    }

    /// The roles that a user is given by name, each with how closely.
    pub fn given_roles(&self, user: &str, when: When) -> BTreeSet<(String, u8)> {
        let (given, world) = (&self.model.assignments, self.world);
        let stored: &[Assigned<RoleName>] = if given.stored { &world.stored_roles } else { &[] };
        let mut found: Vec<(String, u8)> = Vec::new();
        for assigned in
            given.roles.iter().chain(stored).filter(|assigned| assigned.channel.is_none() && counts(assigned.period, world.now, when))
        {
            found.extend(self.reached(&assigned.to, user, when).map(|rank| (assigned.what.to_string(), rank)));
        }
        for table in &given.role_tables {
            found.extend(self.named(table, user, when).into_iter().map(|(name, _)| (name, 1)));
        }
        for row in self.user(user) {
            let flags = given.role_flags.iter().filter(|flag| row.get(flag.column.as_str()).is_some_and(Value::is_true));
            found.extend(flags.map(|flag| (flag.what.to_string(), 1)));
        }
        found.into_iter().collect()
    }

    /// The roles of a user with how closely each is given, those included by others too.
    pub fn roles(&self, user: &str, when: When) -> BTreeMap<RoleName, u8> {
        let mut all: BTreeMap<RoleName, u8> = BTreeMap::new();
        for (name, rank) in self.given_roles(user, when) {
            for role in self.model.roles.iter().filter(|role| role.name.as_str() == name).flat_map(|role| &role.all_includes) {
                let closest = all.entry(role.clone()).or_insert(rank);
                *closest = rank.min(*closest);
            }
        }
        all
    }

    /// Every user who is named somewhere: a membership or an assignment may be of someone who is not among the users.
    pub fn named_somewhere(&self) -> BTreeSet<String> {
        let directory = &self.model.directory;
        let mut places: Vec<(&TableName, &ColumnName)> = vec![(&directory.users.table, &directory.users.key)];
        if let Some(all) = &directory.departments {
            places.extend(all.head.iter().map(|head| (&all.table, head)));
            if let Members::Table(members) = &all.members {
                places.push((&members.table, &members.user));
            }
        }
        for circle in &directory.circles {
            places.extend(circle.leader.iter().map(|leader| (&circle.table, leader)));
            places.push((&circle.members.table, &circle.members.user));
        }
        let tables = self.model.assignments.role_tables.iter().chain(&self.model.assignments.restriction_tables);
        places.extend(tables.map(|table| (&table.table, &table.user)));
        places.into_iter().flat_map(|(table, column)| self.world.rows(table).iter().filter_map(|row| key(row, column))).collect()
    }

    /// What each user is restricted by, and for each way in which it is given whether that is confirmed.
    pub fn restrictions(&self, when: When) -> BTreeMap<String, BTreeMap<RestrictionName, Vec<bool>>> {
        let (given, world) = (&self.model.assignments, self.world);
        let mut all: BTreeMap<String, BTreeMap<RestrictionName, Vec<bool>>> = BTreeMap::new();
        let stored: &[Assigned<RestrictionName>] = if given.stored { &world.stored_restrictions } else { &[] };
        for user in self.named_somewhere() {
            let mut found: Vec<(String, bool)> = Vec::new();
            for assigned in given
                .restrictions
                .iter()
                .chain(stored)
                .filter(|assigned| assigned.channel.is_none() && counts(assigned.period, world.now, when))
            {
                if self.reached(&assigned.to, &user, when).is_some() {
                    found.push((assigned.what.to_string(), assigned.confirmed));
                }
            }
            found.extend(given.restriction_tables.iter().flat_map(|table| self.named(table, &user, when)));
            for row in self.user(&user) {
                for flag in given.restriction_flags.iter().filter(|flag| row.get(flag.column.as_str()) != Some(&Value::Bool(false))) {
                    let confirmed = flag.confirmed.as_ref().is_some_and(|column| row.get(column.as_str()).is_some_and(Value::is_true));
                    found.push((flag.what.to_string(), confirmed));
                }
            }
            for (name, confirmed) in found {
                if let Some(restriction) = self.model.restrictions.iter().find(|restriction| restriction.name.as_str() == name) {
                    all.entry(user.clone()).or_default().entry(restriction.name.clone()).or_default().push(confirmed);
                }
            }
        }
        all
    }
}

/// Whether a period holds at a time.
fn counts(period: Period, now: i64, when: When) -> bool {
    (when == When::FromNowOn || period.from.is_none_or(|from| from.as_microsecond() <= now))
        && period.until.is_none_or(|until| now < until.as_microsecond())
}
