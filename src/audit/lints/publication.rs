//! A publication that sends rows of a protected table without a row filter (A23).
//!
//! **Why it matters.** Logical replication knows no policies: the subscriber receives every row, and who may read it there is decided there.
//!
//! **Example.** `CREATE PUBLICATION warehouse FOR ALL TABLES`.
//!
//! **How to mend it.** `ALTER PUBLICATION warehouse DROP TABLE deals`, or set it with a row filter (PostgreSQL 15). Where everything is meant to
//! go, and the subscriber is guarded as well as this database, accept it.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "publication",
    code: "CA207",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("publication.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for publication in &case.catalog.publications {
        for published in publication.tables.iter().filter(|published| published.row_filter.is_none()) {
            let Some(table) = case.protected_named(&published.relation) else { continue };
            let name = ident(&publication.name);
            let fix = if publication.all_tables {
                Fix::words(format!("DROP PUBLICATION {name}, and create it for the tables that are meant"))
            } else {
                Fix::sql(format!("ALTER PUBLICATION {name} DROP TABLE {}", table.sql()))
            };
            let message = format!("this publication sends every row of {}", quoted(&table.object()));
            found.add(format!("{}.{}", publication.name, table.object()), message, fix, table.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, named};
    use crate::catalog::{Publication, Published};

    #[test]
    fn publication() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        let of = |name: &str, row_filter: Option<&str>| Published { relation: named(name), row_filter: row_filter.map(str::to_owned) };
        example.catalog.publications.push(Publication {
            name: "warehouse".to_owned(),
            owner: "postgres".to_owned(),
            all_tables: false,
            tables: vec![of("deals", None), of("companies", Some("(id < 10)")), of("users", None)],
        });
        assert_eq!(example.found(&LINT), ["warehouse.public.deals"]);
        assert_eq!(example.fixes(&LINT), ["ALTER PUBLICATION warehouse DROP TABLE public.deals"]);
    }
}
