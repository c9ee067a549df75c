//! Random configurations over the whole language, as JSON, which is YAML.

// By path, so that another test can take this file with all that belongs to it.
#[path = "conditions.rs"]
mod conditions;
#[path = "grants.rs"]
mod grants;
#[path = "protected.rs"]
mod protected;

use std::collections::BTreeSet;

use crm_access::decide::Value;
use serde_json::{Map, Value as Json, json};

use crate::random::Random;
use crate::tables::{Flavor, Kind, key, key_type};

pub const ROLES: [&str; 4] = ["r1", "r2", "r \"3\"", "admin"];
pub const RESTRICTIONS: [&str; 3] = ["limited", "nar'row", "third"];
pub const STAGES: [&str; 3] = ["new", "won", "it's lost"];

/// An entity while the rest is made up.
struct Entity {
    name: String,
    /// Texts of terms that it has the columns for.
    terms: Vec<String>,
    /// Those that it is mostly about: what rarely stands in a configuration rarely shows a mistake.
    favorites: Vec<String>,
    stages: bool,
    /// Whether it has the columns that predicates use.
    columns: bool,
}

struct Maker<'r> {
    random: &'r mut Random,
    flavor: &'r Flavor,
    entities: Vec<Entity>,
    /// The limits of a new owner that the directory has groups for.
    groups: Vec<&'static str>,
}

/// A configuration for the tables of a flavor.
pub fn configuration(random: &mut Random, flavor: &Flavor, reader: &str) -> Json {
    let mut maker = Maker { random, flavor, entities: Vec::new(), groups: Vec::new() };
    let directory = maker.directory();
    let groups = [("teams", "team"), ("departments", "department")];
    maker.groups.extend(groups.into_iter().filter(|(key, _)| directory.get(key).is_some()).map(|(_, limit)| limit));
    let entities = maker.all_entities(&directory);
    let mut roles = maker.roles();
    let mut restrictions = maker.restrictions();
    let mut assignments = maker.assignments(&directory, &restrictions);
    maker.aim(&mut roles, &mut restrictions, &mut assignments);
    let sharing = maker.sharing(&directory);
    let signed = maker.random.chance(85);
    let conflict = *maker.random.pick(&["union", "most_specific", "deny_wins"]);
    let plans = *maker.random.pick(&["anybody", "user"]);
    let mut identity = json!({"act_as": "crm_backend", "setting": {"name": "app.user_token", "signed": signed, "issuers": if signed { json!("crm_backend") } else { json!([]) }}});
    if maker.random.chance(50) {
        identity["database_role"] = json!("login");
    }
    let mut made = json!({
        "version": 1,
        "application_role": "crm_app",
        "reader_role": reader,
        "schema": flavor.schema,
        "key_type": type_name(flavor, Kind::Record),
        "conflict": conflict,
        "plans": plans,
        "identity": identity,
        "directory": directory,
        "entities": entities,
        "roles": roles,
        "restrictions": restrictions,
        "sharing": sharing,
        "assignments": assignments,
    });
    if maker.random.chance(40) {
        made["delegation"] = json!({"roles": "all"});
    }
    made
}

fn type_name(flavor: &Flavor, kind: Kind) -> String {
    format!("{:?}", key_type(flavor, kind)).to_lowercase()
}

