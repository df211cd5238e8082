-- SPDX-License-Identifier: PostgreSQL
-- What was found by its path, and what of that the baseline knows.  Needs what is suppressed in excuse, and the baseline's
-- entries in known_entry.

CREATE TEMP TABLE path_stack (
  kind TEXT, verdict TEXT, path TEXT, stack INTEGER, count INTEGER, suppressed INTEGER, PRIMARY KEY (kind, verdict, path, stack)
) WITHOUT ROWID;
INSERT INTO path_stack
  WITH found AS (
    SELECT kind, verdict, acquire_stack AS stack, sum(count) AS count FROM tally_life
    WHERE lost GROUP BY kind, verdict, acquire_stack
    UNION ALL
    SELECT kind, 'misuse', stack, sum(count) FROM misuse_group GROUP BY kind, stack)
  SELECT f.kind, f.verdict, ifnull(p.path, '?'), f.stack, f.count, e.stack IS NOT NULL
  FROM found f LEFT JOIN stack_path p ON p.stack = f.stack
  LEFT JOIN excuse e ON e.kind = f.kind AND e.verdict = f.verdict AND e.stack = f.stack AND e.how = 'suppressed';

CREATE TEMP TABLE path_count (
  kind TEXT, verdict TEXT, path TEXT, count INTEGER, suppressed INTEGER, PRIMARY KEY (kind, verdict, path)
) WITHOUT ROWID;
INSERT INTO path_count
  SELECT kind, verdict, path, sum(iif(suppressed, 0, count)), sum(iif(suppressed, count, 0))
  FROM path_stack GROUP BY kind, verdict, path;

-- now, suppressed: so many were found, and so many more that a suppression excuses.
CREATE TEMP TABLE baseline (
  number INTEGER PRIMARY KEY, kind TEXT, verdict TEXT, path TEXT, known INTEGER, now INTEGER, suppressed INTEGER
);
INSERT INTO baseline
  SELECT k.number, k.kind, k.verdict, k.path, k.known, ifnull(p.count, 0), ifnull(p.suppressed, 0)
  FROM known_entry k LEFT JOIN path_count p ON p.kind = k.kind AND p.verdict = k.verdict AND p.path = k.path;

INSERT INTO excuse
  SELECT s.kind, s.verdict, s.stack, 'baseline', b.number
  FROM baseline b CROSS JOIN path_stack s ON s.kind = b.kind AND s.verdict = b.verdict AND s.path = b.path
  WHERE b.now <= b.known AND NOT s.suppressed;
