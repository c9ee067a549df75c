//! Large objects that the application may read past the records that name them (A32).
//!
//! **Why it matters.** A large object has rights of its own and no policies: who may read it needs only its number, and numbers count up. With
//! `lo_compat_privileges` everybody may read and write all of them.
//!
//! **Example.** `documents.content oid`, each granted to the application when it is stored.
//!
//! **How to mend it.** Keep the content in a `bytea` column of the protected table; or revoke, and read it through a function that asks
//! `crm_access.can` first.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "large-object",
    code: "CA605",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("large_object.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for held in case.catalog.large_objects.iter().filter(|held| case.asks(&held.grantee)) {
        let message = format!("{} has {} on {} of them, whatever record names them", holder(&held.grantee), held.privilege, held.count);
        let to = grantee(&held.grantee);
        let fix = Fix::sql(format!(
            "DO $$ DECLARE lo pg_catalog.oid; BEGIN FOR lo IN SELECT m.oid FROM pg_catalog.pg_largeobject_metadata m LOOP \
             EXECUTE pg_catalog.format('REVOKE {} ON LARGE OBJECT %s FROM {}', lo); END LOOP; END $$",
            held.privilege,
            to.replace('\'', "''")
        ));
        found.add(format!("large objects.{}", held.privilege), message, fix, None);
    }
    if case.catalog.settings.get("lo_compat_privileges").is_some_and(|value| value == "on") {
        let fix = Fix::words("switch lo_compat_privileges off where it was switched on");
        found.add("lo_compat_privileges", "everybody may read and write every large object", fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, role};
    use crate::catalog::LargeObjects;

    #[test]
    fn large_object() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        for to in ["crm_app", "archive"] {
            example.catalog.large_objects.push(LargeObjects { grantee: role(to), privilege: "SELECT".to_owned(), count: 3 });
        }
        example.catalog.settings.insert("lo_compat_privileges".to_owned(), "on".to_owned());
        assert_eq!(example.found(&LINT), ["large objects.SELECT", "lo_compat_privileges"]);
    }
}