impl Maker<'_> {
    fn key(&mut self, kind: Kind, last: usize) -> Json {
        let number = self.random.between(1, last);
        match key(key_type(self.flavor, kind), number) {
            Value::Int(number) => json!(number),
            other => json!(other.to_string()),
        }
    }

    fn directory(&mut self) -> Json {
        let mut all = Map::new();
        let attributes = json!({
            "region": "text", "size": "int4", "ok": "boolean", "since": "date",
            "rate": "numeric", "big": "int8", "seen": "timestamptz", "token": "uuid",
        });
        let mut users = json!({"table": "users", "key_type": type_name(self.flavor, Kind::User), "attributes": attributes});
        all.insert("channels".into(), json!({"in use": ["crm_fax", "crm_backend"], "other": "crm_fax"}));
        if self.random.chance(80) {
            users["active"] = json!("active");
        }
        if self.random.chance(50) {
            users["manager"] = json!("manager");
        }
        all.insert("users".into(), users);
        if self.random.chance(70) {
            let members = if self.random.chance(50) {
                json!("department")
            } else {
                json!({"table": "department_members", "department": "department", "user": "usr"})
            };
            let mut departments = json!({"table": "departments", "key_type": type_name(self.flavor, Kind::Department), "members": members});
            if self.random.chance(80) {
                departments["parent"] = json!("parent");
            }
            if self.random.chance(60) {
                departments["head"] = json!("head");
            }
            all.insert("departments".into(), departments);
        }
        for circle in ["groups", "workgroups", "teams", "territories"] {
            if self.random.chance(60) {
                let members = json!({"table": format!("{circle}_members"), "of": "circle", "user": "usr"});
                let mut made = json!({"table": circle, "key_type": type_name(self.flavor, Kind::Circle), "members": members});
                if self.random.chance(50) {
                    made["leader"] = json!("leader");
                }
                all.insert(circle.into(), made);
            }
        }
        Json::Object(all)
    }

    fn all_entities(&mut self, directory: &Json) -> Json {
        let mut all = Map::new();
        let count = self.random.between(2, 4);
        let mut links: Vec<(usize, usize)> = Vec::new();
        for at in 1..=count {
            let made = self.entity(at, directory, &mut links);
            all.insert(format!("e{at}"), made);
        }
        for (child, parent) in links {
            if self.random.chance(40) {
                let (name, above, below) = (format!("l_{child}_{parent}"), format!("e{parent}"), format!("e{child}"));
                let mut terms = Vec::new();
                for entity in [above, below] {
                    terms.extend([format!("parent({entity})"), format!("parent({entity}, update)"), format!("without({entity})")]);
                }
                let entities = json!({"parents": {format!("e{parent}"): "parent", format!("e{child}"): "child"}});
                all.insert(name.clone(), entities);
                self.entities.push(Entity { name, terms, favorites: Vec::new(), stages: false, columns: false });
            }
        }
        for at in 1..=count {
            // A join table of owners may be protected itself.
            if all[&format!("e{at}")]["owners"]["table"].is_string() && self.random.chance(50) {
                let (name, of) = (format!("o{at}"), format!("e{at}"));
                let terms = [
                    "own".to_owned(),
                    "unassigned".to_owned(),
                    format!("parent({of})"),
                    format!("parent({of}, update)"),
                    format!("own({of})"),
                    format!("without({of})"),
                ];
                all.insert(name.clone(), json!({"owners": "usr", "parents": {of: "rec"}}));
                self.entities.push(Entity { name, terms: terms.into(), favorites: Vec::new(), stages: false, columns: false });
            }
        }
        self.through_a_child(&all);
        self.choose_favorites();
        Json::Object(all)
    }

    /// Lets the records of an entity be seen because of its children, which then can't be seen because of their parents.
    fn through_a_child(&mut self, all: &Map<String, Json>) {
        let parents = |child: &str| all[child]["parents"].as_object().map(|parents| parents.keys().cloned().collect::<Vec<_>>());
        let children: Vec<(usize, Vec<String>)> =
            self.entities.iter().enumerate().filter_map(|(at, entity)| Some((at, parents(&entity.name)?))).collect();
        if children.is_empty() || !self.random.chance(25) {
            return;
        }
        let (child, parents) = self.random.pick(&children).clone();
        let (name, above) = (self.entities[child].name.clone(), self.random.pick(&parents).clone());
        self.entities[child].terms.retain(|term| !term.starts_with("parent("));
        if let Some(above) = self.entities.iter_mut().find(|entity| entity.name == above) {
            above.terms.extend([format!("child({name})"), format!("child({name})")]);
        }
    }

    fn choose_favorites(&mut self) {
        for at in 0..self.entities.len() {
            let kind = |term: &String| term.split_once('(').map_or(term.clone(), |(word, _)| word.to_owned());
            let kinds: Vec<String> = self.entities[at].terms.iter().map(kind).collect::<BTreeSet<_>>().into_iter().collect();
            for _ in 0..2.min(kinds.len()) {
                let chosen = self.random.pick(&kinds).clone();
                let of_kind: Vec<String> = self.entities[at].terms.iter().filter(|term| kind(term) == chosen).cloned().collect();
                self.entities[at].favorites.extend(of_kind);
            }
        }
    }

    fn entity(&mut self, at: usize, directory: &Json, links: &mut Vec<(usize, usize)>) -> Json {
        let mut made = Map::new();
        let mut terms: Vec<String> = Vec::new();
        let word = |text: &str| text.to_owned();
        let mut owned = true;
        match self.random.below(4) {
            0 => drop(made.insert("owners".into(), json!("owner1"))),
            1 => drop(made.insert("owners".into(), json!(["owner1", "owner2"]))),
            2 => drop(made.insert("owners".into(), json!({"table": format!("o{at}"), "record": "rec", "user": "usr"}))),
            _ => owned = false,
        }
        if owned {
            terms.extend([word("own"), word("own"), word("unassigned")]);
            if directory["users"].get("manager").is_some() {
                terms.extend([word("reports"), format!("reports({})", self.random.pick(&[1, 1, 1, 2, 3]))]);
            }
        }
        if self.random.chance(30) {
            terms.extend([word("shared"), word("shared(update)"), word("shared(full)")]);
        }
        if self.random.chance(15) {
            made.insert("default".into(), json!(*self.random.pick(&["private", "public_read", "public_read_write"])));
        }
        if directory.get("territories").is_some() && self.random.chance(60) {
            made.insert("territory".into(), json!("territory"));
            terms.push(word("territory"));
        }
        match self.random.below(6) {
            0 => drop(made.insert("observers".into(), json!(["owner2", "creator"]))),
            1 => drop(made.insert("observers".into(), json!({"table": format!("o{at}"), "record": "rec", "user": "usr"}))),
            _ => {}
        }
        if made.contains_key("observers") {
            terms.push(word("observed"));
        }
        for (name, term, percent) in [("creator", "created", 60), ("open", "open", 40), ("stage", "", 50)] {
            if self.random.chance(percent) {
                made.insert(name.into(), json!(name));
                if !term.is_empty() {
                    terms.push(word(term));
                }
            }
        }
        let departments = directory.get("departments").is_some();
        if departments && self.random.chance(50) {
            made.insert("department".into(), json!("department"));
        }
        if departments && (owned || made.contains_key("department")) {
            terms.extend([word("department"), word("department_tree")]);
        }
        let teams = directory.get("teams").is_some();
        if teams && self.random.chance(50) {
            made.insert("team".into(), json!("team"));
        }
        if teams && (owned || made.contains_key("team")) {
            terms.push(word("team"));
        }
        let mut parents = Map::new();
        for above in 1..at {
            if !self.random.chance(60) {
                continue;
            }
            let link = if self.random.chance(50) {
                json!(format!("p{above}"))
            } else {
                links.push((at, above));
                let mut link = json!({"table": format!("l_{at}_{above}"), "child": "child", "parent": "parent"});
                if self.random.chance(60) {
                    link["links"] = json!(*self.random.pick(&["any", "all"]));
                }
                link
            };
            let name = format!("e{above}");
            parents.insert(name.clone(), link);
            for _ in 0..2 {
                terms.extend([format!("parent({name})"), format!("without({name})")]);
            }
            terms.extend([format!("parent({name}, update)"), format!("parent({name}, update)")]);
            let parent = &self.entities[above - 1];
            if parent.terms.iter().any(|term| term == "own") {
                terms.push(format!("own({name})"));
            }
            if parent.terms.iter().any(|term| term == "created") {
                terms.push(format!("created({name})"));
            }
        }
        if !parents.is_empty() {
            made.insert("parents".into(), Json::Object(parents));
        }
        if self.random.chance(35) {
            protected::protect(self.random, &format!("e{at}"), &mut made);
        }
        let stages = made.contains_key("stage");
        self.entities.push(Entity { name: format!("e{at}"), terms, favorites: Vec::new(), stages, columns: true });
        Json::Object(made)
    }
}
