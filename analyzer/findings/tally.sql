-- SPDX-License-Identifier: PostgreSQL
-- Where tally.c counts all resources, in one scan of what the two views here give it.

CREATE TEMP TABLE tally (
  kind, process, acquire_stack, acquire_function, target, transaction_status, state, released, -- the function: of what was not
  count, first_ns, last_ns, used_ns,
  first_id, used_id,     -- the earliest one, and the one used last
  rows, bytes, outlived, -- what they hold, and how many were there after their connection
  PRIMARY KEY (kind, process, acquire_stack, acquire_function, target, transaction_status, state, released)
) WITHOUT ROWID;

-- What each stack does with its connections in a process.
CREATE TEMP TABLE stack_habit (
  process, acquire_stack, failed,   -- 1: those that did not connect, which the view failed_connect describes
  connections, released,
  few,                              -- released after two queries at most
  queries, held_ns, connect_ns,     -- of those few, in all
  late, longest_ns, longest_id,     -- released, but late; the longest hold of one that was released
  broken, broken_idle_ns, broken_id, -- found gone by a use; the one that had been idle longest
  PRIMARY KEY (process, acquire_stack, failed)
) WITHOUT ROWID;

-- One statement at a place is what a program prepares once; many on one connection are what it forgets.
CREATE TEMP TABLE repeated_statement (connection INTEGER, acquire_stack INTEGER);
-- only if EXISTS (SELECT 1 FROM main.resource WHERE kind = 'statement')
INSERT INTO repeated_statement
  SELECT connection, acquire_stack FROM main.resource WHERE kind = 'statement'
  GROUP BY connection, acquire_stack HAVING count(*) > 1;

-- Two views, because SQLite scans one of both half as fast.  Of what was handed over as the view owned_connection; used_id:
-- where its last use stands.
CREATE TEMP VIEW tally_connection AS
  SELECT 'connection' AS kind, process, released_ns IS NOT NULL AS released, state, acquire_stack,
         iif(released_ns IS NULL, acquire_function, '') AS acquire_function, ifnull(target, 0) AS target, transaction_status,
         acquired_ns, ifnull(used_ns, 0) AS used_ns, id, id AS used_id, 0 AS rows,
         0 AS bytes, 0 AS outlived, released_ns, connect_ns, queries, ifnull(broken_ns, 0) AS broken_ns,
         ifnull(broken_idle_ns, 0) AS broken_idle_ns
  FROM main.connection WHERE released_ns IS NOT NULL OR id NOT IN (SELECT connection FROM handover);
CREATE TEMP VIEW tally_handed_over AS
  SELECT 'connection', h.process, i.released_ns IS NOT NULL, c.state, c.acquire_stack,
         c.acquire_function, ifnull(c.target, 0), i.transaction_status, c.acquired_ns, coalesce(i.used_ns, c.used_ns, 0), c.id, iif(i.used_ns IS NULL, c.id, i.id), 0,
         0, 0, i.released_ns, c.connect_ns, c.queries + i.queries, ifnull(c.broken_ns, 0), ifnull(c.broken_idle_ns, 0)
  FROM handover h CROSS JOIN main.connection c ON c.id = h.connection CROSS JOIN main.connection i ON i.id = h.inherited;

-- As in the view resource_life; the list of what is out of sight is read when the first memory is met.
CREATE TEMP VIEW tally_resource AS
  SELECT r.kind, r.process, 0 AS released,
         CASE WHEN r.kind = 'result' THEN iif(result_is_failed(r.status), 'failed', '')
              WHEN r.kind NOT IN ('memory', 'cancel') AND r.connection IN (SELECT connection FROM passed_on) THEN 'inherited'
              WHEN r.kind = 'statement' AND (r.connection, r.acquire_stack) IN repeated_statement THEN 'repeated'
              ELSE '' END AS state,
         r.acquire_stack, r.acquire_function, ifnull(c.target, 0) AS target, -1 AS transaction_status, r.acquired_ns, 0 AS used_ns, r.id, r.id,
         r.rows, r.bytes, c.released_ns IS NOT NULL AS outlived
  FROM main.resource r LEFT JOIN main.connection c ON c.id = r.connection
  WHERE NOT (r.kind = 'memory' AND r.acquire_stack IN (SELECT stack FROM stack_out_of_sight));

-- What was released has no row of its own, but connections.
INSERT INTO tally
  SELECT f.kind, f.process, iif(c.everything, f.acquire_stack, 0) AS stack, '', 0, -1, '', 1, sum(f.count),
         NULL, NULL, NULL, NULL, NULL, 0, 0, 0
  FROM report_choice c CROSS JOIN main.fold f WHERE f.kind <> 'connection' GROUP BY f.kind, f.process, stack;

-- The verdict as in the view connection_life, for a group at a time.  lost: it was not given back, as far
-- as could be seen, and should have been;
-- a statement that is prepared once and stays is as it should be.  outcome: as in main.fold.
CREATE TEMP VIEW tally_life AS
  SELECT *, iif(state IN ('failed', 'connecting'), state, '') AS outcome,
         verdict IN ('leaked', 'open-at-death', 'open', 'cannot-tell') AND (kind <> 'statement' OR state = 'repeated') AS lost
  FROM (SELECT t.*, CASE WHEN t.state = 'inherited' THEN 'inherited' WHEN t.released THEN 'released'
                         WHEN t.kind = 'connection' THEN f.connection_verdict ELSE f.verdict END AS verdict
        FROM tally t JOIN process_fate f ON f.process = t.process);

CREATE TEMP VIEW tally_wants AS
  SELECT t.acquire_stack AS stack FROM report_choice c CROSS JOIN tally t WHERE c.everything OR NOT t.released;
