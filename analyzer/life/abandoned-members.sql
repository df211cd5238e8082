-- SPDX-License-Identifier: PostgreSQL
-- What is told of abandoned connections (used_id: the one used last, whose time is in front), and of those that piled up until something other than the code gave them back.

-- What the pool itself used last (it resets what it was given back, or tests it) lies in the pool, and nobody has it.
-- only if EXISTS (SELECT 1 FROM abandoned)
DELETE FROM abandoned WHERE connection IN (
  SELECT a.connection FROM abandoned a CROSS JOIN main.connection c ON c.id = a.connection
  CROSS JOIN opening o ON o.stack = c.acquire_stack
  WHERE o.pool IS NOT NULL AND EXISTS (
    SELECT 1 FROM stack_frame s JOIN pool_frame p ON p.frame = s.frame
    WHERE s.stack = c.use_stack AND s.level < ifnull((SELECT min(w.level) FROM wanted_own w WHERE w.stack = c.use_stack), 1000)));

-- only if EXISTS (SELECT 1 FROM abandoned)
UPDATE abandoned SET (process, head, pooled, manner) = (
  SELECT c.process, iif(o.pool IS NULL, c.acquire_stack, c.use_stack), o.pool IS NOT NULL,
         iif(c.released_ns IS NULL, 'never', ifnull((SELECT r.manner FROM released_by r WHERE r.stack = c.release_stack), 'unknown'))
  FROM main.connection c JOIN opening o ON o.stack = c.acquire_stack WHERE c.id = abandoned.connection);

-- What the code itself gave back, or a thread that ended, needs more: where threads take turns, one or two are opened between
-- a last query and the close that follows it.
DELETE FROM abandoned WHERE manner IN ('code', 'thread') AND later < 3;

-- only if EXISTS (SELECT 1 FROM abandoned)
INSERT INTO life_member
  SELECT 'connection', a.process, a.head, iif(a.pooled, c.use_function, c.acquire_function), ifnull(c.target, 0), c.transaction_status,
         'connected', 0, count(*), min(c.acquired_ns), max(c.acquired_ns), max(c.used_ns), min(c.id),
         CAST(substr(max(printf('%020d%d', ifnull(c.used_ns, 0), c.id)), 21) AS INTEGER), 0, 0, 0, 'abandoned', '', 1
  FROM abandoned a CROSS JOIN main.connection c ON c.id = a.connection GROUP BY 2, 3, 4, 5, 6;

-- What a pool holds it holds by design.  Of those abandoned that is told already, unless it is what fails.
-- only if EXISTS (SELECT 1 FROM manner_count WHERE kind = 'connection' AND manner IN ('exit', 'thread', 'collector'))
INSERT INTO life_member
  SELECT 'connection', c.process, c.acquire_stack, c.acquire_function, ifnull(c.target, 0), c.transaction_status, 'connected', 0,
         count(*), min(c.acquired_ns), max(c.acquired_ns), max(c.used_ns), min(c.id),
         CAST(substr(max(printf('%020d%d', ifnull(c.used_ns, 0), c.id)), 21) AS INTEGER), 0, 0, 0, r.manner, '', 1
  FROM main.connection c JOIN released_by r ON r.stack = c.release_stack AND r.manner IN ('exit', 'thread', 'collector')
  LEFT JOIN gated g ON g.kind = 'connection' AND g.verdict = r.manner
  LEFT JOIN opening o ON o.stack = c.acquire_stack
  WHERE c.state = 'connected' AND (g.kind IS NOT NULL OR c.process IN (SELECT process FROM life_process) AND o.pool IS NULL
                                   AND c.id NOT IN (SELECT connection FROM abandoned))
  GROUP BY 2, 3, 4, 5, 6, r.manner;
