//! Roles, what they include and what they grant.

use super::scopes::ROOM;
use super::{Resolver, entity_names};
use crate::config::{EntityGrants, Level as WrittenLevel, Role as Written, Short};
use crate::model::{Action, Entity, EntityName, Grant, Level, Role, RoleName, Scope, StageScopes};
use crate::predicate::Predicate;
use crate::text::{At, Code, did_you_mean, listed, quoted};

impl Resolver<'_> {
    pub(super) fn roles(&mut self, entities: &[Entity]) -> Vec<Role> {
        let known: Vec<String> = self.config.roles.iter().map(|(name, _)| name.value.clone()).collect();
        let mut roles = Vec::new();
        for (name, written) in self.config.roles.iter() {
            for included in written.includes.iter() {
                if !known.contains(included) {
                    self.unknown_role(included);
                }
            }
            let grants = self.grants(entities, written);
            if let Some(checked) = self.name(name, "role", RoleName::new) {
                let description = written.description.as_ref().map(|text| text.value.clone());
                roles.push(Role { name: checked, description, all_includes: Vec::new(), grants });
            }
        }
        for role in &mut roles {
            role.all_includes = self.all_includes(&role.name);
        }
        roles
    }

    pub(super) fn unknown_role(&mut self, name: &At<String>) {
        if self.left_out(name) {
            return;
        }
        let config = self.config;
        let known = || config.roles.iter().map(|(name, _)| name.as_str());
        let help = did_you_mean(name, known()).unwrap_or_else(|| format!("the roles are {}", listed(known())));
        self.found.error(Code::UnknownRole, name.span, format!("unknown role {}", quoted(name)), help);
    }

    /// The role and everything that it includes, in the order of first sight; a cycle is reported where it closes.
    fn all_includes(&mut self, start: &RoleName) -> Vec<RoleName> {
        let mut all: Vec<RoleName> = vec![start.clone()];
        let mut next = 0;
        while let Some(name) = all.get(next).cloned() {
            next += 1;
            let Some((_, written)) = self.config.roles.iter().find(|(role, _)| role.as_str() == name.as_str()) else {
                continue;
            };
            for included in written.includes.iter() {
                if included.as_str() == start.as_str() {
                    self.found.error(
                        Code::RoleCycle,
                        included.span,
                        format!(
                            "role {} includes itself{}",
                            quoted(start.as_str()),
                            if name == *start { String::new() } else { format!(" through {}", quoted(name.as_str())) }
                        ),
                        "leave one of these inclusions out",
                    );
                } else if let Ok(checked) = RoleName::new(included)
                    && !all.contains(&checked)
                    && self.take_room(ROOM + included.len(), included.span)
                {
                    all.push(checked);
                }
            }
        }
        all
    }

    fn grants(&mut self, entities: &[Entity], written: &Written) -> Vec<Grant> {
        let mut grants = Vec::new();
        let names = entity_names(entities);
        let listed_entities: Vec<&str> = written.grants.iter().map(|(name, _)| name.as_str()).collect();
        for (name, given) in written.grants.iter() {
            if name.as_str() == "*" {
                for entity in entities.iter().filter(|entity| !listed_entities.contains(&entity.name.as_str())) {
                    self.entity_grants(entities, entity, given, &mut grants);
                }
            } else if let Some(entity) = entities.iter().find(|entity| entity.name.as_str() == name.as_str()) {
                self.entity_grants(entities, entity, given, &mut grants);
            } else if !self.left_out(name) {
                self.unknown_entity(name, names.iter().map(EntityName::as_str));
            }
        }
        grants
    }

    fn entity_grants(&mut self, entities: &[Entity], entity: &Entity, given: &EntityGrants, grants: &mut Vec<Grant>) {
        let by_action = [
            (Action::Read, &given.read),
            (Action::Create, &given.create),
            (Action::Update, &given.update),
            (Action::Delete, &given.delete),
            (Action::Export, &given.export),
            (Action::Share, &given.share),
        ];
        for (action, level) in by_action {
            let Some(level) = level.as_ref().or(given.every.as_ref()) else { continue };
            let level = self.level(entities, entity, level);
            grants.push(Grant { entity: entity.name.clone(), action, level });
        }
    }

    fn level(&mut self, entities: &[Entity], entity: &Entity, written: &Short<WrittenLevel>) -> Level {
        // It is written out beside each scope.
        let places = written.scopes.len() + written.stages.iter().map(|(_, items)| items.len()).sum::<usize>();
        let narrowing = written.predicate.as_ref().filter(|text| self.take_room(text.len().saturating_mul(places), text.span));
        let predicate = narrowing.and_then(|text| self.predicate(text));
        let mut scopes = self.scopes(entities, entity, &written.scopes);
        if written.scopes.is_empty() && written.predicate.is_some() {
            scopes.push(Scope { terms: Vec::new(), predicate: None });
        }
        let mut stages = Vec::new();
        for (stage, items) in written.stages.iter() {
            if !self.take_room(ROOM + stage.len(), stage.span) {
                break;
            }
            self.stage_name(entity, stage);
            let scopes = self.scopes(entities, entity, items);
            stages.push(StageScopes { stage: stage.value.clone(), scopes: narrowed(scopes, predicate.as_ref()) });
        }
        Level { scopes: narrowed(scopes, predicate.as_ref()), stages }
    }

    fn stage_name(&mut self, entity: &Entity, stage: &At<String>) {
        let config = self.config;
        let written = config.entities.iter().find(|(name, _)| name.as_str() == entity.name.as_str()).map(|(_, written)| written);
        match written.and_then(|written| written.stage.as_ref()) {
            None => self.found.error(
                Code::NoStages,
                stage.span,
                format!("entity {} has no stages", quoted(entity.name.as_str())),
                "name the column under `entities`, as in `stage: status`",
            ),
            Some(stages) if !stages.names.is_empty() && !stages.names.iter().any(|name| name.as_str() == stage.as_str()) => {
                let names = || stages.names.iter().map(|name| name.as_str());
                let help = did_you_mean(stage, names()).unwrap_or_else(|| format!("its stages are {}", listed(names())));
                self.found.error(
                    Code::UnknownStage,
                    stage.span,
                    format!("entity {} has no stage {}", quoted(entity.name.as_str()), quoted(stage)),
                    help,
                );
            }
            Some(_) => {}
        }
    }
}

/// Adds a predicate to each scope.
fn narrowed(scopes: Vec<Scope>, predicate: Option<&Predicate>) -> Vec<Scope> {
    let Some(predicate) = predicate else { return scopes };
    scopes
        .into_iter()
        .map(|scope| Scope {
            predicate: Some(match scope.predicate {
                Some(own) => Predicate::And(vec![own, predicate.clone()]),
                None => predicate.clone(),
            }),
            ..scope
        })
        .collect()
}
