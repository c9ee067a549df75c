//! `crm_access.preload()`: loads the library at the start of each session of this database.
//!
//! Without it a session has no hook until it first needs the library, which is the first call of `act_as` or of a generated policy that
//! names one of its functions; event triggers need no preloading.

use pgrx::prelude::*;

/// True. A policy that asks it has the library loaded wherever it is planned, so that the plan is guarded from the first one on.
///
/// The server evaluates it while it plans, and nothing of it is left in the plan.
#[pg_extern(immutable, parallel_safe)]
fn guarded() -> bool {
    true
}

extension_sql!(
    r#"
-- Adds the library to session_preload_libraries of this database, or takes it out again; gives what stands there then. Sessions that are
-- open stay as they are. Take it out before you remove the library's file, or nobody can connect.
CREATE FUNCTION crm_access.preload(every_session boolean DEFAULT true) RETURNS text
LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    own text := (
        SELECT substr(c, length('session_preload_libraries=') + 1)
        FROM pg_db_role_setting s, unnest(s.setconfig) c
        WHERE s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) AND s.setrole = 0
          AND starts_with(c, 'session_preload_libraries='));
    -- What a role's or database's setting hides can't be told from here; the server's own value is taken along.
    server text := (
        SELECT CASE WHEN s.source IN ('default', 'configuration file', 'command line') THEN s.setting END
        FROM pg_settings s WHERE s.name = 'session_preload_libraries');
    names text[] := ARRAY(
        SELECT n FROM (SELECT btrim(btrim(l), '"') AS n, o
                       FROM unnest(string_to_array(coalesce(own, server, ''), ',')) WITH ORDINALITY u(l, o)) f
        WHERE n NOT IN ('', 'crm_access', '$libdir/crm_access') ORDER BY o);
    plain text := array_to_string(names, ', ');
BEGIN
    IF every_session THEN
        names := names || 'crm_access'::text;
    END IF;
    IF names = '{}' OR (NOT every_session AND plain = coalesce(server, '')) THEN
        EXECUTE format('ALTER DATABASE %I RESET session_preload_libraries', current_database());
    ELSE
        EXECUTE format('ALTER DATABASE %I SET session_preload_libraries = %s', current_database(),
                       (SELECT string_agg(quote_literal(n), ', ' ORDER BY o) FROM unnest(names) WITH ORDINALITY u(n, o)));
    END IF;
    RETURN array_to_string(names, ', ');
END
$function$;
"#,
    name = "preload",
    requires = ["state"]
);
