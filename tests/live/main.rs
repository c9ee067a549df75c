//! Rules of the presets on a live server, for both targets, as roles that hold no special attribute.
//!
//! `CRM_ACCESS_TEST_URL` names a server with the extension installed, as a superuser; `tools/cluster run --` starts one.

mod audit;
mod audit_command;
mod can;
mod catalog;
mod guards;
mod guards_copy;
mod guards_ddl;
mod guards_explain;
mod guards_truncate;
mod identity;
mod inputs;
mod language;
mod language_keys;
mod language_names;
mod language_people;
mod language_predicates;
mod language_scopes;
mod language_shares;
mod language_sharing;
mod language_strategies;
mod language_subjects;
mod odoo;
mod odoo_counts;
mod odoo_leads;
mod odoo_roles;
mod odoo_sales;
mod removal;
mod review;
mod rows;
mod server_stays_up;
mod support;
mod teamleader;
mod teamleader_conflicts;
mod teamleader_contacts;
mod teamleader_deals;
mod teamleader_leaders;
mod teamleader_managers;
mod teamleader_promotion;
mod teamleader_scope;
mod teamleader_truth;
