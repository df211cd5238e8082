-- SPDX-License-Identifier: PostgreSQL
-- What was found by its path, for baselines: TEMP VIEW path_count.  Needs TEMP TABLEs tally_life, found_misuse,
-- stack_path and excuse, with what is suppressed.

DROP VIEW IF EXISTS temp.path_count;
DROP VIEW IF EXISTS temp.path_stack;
DROP TABLE IF EXISTS temp.baseline;

CREATE TABLE temp.baseline (number INTEGER PRIMARY KEY, kind TEXT, verdict TEXT, path TEXT, known INTEGER, now INTEGER);

CREATE TEMP VIEW path_stack AS
  WITH found AS (
    SELECT kind, verdict, acquire_stack AS stack, count FROM tally_life
    WHERE lost
    UNION ALL
    SELECT kind, 'misuse', stack, count FROM found_misuse)
  SELECT f.kind, f.verdict, f.stack, ifnull(p.path, '?') AS path, f.count
  FROM found f LEFT JOIN stack_path p ON p.stack = f.stack
  WHERE NOT EXISTS (SELECT 1 FROM excuse e WHERE e.kind = f.kind AND e.verdict = f.verdict AND e.stack = f.stack
                      AND e.how = 'suppressed');

CREATE TEMP VIEW path_count AS
  SELECT kind, verdict, path, sum(count) AS count FROM path_stack GROUP BY kind, verdict, path;
