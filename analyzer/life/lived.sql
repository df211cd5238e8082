-- SPDX-License-Identifier: PostgreSQL
-- What is told of findings of abandoned connections, besides how many there are.

-- The stacks by which each of them is told, and the places in which such connections are opened.
CREATE TEMP TABLE lived_head (number INTEGER, process INTEGER, head INTEGER, PRIMARY KEY (number, process, head)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM abandoned)
INSERT INTO lived_head
  SELECT DISTINCT f.number, m.process, m.acquire_stack
  FROM finding f JOIN finding_member m ON m.group_number = f.group_number WHERE f.verdict = 'abandoned';
CREATE TEMP TABLE lived (
  number INTEGER, connection INTEGER, process INTEGER, place INTEGER, use_stack INTEGER, thread INTEGER, later, manner, pool, unused_ns,
  PRIMARY KEY (number, connection)
) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM lived_head)
INSERT INTO lived
  SELECT h.number, a.connection, h.process, o.place, c.use_stack, c.thread, a.later, a.manner, o.pool,
         coalesce(c.released_ns, p.ended_ns, iif(p."end" IS NULL, n.now_ns, NULL)) - c.used_ns
  FROM (SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000 AS now_ns) n
  CROSS JOIN lived_head h CROSS JOIN abandoned a ON a.head = h.head AND a.process = h.process
  CROSS JOIN main.connection c ON c.id = a.connection CROSS JOIN opening o ON o.stack = c.acquire_stack
  CROSS JOIN main.process p ON p.id = h.process;

-- How often a stack used a connection, as far as it asked for something: by what came of it.
CREATE TEMP TABLE lived_use (process INTEGER, stack INTEGER, uses, PRIMARY KEY (process, stack)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM lived)
INSERT INTO lived_use
  SELECT u.process, u.use_stack, max(
    (SELECT ifnull(sum(f.count), 0) FROM main.fold f WHERE f.process = u.process AND f.kind = 'result' AND f.acquire_stack = u.use_stack)
      + (SELECT count(*) FROM main.resource r WHERE r.process = u.process AND r.kind = 'result' AND r.acquire_stack = u.use_stack),
    (SELECT ifnull(sum(f.count), 0) FROM main.fold f WHERE f.process = u.process AND f.kind = 'query' AND f.acquire_stack = u.use_stack),
    (SELECT ifnull(sum(f.count), 0) FROM main.fold f WHERE f.process = u.process AND f.kind = 'query' AND f.release_stack = u.use_stack))
  FROM (SELECT DISTINCT process, use_stack FROM lived) u;

-- pooled: a pool lent them to whom the title names, and `pool` is its name; later: up to so many were opened after a last use;
-- opened: in all, in the same places; uses: how often the calls that were last uses were made, NULL: unknown; use_stack: the
-- last use of most of them.
CREATE TEMP TABLE finding_life (
  number INTEGER PRIMARY KEY, pooled, pool, later, opened, unused_ns, threads, "exit", thread, collector, code, unknown, never,
  last_uses, uses, use_stack INTEGER
);
-- only if EXISTS (SELECT 1 FROM lived)
INSERT INTO finding_life
  SELECT l.number, l.pool IS NOT NULL, l.pool, max(l.later),
         (SELECT sum(c.count) FROM (
            SELECT process, acquire_stack, count FROM main.fold WHERE kind = 'connection' AND outcome = ''
            UNION ALL
            SELECT process, acquire_stack, count FROM tally WHERE kind = 'connection' AND state = 'connected' AND NOT released) c
          JOIN opening o ON o.stack = c.acquire_stack
          WHERE (c.process, o.place) IN (SELECT x.process, x.place FROM lived x WHERE x.number = l.number)),
         max(l.unused_ns), count(DISTINCT l.thread), sum(l.manner = 'exit'), sum(l.manner = 'thread'), sum(l.manner = 'collector'),
         sum(l.manner = 'code'), sum(l.manner = 'unknown'), sum(l.manner = 'never'), count(*),
         (SELECT nullif(max(sum(u.uses), count(*)), 0) FROM lived_use u
          WHERE (u.process, u.stack) IN (SELECT x.process, x.use_stack FROM lived x WHERE x.number = l.number)
          HAVING min(u.uses) > 0),
         (SELECT x.use_stack FROM lived x WHERE x.number = l.number GROUP BY x.use_stack ORDER BY count(*) DESC, x.use_stack LIMIT 1)
  FROM lived l GROUP BY l.number;
