-- Signed identities for servers without the extension: a key that only the reader role and this function's owner can read,
-- and the function with which a trusted backend obtains a signed value. A value is hex(user):expiry:hmac, expiry in seconds since 1970.

CREATE TABLE IF NOT EXISTS crm_access.identity_key (
    secret bytea NOT NULL CHECK (octet_length(secret) >= 32),
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
REVOKE ALL ON crm_access.identity_key FROM PUBLIC;

-- HMAC-SHA256 (RFC 2104) of a message with a key, from the server's own functions: pgcrypto's would have to be found in a schema where others
-- may be able to create functions of the same name.
CREATE OR REPLACE FUNCTION crm_access.keyed_hash(bytea, bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
-- Not an SQL function: with a setting of its own that would be planned anew in every statement, which took six times as long.
DECLARE
    key bit(512) := ('x' || rpad(encode(CASE WHEN octet_length($2) > 64 THEN sha256($2) ELSE $2 END, 'hex'), 128, '0'))::bit(512);
BEGIN
    -- bit_send puts the number of bits, in four bytes, before them.
    RETURN sha256(substr(bit_send(key # repeat('01011100', 64)::bit(512)), 5)
               || sha256(substr(bit_send(key # repeat('00110110', 64)::bit(512)), 5) || $1));
END
$function$;

-- The server's source of uuids is a strong one; four of them hold 488 random bits.
INSERT INTO crm_access.identity_key (secret)
SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(pg_catalog.gen_random_uuid()::text, ''), 'UTF8'))
FROM pg_catalog.generate_series(1, 4)
HAVING NOT EXISTS (SELECT 1 FROM crm_access.identity_key);

-- A signed value for `user_key` that is good for `seconds` (at most a day); SQLSTATE 22023 where one of them can't be.
CREATE OR REPLACE FUNCTION crm_access.issue(user_key text, seconds integer DEFAULT 300) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    body text;
BEGIN
    IF coalesce(user_key, '') = '' OR octet_length(user_key) > 200 THEN
        RAISE EXCEPTION 'a user''s key is a text of 1 to 200 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF seconds IS NULL OR seconds < 1 OR seconds > 86400 THEN
        RAISE EXCEPTION 'an identity is good for 1 to 86400 seconds' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    body := encode(convert_to(user_key, 'UTF8'), 'hex') || ':' || (floor(extract(epoch FROM clock_timestamp())) + seconds)::bigint;
    RETURN body || ':' || encode((
        SELECT crm_access.keyed_hash(convert_to(body, 'UTF8'), k.secret) FROM crm_access.identity_key k ORDER BY k.made_at DESC LIMIT 1), 'hex');
END
$function$;

REVOKE ALL ON FUNCTION crm_access.issue(text, integer), crm_access.keyed_hash(bytea, bytea) FROM PUBLIC;

DO $block$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM crm_access.version) THEN
        PERFORM crm_access.close('crm_access');
    END IF;
END
$block$;
