//! Another server that the application reaches: a foreign table, a foreign server, or dblink (A35).
//!
//! **Why it matters.** Row security ends at this server's own tables. A foreign table can lead back into this database under another login (a
//! loopback), whose policies are not those of who asks.
//!
//! **Example.** `CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'crm')` with a user mapping for PUBLIC.
//!
//! **How to mend it.** Take SELECT on the foreign table, USAGE on the server, the user mapping and EXECUTE on dblink's functions from the application.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "foreign-table",
    code: "CA211",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("foreign_table.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in &case.catalog.foreign_tables {
        let readers = case.asking(&table.select);
        if !readers.is_empty() {
            let fix = Fix::sql(format!("REVOKE SELECT ON {} FROM {}", relation_sql(&table.name), grantees(readers.iter().copied())));
            let message = format!("{} may read this table of another server, which no policy of this one protects", holders(readers));
            let span = case.protected_named(&table.name).and_then(|table| table.span);
            found.add(table.name.to_string(), message, fix, span);
        }
    }
    for server in &case.catalog.foreign_servers {
        let users = case.asking(&server.usage);
        let mapped = case.asking(&server.mapped);
        if users.is_empty() && mapped.is_empty() {
            continue;
        }
        let name = ident(&server.name);
        let mut fix = Vec::new();
        if !users.is_empty() {
            fix.push(format!("REVOKE USAGE ON FOREIGN SERVER {name} FROM {}", grantees(users.iter().copied())));
        }
        fix.extend(mapped.iter().map(|user| format!("DROP USER MAPPING FOR {} SERVER {name}", grantee(user))));
        let message = format!("{} may reach this server of {}", holders(users.into_iter().chain(mapped)), quoted(&server.wrapper));
        found.add(&server.name, message, Fix::Sql(fix), None);
    }
    let calls = |function: &&Function| function.extension.as_deref() == Some("dblink") && !case.asking(&function.execute).is_empty();
    let callable: Vec<&Function> = case.catalog.functions.iter().filter(calls).collect();
    if !callable.is_empty() {
        let revoke = callable.iter().map(|function| {
            let name = format!("{}.{}({})", ident(&function.schema), ident(&function.name), function.arguments);
            format!("REVOKE EXECUTE ON FUNCTION {name} FROM {}", grantees(case.asking(&function.execute)))
        });
        let message = "the application may call dblink and so reach any server, this one under another login included";
        found.add("dblink", message, Fix::Sql(revoke.collect()), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, named, role};
    use crate::catalog::ForeignTable;

    #[test]
    fn foreign_table() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.server("here").mapped.push(Grantee::Public);
        example.catalog.foreign_tables.push(ForeignTable { name: named("far"), server: "here".to_owned(), select: vec![role("crm_app")] });
        example.function("dblink").extension = Some("dblink".to_owned());
        assert_eq!(example.found(&LINT), ["dblink", "here", "public.far"]);
        assert_eq!(
            example.fixes(&LINT),
            [
                "REVOKE EXECUTE ON FUNCTION public.dblink() FROM PUBLIC",
                "REVOKE USAGE ON FOREIGN SERVER here FROM crm_app",
                "DROP USER MAPPING FOR PUBLIC SERVER here",
                "REVOKE SELECT ON public.far FROM crm_app"
            ]
        );
    }
}
