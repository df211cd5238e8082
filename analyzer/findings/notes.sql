-- SPDX-License-Identifier: PostgreSQL
-- What a report tells besides leaks: misuse, and habits worth a note.

CREATE TEMP TABLE seen_misuse (
  process INTEGER, kind TEXT, stack INTEGER, acquire_stack, release_stack INTEGER, function TEXT, connection INTEGER,
  origin INTEGER, count INTEGER, first_ns INTEGER, last_ns INTEGER
);
-- only if EXISTS (SELECT 1 FROM main.misuse)
INSERT INTO seen_misuse SELECT * FROM misuse_life;

-- What is excused of it, found_misuse says.
CREATE TEMP TABLE misuse_group (
  kind TEXT, stack INTEGER, acquire_stack, release_stack INTEGER, function, count, connection, first_ns, last_ns, processes,
  process, by_design
);
-- only if EXISTS (SELECT 1 FROM seen_misuse)
INSERT INTO misuse_group
  SELECT kind, stack, acquire_stack, release_stack, min(function) AS function, sum(count) AS count,
         min(connection) AS connection, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
         count(DISTINCT process) AS processes, min(process) AS process, misuse_by_design(kind) AS by_design
  FROM seen_misuse GROUP BY kind, stack, acquire_stack, release_stack;

-- Habits worth a note, by stack; noted.sql puts them together by call site.  What a column has no meaning for is NULL.
CREATE TEMP TABLE seen_habit (
  sort TEXT,    -- of the note
  what,         -- notes of one sort are told apart by it: a kind, an error, a process
  process, stack INTEGER,
  other_stack INTEGER, -- where something else happened to it: it was released, used, ...
  count, late,  -- how many, and of these how many late, or still released
  queries, held_ns, connect_ns, -- by all of them
  first_ns, last_ns, longest_ns, detail, id
);

-- What was released, but late; `late` is NULL where only the longest hold is known.
-- only if (SELECT held_ns FROM report_choice) > 0
INSERT INTO seen_habit (sort, what, process, stack, other_stack, count, late, longest_ns)
  SELECT 'held', 'connection', p.process, p.acquire_stack, c.release_stack, p.released, p.late, p.longest_ns
  FROM report_choice o CROSS JOIN stack_habit p JOIN main.connection c ON c.id = p.longest_id
  WHERE o.held_ns > 0 AND p.longest_ns >= o.held_ns
  UNION ALL
  SELECT 'held', f.kind, f.process, f.acquire_stack, f.release_stack, f.count, NULL, f.longest_ns
  FROM report_choice o CROSS JOIN main.fold f
  WHERE o.held_ns > 0 AND f.longest_ns >= o.held_ns AND f.kind <> 'connection';

-- What running processes have held so long by now; a statement that is prepared once is held as it should be.
-- only if (SELECT held_ns FROM report_choice) > 0
INSERT INTO seen_habit (sort, what, process, stack, count, longest_ns, detail)
  SELECT 'held', o.kind || ' still open', o.process, o.acquire_stack, count(*), max(c.now_ns - o.acquired_ns), o.kind
  FROM (SELECT *, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000 AS now_ns FROM report_choice) c
  CROSS JOIN outstanding o
  WHERE c.held_ns > 0 AND o.verdict = 'open' AND o.kind <> 'statement' AND c.now_ns - o.acquired_ns >= c.held_ns
  GROUP BY o.kind, o.process, o.acquire_stack;

-- Transactions by where they began.
-- only if EXISTS (SELECT 1 FROM main.fold WHERE kind = 'transaction') OR EXISTS (SELECT 1 FROM open_transaction)
INSERT INTO seen_habit (sort, process, stack, other_stack, count, longest_ns)
  SELECT 'idle_in_transaction', process, acquire_stack, idle_stack, count, longest_idle_ns FROM idle_in_transaction;

-- Misuse that some programs do by design.
-- only if EXISTS (SELECT 1 FROM misuse_group WHERE by_design)
INSERT INTO seen_habit (sort, what, stack, other_stack, count, first_ns)
  SELECT 'misuse', kind, stack, acquire_stack, count, first_ns FROM misuse_group WHERE by_design;

