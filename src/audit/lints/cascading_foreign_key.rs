//! A foreign key that removes or changes protected rows when somebody deletes or renumbers what they refer to (A08).
//!
//! **Why it matters.** ON DELETE CASCADE, SET NULL and SET DEFAULT act past row security: who may delete a company deletes the deals that they may
//! not even see.
//!
//! **Example.** `deals.company_id REFERENCES companies ON DELETE CASCADE`, where support may delete companies and sees no deals.
//!
//! **How to mend it.** ON DELETE RESTRICT, so that the delete is refused (and tells that something is there); or accept it where a record
//! means nothing without the other, as a link does.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "cascading-foreign-key",
    code: "CA209",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("cascading_foreign_key.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected().into_iter().filter(|table| table.own) {
        for key in &table.relation.foreign_keys {
            let Some(above) = case.catalog.relation(&key.references.schema, &key.references.name) else { continue };
            let deletes = acts(key.on_delete) && may(case, above, &["DELETE"]);
            let renumbers = acts(key.on_update) && may(case, above, &["UPDATE"]);
            if !deletes && !renumbers {
                continue;
            }
            let what = if deletes { "deletes" } else { "renumbers" };
            let message =
                format!("who {what} a row of {} removes or changes rows here that they may not see", quoted(&key.references.to_string()));
            let columns = |names: &[String]| names.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ");
            let (name, of) = (ident(&key.name), table.sql());
            let to = format!("{} ({})", relation_sql(&key.references), columns(&key.referenced_columns));
            let fix = Fix::sql(format!(
                "ALTER TABLE {of} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} FOREIGN KEY ({}) REFERENCES {to} ON DELETE RESTRICT ON UPDATE RESTRICT",
                columns(&key.columns)
            ));
            found.add(format!("{}.{}", table.object(), key.name), message, fix, table.span);
        }
    }
}

fn acts(action: ReferenceAction) -> bool {
    matches!(action, ReferenceAction::Cascade | ReferenceAction::SetNull | ReferenceAction::SetDefault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn cascading_foreign_key() {
        let mut example = Example::new();
        let of_links =
            ["public.contact_companies.contact_companies_company_id_fkey", "public.contact_companies.contact_companies_contact_id_fkey"];
        assert_eq!(example.found(&LINT), of_links);
        for key in &mut example.relation("contact_companies").foreign_keys {
            key.on_delete = ReferenceAction::Restrict;
        }
        assert!(example.found(&LINT).is_empty());
        example.relation("deals").foreign_keys[0].on_delete = ReferenceAction::SetNull;
        assert_eq!(example.found(&LINT).len(), 1);
        assert!(example.fixes(&LINT)[0].ends_with("ON DELETE RESTRICT ON UPDATE RESTRICT"));
        for table in ["companies", "contacts", "users"] {
            example.relation(table).grants.retain(|grant| grant.privilege != "DELETE");
        }
        assert!(example.found(&LINT).is_empty(), "nobody who asks may delete");
    }
}
