SELECT {% include "functions/key_of_text.sql" %} FROM (SELECT $1 AS crm_access_text) AS crm_access_written
