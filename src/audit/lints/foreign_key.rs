//! A foreign key to a protected table, which tells whether a hidden record exists (A07).
//!
//! **Why it matters.** The server checks references past row security: a reference to a record that is hidden is accepted, one to a record that
//! does not exist is refused. With a key that counts up this tells how many there are, and is a note; with a natural key it tells what is in it.
//!
//! **Example.** `contracts.vat_number REFERENCES companies (vat_number)`: whoever adds a contract learns who is a customer.
//!
//! **How to mend it.** Refer to a surrogate key; a random one (`gen_random_uuid()`) tells nothing. Where the reference must be to a record that
//! the user sees, say so in the configuration by `parent(...)` for create and update.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "foreign-key",
    code: "CA208",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("foreign_key.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for relation in &case.catalog.relations {
        if may(case, relation, &["INSERT", "UPDATE"]) {
            relation.foreign_keys.iter().for_each(|key| reference(case, &relation.name.to_string(), key, found));
        }
    }
    for referrer in &case.catalog.referrers {
        reference(case, &referrer.relation.to_string(), &referrer.foreign_key, found);
    }
}

fn reference(case: &Case<'_>, from: &str, key: &ForeignKey, found: &mut Findings) {
    let Some(table) = case.protected_named(&key.references) else { return };
    let columns: Vec<&str> = key.referenced_columns.iter().map(String::as_str).collect();
    let (severity, tells) = match origin(table.relation, &columns) {
        KeyOrigin::Random => return,
        KeyOrigin::Counted => (Severity::Note, "whether a number is taken"),
        KeyOrigin::Natural => (Severity::Warning, "whether a hidden record has given values"),
    };
    let message = format!("this reference to {} ({}) tells {tells}", quoted(&table.object()), listed(columns));
    let fix = Fix::words("refer to a surrogate key, better a random one; or accept it where knowing that is no harm");
    found.add_as(severity, format!("{from}.{}", key.name), message, fix, table.span);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn foreign_key() {
        let mut example = Example::new();
        assert!(example.findings(&LINT).iter().all(|finding| finding.severity == Severity::Note), "the preset's keys count up");
        example.relation("deals").foreign_keys[0].referenced_columns = vec!["name".to_owned()];
        let grave: Vec<_> = example.findings(&LINT).into_iter().filter(|finding| finding.severity == Severity::Warning).collect();
        assert_eq!(grave.len(), 1);
        assert!(grave[0].object.starts_with("public.deals."));
        example.relation("companies").columns.iter_mut().for_each(|column| {
            column.identity = false;
            column.default = Some("gen_random_uuid()".to_owned());
        });
        let to_companies = |finding: &crate::audit::Finding| finding.message.contains("`public.companies`");
        assert!(!example.findings(&LINT).iter().any(|finding| finding.severity == Severity::Note && to_companies(finding)));
    }
}
