#variable_conflict use_column
DECLARE
    crm_access_key text := OLD.{{ key | q }}::text;
BEGIN
    -- assign_record has checked more than this; whoever goes past row security is not asked.
    IF current_user = {{ reader | q }} OR NOT (row_security_active(TG_RELID)
            OR EXISTS (SELECT 1 FROM pg_partition_ancestors(TG_RELID) AS a WHERE row_security_active(a.relid))) THEN
        RETURN NEW;
    END IF;
    IF (SELECT {{ assignable | q }} FROM (SELECT OLD.*) AS crm_access_record) IS NOT TRUE THEN
        RAISE EXCEPTION 'this user may not assign the "%" record with the key "%"', {{ entity | q }}, crm_access_key
            USING ERRCODE = 'insufficient_privilege', HINT = 'Changing an owner takes the action "assign".';
    END IF;
{%- for column in columns %}
    IF OLD.{{ column | q }} IS DISTINCT FROM NEW.{{ column | q }} AND (
            NEW.{{ column | q }} IS NOT NULL AND crm_access_rules.active_user(NEW.{{ column | q }}::text) IS NULL
            OR (SELECT {{ given | q }} FROM (SELECT OLD.*) AS crm_access_record, (SELECT NEW.{{ column | q }} AS crm_access_new_owner) AS crm_access_new) IS NOT TRUE) THEN
        RAISE EXCEPTION '%', CASE
            WHEN NEW.{{ column | q }} IS NULL THEN format('the "%s" record with the key "%s" can''t be left without owner', {{ entity | q }}, crm_access_key)
            ELSE format('user "%s" can''t become the owner of the "%s" record with the key "%s"', NEW.{{ column | q }}, {{ entity | q }}, crm_access_key) END
            USING ERRCODE = 'insufficient_privilege', HINT = 'An owner is an active user; the grants of "assign" say which.';
    END IF;
{%- endfor %}
    IF (SELECT {{ kept | q }} FROM (SELECT NEW.*) AS crm_access_record) IS NOT TRUE THEN
        RAISE EXCEPTION 'the "%" record with the key "%" would leave what this user may see and change', {{ entity | q }}, crm_access_key
            USING ERRCODE = 'insufficient_privilege', HINT = 'Hand it over with crm_access.assign_record(entity, key, to_user).';
    END IF;
    RETURN NEW;
END