-- What opens a connection for a query or two, again and again; a site is a part of its process, so where that has few, nothing
-- need be named.
-- only if EXISTS (SELECT 1 FROM stack_habit WHERE few > 0)
INSERT INTO seen_habit (sort, process, stack, count, queries, held_ns, connect_ns)
  SELECT 'churn', process, acquire_stack, few, queries, held_ns, connect_ns
  FROM (SELECT *, sum(few) OVER (PARTITION BY process) AS together FROM stack_habit WHERE NOT failed AND few > 0 AND few = connections)
  WHERE together >= (SELECT iif(everything OR stacks, 3, 20) FROM report_choice);

-- The view reads every connection once more, and so does seen_target: not where none failed.
-- only if EXISTS (SELECT 1 FROM stack_habit WHERE failed)
INSERT INTO seen_habit (sort, what, process, stack, count, first_ns, last_ns, detail)
  SELECT 'failed_connects', error, process, acquire_stack, count, first_ns, last_ns, backs_off
  FROM failed_connect;
CREATE TEMP TABLE seen_target (stack INTEGER, error, target);
-- only if EXISTS (SELECT 1 FROM stack_habit WHERE failed)
INSERT INTO seen_target
  SELECT DISTINCT acquire_stack, ifnull(error, 'other'), target
  FROM main.connection WHERE state = 'failed';

-- Connections that were gone when they were used; of the one that had been idle longest, where, and its keepalives.
-- only if EXISTS (SELECT 1 FROM stack_habit WHERE broken > 0)
INSERT INTO seen_habit (sort, process, stack, other_stack, count, longest_ns, detail, id)
  SELECT 'broken', p.process, p.acquire_stack, c.broken_stack, p.broken, p.broken_idle_ns,
         CASE WHEN t.way = 'socket' THEN 'none' WHEN s.id IS NULL THEN 'unknown'
              WHEN s.keepalives = '0' THEN 'off' ELSE 'on' END, p.broken_id
  FROM stack_habit p JOIN main.connection c ON c.id = p.broken_id LEFT JOIN main.setting s ON s.id = c.setting
  LEFT JOIN target_text t ON t.target = c.target
  WHERE p.broken > 0;

-- What was open when the launcher passed on SIGTERM or SIGHUP, and was released after that or not.
-- only if EXISTS (SELECT 1 FROM main.property WHERE name GLOB 'told_to_end_ns of process *')
INSERT INTO seen_habit (sort, what, process, stack, count, late, first_ns, last_ns)
  WITH told AS (
    SELECT CAST(substr(name, length('told_to_end_ns of process ') + 1) AS INTEGER) AS process, value AS at_ns
    FROM main.property WHERE name GLOB 'told_to_end_ns of process *')
  SELECT 'drained', c.process, c.process, c.acquire_stack, count(*), count(c.released_ns), min(c.released_ns - t.at_ns),
         max(c.released_ns - t.at_ns)
  FROM told t CROSS JOIN main.connection c ON c.process = t.process
  WHERE c.state = 'connected' AND c.acquired_ns <= t.at_ns AND ifnull(c.released_ns, t.at_ns) >= t.at_ns
    AND c.id NOT IN (SELECT connection FROM handover)
  GROUP BY c.process, c.acquire_stack;

-- What pools opened: when they lend it and take it back, nobody can see.
-- only if EXISTS (SELECT 1 FROM main.script)
INSERT INTO seen_habit (sort, what, process, stack, count)
  WITH pooled AS MATERIALIZED (
    SELECT f.id AS frame, k.what
    FROM main.script c CROSS JOIN pool k ON c.file GLOB k.pattern CROSS JOIN main.frame f ON f.script = c.id)
  SELECT 'pool', k.what, h.process, h.acquire_stack, h.connections
  FROM (SELECT 1 WHERE EXISTS (SELECT 1 FROM pooled)) CROSS JOIN stack_habit h CROSS JOIN stack_frame s ON s.stack = h.acquire_stack
  JOIN pooled k ON k.frame = s.frame WHERE NOT h.failed GROUP BY h.process, h.acquire_stack;

CREATE TEMP VIEW notes_wants AS
  SELECT stack FROM misuse_group UNION ALL SELECT acquire_stack FROM misuse_group UNION ALL SELECT release_stack FROM misuse_group
  UNION ALL SELECT stack FROM seen_habit UNION ALL SELECT other_stack FROM seen_habit;
