-- SPDX-License-Identifier: PostgreSQL
-- How each call site asks for its connections, and what to think of it.  Makes TEMP TABLE audited.
-- `way`: as in target_text; advice about networks is for 'network' alone.

CREATE TEMP TABLE audited AS
  SELECT c.acquire_stack, c.setting, t.application_name, ifnull(w.way, 'unknown') AS way, max(t.ssl) AS ssl,
         max(c.state = 'connected') AS connected, count(*) AS count
  FROM connection c LEFT JOIN target t ON t.id = c.target LEFT JOIN target_text w ON w.target = c.target
  WHERE c.state <> 'inherited' GROUP BY c.acquire_stack, c.setting, t.application_name, w.way;
