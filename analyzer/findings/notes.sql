-- SPDX-License-Identifier: PostgreSQL
-- What a report tells besides leaks: misuse, and habits worth a note.

CREATE TEMP TABLE seen_misuse AS SELECT * FROM misuse_life;

-- What is excused of it, found_misuse says.
CREATE TEMP TABLE misuse_group AS
  SELECT kind, stack, acquire_stack, release_stack, min(function) AS function, sum(count) AS count,
         min(connection) AS connection, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
         count(DISTINCT process) AS processes, min(process) AS process, misuse_by_design(kind) AS by_design
  FROM seen_misuse GROUP BY kind, stack, acquire_stack, release_stack;

-- One row a note: numbers and stacks.  A new sort is an INSERT here and a line with its words in report/notes.c; all formats
-- print it from there.
CREATE TEMP TABLE found_note (
  number INTEGER PRIMARY KEY,
  sort TEXT,           -- as it is called in report/notes.c, and in JSON
  worth DEFAULT 1,     -- 0: it is told with --all only, and in JSON; 2: it is worth it for its time, which --reproducible
                       -- leaves out
  rank,                -- among its sort; of one rank those are first whose path is
  stack INTEGER,       -- where the title says
  other_stack INTEGER, -- where something else happened to it: it was released, used, ...
  facts TEXT           -- an object: the keys of JSON, in its order.  A site has its stack's number, and what differs from run
                       -- to run though the program does the same stands in brackets
);

-- What was released, but late; `late` is NULL where only the longest hold is known.
INSERT INTO found_note (sort, rank, stack, other_stack, facts)
  SELECT 'held', rank() OVER (ORDER BY kind_rank(kind), iif(reproducible, 0, longest_ns) DESC), acquire_stack, release_stack,
         json_object('kind', kind, 'acquire_site', acquire_stack, 'release_site', release_stack, 'count', count, 'late', late,
                     'longest_ns', json_array(longest_ns), 'open', 0)
  FROM (
    SELECT o.reproducible, 'connection' AS kind, p.acquire_stack, sum(p.released) AS count, sum(p.late) AS late,
           max(p.longest_ns) AS longest_ns, c.release_stack
    FROM report_choice o CROSS JOIN stack_habit p JOIN main.connection c ON c.id = p.longest_id
    WHERE o.held_ns > 0 AND p.longest_ns >= o.held_ns GROUP BY p.acquire_stack
    UNION ALL
    SELECT o.reproducible, f.kind, f.acquire_stack, sum(f.count), NULL, max(f.longest_ns), f.release_stack
    FROM report_choice o CROSS JOIN main.fold f
    WHERE o.held_ns > 0 AND f.longest_ns >= o.held_ns AND f.kind <> 'connection' GROUP BY f.kind, f.acquire_stack);

-- What running processes have held so long by now; a statement that is prepared once is held as it should be.
INSERT INTO found_note (sort, rank, stack, facts)
  SELECT 'held', -1e9 + rank() OVER (ORDER BY kind_rank(kind), iif(reproducible, 0, longest_ns) DESC), acquire_stack,
         json_object('kind', kind, 'acquire_site', acquire_stack, 'release_site', NULL, 'count', count, 'late', count,
                     'longest_ns', json_array(longest_ns), 'open', count)
  FROM (
    SELECT c.reproducible, o.kind, o.acquire_stack, count(*) AS count, max(c.now_ns - o.acquired_ns) AS longest_ns
    FROM (SELECT *, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000 AS now_ns FROM report_choice) c
    CROSS JOIN outstanding o
    WHERE c.held_ns > 0 AND o.verdict = 'open' AND o.kind <> 'statement' AND c.now_ns - o.acquired_ns >= c.held_ns
    GROUP BY o.kind, o.acquire_stack);

-- Transactions by where they began, in all processes.
INSERT INTO found_note (sort, worth, rank, stack, other_stack, facts)
  SELECT 'idle_in_transaction', iif(longest_ns >= idle_ns, 2, 0), rank() OVER (ORDER BY iif(reproducible, 0, longest_ns) DESC),
         acquire_stack, idle_stack,
         json_object('begin_site', acquire_stack, 'idle_site', idle_stack, 'transactions', count,
                     'longest_idle_ns', json_array(longest_ns))
  FROM report_choice CROSS JOIN (
    SELECT acquire_stack, sum(count) AS count, max(longest_idle_ns) AS longest_ns, idle_stack
    FROM idle_in_transaction GROUP BY acquire_stack);

-- Misuse that some programs do by design.
INSERT INTO found_note (sort, rank, stack, other_stack, facts)
  SELECT 'misuse', rank() OVER (ORDER BY count DESC, first_ns), stack, acquire_stack, json_object('kind', kind, 'count', count)
  FROM misuse_group WHERE by_design;

