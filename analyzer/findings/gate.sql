-- SPDX-License-Identifier: PostgreSQL
-- What of the findings fails a check.  It is judged here and nowhere else: the exit status, the levels in all forms and the
-- words of a text report come from these tables.

-- How grave a finding is.  error: it fails the check, or breaks a limit; warning: it leaked, is abandoned or idle in a transaction, but is tolerated or no reason to fail; note: it
-- is excused, forgiven, or was not lost.
CREATE TEMP TABLE finding_level (number INTEGER PRIMARY KEY, level TEXT NOT NULL, gated, forgiven);
-- only if EXISTS (SELECT 1 FROM finding)
INSERT INTO finding_level
  WITH judged AS (
    SELECT f.number, f.verdict, f.count, f.lost, f.excused <> '' OR c.allow_held AND f.shape = 'held at exit' AS forgiven,
           g.kind IS NOT NULL AND f.lost AS gated
    FROM finding f CROSS JOIN report_choice c LEFT JOIN gated g ON g.kind = f.kind AND g.verdict = f.verdict),
  counted AS (SELECT *, sum(iif(gated AND NOT forgiven, count, 0)) OVER () AS failing FROM judged)
  SELECT j.number, CASE WHEN j.number IN (SELECT number FROM found_limit) THEN 'error' WHEN j.forgiven THEN 'note' WHEN j.gated THEN iif(j.failing > c.tolerated, 'error', 'warning')
                        WHEN j.lost AND j.verdict IN ('leaked', 'abandoned', 'idle-in-transaction') THEN 'warning' ELSE 'note' END, j.gated, j.forgiven
  FROM counted j CROSS JOIN report_choice c;

CREATE TEMP TABLE found_misuse (
  kind TEXT, stack INTEGER, acquire_stack, release_stack INTEGER, function, count, connection, first_ns, last_ns, processes,
  process, by_design, excused, level
);
-- only if EXISTS (SELECT 1 FROM misuse_group)
INSERT INTO found_misuse
  SELECT m.*, ifnull(e.how, '') AS excused, iif(e.how IS NULL AND g.kind IS NOT NULL, 'error', 'note') AS level
  FROM misuse_group m LEFT JOIN excuse e ON e.kind = m.kind AND e.verdict = 'misuse' AND e.stack = m.stack AND e.function = m.function
  LEFT JOIN gated g ON g.kind = m.kind AND g.verdict = 'misuse';

-- What is told of misuse, one by one.  number: the calls on a connection that is shared through fork are told together, by
-- where it was opened; stack: of the call made most often; head_stack: where the title says.
CREATE TEMP TABLE misuse_call (
  number, kind TEXT, stack INTEGER, acquire_stack, release_stack INTEGER, function, count, connection, first_ns, last_ns,
  processes, process, by_design, excused, level, is_shared, place
);
-- only if EXISTS (SELECT 1 FROM found_misuse)
INSERT INTO misuse_call
  SELECT dense_rank() OVER (ORDER BY is_shared, iif(is_shared, 0, place), iif(is_shared, acquire_stack, 0), excused) AS number, *
  FROM (SELECT *, kind IN ('used in child', 'finished in child') AND acquire_stack <> 0 AS is_shared,
               row_number() OVER () AS place
        FROM found_misuse);
CREATE TEMP TABLE told_misuse (
  number, count, connection, first_ns, last_ns, level, process, kind TEXT, function, stack INTEGER, acquire_stack,
  release_stack INTEGER, by_design, excused, is_shared, head_stack, connections, acquire_function, processes
);
-- only if EXISTS (SELECT 1 FROM misuse_call)
INSERT INTO told_misuse
  WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY number ORDER BY kind DESC, count DESC, stack) AS rank FROM misuse_call),
  whole AS (
    SELECT number, sum(count) AS count, min(connection) AS connection, min(first_ns) AS first_ns,
           max(last_ns) AS last_ns, min(level) AS level, min(process) AS process, max(processes) AS most_processes
    FROM misuse_call GROUP BY number)
  SELECT w.number, w.count, w.connection, w.first_ns, w.last_ns, w.level, w.process, r.kind, r.function, r.stack, r.acquire_stack, r.release_stack, r.by_design, r.excused, r.is_shared,
         iif(r.is_shared, r.acquire_stack, r.stack) AS head_stack, ifnull(s.connections, 0) AS connections, s.acquire_function,
         ifnull(s.processes, w.most_processes) AS processes
  FROM whole w JOIN ranked r ON r.number = w.number AND r.rank = 1
  LEFT JOIN (SELECT m.acquire_stack, count(DISTINCT m.origin) AS connections, count(DISTINCT m.process) AS processes,
                    min(c.acquire_function) AS acquire_function
             FROM seen_misuse m LEFT JOIN main.connection c ON c.id = m.origin
             WHERE m.kind IN ('used in child', 'finished in child') GROUP BY m.acquire_stack) s
    ON r.is_shared AND s.acquire_stack = r.acquire_stack;

-- fails: the check does, whatever the trace may lack; failing: so many resources would, and `forgiven` more that
-- --allow-held-at-exit forgives, were none tolerated.
CREATE TEMP TABLE gate_outcome AS
  SELECT EXISTS (SELECT 1 FROM finding_level WHERE level = 'error') OR EXISTS (SELECT 1 FROM found_misuse WHERE level = 'error')
           OR p.too_many OR c.strict AND EXISTS (SELECT 1 FROM suppression WHERE stale) AS fails,
         (SELECT ifnull(sum(f.count), 0) FROM finding f JOIN finding_level l ON l.number = f.number
           WHERE l.gated AND NOT l.forgiven) AS failing,
         (SELECT ifnull(sum(f.count), 0) FROM finding f JOIN finding_level l ON l.number = f.number
           WHERE l.gated AND l.forgiven AND f.excused = '') AS forgiven
  FROM report_choice c CROSS JOIN peak p;
