-- SPDX-License-Identifier: PostgreSQL
-- Chrome's trace events, an object a row: a process of the trace is a process there, a connection is a thread.  Times are
-- microseconds since the first process.
WITH
  start AS MATERIALIZED (SELECT ifnull(min(started_ns), 0) AS ns FROM main.process),
  -- For the number of open connections.  Of some nothing is known but that they were opened: these were never open long.
  lived AS (SELECT process, acquired_ns + connect_ns AS open_ns, end_ns FROM export_connection WHERE state = 'connected' AND end_ns > open_ns),
  step AS (SELECT process, open_ns AS at_ns, 1 AS more FROM lived UNION ALL SELECT process, end_ns, -1 FROM lived),
  span (process, connection, name, category, begin_ns, end_ns, facts) AS (
    SELECT process, id, site, 'connection', acquired_ns, end_ns,
           json_object('verdict', verdict, 'manner', manner, 'target', target, 'state', state, 'error', error, 'last use at', borrower,
                       'queries', queries)
    FROM export_life
    UNION ALL
    SELECT process, id, 'connect', 'connect', acquired_ns, acquired_ns + connect_ns, '{}' FROM export_life WHERE connect_ns > 0
    UNION ALL
    SELECT c.process, t.connection, 'transaction at ' || ifnull(s.text, 'an unknown place'), 'transaction', max(t.begin_ns, c.acquired_ns + c.connect_ns),
           min(t.end_ns, c.end_ns), '{}'
    FROM export_transaction t JOIN export_connection c ON c.id = t.connection LEFT JOIN site s ON s.stack = t.stack
    UNION ALL
    SELECT process, id, 'unused', 'unused', max(used_ns, acquired_ns + connect_ns), end_ns, json_object('since', borrower)
    FROM export_life WHERE used_ns IS NOT NULL AND state = 'connected'),
  instant (process, connection, name, category, at_ns, scope) AS (
    SELECT id, 0, 'the first call of libpq', 'process', started_ns, 'p' FROM main.process
    UNION ALL SELECT id, 0, printf('the process ended (%s)', "end"), 'process', ended_ns, 'p' FROM main.process WHERE ended_ns IS NOT NULL
    UNION ALL SELECT process, id, printf('failed: %s', ifnull(error, 'unknown')), 'failed', acquired_ns + connect_ns, 't'
              FROM main.connection WHERE state = 'failed'
    UNION ALL SELECT process, id, 'found broken', 'broken', broken_ns, 't' FROM main.connection WHERE broken_ns IS NOT NULL
    UNION ALL SELECT c.process, c.id, 'reset', 'reset', r.at_ns, 't' FROM main.reset r JOIN main.connection c ON c.id = r.connection
    UNION ALL SELECT m.process, ifnull(m.connection, 0), printf('misuse: %s', m.kind), 'misuse', m.first_ns, iif(m.connection IS NULL, 'p', 't')
              FROM misuse_life m
    UNION ALL SELECT c.process, u.connection, u.function, 'use', u.at_ns, 't' FROM export_use u JOIN main.connection c ON c.id = u.connection)
SELECT json_object('ph', 'M', 'name', 'process_name', 'pid', id, 'tid', 0,
                   'args', json_object('name', printf('%s, process %d on %s', basename(exe), pid, host)))
  FROM main.process
UNION ALL
SELECT json_object('ph', 'M', 'name', 'thread_name', 'pid', process, 'tid', id,
                   'args', json_object('name', printf('connection %d to %s', id, ifnull(target, 'an unknown target'))))
  FROM export_life
UNION ALL
SELECT json_object('ph', 'X', 'name', name, 'cat', category, 'pid', process, 'tid', connection,
                   'ts', round((begin_ns - ns) / 1000.0, 3), 'dur', round(max(end_ns - begin_ns, 0) / 1000.0, 3), 'args', json(facts))
  FROM span CROSS JOIN start
UNION ALL
SELECT json_object('ph', 'i', 'name', name, 'cat', category, 'pid', process, 'tid', connection, 's', scope,
                   'ts', round((at_ns - ns) / 1000.0, 3))
  FROM instant CROSS JOIN start
UNION ALL
SELECT json_object('ph', 'C', 'name', 'open connections', 'pid', process, 'tid', 0, 'ts', round((at_ns - ns) / 1000.0, 3),
                   'args', json_object('open', open))
  FROM (SELECT process, at_ns, sum(more) OVER (PARTITION BY process ORDER BY at_ns, more ROWS UNBOUNDED PRECEDING) AS open FROM step)
  CROSS JOIN start;
