-- SPDX-License-Identifier: PostgreSQL
-- What is open as one JSON text; docs/open.schema.json describes the keys.  Needs TEMP TABLE told_open, and sites.
WITH place AS (
  SELECT s.stack, json_object('function', c.function, 'file', c.file, 'line', c.line, 'module', c.module,
                              'offset', iif(c.language IS NULL, c."offset", NULL), 'language', c.language) AS text
  FROM site s JOIN frame_call c ON c.frame = s.frame AND c.depth = s.depth)
SELECT json_object(
  'version', 1,
  'trace', :trace,
  'cannot_tell', (SELECT json_group_array(reason) FROM cannot_tell),
  'open', (SELECT json_group_array(json(item)) FROM (SELECT json_object(
    'connection', o.connection, 'verdict', o.verdict,
    'process', json_object('pid', o.pid, 'exe', o.exe, 'label', o.label, 'end', o.fate),
    'target', (SELECT json_object('host', t.host, 'port', t.port, 'database', t.database, 'user', t.user,
                                  'application_name', t.application_name) FROM main.target t WHERE t.id = o.target),
    'backend_pid', o.backend_pid,
    'thread', json_object('id', o.thread, 'alive', json(CASE o.thread_alive WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)),
    'site', (SELECT json(text) FROM place p WHERE p.stack = o.site),
    'opened_ns', o.acquired_ns, 'age_ns', o.age_ns,
    'last_use', iif(o.used_ns IS NULL, NULL, json_object(
      'at_ns', o.used_ns, 'function', o.use_function, 'statement', o.statement,
      'site', (SELECT json(text) FROM place p WHERE p.stack = o.borrower))),
    'unused_ns', o.unused_ns,
    'transaction_status', o.status,
    'transaction', iif(o."transaction" IS NULL, NULL, json_object(
      'id', o."transaction", 'age_ns', o.transaction_ns, 'idle_ns', o.idle_ns,
      'begin_site', (SELECT json(text) FROM place p WHERE p.stack = o.transaction_site)))) AS item
    FROM told_open o ORDER BY o.number)))
