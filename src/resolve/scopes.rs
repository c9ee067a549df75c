//! Scopes: their text, and whether their entity has what they need.

use super::{Resolver, entity_names, find_entity};
use crate::config::{Many, SCOPE_FORMS, ScopeForm, ScopeItem, Short};
use crate::model::{CircleKind, Entity, EntityName, Owners, ParentTerm, Scope, ShareLevel, Term};
use crate::predicate::{self, PredicateErrorKind};
use crate::text::{At, Code, Span, did_you_mean, listed, quoted};

/// The most levels of reports that can be asked for by number.
const MAX_DEPTH: u8 = 20;
/// Scopes that name a parent.
const WITH_PARENT: [&str; 4] = ["parent", "own", "created", "without"];

/// The scopes as they are written, with or without something in parentheses.
fn forms(with_argument: bool) -> impl Iterator<Item = &'static str> + Clone {
    SCOPE_FORMS.iter().filter(move |form| form.has_argument() == with_argument).map(|form| form.written)
}

/// What each scope takes besides its text.
pub(super) const ROOM: usize = 16;

/// What a term is before it is known what its entity has.
enum Parsed<'t> {
    Plain(&'t str),
    OfParent(&'t str, &'t str, Option<&'t str>),
}

impl Resolver<'_> {
    /// Scopes of an entity; an explicit `none` gives none. Mistakes are reported and left out.
    pub(super) fn scopes(&mut self, entities: &[Entity], entity: &Entity, items: &Many<Short<ScopeItem>>) -> Vec<Scope> {
        let mut scopes = Vec::new();
        let mut none: Option<Span> = None;
        for item in items.iter() {
            let texts = [&item.scope, &item.predicate].into_iter().flatten();
            let span = texts.clone().next().map_or_else(Span::default, |text| text.span);
            if !self.take_room(ROOM + texts.map(|text| text.len()).sum::<usize>(), span) {
                break;
            }
            match self.scope(entities, entity, item) {
                Some(Some(scope)) => scopes.push(scope),
                Some(None) => none = item.scope.as_ref().map(|text| text.span),
                None => {}
            }
        }
        if let Some(span) = none
            && items.len() > 1
        {
            self.found.error(Code::BadScope, span, "`none` stands beside other scopes", "write `none` alone, or leave it out");
        }
        scopes
    }

    /// One scope: `Some(None)` is an explicit `none`, `None` a mistake.
    pub(super) fn scope(&mut self, entities: &[Entity], entity: &Entity, item: &ScopeItem) -> Option<Option<Scope>> {
        let mut terms = Vec::new();
        let mut sound = true;
        let mut none = false;
        match &item.scope {
            Some(text) => {
                let parts: Vec<&str> = text.split(" and ").map(str::trim).collect();
                for part in &parts {
                    match *part {
                        "none" if parts.len() == 1 => none = true,
                        "all" => {}
                        part => match self.term(entities, entity, text, part) {
                            Some(term) => terms.push(term),
                            None => sound = false,
                        },
                    }
                }
            }
            None if item.predicate.is_none() => {
                return None; // An empty mapping; the form has been reported.
            }
            None => {}
        }
        let predicate = item.predicate.as_ref().map(|text| self.predicate(text));
        match predicate {
            Some(None) => None,
            _ if !sound => None,
            _ if none => Some(None),
            predicate => Some(Some(Scope { terms, predicate: predicate.flatten() })),
        }
    }

    fn term(&mut self, entities: &[Entity], entity: &Entity, text: &At<String>, part: &str) -> Option<Term> {
        match parse_term(part) {
            Some(Parsed::Plain(name)) => self.plain_term(entity, text, name),
            Some(Parsed::OfParent("child", child, None)) => self.child_term(entities, entity, text, child),
            Some(Parsed::OfParent("shared", level, None)) => {
                let found = ShareLevel::ALL.into_iter().find(|known| known.name() == level);
                if found.is_none() {
                    let names = ShareLevel::ALL.map(ShareLevel::name);
                    let help = did_you_mean(level, names).unwrap_or_else(|| format!("the levels are {}", listed(names)));
                    self.found.error(Code::BadScope, text.span, format!("{} is no level of a share", quoted(level)), help);
                }
                found.map(Term::Shared)
            }
            Some(Parsed::OfParent("reports", depth, None)) => self.reports_term(entity, text, Some(depth)),
            Some(Parsed::OfParent(name, parent, action)) => self.parent_term(entities, entity, text, (name, parent, action)),
            None => {
                self.found.error(
                    Code::BadScope,
                    text.span,
                    format!("{} is not written as a scope", quoted(part)),
                    "write a scope such as `own`, `parent(company)` or `created and without(company)`",
                );
                None
            }
        }
    }

    fn plain_term(&mut self, entity: &Entity, text: &At<String>, name: &str) -> Option<Term> {
        let owned = !matches!(entity.owners, Owners::None);
        let (has, term, key) = match name {
            "own" => (owned, Term::Own, "owners"),
            "unassigned" => (owned, Term::Unassigned, "owners"),
            "created" => (entity.creator.is_some(), Term::Created, "creator"),
            "observed" => (!matches!(entity.observers, Owners::None), Term::Observed, "observers"),
            "open" => (entity.open.is_some(), Term::Open, "open"),
            "shared" => return Some(Term::Shared(ShareLevel::Read)),
            "reports" => return self.reports_term(entity, text, None),
            "team" => return self.group_term(entity, text, Term::Team, entity.team.is_some()),
            "territory" => return self.group_term(entity, text, Term::Territory, entity.territory.is_some()),
            "department" => return self.group_term(entity, text, Term::Department, entity.department.is_some()),
            "department_tree" => return self.group_term(entity, text, Term::DepartmentTree, entity.department.is_some()),
            "none" => {
                self.found.error(Code::BadScope, text.span, "`none` is joined with other terms", "write `none` alone");
                return None;
            }
            other => {
                let help = did_you_mean(other, SCOPE_FORMS.iter().map(ScopeForm::word)).unwrap_or_else(|| {
                    format!("the scopes are {} and {}", listed(forms(false)), forms(true).collect::<Vec<_>>().join(", "))
                });
                self.found.error(Code::UnknownScope, text.span, format!("unknown scope {}", quoted(other)), help);
                return None;
            }
        };
        if has {
            return Some(term);
        }
        self.missing_column(entity, text.span, name, key);
        None
    }

    /// A scope by who reports to the user.
    fn reports_term(&mut self, entity: &Entity, text: &At<String>, depth: Option<&str>) -> Option<Term> {
        if self.config.directory.users.manager.is_none() {
            self.found.error(
                Code::MissingColumn,
                text.span,
                "scope `reports` needs to know who reports to whom",
                "name the column under `directory: users: manager`",
            );
            return None;
        }
        let depth = match depth.map(|written| (written, written.parse::<u8>())) {
            None => None,
            Some((_, Ok(depth))) if (1..=MAX_DEPTH).contains(&depth) => Some(depth),
            Some((written, _)) => {
                let help = format!("write a number from 1, direct reports, to {MAX_DEPTH}, or `reports` for any depth");
                self.found.error(Code::BadScope, text.span, format!("{} is no depth of reports", quoted(written)), help);
                return None;
            }
        };
        if matches!(entity.owners, Owners::None) {
            self.missing_column(entity, text.span, "reports", "owners");
            return None;
        }
        Some(Term::Reports(depth))
    }

    fn missing_column(&mut self, entity: &Entity, span: Span, scope: &str, key: &str) {
        self.found.error(
            Code::MissingColumn,
            span,
            format!("scope `{scope}` needs `{key}`, which entity {} does not have", quoted(entity.name.as_str())),
            format!("name the column under `entities`, as in `{key}: some_column`, or use another scope"),
        );
    }

    /// A scope by team or department: by a column of the record, else by its owners.
    fn group_term(&mut self, entity: &Entity, text: &At<String>, term: Term, column: bool) -> Option<Term> {
        let directory = &self.config.directory;
        let (there, key, several) = match term {
            Term::Team => (directory.teams.is_some(), "team", CircleKind::Team.plural()),
            Term::Territory => (directory.territories.is_some(), "territory", CircleKind::Territory.plural()),
            _ => (directory.departments.is_some(), "department", "departments"),
        };
        if !there {
            self.found.error(
                Code::UnknownSubject,
                text.span,
                format!("the directory has no {several}"),
                format!("describe them under `directory: {several}`"),
            );
            return None;
        }
        // A territory is of records, never of their owners.
        if column || term != Term::Territory && !matches!(entity.owners, Owners::None) {
            return Some(term);
        }
        self.missing_column(entity, text.span, key, key);
        None
    }

    /// A scope by a record that belongs to this one.
    fn child_term(&mut self, entities: &[Entity], entity: &Entity, text: &At<String>, child: &str) -> Option<Term> {
        let belongs = |candidate: &&Entity| candidate.parents.iter().any(|parent| parent.entity == entity.name);
        if let Some(below) = find_entity(entities, child).filter(belongs) {
            self.children.push((entity.name.clone(), below.name.clone(), text.span));
            return Some(Term::Child(below.name.clone()));
        }
        if !self.left_out(child) {
            let children: Vec<&str> = entities.iter().filter(belongs).map(|below| below.name.as_str()).collect();
            let help = if children.is_empty() {
                format!("name {} under `parents` of {}", quoted(entity.name.as_str()), quoted(child))
            } else {
                format!("what belongs to it: {}", listed(children))
            };
            let message = format!("entity {} has no child {}", quoted(entity.name.as_str()), quoted(child));
            self.found.error(Code::UnknownEntity, text.span, message, help);
        }
        None
    }

    fn parent_term(
        &mut self,
        entities: &[Entity],
        entity: &Entity,
        text: &At<String>,
        (name, parent, action): (&str, &str, Option<&str>),
    ) -> Option<Term> {
        let Some(link) = entity.parents.iter().find(|link| link.entity.as_str() == parent) else {
            if self.left_out(parent) {
                return None;
            }
            let known = entity_names(entities);
            if known.iter().any(|there| there.as_str() == parent) {
                let parents: Vec<&str> = entity.parents.iter().map(|link| link.entity.as_str()).collect();
                let help = if parents.is_empty() {
                    format!("name it under `parents` of {}", quoted(entity.name.as_str()))
                } else {
                    format!("its parents are {}", listed(parents))
                };
                self.found.error(
                    Code::MissingColumn,
                    text.span,
                    format!("entity {} has no parent {}", quoted(entity.name.as_str()), quoted(parent)),
                    help,
                );
            } else {
                self.unknown_entity(&At::new(parent.to_owned(), text.span), known.iter().map(EntityName::as_str));
            }
            return None;
        };
        let above = entities.iter().find(|candidate| candidate.name == link.entity)?;
        let term = match (name, action) {
            ("parent", None | Some("read")) => Term::Parent(above.name.clone(), ParentTerm::Readable),
            ("parent", Some("update")) => Term::Parent(above.name.clone(), ParentTerm::Updatable),
            ("own", None) => Term::Parent(above.name.clone(), ParentTerm::Owned),
            ("created", None) => Term::Parent(above.name.clone(), ParentTerm::Created),
            ("without", None) => Term::Without(above.name.clone()),
            ("parent", Some(other)) => {
                self.found.error(
                    Code::UnknownAction,
                    text.span,
                    format!("a parent can't be asked for {}", quoted(other)),
                    "write `parent(entity)` or `parent(entity, update)`",
                );
                return None;
            }
            (other, _) => {
                let help = did_you_mean(other, WITH_PARENT)
                    .unwrap_or_else(|| "with an entity there are `parent`, `own`, `created` and `without`".to_owned());
                let code = if WITH_PARENT.contains(&other) { Code::BadScope } else { Code::UnknownScope };
                self.found.error(code, text.span, format!("unknown scope {}", quoted(&format!("{other}({parent})"))), help);
                return None;
            }
        };
        match &term {
            Term::Parent(_, ParentTerm::Owned) if matches!(above.owners, Owners::None) => {
                self.missing_column(above, text.span, &format!("own({parent})"), "owners");
                None
            }
            Term::Parent(_, ParentTerm::Created) if above.creator.is_none() => {
                self.missing_column(above, text.span, &format!("created({parent})"), "creator");
                None
            }
            _ => Some(term),
        }
    }

    /// A predicate with its place in the file; where the text was written with escapes, the whole of it is the place.
    pub(super) fn predicate(&mut self, text: &At<String>) -> Option<predicate::Predicate> {
        let source = self.source;
        let place = |span: Span| source.place_within(text, span);
        match predicate::parse(text) {
            Ok(tree) => {
                let mut sound = true;
                let known: Vec<&str> = self.config.directory.users.attributes.iter().map(|(name, _)| name.as_str()).collect();
                for (name, span) in tree.attributes() {
                    if !known.contains(&name) {
                        let help = did_you_mean(name, known.iter().copied())
                            .unwrap_or_else(|| "name it under `directory: users: attributes`, with its type".to_owned());
                        self.found.error(Code::MissingColumn, place(span), format!("users have no attribute {}", quoted(name)), help);
                        sound = false;
                    }
                }
                sound.then_some(tree)
            }
            Err(error) => {
                let code = match error.kind {
                    PredicateErrorKind::Syntax => Code::BadPredicate,
                    PredicateErrorKind::NotAllowed => Code::ForbiddenInPredicate,
                };
                self.found.error(code, place(error.span), error.message, error.help);
                None
            }
        }
    }
}

fn parse_term(part: &str) -> Option<Parsed<'_>> {
    let Some((name, rest)) = part.split_once('(') else {
        return (!part.is_empty() && !part.contains(')')).then_some(Parsed::Plain(part));
    };
    let inner = rest.strip_suffix(')')?;
    if inner.contains(['(', ')']) {
        return None;
    }
    let mut arguments = inner.split(',').map(str::trim);
    let parent = arguments.next().filter(|parent| !parent.is_empty())?;
    let action = arguments.next();
    arguments.next().is_none().then_some(Parsed::OfParent(name.trim(), parent, action))
}
