-- Ends what state.sql began: nothing of crm_access is anybody's by default.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA crm_access FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA crm_access FROM PUBLIC;

-- A new installation is nobody's but its owner's, whatever default privileges say; later grants of an administrator stay.
DO $block$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM crm_access.version) THEN
        PERFORM crm_access.close('crm_access');
    END IF;
END
$block$;
