-- What policies of the extension ask for each row: whether a column's value is among the keys that a generated function gives for whoever asks.

-- Whether a key is among those that crm_access_rules.<scope>() gives, called with the arguments if there are any: an array of texts, or a text and an
-- array of the others. The function must be one that the caller may call. SQLSTATE 42883 where there is no such function, 42501 where the caller may
-- not call it, 42804 where it gives keys of another type. That it is leakproof is for the key: nothing is raised that depends on it.
CREATE FUNCTION crm_access.in_scope(scope text, key anyelement, arguments text[] DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE LEAKPROOF SUPPORT crm_access.scope_support AS 'MODULE_PATHNAME', 'crm_access_in_scope';

-- The keys themselves, for an index; the last argument only gives the type. It is as stable as the function above, and marked volatile so that the
-- planner does not gather the keys to count them.
CREATE FUNCTION crm_access.scope_keys(scope text, arguments text[], kind anyelement) RETURNS anyarray
LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'crm_access_scope_keys';

-- The user who asks, by the type of their key; null where nobody does, or where the user is unknown or not active.
CREATE FUNCTION crm_access.me_int4() RETURNS integer LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'crm_access_me';
CREATE FUNCTION crm_access.me_int8() RETURNS bigint LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'crm_access_me';
CREATE FUNCTION crm_access.me_uuid() RETURNS uuid LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'crm_access_me';
CREATE FUNCTION crm_access.me_text() RETURNS text LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'crm_access_me';
