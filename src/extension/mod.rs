//! The extension: what SQL calls, over the same core as the command line.
//!
//! The only layer that names `pgrx`. Its script is `sql/state.sql` and the files beside it, then the functions of these files, then the blocks at the end of this one.
//! Nothing is granted to PUBLIC except [`version`]; what the application may call is granted by the configuration that is applied.

// An error that keeps its SQLSTATE, DETAIL and HINT has to be returned as pgrx's own, which is large.
#![allow(clippy::result_large_err)]

mod acting;
mod applying;
mod auditing;
mod checking;
mod diagnostics;
mod drop_guard;
mod ending;
mod function;
mod generated;
mod generating;
mod guard;
mod identity;
mod kept;
mod option;
mod paths;
mod planning;
mod scope;
mod session;
mod setting;
mod setting_guards;
mod standing;
mod statistics;
#[cfg(any(test, feature = "pg_test"))]
mod tests;
mod version;
mod vetted;

use pgrx::prelude::*;

pgrx::pg_module_magic!();

extension_sql_file!("../../sql/state.sql", name = "state", bootstrap);
extension_sql_file!("../../sql/standing.sql", name = "standing", requires = ["state", "delegation", note_standing]);
extension_sql_file!("../../sql/scope.sql", name = "scope", requires = ["state", scope_support]);
extension_sql_file!("../../sql/questions.sql", name = "questions", requires = ["state"]);
extension_sql_file!("../../sql/records.sql", name = "records", requires = ["state"]);
extension_sql_file!("../../sql/columns.sql", name = "columns", requires = ["state"]);
extension_sql_file!("../../sql/administration.sql", name = "administration", requires = ["state"]);
extension_sql_file!("../../sql/delegation.sql", name = "delegation", requires = ["state"]);

extension_sql!(
    r#"
SELECT crm_access.close('crm_access');
GRANT EXECUTE ON FUNCTION crm_access.version() TO PUBLIC;

-- What pg_dump takes along, besides CREATE EXTENSION.
SELECT pg_catalog.pg_extension_config_dump('crm_access.version', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.version_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.object', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.assignment', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.share', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.share_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.delegation', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.delegation_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.restricted_user', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.assignment_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('crm_access.log', '');
"#,
    name = "rights_and_dump",
    finalize
);

/// Called by the server when it loads the library.
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    setting::register();
    identity::register();
    setting_guards::register();
    guard::register();
    standing::register();
    scope::register();
    statistics::register();
    vetted::register();
    planning::register();
}
