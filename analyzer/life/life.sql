-- SPDX-License-Identifier: PostgreSQL
-- Whose lives are looked at.  To abandon a connection takes a second one that is open at the same time; and of a process
-- that lost events nothing is claimed.

-- leaks: what its processes left open is leaked, and told as that.
CREATE TEMP TABLE life_process (process INTEGER PRIMARY KEY, leaks);
INSERT INTO life_process
  SELECT p.id, f.connection_verdict = 'leaked' FROM main.process p JOIN process_fate f ON f.process = p.id
  WHERE p.peak > 1 AND p.dropped = 0;

-- What a connection calls itself, and the server's version, are part of a target, and make no other one of it.
CREATE TEMP TABLE life_target (target INTEGER PRIMARY KEY, same_as);
INSERT INTO life_target
  SELECT * FROM (SELECT id, min(id) OVER (PARTITION BY host, port, database, user) AS same_as FROM main.target) WHERE same_as <> id;

-- In the order of their ids they were opened.  What a process handed over is another's, and what was released unseen has no
-- event of its own.  may: it was used, and what became of it is not told otherwise.
CREATE TEMP VIEW life_connection AS
  SELECT c.id, c.process,
         iif((SELECT count(*) FROM life_target) = 0, ifnull(c.target, 0),
             ifnull((SELECT t.same_as FROM life_target t WHERE t.target = c.target), ifnull(c.target, 0))) AS target, c.acquire_stack, c.acquire_event,
         iif(c.released_ns IS NULL, c.last_event, c.use_event) AS used, iif(c.released_ns IS NULL, NULL, c.last_event) AS ended,
         c.queries > 0 AND (c.released_ns IS NOT NULL OR NOT p.leaks) AS may, c.before_event, c.before_thread, c.use_thread, c.moves,
         c.use_stack
  FROM main.connection c JOIN life_process p ON p.process = c.process
  WHERE c.state = 'connected' AND c.id NOT IN (SELECT connection FROM handover);

-- later: so many others of its process and target were opened after its last use and before its end.
-- grew: more were open after one of these than at its last use.
CREATE TEMP TABLE perhaps_abandoned (connection INTEGER PRIMARY KEY, later, grew);

-- Those that would be, had they had no last turn: what the end of a process sends is no use.
CREATE TEMP TABLE perhaps_late (connection INTEGER PRIMARY KEY);

-- Of these processes and targets perhaps each thread used a connection of its own.
CREATE TEMP TABLE perhaps_kept (process INTEGER, target INTEGER, PRIMARY KEY (process, target)) WITHOUT ROWID;

CREATE TEMP VIEW life_sign AS
  SELECT 1 AS sign FROM perhaps_abandoned UNION ALL SELECT 1 FROM perhaps_late UNION ALL SELECT 1 FROM perhaps_kept;

-- So many of the connections above a stack opened, and another used last, even if that was the work of an end.
CREATE TEMP TABLE last_use (process INTEGER, acquire_stack INTEGER, use_stack INTEGER, count, PRIMARY KEY (process, acquire_stack, use_stack)) WITHOUT ROWID;

-- What is to be named; life-wants.sql fills it in.
CREATE TEMP TABLE life_wants (stack);
