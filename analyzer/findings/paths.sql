-- SPDX-License-Identifier: PostgreSQL
-- What is the same of a stack from run to run, for baselines and fingerprints.

-- The functions of the user's own code, from the call site outwards, as `shop.py:checkout < libapp.so:main`; no
-- addresses, lines or build ids.  A function that calls itself, directly or not, stands once.  Only so many: what lies
-- further out (an event loop, a thread pool) tells nothing of who leaked.
CREATE TEMP TABLE stack_path (stack INTEGER PRIMARY KEY, path TEXT NOT NULL);
INSERT INTO stack_path
  WITH step AS (
    SELECT i.stack, f.level, c.depth,
           printable(
             CASE WHEN c.language IS NOT NULL THEN
                    iif(source_path(c.file) GLOB '/*', basename(c.file), source_path(c.file))
                  WHEN c.module IS NULL THEN '?' ELSE basename(c.module) END
               || ':' || ifnull(stable_name(c.function, c.language), '?')) AS name
    FROM site i CROSS JOIN own_frame f ON f.stack = i.stack AND f.level >= i.level
    JOIN frame_call c ON c.frame = f.frame
    WHERE f.role <> 'interpreter' AND c.role <> 'driver' AND NOT is_start(ifnull(c.function, ''))),
  once AS (SELECT stack, name, min(level * 1000 + depth) AS place FROM step GROUP BY stack, name),
  placed AS (SELECT stack, name, row_number() OVER (PARTITION BY stack ORDER BY place) AS place FROM once)
  SELECT i.stack, ifnull((SELECT group_concat(name, ' < ') FROM (
                            SELECT name FROM placed p WHERE p.stack = i.stack AND p.place <= 10 ORDER BY p.place)), '?')
  FROM site i;
