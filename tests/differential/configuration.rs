//! Random configurations over the whole language, as JSON, which is YAML.

use crm_access::decide::Value;
use serde_json::{Map, Value as Json, json};

use crate::random::Random;
use crate::tables::{Flavor, Kind, key, key_type};

pub const ROLES: [&str; 4] = ["r1", "r2", "r \"3\"", "admin"];
pub const RESTRICTIONS: [&str; 2] = ["limited", "nar'row"];
pub const STAGES: [&str; 3] = ["new", "won", "it's lost"];

/// An entity while the rest is made up.
struct Entity {
    name: String,
    /// Texts of terms that it has the columns for.
    terms: Vec<String>,
    stages: bool,
    /// Whether it has the columns that predicates use.
    columns: bool,
}

struct Maker<'r> {
    random: &'r mut Random,
    flavor: &'r Flavor,
    entities: Vec<Entity>,
}

/// A configuration for the tables of a flavor.
pub fn configuration(random: &mut Random, flavor: &Flavor, reader: &str) -> Json {
    let mut maker = Maker { random, flavor, entities: Vec::new() };
    let directory = maker.directory();
    let entities = maker.all_entities(&directory);
    let roles = maker.roles();
    let restrictions = maker.restrictions();
    let assignments = maker.assignments(&directory, &restrictions);
    let conflict = *maker.random.pick(&["union", "most_specific", "deny_wins"]);
    json!({
        "version": 1,
        "application_role": "crm_app",
        "reader_role": reader,
        "schema": flavor.schema,
        "key_type": type_name(flavor, Kind::Record),
        "conflict": conflict,
        "identity": {"act_as": "crm_backend", "setting": {"name": "app.user_token", "signed": true, "issuers": "crm_backend"}},
        "directory": directory,
        "entities": entities,
        "roles": roles,
        "restrictions": restrictions,
        "assignments": assignments,
    })
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
        let attributes = json!({"region": "text", "size": "int4", "ok": "boolean", "since": "date"});
        let mut users = json!({"table": "users", "key_type": type_name(self.flavor, Kind::User), "attributes": attributes});
        if self.random.chance(80) {
            users["active"] = json!("active");
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
        for circle in ["groups", "workgroups", "teams"] {
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
                self.entities.push(Entity { name, terms, stages: false, columns: false });
            }
        }
        Json::Object(all)
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
        let stages = made.contains_key("stage");
        self.entities.push(Entity { name: format!("e{at}"), terms, stages, columns: true });
        Json::Object(made)
    }

    fn scope(&mut self, entity: usize) -> Json {
        let terms = &self.entities[entity].terms;
        let mut parts: Vec<String> = Vec::new();
        if !terms.is_empty() && !self.random.chance(12) {
            let count = if self.random.chance(25) { 2 } else { 1 };
            parts.extend((0..count).map(|_| self.random.pick(terms).clone()));
        } else {
            parts.push("all".to_owned());
        }
        let text = parts.join(" and ");
        if self.entities[entity].columns && self.random.chance(20) {
            let condition = condition(self.random, 2);
            if self.random.chance(30) { json!({"where": condition}) } else { json!({"scope": text, "where": condition}) }
        } else {
            json!(text)
        }
    }

    fn scopes(&mut self, entity: usize) -> Json {
        match self.random.below(10) {
            0 => json!("none"),
            1..=6 => self.scope(entity),
            _ => Json::Array((0..2).map(|_| self.scope(entity)).collect()),
        }
    }

    fn level(&mut self, entity: usize) -> Json {
        let (stages, columns) = (self.entities[entity].stages, self.entities[entity].columns);
        let mut whole = Map::new();
        if stages && self.random.chance(35) {
            let mut listed = Map::new();
            for stage in STAGES {
                if self.random.chance(50) {
                    listed.insert(stage.into(), self.scopes(entity));
                }
            }
            whole.insert("stages".into(), Json::Object(listed));
        }
        if columns && self.random.chance(10) {
            whole.insert("where".into(), json!(condition(self.random, 1)));
        }
        let scopes = self.scopes(entity);
        if whole.is_empty() {
            return scopes;
        }
        if !self.random.chance(20) || !whole.contains_key("where") {
            whole.insert("scopes".into(), scopes);
        }
        Json::Object(whole)
    }

    fn roles(&mut self) -> Json {
        let mut all = Map::new();
        for (at, role) in ROLES.iter().enumerate() {
            let mut made = Map::new();
            let includes: Vec<&str> = ROLES[..at].iter().copied().filter(|_| self.random.chance(15)).collect();
            if !includes.is_empty() {
                made.insert("includes".into(), json!(includes));
            }
            let mut grants = Map::new();
            if *role == "admin" || self.random.chance(10) {
                grants.insert("*".into(), json!(if self.random.chance(80) { "all" } else { "none" }));
            }
            for entity in 0..self.entities.len() {
                if *role == "admin" && self.random.chance(80) || !self.random.chance(85) {
                    continue;
                }
                let mut actions = Map::new();
                if self.random.chance(40) {
                    actions.insert("every".into(), self.level(entity));
                }
                for (action, percent) in [("read", 80), ("create", 50), ("update", 60), ("delete", 50), ("export", 50)] {
                    if self.random.chance(percent) {
                        actions.insert(action.into(), self.level(entity));
                    }
                }
                if !actions.is_empty() {
                    grants.insert(self.entities[entity].name.clone(), Json::Object(actions));
                }
            }
            made.insert("grants".into(), Json::Object(grants));
            all.insert((*role).into(), Json::Object(made));
        }
        Json::Object(all)
    }

    fn restrictions(&mut self) -> Json {
        let mut all = Map::new();
        for name in RESTRICTIONS {
            if !self.random.chance(65) {
                continue;
            }
            let mut entities = Map::new();
            for entity in 0..self.entities.len() {
                if !self.random.chance(60) {
                    continue;
                }
                let level = if self.random.chance(60) {
                    self.scopes(entity)
                } else {
                    let mut actions = Map::new();
                    let read = if self.random.chance(30) { json!("all") } else { self.scopes(entity) };
                    actions.insert("read".into(), read);
                    for action in ["create", "update", "delete", "export"] {
                        if self.random.chance(60) {
                            actions.insert(action.into(), self.scopes(entity));
                        }
                    }
                    Json::Object(actions)
                };
                entities.insert(self.entities[entity].name.clone(), level);
            }
            let others = if self.random.chance(75) { "as_granted" } else { "hidden" };
            let mut made = json!({"entities": entities, "others": others});
            if self.random.chance(50) {
                made["not_for"] = json!(*self.random.pick(&["admin", "r1"]));
                made["promotion"] = json!(*self.random.pick(&["lift", "lift", "refuse"]));
            }
            all.insert(name.into(), made);
        }
        Json::Object(all)
    }

    fn assignments(&mut self, directory: &Json, restrictions: &Json) -> Json {
        let given: Vec<&str> = RESTRICTIONS.into_iter().filter(|name| restrictions.get(name).is_some()).collect();
        let mut listed = Vec::new();
        for _ in 0..self.random.between(1, 4) {
            let mut made = json!({"role": *self.random.pick(&ROLES)});
            self.subject(&mut made, directory);
            listed.push(made);
        }
        let mut tables = Vec::new();
        let mut flags = Vec::new();
        if self.random.chance(70) {
            tables.push(json!({"table": "user_roles", "user": "usr", "role": "role"}));
        }
        if self.random.chance(50) {
            flags.push(json!({"column": "is_admin", "role": "admin"}));
        }
        for name in &given {
            if self.random.chance(50) {
                let mut made = json!({"restriction": name});
                if self.random.chance(30) {
                    made["having_role"] = json!(*self.random.pick(&ROLES));
                } else {
                    self.subject(&mut made, directory);
                }
                listed.push(made);
            }
            if self.random.chance(40) {
                flags.push(json!({"column": if *name == "limited" { "limited" } else { "narrow" }, "restriction": name}));
            }
        }
        if !given.is_empty() && self.random.chance(50) {
            tables.push(json!({"table": "user_restrictions", "user": "usr", "restriction": "restriction"}));
        }
        json!({"listed": listed, "tables": tables, "flags": flags, "stored": self.random.chance(40)})
    }

    /// Adds whom something is given to.
    fn subject(&mut self, made: &mut Json, directory: &Json) {
        let has = |name: &str| directory.get(name).is_some();
        match self.random.below(6) {
            0 if has("groups") => made["group"] = self.key(Kind::Circle, 3),
            1 if has("workgroups") => made["workgroup"] = self.key(Kind::Circle, 3),
            2 if has("teams") => made["team"] = self.key(Kind::Circle, 3),
            3 if has("departments") => {
                made["department"] = self.key(Kind::Department, 4);
                if self.random.chance(50) {
                    made["subdepartments"] = json!(self.random.chance(80));
                }
            }
            4 => made["everyone"] = json!(true),
            _ => made["user"] = self.key(Kind::User, 7),
        }
    }
}

