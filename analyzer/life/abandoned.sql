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

-- The last use of each connection; what was sent because it was about to be given back was none.
CREATE TEMP VIEW life_use AS
  SELECT c.id AS connection, iif(l.connection IS NULL, c.use_stack, c.before_stack) AS use_stack,
         iif(l.connection IS NULL, c.used_ns, c.before_ns) AS used_ns,
         iif(l.connection IS NULL, c.use_thread, c.before_thread) AS thread,
         iif(l.connection IS NULL, c.moves, c.moves - (c.before_thread <> c.use_thread)) AS moves
  FROM main.connection c LEFT JOIN late_use l ON l.connection = c.id;

-- What a connection's life says further.  head: the stack it is told by, that of whom a pool lent it to, else that which opened
-- it.  manner: how it was given back, 'never': it was not.
CREATE TEMP VIEW life_told AS
  SELECT c.id AS connection, c.process, iif(o.pool IS NULL, c.acquire_stack, u.use_stack) AS head, o.pool IS NOT NULL AS pooled,
         iif(c.released_ns IS NULL, 'never', ifnull((SELECT m.manner FROM released_by m WHERE m.stack = c.release_stack), 'unknown')) AS manner,
         u.use_stack, u.used_ns, u.thread, u.moves, o.place, ifnull(t.same_as, ifnull(c.target, 0)) AS target,
         c.state, c.queries, c.acquire_stack, c.released_ns
  FROM main.connection c JOIN opening o ON o.stack = c.acquire_stack JOIN life_use u ON u.connection = c.id
  LEFT JOIN life_target t ON t.target = c.target;

-- The uses that are nobody's: by a pool, which resets what it was given back, or tests it; and by an end.
CREATE TEMP TABLE no_use (stack INTEGER PRIMARY KEY);
-- only if EXISTS (SELECT 1 FROM released_by)
INSERT INTO no_use SELECT stack FROM released_by WHERE manner IN ('exit', 'thread', 'collector');
-- only if EXISTS (SELECT 1 FROM pool_frame)
INSERT OR IGNORE INTO no_use
  SELECT s.stack FROM pool_frame p CROSS JOIN stack_frame s ON s.frame = p.frame
  WHERE s.level < ifnull((SELECT min(w.level) FROM wanted_own w WHERE w.stack = s.stack), 1000);

-- What main.reuse tells, without what only an end followed.  What a pool ended its borrower used last before that.
CREATE TEMP VIEW life_reuse AS
  SELECT r.process, r.acquire_stack, iif(r.use_stack IN (SELECT stack FROM no_use), r.inside_stack, r.use_stack) AS use_stack,
         r.count - (
           SELECT count(*) FROM late_use l CROSS JOIN main.connection c ON c.id = l.connection
           WHERE c.process = r.process AND c.acquire_stack = r.acquire_stack AND c.before_stack = r.use_stack AND c.before_transaction = 0)
         AS count
  FROM main.reuse r
  WHERE r.use_stack NOT IN (SELECT stack FROM no_use) OR r.inside_stack <> 0 AND r.inside_stack NOT IN (SELECT stack FROM no_use);

-- How many of the connections that a stack opened another used last: of last_use, with what it says of an end put right, and what
-- a process handed over.
CREATE TEMP VIEW life_last_use AS
  SELECT process, acquire_stack, use_stack, count FROM last_use
  UNION ALL
  SELECT c.process, c.acquire_stack, iif(n.first, c.use_stack, c.before_stack), iif(n.first, -1, 1)
  FROM late_use l CROSS JOIN main.connection c ON c.id = l.connection CROSS JOIN (SELECT 0 AS first UNION ALL SELECT 1) n
  WHERE c.state = 'connected' AND c.use_stack IS NOT NULL AND c.id NOT IN (SELECT connection FROM handover)
  UNION ALL
  SELECT c.process, c.acquire_stack, u.use_stack, 1
  FROM handover h CROSS JOIN main.connection c ON c.id = h.connection CROSS JOIN life_use u ON u.connection = c.id
  WHERE c.state = 'connected';

-- verdict: 'abandoned', or 'kept' by a thread.  later: so many were opened there between its last use and its end.
CREATE TEMP TABLE abandoned (
  connection INTEGER PRIMARY KEY, later, verdict, process INTEGER, head INTEGER, pooled, manner, use_stack INTEGER, used_ns, thread,
  place, target, moves, acquire_stack INTEGER, released_ns
);

-- What findings.sql tells besides the rows of tally_life, in their columns.
CREATE TEMP TABLE life_member (
  kind, process, acquire_stack, acquire_function, target, transaction_status, state, released, count, first_ns, last_ns, used_ns,
  first_id, used_id, rows, bytes, outlived, verdict, outcome, lost
);

-- Of what has a verdict, and of its like: how many were abandoned, and how many were not, by stack.  outcome: 'borrowed', of uses
-- of what pools opened: those that were the last, and those after which it was used again; 'abandoned', of what was opened.
CREATE TEMP TABLE life_count (kind, outcome, stack INTEGER, lost, clean, PRIMARY KEY (kind, outcome, stack)) WITHOUT ROWID;

-- compared: it takes part in finding the place that is to blame; what may have been released, and what was, parts nothing.
CREATE TEMP VIEW told_life AS
  SELECT *, lost AND verdict <> 'cannot-tell' AS compared FROM tally_life
  UNION ALL
  SELECT *, verdict = 'abandoned' FROM life_member
  UNION ALL
  SELECT *, 0 FROM idle_life;
