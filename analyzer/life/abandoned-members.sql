-- SPDX-License-Identifier: PostgreSQL
-- What is told of abandoned connections (used_id: the one used last, whose time is in front), and of those that piled up until something other than the code gave them back.

-- What the pool itself used last lies in the pool, and nobody has it.
-- only if EXISTS (SELECT 1 FROM abandoned WHERE pooled)
DELETE FROM abandoned WHERE pooled AND use_stack IN (SELECT stack FROM no_use);

-- What the code itself gave back, or a thread that ended, needs more: where threads take turns, one or two are opened between
-- a last query and the close that follows it.
DELETE FROM abandoned WHERE manner IN ('code', 'thread') AND later < 3;

-- Where threads abandon one each, the last of them find no successor any more.
-- only if EXISTS (SELECT 1 FROM abandoned WHERE NOT pooled)
INSERT INTO abandoned
  WITH place AS MATERIALIZED (
    SELECT process, place, target FROM abandoned
    WHERE NOT pooled GROUP BY 1, 2, 3 HAVING count(*) >= 3 AND count(DISTINCT thread) = count(*) AND max(moves) = 0),
  rest AS MATERIALIZED (
    SELECT t.* FROM place p CROSS JOIN life_told t ON t.process = p.process AND t.place = p.place AND t.target = p.target
    WHERE t.state = 'connected' AND t.queries > 0 AND t.moves = 0 AND t.manner <> 'code'
      AND t.connection NOT IN (SELECT connection FROM abandoned))
  SELECT connection, 0, 'abandoned', process, head, pooled, manner, use_stack, used_ns, thread, place, target, moves, acquire_stack,
         released_ns
  FROM rest r
  WHERE NOT EXISTS (SELECT 1 FROM abandoned a WHERE a.process = r.process AND a.thread = r.thread)
    AND NOT EXISTS (SELECT 1 FROM rest o WHERE o.process = r.process AND o.thread = r.thread AND o.connection <> r.connection);

-- What is given back to a pool another thread takes.  Where each of its connections was used once, by one thread alone, they keep
-- them, or there was never more to do.
-- only if EXISTS (SELECT 1 FROM perhaps_kept)
INSERT INTO abandoned
  WITH lent AS MATERIALIZED (
    SELECT t.* FROM perhaps_kept k CROSS JOIN life_told t ON t.process = k.process AND t.target = k.target
    WHERE t.pooled AND t.state = 'connected' AND t.queries > 0),
  kept AS MATERIALIZED (
    SELECT process, place, target FROM lent l GROUP BY 1, 2, 3
    HAVING count(*) >= 3 AND count(DISTINCT thread) = count(*) AND max(moves) = 0 AND sum(manner IN ('code', 'thread')) = 0
      AND sum(connection IN (SELECT connection FROM abandoned)) = 0 AND sum(use_stack IN (SELECT stack FROM no_use)) = 0
      AND NOT EXISTS (SELECT 1 FROM life_reuse r JOIN opening o ON o.stack = r.acquire_stack AND o.place = l.place
                      WHERE r.count > 0 AND r.process = l.process AND r.use_stack IN (SELECT x.use_stack FROM lent x WHERE x.place = l.place)))
  SELECT connection, 0, 'kept', process, head, pooled, manner, use_stack, used_ns, thread, place, target, moves, acquire_stack,
         released_ns
  FROM lent WHERE (process, place, target) IN (SELECT process, place, target FROM kept);

-- only if EXISTS (SELECT 1 FROM abandoned)
CREATE INDEX temp.abandoned_head ON abandoned (head, process);
-- only if EXISTS (SELECT 1 FROM abandoned)
INSERT INTO life_member
  SELECT 'connection', a.process, a.head, iif(a.pooled, c.use_function, c.acquire_function), ifnull(c.target, 0), c.transaction_status,
         'connected', 0, count(*), min(c.acquired_ns), max(c.acquired_ns), max(a.used_ns), min(c.id),
         CAST(substr(max(printf('%020d%d', ifnull(a.used_ns, 0), c.id)), 21) AS INTEGER), 0, 0, 0, a.verdict,
         iif(a.pooled, 'borrowed', 'abandoned'), 1
  FROM abandoned a CROSS JOIN main.connection c ON c.id = a.connection GROUP BY 2, 3, 4, 5, 6, a.verdict;

-- only if EXISTS (SELECT 1 FROM abandoned WHERE pooled)
INSERT INTO life_count
  WITH pool AS MATERIALIZED (
    SELECT DISTINCT process, place FROM abandoned WHERE pooled AND verdict = 'abandoned'),
  used AS (
    SELECT r.use_stack AS stack, 0 AS lost, r.count AS clean
    FROM pool p CROSS JOIN life_reuse r ON r.process = p.process CROSS JOIN opening o ON o.stack = r.acquire_stack AND o.place = p.place
    UNION ALL
    SELECT l.use_stack, 0, l.count
    FROM pool p CROSS JOIN life_last_use l ON l.process = p.process CROSS JOIN opening o ON o.stack = l.acquire_stack AND o.place = p.place
    UNION ALL
    SELECT a.use_stack, 1, -1 FROM abandoned a WHERE (a.process, a.place) IN (SELECT process, place FROM pool))
  SELECT 'connection', 'borrowed', stack, sum(lost), sum(clean) FROM used
  WHERE stack IS NOT NULL AND stack NOT IN (SELECT stack FROM no_use) GROUP BY stack HAVING sum(lost) + sum(clean) > 0;
-- only if EXISTS (SELECT 1 FROM abandoned WHERE NOT pooled)
INSERT INTO life_count
  WITH lost AS MATERIALIZED (
    SELECT head AS stack, count(*) AS count FROM abandoned WHERE NOT pooled AND verdict = 'abandoned' GROUP BY head),
  opened AS (
    SELECT acquire_stack AS stack, sum(count) AS count FROM (
      SELECT acquire_stack, count FROM main.fold WHERE kind = 'connection' AND outcome = ''
      UNION ALL SELECT acquire_stack, count FROM tally WHERE kind = 'connection' AND state = 'connected' AND NOT released)
    WHERE EXISTS (SELECT 1 FROM lost) AND acquire_stack NOT IN (SELECT stack FROM opening WHERE pool IS NOT NULL) GROUP BY acquire_stack)
  SELECT 'connection', 'abandoned', o.stack, ifnull(l.count, 0), max(o.count - ifnull(l.count, 0), 0)
  FROM opened o LEFT JOIN lost l ON l.stack = o.stack;

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

-- Of other kinds: what had piled up is told, or what fails.  Drivers leave results and memory to a collector or to the end,
-- however many: of these only what fails.
-- only if EXISTS (SELECT 1 FROM manner_count WHERE kind <> 'connection' AND manner IN ('exit', 'thread', 'collector'))
INSERT INTO life_member
  SELECT f.kind, f.process, f.acquire_stack, '', 0, -1, '', 0, sum(f.count), NULL, NULL, NULL, NULL, NULL, 0, 0, 0, r.manner, f.outcome, 1
  FROM main.fold f JOIN released_by r ON r.stack = f.release_stack AND r.manner IN ('exit', 'thread', 'collector')
  LEFT JOIN gated g ON g.kind = f.kind AND g.verdict = r.manner
  LEFT JOIN main.pile p ON p.process = f.process AND p.kind = f.kind AND p.acquire_stack = f.acquire_stack
  WHERE f.kind <> 'connection' AND (g.kind IS NOT NULL OR p.most >= 20 AND f.kind NOT IN ('result', 'memory'))
  GROUP BY f.kind, f.process, f.acquire_stack, r.manner, f.outcome;
