//! A unique key or exclusion constraint of a protected table, which tells whether a hidden record has given values (A04, A05, A06).
//!
//! **Why it matters.** An INSERT or UPDATE with values that a hidden record has is refused, and `ON CONFLICT DO NOTHING` says `INSERT 0 0`: who may
//! add records can try names, addresses or tax numbers. A key that only counts up tells how many there are, and is a note.
//!
//! **Example.** `companies.vat_number UNIQUE`: whoever may add a company learns who is a customer already.
//!
//! **How to mend it.** Where it must not be known: unique together with the owner or tenant, or a check by a person. Where a second record would
//! be worse than the knowledge, accept it.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "unique-key",
    code: "CA210",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("unique_key.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected().into_iter().filter(|table| table.own && may(case, table.relation, &["INSERT", "UPDATE"])) {
        for index in table.relation.indexes.iter().filter(|index| index.unique || index.exclusion) {
            // An expression among the columns is no column.
            let columns: Option<Vec<&str>> = index.columns.iter().map(Option::as_deref).collect();
            let (severity, tells) = match columns.as_deref().map_or(KeyOrigin::Natural, |columns| origin(table.relation, columns)) {
                KeyOrigin::Random => continue,
                KeyOrigin::Counted => (Severity::Note, "whether a number is taken, and so about how many there are"),
                KeyOrigin::Natural => (Severity::Warning, "whether a hidden record has given values"),
            };
            let shown: Vec<&str> = index.columns.iter().map(|column| column.as_deref().unwrap_or("(expression)")).collect();
            let message = format!("this unique key over {} tells {tells}", listed(shown));
            let fix = Fix::words("let it be unique per owner or tenant, or accept it where a duplicate would be worse");
            found.add_as(severity, format!("{}.{}", table.object(), index.name), message, fix, table.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn unique_key() {
        let mut example = Example::new();
        let graver = |example: &Example| -> Vec<String> {
            let found = example.findings(&LINT).into_iter().filter(|finding| finding.severity == Severity::Warning);
            found.map(|finding| finding.object).collect()
        };
        let keys = [
            "public.companies.companies_vat_number_key",
            "public.contact_companies.contact_companies_contact_id_company_id_key",
            "public.invoices.invoices_number_key",
            "public.quotations.quotations_number_key",
        ];
        assert_eq!(graver(&example), keys);
        assert!(example.found(&LINT).contains(&"public.deals.deals_pkey".to_owned()), "a note");
        example.relation("deals").indexes.iter_mut().find(|index| !index.unique).unwrap().exclusion = true;
        assert_eq!(graver(&example).len(), 5);
        for relation in &mut example.catalog.relations {
            relation.grants.clear();
        }
        assert!(example.found(&LINT).is_empty());
    }
}
