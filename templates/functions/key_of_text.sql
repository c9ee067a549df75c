{%- if type.word == "uuid" -%}
    CASE WHEN crm_access_written.crm_access_text ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN crm_access_written.crm_access_text::uuid END
{%- elif type.word == "text" -%}
    crm_access_written.crm_access_text
{%- else -%}
    CASE WHEN crm_access_written.crm_access_text ~ '^-?[0-9]{1,19}$' THEN CASE WHEN crm_access_written.crm_access_text::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN crm_access_written.crm_access_text::int8 END END
{%- endif -%}
