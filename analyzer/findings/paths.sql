-- SPDX-License-Identifier: PostgreSQL
-- What is the same of a stack from run to run, for baselines, fingerprints and printed suppressions.

-- The functions of the user's own code, from the call site outwards, as `shop.py:checkout` and `libapp.so:main`; no
-- addresses, lines or build ids.  A function that calls itself, directly or not, stands once.  Only so many: what lies
-- further out (an event loop, a thread pool) tells nothing of who leaked.
-- Where none of it has a name, one place alone: in the user's own code by its offset; else the call site, which is a driver's, or
-- the innermost code of anybody's that has a name, or at least an offset.  A stack of which nothing at all is known has none.
CREATE TEMP TABLE path_step (
  stack INTEGER, place INTEGER, level INTEGER, depth INTEGER, name TEXT NOT NULL, named INTEGER, PRIMARY KEY (stack, place)
) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM site)
INSERT INTO path_step
  WITH wanted AS MATERIALIZED ( -- not of what only others are compared with
    SELECT i.stack, i.level FROM site i WHERE i.stack IN (
      SELECT stack FROM tally_wants UNION ALL SELECT stack FROM peak_wants UNION ALL SELECT stack FROM notes_wants UNION ALL SELECT stack FROM life_wants)),
  called AS MATERIALIZED (
    SELECT frame, depth, function IS NOT NULL OR language IS NOT NULL AS named,
           printable(
             CASE WHEN language IS NOT NULL THEN iif(source_path(file) GLOB '/*', basename(file), source_path(file))
                  WHEN module IS NULL THEN '?' ELSE basename(module) END
               || ':' || ifnull(stable_name(function, language), '?')) AS name
    FROM frame_call WHERE role NOT IN ('jit', 'driver', 'runner') AND NOT is_start(ifnull(function, ''))),
  step AS MATERIALIZED (
    SELECT i.stack, f.level, c.depth, c.named, c.name
    FROM wanted i CROSS JOIN wanted_own f ON f.stack = i.stack AND f.level >= i.level JOIN called c ON c.frame = f.frame),
  named_stack AS MATERIALIZED (SELECT DISTINCT stack FROM step WHERE named),
  once AS (
    SELECT stack, name, max(named) AS named, min(level * 1000 + depth) AS place
    FROM step WHERE stack IN named_stack GROUP BY stack, name),
  placed AS (
    SELECT stack, name, named, place, row_number() OVER (PARTITION BY stack ORDER BY place) AS rank FROM once),
  code AS ( -- `[jit]` is at another address in each run
    SELECT i.stack, f.level, c.depth, c.function IS NOT NULL AS named, f.level = i.level AS speaks,
           c.function IS NULL AND o.stack IS NOT NULL AS own,
           printable(basename(c.module) || iif(c.function IS NULL, printf('+0x%x', c."offset"),
                                               ':' || stable_name(c.function, c.language))) AS name
    FROM wanted i CROSS JOIN stack_frame f ON f.stack = i.stack JOIN frame_call c ON c.frame = f.frame
    LEFT JOIN (SELECT DISTINCT stack, level FROM step) o ON o.stack = i.stack AND o.level = f.level
    WHERE i.stack NOT IN named_stack AND c.module IS NOT NULL AND (c.function IS NOT NULL OR c.module <> '[jit]')
      AND NOT is_start(ifnull(c.function, ''))),
  innermost AS (
    SELECT *, row_number() OVER (PARTITION BY stack ORDER BY own DESC, named DESC, speaks DESC, level, depth) AS rank FROM code)
  SELECT stack, rank, place / 1000, place % 1000, name, named FROM placed WHERE rank <= 10
  UNION ALL
  SELECT stack, 1, level, depth, name, named FROM innermost WHERE rank = 1;

-- The path of what was acquired by a stack, behind the function of libpq that acquired it.
CREATE TEMP TABLE stack_path (stack INTEGER PRIMARY KEY, path TEXT NOT NULL);
-- only if EXISTS (SELECT 1 FROM path_step)
INSERT INTO stack_path
  SELECT stack, group_concat(name, ' < ') FROM (SELECT stack, name FROM path_step ORDER BY stack, place) GROUP BY stack;
