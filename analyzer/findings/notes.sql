-- SPDX-License-Identifier: PostgreSQL
-- What a report tells besides leaks: misuse, and habits worth a note.  `worth`: a report for a
-- person shows it without being asked.

-- What is excused of it, found_misuse says.
CREATE TEMP TABLE misuse_group AS
  SELECT kind, stack, acquire_stack, release_stack, min(function) AS function, sum(count) AS count,
         min(connection) AS connection, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
         count(DISTINCT process) AS processes, min(process) AS process, misuse_by_design(kind) AS by_design
  FROM misuse_life GROUP BY kind, stack, acquire_stack, release_stack;

-- Transactions by where they began, in all processes.
CREATE TEMP TABLE found_idle AS
  SELECT acquire_stack, sum(count) AS count, max(longest_idle_ns) AS longest_idle_ns, idle_stack,
         max(longest_idle_ns) >= (SELECT idle_ns FROM report_choice) AS worth
  FROM idle_in_transaction GROUP BY acquire_stack;

-- Places in one process that open a connection for a query or two, again and again.
CREATE TEMP TABLE found_churn AS
  SELECT acquire_stack, sum(few) AS connections, 1.0 * sum(queries) / sum(few) AS mean_queries,
         sum(held_ns) / sum(few) AS mean_hold_ns, sum(connect_ns) AS connect_ns, max(few) >= 20 AS worth
  FROM stack_habit WHERE NOT failed AND few >= 3 AND few = connections GROUP BY acquire_stack;

-- The view reads every connection once more: not where none failed.
CREATE TEMP TABLE found_failed AS
  SELECT acquire_stack, error, sum(count) AS count, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
         iif(max(last_ns) > min(first_ns), round((sum(count) - 1) * 1e9 / (max(last_ns) - min(first_ns)), 3), NULL) AS per_second,
         min(backs_off) AS backs_off, max(count) >= 3 AS worth
  FROM failed_connect WHERE EXISTS (SELECT 1 FROM stack_habit WHERE failed) GROUP BY acquire_stack, error;

CREATE TEMP TABLE found_broken AS
  SELECT p.acquire_stack, sum(p.broken) AS count, max(p.broken_idle_ns) AS idle_ns, c.broken_stack AS stack,
         CASE WHEN t.host GLOB '[/@]*' THEN 'none' WHEN s.id IS NULL THEN 'unknown'
              WHEN s.keepalives = '0' THEN 'off' ELSE 'on' END AS keepalives,
         p.broken_id AS connection, 1 AS worth
  FROM stack_habit p JOIN main.connection c ON c.id = p.broken_id LEFT JOIN main.setting s ON s.id = c.setting
  LEFT JOIN main.target t ON t.id = c.target
  WHERE p.broken > 0 GROUP BY p.acquire_stack;

-- What was released, but late; `late` is NULL where only the longest hold is known.
CREATE TEMP TABLE found_held AS
  SELECT 'connection' AS kind, p.acquire_stack, sum(p.released) AS count, sum(p.late) AS late,
         max(p.longest_ns) AS longest_ns, c.release_stack, 1 AS worth
  FROM report_choice o CROSS JOIN stack_habit p JOIN main.connection c ON c.id = p.longest_id
  WHERE o.held_ns > 0 AND p.longest_ns >= o.held_ns GROUP BY p.acquire_stack
  UNION ALL
  SELECT f.kind, f.acquire_stack, sum(f.count), NULL, max(f.longest_ns), f.release_stack, 1
  FROM report_choice o CROSS JOIN main.fold f
  WHERE o.held_ns > 0 AND f.longest_ns >= o.held_ns AND f.kind <> 'connection' GROUP BY f.kind, f.acquire_stack;

-- What was open when the launcher passed on SIGTERM or SIGHUP: what was released then, and what was cut by the end.
CREATE TEMP TABLE found_drained AS
  WITH told AS (
    SELECT CAST(substr(name, length('told_to_end_ns of process ') + 1) AS INTEGER) AS process, value AS at_ns
    FROM main.property WHERE name GLOB 'told_to_end_ns of process *')
  SELECT c.process, c.acquire_stack, count(*) AS open, count(c.released_ns) AS released,
         min(c.released_ns - t.at_ns) AS first_ns, max(c.released_ns - t.at_ns) AS last_ns, 1 AS worth
  FROM told t CROSS JOIN main.connection c ON c.process = t.process
  WHERE c.state = 'connected' AND c.acquired_ns <= t.at_ns AND ifnull(c.released_ns, t.at_ns) >= t.at_ns
  GROUP BY c.process, c.acquire_stack;

CREATE TEMP VIEW notes_wants AS
  SELECT stack FROM misuse_group UNION ALL SELECT acquire_stack FROM misuse_group UNION ALL SELECT release_stack FROM misuse_group
  UNION ALL SELECT acquire_stack FROM found_idle UNION ALL SELECT idle_stack FROM found_idle
  UNION ALL SELECT acquire_stack FROM found_churn UNION ALL SELECT acquire_stack FROM found_failed
  UNION ALL SELECT acquire_stack FROM found_broken UNION ALL SELECT stack FROM found_broken
  UNION ALL SELECT acquire_stack FROM found_held UNION ALL SELECT release_stack FROM found_held
  UNION ALL SELECT acquire_stack FROM found_drained;
