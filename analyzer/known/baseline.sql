-- SPDX-License-Identifier: PostgreSQL
-- What was found by its path, for baselines: TEMP TABLEs path_stack and path_count.  Needs TEMP TABLEs tally_life,
-- found_misuse, stack_path and excuse, with what is suppressed.

DROP TABLE IF EXISTS temp.path_count;
DROP TABLE IF EXISTS temp.path_stack;
DROP TABLE IF EXISTS temp.baseline;

-- An entry: so many are known.  now, suppressed: so many were found, and so many more that a suppression excuses.
CREATE TABLE temp.baseline (
  number INTEGER PRIMARY KEY, kind TEXT, verdict TEXT, path TEXT, known INTEGER, now INTEGER DEFAULT 0,
  suppressed INTEGER DEFAULT 0, UNIQUE (kind, verdict, path)
);

CREATE TEMP TABLE path_stack (
  kind TEXT, verdict TEXT, path TEXT, stack INTEGER, count INTEGER, suppressed INTEGER, PRIMARY KEY (kind, verdict, path, stack)
) WITHOUT ROWID;
INSERT INTO path_stack
  WITH found AS (
    SELECT kind, verdict, acquire_stack AS stack, sum(count) AS count FROM tally_life
    WHERE lost GROUP BY kind, verdict, acquire_stack
    UNION ALL
    SELECT kind, 'misuse', stack, sum(count) FROM found_misuse GROUP BY kind, stack)
  SELECT f.kind, f.verdict, ifnull(p.path, '?'), f.stack, f.count, e.stack IS NOT NULL
  FROM found f LEFT JOIN stack_path p ON p.stack = f.stack
  LEFT JOIN excuse e ON e.kind = f.kind AND e.verdict = f.verdict AND e.stack = f.stack AND e.how = 'suppressed';

CREATE TEMP TABLE path_count (
  kind TEXT, verdict TEXT, path TEXT, count INTEGER, suppressed INTEGER, PRIMARY KEY (kind, verdict, path)
) WITHOUT ROWID;
INSERT INTO path_count
  SELECT kind, verdict, path, sum(iif(suppressed, 0, count)), sum(iif(suppressed, count, 0))
  FROM path_stack GROUP BY kind, verdict, path;
