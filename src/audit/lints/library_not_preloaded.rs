//! The library of the extension is not loaded when a session begins.
//!
//! **Why it matters.** It loads with the first call of one of its functions. What it does by hooks in the server, such as refusing EXPLAIN of protected
//! tables, is not done before that.
//!
//! **Example.** A session that never calls `act_as` sees no row, and yet the estimates of EXPLAIN (A01).
//!
//! **How to mend it.** `ALTER DATABASE crm SET session_preload_libraries = 'crm_access'`, which holds for new sessions.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "library-not-preloaded",
    code: "CA602",
    severity: Severity::Note,
    drift: false,
    text: include_str!("library_not_preloaded.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    if case.standing.target != Target::Extension {
        return;
    }
    let names = |value: &str| value.split(',').any(|name| name.trim().trim_matches('"') == "crm_access");
    let setting = |name: &str| case.catalog.settings.get(name);
    let by_server =
        ["shared_preload_libraries", "session_preload_libraries"].iter().any(|name| setting(name).is_some_and(|value| names(value)));
    let for_all = |preload: &&RoleSetting| preload.role.is_none() && preload.name == "session_preload_libraries";
    let by_database = case.catalog.role_settings.iter().filter(for_all).any(|preload| names(&preload.value));
    if !by_server && !by_database {
        let other = setting("session_preload_libraries").map(|value| value.trim()).filter(|value| !value.is_empty());
        let all = other.map_or_else(|| "crm_access".to_owned(), |other| format!("{other}, crm_access"));
        let list = all.split(',').map(|name| Plain.literal(name.trim().trim_matches('"'))).collect::<Vec<_>>().join(", ");
        let fix = Fix::sql(format!("ALTER DATABASE {} SET session_preload_libraries = {list}", ident(&case.catalog.database)));
        found.add("database", "the extension's hooks are not there before the first call of one of its functions", fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn library_not_preloaded() {
        let mut example = Example::new();
        assert_eq!(example.fixes(&LINT), ["ALTER DATABASE teamleader SET session_preload_libraries = 'crm_access'"]);
        example.catalog.settings.insert("session_preload_libraries".to_owned(), "auto_explain".to_owned());
        assert_eq!(example.fixes(&LINT), ["ALTER DATABASE teamleader SET session_preload_libraries = 'auto_explain', 'crm_access'"]);
        example.catalog.role_settings.push(RoleSetting {
            role: None,
            in_database: true,
            name: "session_preload_libraries".to_owned(),
            value: "crm_access".to_owned(),
        });
        assert!(example.found(&LINT).is_empty());
        let mut example = Example::new();
        example.catalog.settings.insert("shared_preload_libraries".to_owned(), "pg_stat_statements, crm_access".to_owned());
        assert!(example.found(&LINT).is_empty());
        let mut example = Example::new();
        example.standing.target = Target::Portable;
        assert!(example.found(&LINT).is_empty());
    }
}
