-- SPDX-License-Identifier: PostgreSQL
-- What each stack weighs, and its frames.

-- A connection from its opening to its end, whatever that was: its release, the end of its process, or now; where a process
-- was lost track of, its last use.
CREATE TEMP VIEW export_connection AS
  SELECT c.id, c.process, basename(p.exe) AS program, c.state, c.target, c.acquire_stack, c.acquired_ns, c.connect_ns, c.used_ns,
         c.use_stack, c.released_ns, c.release_stack, c.thread, c.queries, c.resets, c.statement,
         coalesce(c.released_ns, p.ended_ns, iif(p."end" IS NULL, o.now_ns, NULL), c.used_ns, c.acquired_ns + c.connect_ns) AS end_ns
  FROM export_choice o CROSS JOIN owned_connection c JOIN main.process p ON p.id = c.process
  WHERE c.state <> 'inherited';

CREATE TEMP TABLE export_weight (
  program TEXT, stack INTEGER, acquired, outstanding, abandoned, held_ns, unused_ns, idle_in_transaction_ns,
  PRIMARY KEY (program, stack)
) WITHOUT ROWID;
INSERT INTO export_weight
  WITH
    process_program AS MATERIALIZED (SELECT id AS process, basename(exe) AS program FROM main.process),
    -- program, stack, acquired, outstanding, abandoned, held, unused, idle in transaction
    part AS (
      SELECT p.program, t.acquire_stack AS stack, sum(t.count) AS acquired,
             sum(iif(t.verdict NOT IN ('released', 'out-of-sight'), t.count, 0)) AS outstanding,
             0 AS abandoned, 0 AS held_ns, 0 AS unused_ns, 0 AS idle_ns
      FROM export_choice o CROSS JOIN tally_life t JOIN process_program p ON p.process = t.process
      WHERE t.kind = o.kind AND t.verdict <> 'inherited' GROUP BY 1, 2
      UNION ALL
      SELECT p.program, a.head, 0, 0, count(*), 0, 0, 0
      FROM export_choice o CROSS JOIN abandoned a JOIN process_program p ON p.process = a.process
      WHERE o.kind = 'connection' GROUP BY 1, 2
      UNION ALL
      SELECT program, acquire_stack, 0, 0, 0, sum(end_ns - acquired_ns), sum(end_ns - ifnull(used_ns, acquired_ns + connect_ns)), 0
      FROM export_choice o CROSS JOIN export_connection WHERE o.kind = 'connection' GROUP BY 1, 2
      UNION ALL
      SELECT p.program, f.acquire_stack, 0, 0, 0, sum(f.total_ns), 0, 0
      FROM export_choice o CROSS JOIN main.fold f JOIN process_program p ON p.process = f.process
      WHERE o.kind <> 'connection' AND f.kind = o.kind GROUP BY 1, 2
      UNION ALL
      SELECT basename(p.exe), r.acquire_stack, 0, 0, 0,
             sum(coalesce(p.ended_ns, iif(p."end" IS NULL, o.now_ns, NULL), r.used_ns, r.acquired_ns) - r.acquired_ns), 0, 0
      FROM export_choice o CROSS JOIN main.resource r JOIN main.process p ON p.id = r.process
      WHERE o.kind <> 'connection' AND r.kind = o.kind GROUP BY 1, 2
      UNION ALL -- where transactions began that were left idle; the longest time, because the others are not kept
      SELECT p.program, i.acquire_stack, 0, 0, 0, 0, 0, max(i.longest_idle_ns)
      FROM export_choice o CROSS JOIN idle_in_transaction i JOIN process_program p ON p.process = i.process
      WHERE o.kind IN ('connection', 'transaction') GROUP BY 1, 2)
  SELECT program, stack, sum(acquired), sum(outstanding), sum(abandoned), max(sum(held_ns), 0), max(sum(unused_ns), 0), sum(idle_ns)
  FROM part GROUP BY program, stack;

-- A function in its source, once: what differs in its address alone reads the same.
CREATE TEMP TABLE export_place (
  id INTEGER PRIMARY KEY, name TEXT, unit TEXT, function, file, line, role, module, "offset",
  UNIQUE (name, unit)
);
-- position: 0 is the outermost.  As in a report, what runs the user's code is left out, where that is not all there is.
CREATE TEMP TABLE export_call (stack INTEGER, position INTEGER, place INTEGER, PRIMARY KEY (stack, position)) WITHOUT ROWID;
CREATE TEMP TABLE export_told AS
  SELECT s.stack, s.level, s.depth, s.text AS name, ifnull(s.unit, '') AS unit, s.function, s.file, s.line, s.role, s.module,
         s."offset", s.role = 'interpreter' OR s.is_outside OR s.is_start AS folded
  FROM (SELECT DISTINCT stack FROM export_weight) w CROSS JOIN stack_call s ON s.stack = w.stack;
DELETE FROM export_told
  WHERE folded AND NOT (SELECT native FROM export_choice)
    AND stack IN (SELECT stack FROM export_told WHERE NOT folded);
INSERT OR IGNORE INTO export_place (name, unit, function, file, line, role, module, "offset")
  SELECT name, unit, function, file, line, role, module, "offset" FROM export_told ORDER BY stack, level, depth;
INSERT INTO export_call
  SELECT t.stack, row_number() OVER (PARTITION BY t.stack ORDER BY t.level DESC, t.depth DESC) - 1, p.id
  FROM export_told t JOIN export_place p ON p.name = t.name AND p.unit = t.unit;
DROP TABLE export_told;
