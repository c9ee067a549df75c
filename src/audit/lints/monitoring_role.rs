//! A role of the application's that sees, or ends, what other sessions do (A21).
//!
//! **Why it matters.** pg_monitor and pg_read_all_stats show the statements of all sessions, with the values in them; pg_signal_backend ends
//! them.
//!
//! **Example.** `GRANT pg_monitor TO crm_backend`, for a health page.
//!
//! **How to mend it.** Take the membership away; let the monitoring log in as itself.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "monitoring-role",
    code: "CA307",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("monitoring_role.rs"),
    check: Check::Database(check),
};

const MONITORING: [(&str, &str); 4] = [
    ("pg_monitor", "sees the statements of all sessions, with the values in them"),
    ("pg_read_all_stats", "sees the statements of all sessions, with the values in them"),
    ("pg_read_all_settings", "sees settings that only superusers should, passwords for replication included"),
    ("pg_signal_backend", "ends the sessions of others"),
];

fn check(case: &Case<'_>, found: &mut Findings) {
    for (role, what) in MONITORING.iter().filter(|(role, _)| case.reached().contains(role)) {
        // Who is a member of pg_monitor is one of the others as well, which is no news.
        let members: Vec<&str> = case.members_among_reached(role).into_iter().filter(|member| *member != "pg_monitor").collect();
        if !members.is_empty() {
            let fix = members.iter().map(|member| format!("REVOKE {role} FROM {}", ident(member))).collect();
            found.add(role, format!("{} is a member of this role and {what}", listed(members)), Fix::Sql(fix), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn monitoring_role() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.member("pg_monitor", "pg_read_all_stats");
        example.member("crm_backend", "pg_monitor");
        assert_eq!(example.found(&LINT), ["pg_monitor"]);
        assert_eq!(example.fixes(&LINT), ["REVOKE pg_monitor FROM crm_backend"]);
    }
}
