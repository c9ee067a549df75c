//! A function that somebody marked LEAKPROOF (A26).
//!
//! **Why it matters.** The planner may run a leakproof function before a policy's condition, on rows that the user must not see: one that raises,
//! logs or sleeps depending on its argument tells what is in them.
//!
//! **Example.** `ALTER FUNCTION normalized(text) LEAKPROOF`, to get an index used.
//!
//! **How to mend it.** `ALTER FUNCTION ... NOT LEAKPROOF`; accept it where somebody has read the source and found neither an error, a
//! message nor a difference in time that depends on the argument.

use super::prelude::*;
use crate::program::{IN_SCOPE, STATE_SCHEMA};

/// The lint.
pub const LINT: Lint = Lint {
    name: "leakproof-function",
    code: "CA212",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("leakproof_function.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let is_ours = |function: &&Function| function.schema == STATE_SCHEMA && function.name == IN_SCOPE;
    for function in case.catalog.functions.iter().filter(|function| function.leakproof && !is_ours(function)) {
        // Whoever installed an extension took its word for it.
        let severity = if function.extension.is_some() { Severity::Note } else { Severity::Warning };
        let name = format!("{}.{}({})", ident(&function.schema), ident(&function.name), function.arguments);
        let fix = Fix::sql(format!("ALTER FUNCTION {name} NOT LEAKPROOF"));
        found.add_as(
            severity,
            function.to_string(),
            "this function may run on rows that policies hide, since it is marked LEAKPROOF",
            fix,
            None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn leakproof_function() {
        let mut example = Example::new();
        example.function("plain").security_definer = false;
        assert!(example.found(&LINT).is_empty());
        example.function("quick").leakproof = true;
        assert_eq!(example.found(&LINT), ["public.quick()"]);
        assert_eq!(example.fixes(&LINT), ["ALTER FUNCTION public.quick() NOT LEAKPROOF"]);
    }
}
