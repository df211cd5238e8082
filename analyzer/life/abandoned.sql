-- SPDX-License-Identifier: PostgreSQL
-- Connections that were used, never again, while others like them were opened: from the same call site or the same pool, to
-- the same target, by the same process.

-- The frames of pools.
CREATE TEMP TABLE pool_frame (frame INTEGER PRIMARY KEY, what);
-- only if EXISTS (SELECT 1 FROM site) AND EXISTS (SELECT 1 FROM main.script)
INSERT INTO pool_frame
  SELECT f.id, p.what FROM (SELECT s.id, k.what FROM main.script s JOIN pool k ON s.file GLOB k.pattern GROUP BY s.id) p
  JOIN main.frame f ON f.script = p.id;

-- Where connections are opened: all that a pool opens comes from one place.
CREATE TEMP TABLE opening (stack INTEGER PRIMARY KEY, place, pool);
-- only if EXISTS (SELECT 1 FROM site)
INSERT INTO opening
  SELECT stack, dense_rank() OVER (ORDER BY pool IS NULL, pool, iif(pool IS NULL, unit, 0), iif(pool IS NULL, function, 0),
                                            iif(pool IS NULL, file, 0), iif(pool IS NULL, line > 0, 0),
                                            iif(pool IS NULL, iif(line > 0, line, "offset"), 0)), pool
  FROM (SELECT i.*, (SELECT p.what FROM stack_frame s JOIN pool_frame p ON p.frame = s.frame WHERE s.stack = i.stack LIMIT 1) AS pool
        FROM site i WHERE i.stack IN (SELECT stack FROM life_wants));

-- later: so many were opened there between its last use and its end.  head: the stack it is told by, that of whom a pool lent
-- it to, else that which opened it.  manner: how it was given back, 'never': it was not.
CREATE TEMP TABLE abandoned (connection INTEGER PRIMARY KEY, later, process INTEGER, head INTEGER, pooled, manner);
CREATE INDEX temp.abandoned_head ON abandoned (head, process);

-- What findings.sql tells besides the rows of tally_life, in their columns.
CREATE TEMP TABLE life_member (
  kind, process, acquire_stack, acquire_function, target, transaction_status, state, released, count, first_ns, last_ns, used_ns,
  first_id, used_id, rows, bytes, outlived, verdict, outcome, lost
);

-- compared: it takes part in finding the place that is to blame; what may have been released, and what was, parts nothing.
CREATE TEMP VIEW told_life AS
  SELECT *, lost AND verdict <> 'cannot-tell' AS compared FROM tally_life
  UNION ALL
  SELECT *, 0 FROM life_member
  UNION ALL
  SELECT *, 0 FROM idle_life;
