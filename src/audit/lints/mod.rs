//! The lints, one file each: its head says what it finds, why that matters, how it looks and how to mend it.

mod cascading_foreign_key;
mod creatable_schema;
mod database_mismatch;
mod default_privilege;
mod definer_function;
mod definer_trigger;
mod drifted_function;
mod drifted_policy;
mod drifted_trigger;
mod drop_guard;
mod excess_privilege;
mod expired_accept;
mod foreign_key;
mod foreign_policy;
mod foreign_table;
mod forgeable_identity;
mod guard_off;
mod identity_caller;
mod large_object;
mod leaking_rule;
mod leakproof_function;
mod library_not_preloaded;
mod materialized_view;
mod missing_index;
mod monitoring_role;
mod noinherit_member;
mod notifying_trigger;
mod other_configuration;
mod owning_role;
mod prelude;
mod privileged_role;
mod privileged_view;
mod publication;
mod readable_column;
mod role_setting;
mod sequence_privilege;
mod shared_login;
mod state_privilege;
mod statistics;
mod temporary_objects;
mod unique_key;
mod unprotected_entity;
mod unprotected_partition;
mod useless_accept;
mod vetted_operators;
mod vulnerable_server;
mod writable_directory;

use super::Lint;

/// Every lint, by code.
pub const ALL: &[&Lint] = &[
    &unprotected_entity::LINT,
    &unprotected_partition::LINT,
    &foreign_policy::LINT,
    &drifted_policy::LINT,
    &drifted_function::LINT,
    &drifted_trigger::LINT,
    &other_configuration::LINT,
    &drop_guard::LINT,
    &privileged_view::LINT,
    &materialized_view::LINT,
    &leaking_rule::LINT,
    &definer_function::LINT,
    &definer_trigger::LINT,
    &notifying_trigger::LINT,
    &publication::LINT,
    &foreign_key::LINT,
    &cascading_foreign_key::LINT,
    &unique_key::LINT,
    &foreign_table::LINT,
    &leakproof_function::LINT,
    &privileged_role::LINT,
    &owning_role::LINT,
    &excess_privilege::LINT,
    &writable_directory::LINT,
    &noinherit_member::LINT,
    &default_privilege::LINT,
    &monitoring_role::LINT,
    &sequence_privilege::LINT,
    &state_privilege::LINT,
    &readable_column::LINT,
    &forgeable_identity::LINT,
    &identity_caller::LINT,
    &role_setting::LINT,
    &creatable_schema::LINT,
    &temporary_objects::LINT,
    &shared_login::LINT,
    &missing_index::LINT,
    &database_mismatch::LINT,
    &vulnerable_server::LINT,
    &library_not_preloaded::LINT,
    &guard_off::LINT,
    &statistics::LINT,
    &large_object::LINT,
    &vetted_operators::LINT,
    &expired_accept::LINT,
    &useless_accept::LINT,
];
