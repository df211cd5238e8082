-- SPDX-License-Identifier: PostgreSQL
-- The lives of the connections in TEMP TABLE lane, as spans and points of time.  Needs released_by, too.

-- what: 'connect', 'use' (from its first use, of which only the last is recorded, or by events), 'idle', 'idle in transaction',
-- 'query' (sent and not answered), 'transaction' (one that never ended), 'failed'.
-- Without PQLEAK_EVENTS=all a trace knows of the uses of a connection the last one: what lies before that is 'use'.
CREATE TEMP TABLE lane_span (connection INTEGER, from_ns, to_ns, what);
CREATE TEMP TABLE lane_point (connection INTEGER, at_ns, what, words); -- what: 'use', 'reset', 'broken', 'release'

CREATE TEMP TABLE lane_life (
  connection INTEGER PRIMARY KEY, process, state, acquired_ns, open_ns, used_ns, end_ns, released_ns, transaction_status, first_event,
  last_event, address
);
INSERT INTO lane_life
  SELECT o.id, o.process, o.state, o.acquired_ns, o.acquired_ns + o.connect_ns, o.used_ns,
         coalesce(o.released_ns, p.ended_ns,
                  iif(p."end" IS NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000, NULL),
                  -- its end was not seen: until when anything is known of it
                  (SELECT max(max(x.acquired_ns + x.connect_ns, ifnull(x.used_ns, 0), ifnull(x.released_ns, 0)))
                   FROM main.connection x WHERE x.process = p.id)), o.released_ns, i.transaction_status, c.acquire_event,
         max(c.last_event, c.use_event), c.address
  FROM lane l CROSS JOIN owned_connection o ON o.id = l.connection CROSS JOIN main.connection c ON c.id = o.id
  JOIN main.connection i ON i.id = ifnull(o.inherited, o.id) JOIN main.process p ON p.id = o.process;

-- So many of a connection as a person can look at.  Numbers count from 0 here, and from 1 in the table connection; what is
-- asked with a connection shows as a result, a query or a COPY of it.
CREATE TEMP TABLE lane_event (connection INTEGER, number, at_ns, until_ns, status, words);
INSERT INTO lane_event
  SELECT connection, number, at_ns, lead(at_ns) OVER (PARTITION BY connection ORDER BY number), transaction_status, function FROM (
    SELECT l.connection, e.number, e.at_ns, e.transaction_status, e.function,
           row_number() OVER (PARTITION BY l.connection ORDER BY e.number) AS place
    FROM lane_life l CROSS JOIN main.event e ON e.process = l.process AND e.number BETWEEN l.first_event AND l.last_event - 1
    WHERE l.first_event > 0
      AND (e.verb = 'use' AND e.object = l.address OR e.verb = 'acquire' AND e.kind IN ('result', 'query', 'copy') AND e.parent = l.address))
  WHERE place <= 500;

INSERT INTO lane_span
  SELECT connection, acquired_ns, open_ns, iif(state = 'failed', 'failed', 'connect') FROM lane_life
  UNION ALL
  SELECT connection, open_ns, used_ns, 'use' FROM lane_life l
  WHERE used_ns > open_ns AND NOT EXISTS (SELECT 1 FROM lane_event e WHERE e.connection = l.connection)
  UNION ALL
  SELECT l.connection, l.open_ns, min(e.at_ns), 'idle'
  FROM lane_event e JOIN lane_life l ON l.connection = e.connection GROUP BY l.connection HAVING min(e.at_ns) > l.open_ns
  UNION ALL
  SELECT e.connection, e.at_ns, ifnull(e.until_ns, l.end_ns),
         CASE e.status WHEN 1 THEN 'query' WHEN 2 THEN 'idle in transaction' WHEN 3 THEN 'idle in transaction' ELSE 'idle' END
  FROM lane_event e JOIN lane_life l ON l.connection = e.connection
  UNION ALL
  SELECT connection, max(open_ns, ifnull(used_ns, 0)), end_ns,
         CASE transaction_status WHEN 1 THEN 'query' WHEN 2 THEN 'idle in transaction' WHEN 3 THEN 'idle in transaction' ELSE 'idle' END
  FROM lane_life l
  WHERE state = 'connected' AND end_ns > max(open_ns, ifnull(used_ns, 0))
    AND NOT EXISTS (SELECT 1 FROM lane_event e WHERE e.connection = l.connection)
  UNION ALL
  SELECT l.connection, r.acquired_ns, l.end_ns, 'transaction'
  FROM main.resource r CROSS JOIN lane_life l ON l.connection = r.connection WHERE r.kind = 'transaction';

INSERT INTO lane_point
  SELECT connection, at_ns, 'use', words FROM lane_event
  UNION ALL
  SELECT connection, used_ns, 'use', NULL FROM lane_life l
  WHERE used_ns IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lane_event e WHERE e.connection = l.connection)
  UNION ALL
  SELECT r.connection, r.at_ns, 'reset', NULL FROM lane l CROSS JOIN main.reset r ON r.connection = l.connection
  UNION ALL
  SELECT c.id, c.broken_ns, 'broken', NULL FROM lane l CROSS JOIN main.connection c ON c.id = l.connection WHERE c.broken_ns IS NOT NULL
  UNION ALL
  SELECT l.connection, l.released_ns, 'release', iif(l.state = 'failed', NULL, m.manner)
  FROM lane_life l JOIN owned_connection o ON o.id = l.connection LEFT JOIN released_by m ON m.stack = o.release_stack
  WHERE l.released_ns IS NOT NULL;
DROP TABLE lane_event;
