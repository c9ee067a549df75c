//! Sizes and activity of protected tables are everybody's to see (A03).
//!
//! **Why it matters.** `pg_class.reltuples`, `pg_relation_size` and `pg_stat_user_tables` tell about how many records there are and how many were added,
//! changed and deleted, hidden ones included. The values themselves are hidden: pg_stats shows nothing of a table with row security.
//!
//! **Example.** `SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'deals'`, every morning.
//!
//! **How to mend it.** PostgreSQL has no way to close this without breaking clients; where even numbers are secret, keep the tables in a database
//! of their own. Accept it otherwise.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "statistics",
    code: "CA604",
    severity: Severity::Note,
    drift: false,
    text: include_str!("statistics.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    if !case.protected().is_empty() {
        let fix = Fix::words("accept it; where even numbers are secret, keep these tables in a database of their own");
        found.add("database", "everybody who connects sees about how many records there are, and how many are changed", fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn statistics() {
        let mut example = Example::new();
        assert_eq!(example.found(&LINT), ["database"]);
        example.catalog.relations.clear();
        assert!(example.found(&LINT).is_empty());
    }
}
