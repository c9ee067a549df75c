//! Attacks on row security, each by its number in docs/security.md: what an insider with the application's connection, or with a login of
//! their own, could try on a live server. They hold no special attribute except where a test says so.
//!
//! `CRM_ACCESS_TEST_URL` names a server with the extension installed, as a superuser; `tools/cluster run --` starts one.

mod applying;
mod attacker;
#[path = "../live/margins.rs"]
mod margins;
#[path = "../differential/servers.rs"]
mod servers;
#[path = "../live/support.rs"]
#[allow(dead_code)]
mod support;

mod caches;
mod cluster;
mod columns;
mod conflicts;
mod definers;
mod functions;
mod leaky;
mod names;
mod outside;
mod planner;
mod races;
mod spoofing;
mod tokens;
mod traces;
mod writing;
