-- SPDX-License-Identifier: PostgreSQL
-- What happened when: the lives of connections, their transactions, and where every event was kept their queries.

-- Which connection each event was of; none without PQLEAK_EVENTS=all.
CREATE TEMP TABLE export_address (
  process INTEGER, address INTEGER, acquire_event INTEGER, connection INTEGER, PRIMARY KEY (process, address, acquire_event)
) WITHOUT ROWID;
INSERT OR IGNORE INTO export_address
  SELECT process, address, acquire_event, id FROM main.connection WHERE EXISTS (SELECT 1 FROM main.event);
CREATE TEMP TABLE export_use (
  connection INTEGER, number INTEGER, at_ns INTEGER, function, stack, status, PRIMARY KEY (connection, number)
) WITHOUT ROWID;
INSERT INTO export_use
  SELECT (SELECT a.connection FROM export_address a
          WHERE a.process = e.process AND a.address = iif(e.kind = 'connection', e.object, e.parent)
            AND a.acquire_event <= e.number + 1 ORDER BY a.acquire_event DESC LIMIT 1) AS connection,
         e.number, e.at_ns, e.function, e.stack, e.transaction_status
  FROM main.event e
  WHERE (e.kind = 'connection' AND e.verb IN ('acquire', 'use') OR e.kind IN ('result', 'query') AND e.verb = 'acquire')
    AND connection IS NOT NULL;

-- A transaction is open from the call that left its connection inside one (2, 3) until the call that did not.
CREATE TEMP TABLE export_transaction (connection INTEGER, number INTEGER, begin_ns, end_ns, stack, PRIMARY KEY (connection, number)) WITHOUT ROWID;
INSERT INTO export_transaction
  WITH step AS (
    SELECT connection, number, at_ns, stack, status IN (2, 3) AS inside,
           ifnull(lag(status IN (2, 3)) OVER life, 0) AS was_inside
    FROM export_use WHERE status IN (0, 2, 3) WINDOW life AS (PARTITION BY connection ORDER BY number)),
  turn AS (
    SELECT connection, number, at_ns, stack, inside, lead(at_ns) OVER (PARTITION BY connection ORDER BY number) AS next_ns
    FROM step WHERE inside <> was_inside)
  SELECT t.connection, t.number, t.at_ns, ifnull(t.next_ns, c.end_ns), t.stack
  FROM turn t JOIN export_connection c ON c.id = t.connection WHERE t.inside;
-- Of the others only those are known that were still open.
INSERT OR IGNORE INTO export_transaction
  SELECT r.connection, 0, r.acquired_ns, c.end_ns, r.acquire_stack
  FROM main.resource r JOIN export_connection c ON c.id = r.connection
  WHERE r.kind = 'transaction' AND r.connection NOT IN (SELECT connection FROM export_transaction);

-- What is told of a connection.  begun_ns: since when it was open, where it ever was.
CREATE TEMP VIEW export_life AS
  SELECT c.id, c.process, c.state, c.acquired_ns, c.connect_ns, max(c.end_ns, c.acquired_ns + c.connect_ns) AS end_ns, c.used_ns, c.thread,
         c.queries, c.statement, t.text AS target, g.host, g.port, g.database, k.error,
         ifnull(s.text, 'an unknown place') AS site, s.function, s.file, s.line,
         iif(c.use_stack IS NULL, NULL, ifnull(u.text, 'an unknown place')) AS borrower,
         iif(a.connection IS NOT NULL, 'abandoned', iif(c.released_ns IS NOT NULL, 'released', f.connection_verdict)) AS verdict,
         (SELECT r.manner FROM released_by r WHERE r.stack = c.release_stack) AS manner, c.acquired_ns AS at_ns, k.acquire_event
  FROM export_connection c JOIN process_fate f ON f.process = c.process JOIN main.connection k ON k.id = c.id
  LEFT JOIN site s ON s.stack = c.acquire_stack LEFT JOIN site u ON u.stack = c.use_stack
  LEFT JOIN target g ON g.id = c.target LEFT JOIN target_text t ON t.target = c.target
  LEFT JOIN abandoned a ON a.connection = c.id;