const CONDITIONS: &[&str] = &[
    "a = 'x'",
    "a <> user.region",
    "a = user.region",
    "a IN ('x', user.region)",
    "a NOT IN ('x', user.region)",
    "starts_with(a, 'Y')",
    "lower(a) = 'yy'",
    "length(a) > 1",
    "coalesce(a, user.region) = 'x'",
    "a IS NULL",
    "b > 1",
    "b <= user.size",
    "b IN (1, 2.5, user.size)",
    "b NOT IN (1, user.size)",
    "b BETWEEN 1 AND user.size",
    "b NOT BETWEEN user.size AND 2",
    "coalesce(b, 2) >= 1.5",
    "b IS NOT NULL",
    "c",
    "c IS NOT TRUE",
    "c IS FALSE",
    "c = user.ok",
    "coalesce(c, user.ok)",
    "user.ok",
    "user.ok IS NOT FALSE",
    "user.region IS NULL",
    "d < current_date",
    "d >= '2021-03-04'",
    "d = user.since",
    "d < now()",
    "user.since < d",
];

fn condition(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.chance(40) {
        return (*random.pick(CONDITIONS)).to_owned();
    }
    match random.below(3) {
        0 => format!("NOT ({})", condition(random, depth - 1)),
        1 => format!("({}) AND ({})", condition(random, depth - 1), condition(random, depth - 1)),
        _ => format!("({}) OR ({})", condition(random, depth - 1), condition(random, depth - 1)),
    }
}
