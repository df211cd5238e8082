-- SPDX-License-Identifier: PostgreSQL
-- What was found by its path, and what of that the baseline knows.  Needs what is suppressed in excuse, and the baseline's
-- entries in known_entry.

-- path: NULL where nothing is known of the code; no entry is like that.  known_as: what it is called in this baseline.
CREATE TEMP TABLE path_stack (
  kind TEXT, verdict TEXT, stack INTEGER, function TEXT, path TEXT, known_as TEXT, count INTEGER, suppressed INTEGER,
  PRIMARY KEY (kind, verdict, stack, function)
) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM tally WHERE NOT released) OR EXISTS (SELECT 1 FROM life_member) OR EXISTS (SELECT 1 FROM idle_transaction) OR EXISTS (SELECT 1 FROM misuse_group)
INSERT INTO path_stack
  WITH found AS (
    SELECT kind, verdict, acquire_stack AS stack, acquire_function AS function, sum(count) AS count FROM told_life
    WHERE lost GROUP BY kind, verdict, acquire_stack, acquire_function
    UNION ALL
    SELECT kind, 'misuse', stack, function, sum(count) FROM misuse_group GROUP BY kind, stack, function)
  SELECT f.kind, f.verdict, f.stack, f.function, f.function || ' < ' || p.path,
         iif((SELECT max(bare) FROM known_entry), p.path, f.function || ' < ' || p.path), f.count, e.stack IS NOT NULL
  FROM found f LEFT JOIN stack_path p ON p.stack = f.stack
  LEFT JOIN excuse e ON e.kind = f.kind AND e.verdict = f.verdict AND e.stack = f.stack AND e.function = f.function
    AND e.how = 'suppressed';
CREATE INDEX temp.path_known ON path_stack (kind, verdict, known_as);

-- What may be written down.
CREATE TEMP TABLE path_count (
  kind TEXT, verdict TEXT, path TEXT, count INTEGER, suppressed INTEGER, PRIMARY KEY (kind, verdict, path)
);
-- only if EXISTS (SELECT 1 FROM path_stack)
INSERT INTO path_count
  SELECT kind, verdict, path, sum(iif(suppressed, 0, count)), sum(iif(suppressed, count, 0))
  FROM path_stack GROUP BY kind, verdict, path;

-- now, suppressed: so many were found, and so many more that a suppression excuses.
CREATE TEMP TABLE baseline (
  number INTEGER PRIMARY KEY, kind TEXT, verdict TEXT, path TEXT, known INTEGER, now INTEGER, suppressed INTEGER
);
-- only if EXISTS (SELECT 1 FROM known_entry)
INSERT INTO baseline
  SELECT k.number, k.kind, k.verdict, k.path, k.known, ifnull(sum(iif(s.suppressed, 0, s.count)), 0),
         ifnull(sum(iif(s.suppressed, s.count, 0)), 0)
  FROM known_entry k LEFT JOIN path_stack s ON s.kind = k.kind AND s.verdict = k.verdict AND s.known_as = k.path
  GROUP BY k.number;

-- only if EXISTS (SELECT 1 FROM baseline)
INSERT INTO excuse
  SELECT s.kind, s.verdict, s.stack, s.function, 'baseline', b.number
  FROM baseline b CROSS JOIN path_stack s ON s.kind = b.kind AND s.verdict = b.verdict AND s.known_as = b.path
  WHERE b.now <= b.known AND NOT s.suppressed;
