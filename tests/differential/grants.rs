//! Random roles, restrictions and assignments.

use serde_json::{Map, Value as Json, json};

use super::conditions::condition;
use super::{Entity, Maker, RESTRICTIONS, ROLES, STAGES};
use crate::tables::Kind;

impl Maker<'_> {
    fn scope(&mut self, entity: usize) -> Json {
        let Entity { terms, favorites, .. } = &self.entities[entity];
        let terms = if favorites.is_empty() || self.random.chance(45) { terms } else { favorites };
        let mut parts: Vec<String> = Vec::new();
        if !terms.is_empty() && !self.random.chance(12) {
            let count = [1, 1, 1, 1, 1, 2, 2, 3][self.random.below(8)];
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

    fn owned(&self, entity: usize) -> bool {
        self.entities[entity].terms.iter().any(|term| term == "own")
    }

    /// Scopes with a limit of the new owner.
    fn assign_level(&mut self, entity: usize) -> Json {
        let mut limits = vec!["me", "anyone"];
        limits.extend(self.groups.iter().copied());
        let to = *self.random.pick(&limits);
        match self.level(entity) {
            Json::Object(mut whole) if whole.contains_key("scopes") || whole.contains_key("where") && !whole.contains_key("scope") => {
                whole.insert("to".into(), json!(to));
                Json::Object(whole)
            }
            scopes => json!({"scopes": scopes, "to": to}),
        }
    }

    pub(super) fn roles(&mut self) -> Json {
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
                for (action, percent) in
                    [("read", 80), ("create", 50), ("update", 60), ("delete", 50), ("export", 35), ("share", 20), ("import", 35)]
                {
                    if self.random.chance(percent) {
                        actions.insert(action.into(), self.level(entity));
                    }
                }
                if self.owned(entity) && self.random.chance(30) {
                    let level = self.assign_level(entity);
                    actions.insert("assign".into(), level);
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

    pub(super) fn restrictions(&mut self) -> Json {
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
                    for action in ["create", "update", "delete", "export", "share", "import"] {
                        if self.random.chance(60) {
                            actions.insert(action.into(), self.scopes(entity));
                        }
                    }
                    if self.owned(entity) && self.random.chance(20) {
                        actions.insert("assign".into(), self.scopes(entity));
                    }
                    Json::Object(actions)
                };
                entities.insert(self.entities[entity].name.clone(), level);
            }
            let others = if self.random.chance(75) { "as_granted" } else { "hidden" };
            let mut made = json!({"entities": entities, "others": others});
            if self.random.chance(30) {
                made["leaders"] = json!(*self.random.pick(&["forbid", "confirm"]));
            }
            let other = *self.random.pick(&RESTRICTIONS);
            if self.random.chance(25) && all.contains_key(other) {
                made["conflicts_with"] = json!(other);
            }
            if self.random.chance(50) {
                made["not_for"] = json!(*self.random.pick(&["admin", "r1"]));
                made["promotion"] = json!(*self.random.pick(&["lift", "lift", "refuse"]));
            }
            all.insert(name.into(), made);
        }
        Json::Object(all)
    }

    /// Makes an assignment count over the channel that is in use, or over another.
    fn channel(&mut self, made: &mut Json) {
        if self.random.chance(15) {
            made["channel"] = json!(if self.random.chance(60) { "in use" } else { "other" });
        }
    }

    pub(super) fn assignments(&mut self, directory: &Json, restrictions: &Json) -> Json {
        let given: Vec<&str> = RESTRICTIONS.into_iter().filter(|name| restrictions.get(name).is_some()).collect();
        let mut listed = Vec::new();
        for _ in 0..self.random.between(2, 6) {
            let mut made = json!({"role": *self.random.pick(&ROLES)});
            self.subject(&mut made, directory);
            self.channel(&mut made);
            self.period(&mut made);
            listed.push(made);
        }
        let mut tables = Vec::new();
        let mut flags = Vec::new();
        if self.random.chance(70) {
            let mut table = json!({"table": "user_roles", "user": "usr", "role": "role"});
            self.columns_of_periods(&mut table);
            tables.push(table);
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
                self.channel(&mut made);
                self.period(&mut made);
                if self.random.chance(40) {
                    made["confirmed"] = json!(true);
                }
                listed.push(made);
            }
            if self.random.chance(40) {
                let mut flag = json!({"column": if *name == "nar'row" { "narrow" } else { name }, "restriction": name});
                if self.random.chance(70) {
                    flag["confirmed"] = json!("sure");
                }
                flags.push(flag);
            }
        }
        if !given.is_empty() && self.random.chance(50) {
            let mut table = json!({"table": "user_restrictions", "user": "usr", "restriction": "restriction"});
            if self.random.chance(60) {
                table["confirmed"] = json!("sure");
            }
            self.columns_of_periods(&mut table);
            tables.push(table);
        }
        json!({"listed": listed, "tables": tables, "flags": flags, "stored": self.random.chance(60)})
    }

    /// Adds whom something is given to.
    fn subject(&mut self, made: &mut Json, directory: &Json) {
        let has = |name: &str| directory.get(name).is_some();
        match self.random.below(7) {
            6 if has("territories") => made["territory"] = self.key(Kind::Circle, 3),
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

    /// With some luck, when something counts.
    fn period(&mut self, made: &mut Json) {
        if self.random.chance(60) {
            return;
        }
        let periods =
            [("2019-04-14", ""), ("2031-08-09", ""), ("", "2031-08-09T00:00:00+02:00"), ("2019-04-14", "2031-08-09"), ("", "2021-03-04")];
        let (from, until) = *self.random.pick(&periods);
        for (key, time) in [("from", from), ("until", until)] {
            if !time.is_empty() {
                made[key] = json!(time);
            }
        }
    }

    fn columns_of_periods(&mut self, table: &mut Json) {
        for (key, column) in [("from", "since"), ("until", "until")] {
            if self.random.chance(25) {
                table[key] = json!(column);
            }
        }
    }

    pub(super) fn sharing(&mut self, directory: &Json) -> Json {
        let mut all = Vec::new();
        for _ in 0..self.random.below(3) {
            let entity = self.random.below(self.entities.len());
            let mut to = json!({});
            if self.random.chance(25) {
                to["having_role"] = json!(*self.random.pick(&ROLES));
            } else {
                self.subject(&mut to, directory);
            }
            let mut made = json!({"entity": self.entities[entity].name, "to": to});
            if self.random.chance(60) {
                made["level"] = json!(*self.random.pick(&["read", "update"]));
            }
            if self.random.chance(70) {
                made["records"] = self.scope(entity);
            }
            if self.entities[entity].terms.iter().any(|term| term == "own") && self.random.chance(40) {
                let mut owners = json!({});
                self.subject(&mut owners, directory);
                made["owned_by"] = owners;
            }
            self.period(&mut made);
            all.push(made);
        }
        Json::Array(all)
    }

    /// With some luck, what a rare mistake shows itself in: a restriction of one action, asked of a parent, for a user whom everything else
    /// lets through.
    pub(super) fn aim(&mut self, roles: &mut Json, restrictions: &mut Json, assignments: &mut Json) {
        let children: Vec<(usize, String)> = self
            .entities
            .iter()
            .enumerate()
            .flat_map(|(at, entity)| {
                let parents = entity.terms.iter().filter_map(|term| term.strip_prefix("parent(")?.strip_suffix(", update)"));
                parents.map(move |parent| (at, parent.to_owned()))
            })
            .collect();
        if children.is_empty() || !self.random.chance(45) {
            return;
        }
        let (child, parent) = self.random.pick(&children).clone();
        let Some(above) = self.entities.iter().position(|entity| entity.name == parent) else { return };
        let child_name = self.entities[child].name.clone();
        let through = *self.random.pick(&["update", "update", "read"]);
        let term = if through == "update" { format!("parent({parent}, update)") } else { format!("parent({parent})") };
        roles["r1"]["grants"][&parent] = json!({"every": "all"});
        roles["r1"]["grants"][&child_name] = json!({"read": term, "update": term});
        for role in &ROLES[1..] {
            for everything in [child_name.as_str(), "*"] {
                roles[*role]["grants"].as_object_mut().map(|grants| grants.shift_remove(everything));
            }
        }
        roles["r1"]["grants"].as_object_mut().map(|grants| grants.shift_remove("*"));
        let name = RESTRICTIONS[0];
        let mut level = json!({"read": if through == "update" { json!("all") } else { self.scopes(above) }});
        level["update"] = self.scopes(above);
        level["create"] = self.scopes(above);
        restrictions[name] = json!({"entities": {parent: level}, "others": "as_granted"});
        let everyone = json!([{"role": "r1", "everyone": true}, {"restriction": name, "everyone": true}]);
        if let (Some(listed), Json::Array(more)) = (assignments["listed"].as_array_mut(), everyone) {
            listed.retain(|made| made["restriction"].as_str() != Some(name));
            listed.extend(more);
        }
    }
}