-- Places in one process that open a connection for a query or two, again and again.
INSERT INTO found_note (sort, worth, rank, stack, facts)
  SELECT 'churn', most >= 20, rank() OVER (ORDER BY iif(reproducible, 0, connect_ns) DESC), acquire_stack,
         json_object('site', acquire_stack, 'connections', few, 'mean_queries', 1.0 * queries / few,
                     'mean_hold_ns', json_array(hold_ns / few), 'connect_ns', json_array(connect_ns))
  FROM report_choice CROSS JOIN (
    SELECT acquire_stack, sum(few) AS few, max(few) AS most, sum(queries) AS queries, sum(held_ns) AS hold_ns,
           sum(connect_ns) AS connect_ns
    FROM stack_habit WHERE NOT failed AND few >= 3 AND few = connections GROUP BY acquire_stack);

-- The view reads every connection once more, and so does `tried`: not where none failed.
INSERT INTO found_note (sort, worth, rank, stack, facts)
  WITH tried AS (
    SELECT acquire_stack, ifnull(error, 'other') AS error, min(target) AS target, count(DISTINCT target) AS targets
    FROM main.connection WHERE state = 'failed' AND EXISTS (SELECT 1 FROM stack_habit WHERE failed) GROUP BY 1, 2),
  attempt AS (
    SELECT acquire_stack, error, sum(count) AS count, max(count) AS most, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
           min(backs_off) AS backs_off
    FROM failed_connect WHERE EXISTS (SELECT 1 FROM stack_habit WHERE failed) GROUP BY acquire_stack, error)
  SELECT 'failed_connects', a.most >= 3, rank() OVER (ORDER BY a.count DESC, iif(c.reproducible, 0, a.first_ns), a.error),
         a.acquire_stack,
         json_object('site', a.acquire_stack, 'error', a.error, 'count', a.count, 'first_ns', json_array(first_ns),
                     'last_ns', json_array(last_ns),
                     'per_second', json_array(iif(last_ns > first_ns, round((count - 1) * 1e9 / (last_ns - first_ns), 3), NULL)),
                     'backs_off', json(CASE backs_off WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END),
                     'target', json_array(iif(w.way = 'socket', printf('%s/.s.PGSQL.%s', g.host, g.port), w.text)),
                     'targets', json_array(t.targets), 'way', w.way)
  FROM report_choice c CROSS JOIN attempt a JOIN tried t ON t.acquire_stack = a.acquire_stack AND t.error = a.error
  LEFT JOIN main.target g ON g.id = t.target AND g.host NOT IN ('', '(redacted)') LEFT JOIN target_text w ON w.target = g.id;

-- Connections that were gone when they were used; of the one that had been idle longest, where, and its keepalives.
INSERT INTO found_note (sort, rank, stack, other_stack, facts)
  SELECT 'broken', rank() OVER (ORDER BY count DESC), acquire_stack, use_stack,
         json_object('site', acquire_stack, 'count', count, 'use_site', use_stack, 'idle_ns', json_array(idle_ns),
                     'keepalives', keepalives, 'connection', json_array(connection))
  FROM (
    SELECT p.acquire_stack, sum(p.broken) AS count, max(p.broken_idle_ns) AS idle_ns, c.broken_stack AS use_stack,
           CASE WHEN t.way = 'socket' THEN 'none' WHEN s.id IS NULL THEN 'unknown'
                WHEN s.keepalives = '0' THEN 'off' ELSE 'on' END AS keepalives,
           p.broken_id AS connection
    FROM stack_habit p JOIN main.connection c ON c.id = p.broken_id LEFT JOIN main.setting s ON s.id = c.setting
    LEFT JOIN target_text t ON t.target = c.target
    WHERE p.broken > 0 GROUP BY p.acquire_stack);

-- What was open when the launcher passed on SIGTERM or SIGHUP, in the order in which it was released; what was not, was cut.
INSERT INTO found_note (sort, rank, stack, facts)
  WITH told AS (
    SELECT CAST(substr(name, length('told_to_end_ns of process ') + 1) AS INTEGER) AS process, value AS at_ns
    FROM main.property WHERE name GLOB 'told_to_end_ns of process *')
  SELECT 'drained', rank() OVER (ORDER BY process, first_ns IS NULL, first_ns), acquire_stack,
         json_object('pid', json_array(pid), 'site', acquire_stack, 'open', open, 'released', released, 'cut', open - released,
                     'first_ns', json_array(first_ns), 'last_ns', json_array(last_ns))
  FROM (
    SELECT c.process, p.pid, c.acquire_stack, count(*) AS open, count(c.released_ns) AS released,
           min(c.released_ns - t.at_ns) AS first_ns, max(c.released_ns - t.at_ns) AS last_ns
    FROM told t CROSS JOIN main.connection c ON c.process = t.process LEFT JOIN main.process p ON p.id = c.process
    WHERE c.state = 'connected' AND c.acquired_ns <= t.at_ns AND ifnull(c.released_ns, t.at_ns) >= t.at_ns
      AND c.id NOT IN (SELECT connection FROM handed_over)
    GROUP BY c.process, c.acquire_stack);

CREATE TEMP VIEW notes_wants AS
  SELECT stack FROM misuse_group UNION ALL SELECT acquire_stack FROM misuse_group UNION ALL SELECT release_stack FROM misuse_group
  UNION ALL SELECT stack FROM found_note UNION ALL SELECT other_stack FROM found_note;
