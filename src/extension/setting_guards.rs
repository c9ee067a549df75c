//! The settings of the guards: one switch each, and who may see plans.
//!
//! All have the context "superuser": a guard that those it guards against could switch off would be none. A superuser may set one for a
//! session, a role, a database or the server, and from version 15 on may let others do so (GRANT SET ON PARAMETER). What somebody set
//! before the library was loaded counts only if they were allowed to.

use std::ffi::CString;

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

/// Whether EXPLAIN of protected tables is refused.
pub static EXPLAIN: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Whether COPY TO is held to what the configuration lets people export.
pub static COPY: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Whether TRUNCATE of protected tables is refused.
pub static TRUNCATE: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Whether LISTEN is refused. Off, because queues live by it.
pub static LISTEN: GucSetting<bool> = GucSetting::<bool>::new(false);
/// Whether the rules of a configuration are refused to whoever changes them by hand.
pub static POLICIES: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Whether row security is switched on for partitions and children that a protected table gets.
pub static CHILDREN: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Whether there is a warning about what shows protected rows past row security.
pub static VIEWS: GucSetting<bool> = GucSetting::<bool>::new(true);

static EXPLAIN_ROLE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// Defines the settings.
pub fn register() {
    for (name, short, long, setting) in [
        (
            c"crm_access.guard_explain",
            c"Refuses EXPLAIN of protected tables to roles that row security binds.",
            c"Estimates and counts of a plan tell of hidden rows.",
            &EXPLAIN,
        ),
        (
            c"crm_access.guard_copy",
            c"Holds COPY TO to what the configuration lets people export.",
            c"A protected table that nobody may export can't be copied by roles that row security binds.",
            &COPY,
        ),
        (
            c"crm_access.guard_truncate",
            c"Refuses TRUNCATE of protected tables to roles that row security binds.",
            c"TRUNCATE removes hidden rows as well.",
            &TRUNCATE,
        ),
        (
            c"crm_access.guard_listen",
            c"Refuses LISTEN to roles that policies of the configuration are for.",
            c"Triggers may notify about hidden rows.",
            &LISTEN,
        ),
        (
            c"crm_access.guard_policies",
            c"Refuses to change row security and policies of the configuration by hand.",
            c"Superusers, and whoever may call crm_access.remove(), are never refused.",
            &POLICIES,
        ),
        (
            c"crm_access.guard_children",
            c"Switches row security on for new partitions and children of protected tables.",
            c"Without it their rows could be read by asking them directly.",
            &CHILDREN,
        ),
        (
            c"crm_access.guard_views",
            c"Warns of new views, materialized views and publications that show protected rows past row security.",
            c"They show what their owner sees.",
            &VIEWS,
        ),
    ] {
        GucRegistry::define_bool_guc(name, short, long, setting, GucContext::Suset, GucFlags::default());
    }
    GucRegistry::define_string_guc(
        c"crm_access.explain_role",
        c"The role whose members may use EXPLAIN on protected tables.",
        c"Superusers and roles with BYPASSRLS always may.",
        &EXPLAIN_ROLE,
        GucContext::Suset,
        GucFlags::default(),
    );
}

/// The role whose members may see plans; `None` where there is none.
pub fn explain_role() -> Option<CString> {
    EXPLAIN_ROLE.get().filter(|role| !role.is_empty())
}
