//! A setting that the application's sessions begin with and that weakens what protects them (A13, A24).
//!
//! **Why it matters.** ALTER ROLE and ALTER DATABASE put settings into every new session: an identity that nobody signed, triggers that do not
//! fire, a search path through which others' objects come first, a guard that is off.
//!
//! **Example.** `ALTER ROLE crm_backend SET app.user_token = '...'`, left from a test: every session without an identity is that user.
//!
//! **How to mend it.** `ALTER ROLE ... RESET ...`, or `ALTER DATABASE ... RESET ...`.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "role-setting",
    code: "CA403",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("role_setting.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let identity = case.model.identity.setting.as_ref().map(|setting| setting.name.to_lowercase());
    for setting in &case.catalog.role_settings {
        if setting.role.as_ref().is_some_and(|role| !case.reached().contains(role.as_str())) {
            continue;
        }
        let value = setting.value.to_lowercase();
        let off = matches!(value.as_str(), "off" | "false" | "no" | "0");
        let name = setting.name.to_lowercase();
        let (severity, what) = match name.as_str() {
            name if identity.as_deref() == Some(name) => (Severity::Error, "a session without an identity of its own is that user"),
            "session_replication_role" => (Severity::Error, "triggers do not fire, ours neither"),
            "row_security" if off => {
                (Severity::Warning, "every query of a protected table is refused, and a dump by a privileged role is complete")
            }
            "search_path" if value.contains("pg_temp") && !value.trim_end().ends_with("pg_temp") => {
                (Severity::Warning, "temporary objects come before the application's own")
            }
            name if name.starts_with("crm_access.guard_") && off => (Severity::Warning, "one of our guards is off"),
            // What an administrator may choose. The first is audited by itself.
            "crm_access.vetted_operators"
            | "crm_access.explain_role"
            | "crm_access.single_keys"
            | "crm_access.index_part"
            | "crm_access.plan_for_user" => continue,
            name if name.starts_with("crm_access.") && !name.starts_with("crm_access.guard_") => {
                (Severity::Warning, "nobody but us should set it")
            }
            _ => continue,
        };
        let database = ident(&case.catalog.database);
        let reset = match (&setting.role, setting.in_database) {
            (Some(role), true) => format!("ALTER ROLE {} IN DATABASE {database} RESET {}", ident(role), setting.name),
            (Some(role), false) => format!("ALTER ROLE {} RESET {}", ident(role), setting.name),
            (None, true) => format!("ALTER DATABASE {database} RESET {}", setting.name),
            (None, false) => format!("ALTER ROLE ALL RESET {}", setting.name),
        };
        let who = setting.role.as_deref().unwrap_or("all");
        found.add_as(
            severity,
            format!("{who}.{}", setting.name),
            format!("sessions of {} begin with this setting: {what}", quoted(who)),
            Fix::sql(reset),
            None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;
    use crate::catalog::RoleSetting;

    #[test]
    fn role_setting() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        for (role, in_database, name, value) in [
            (Some("crm_backend"), false, "app.user_token", "1"),
            (None, true, "row_security", "off"),
            (Some("crm_backend"), false, "search_path", "public, pg_temp"),
            (Some("crm_dba"), false, "row_security", "off"),
            (Some("crm_app"), true, "crm_access.guard_explain", "off"),
            (None, true, "crm_access.vetted_operators", "like"),
            (Some("crm_app"), false, "crm_access.plan_for_user", "on"),
        ] {
            let (name, value) = (name.to_owned(), value.to_owned());
            example.catalog.role_settings.push(RoleSetting { role: role.map(str::to_owned), in_database, name, value });
        }
        assert_eq!(example.found(&LINT), ["crm_backend.app.user_token", "all.row_security", "crm_app.crm_access.guard_explain"]);
        assert_eq!(
            example.fixes(&LINT),
            [
                "ALTER ROLE crm_backend RESET app.user_token",
                "ALTER DATABASE teamleader RESET row_security",
                "ALTER ROLE crm_app IN DATABASE teamleader RESET crm_access.guard_explain"
            ]
        );
    }
}
