-- SPDX-License-Identifier: PostgreSQL
-- How each call site asks for its connections, and what to think of it.  Makes TEMP TABLE audited.
-- `way`: 'socket' and 'loopback' leave this machine alone, so advice about networks is not for them.

DROP TABLE IF EXISTS temp.audited;

CREATE TEMP TABLE audited AS
  SELECT c.acquire_stack, c.setting, t.application_name,
         CASE WHEN t.id IS NULL THEN 'unknown' WHEN t.host GLOB '[/@]*' THEN 'socket'
              WHEN t.host IN ('localhost', '::1') OR t.host GLOB '127.*' THEN 'loopback' ELSE 'network' END AS way,
         max(t.ssl) AS ssl, max(c.state = 'connected') AS connected, count(*) AS count
  FROM connection c LEFT JOIN target t ON t.id = c.target
  WHERE c.state <> 'inherited' GROUP BY c.acquire_stack, c.setting, t.application_name, way;
