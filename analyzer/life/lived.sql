-- SPDX-License-Identifier: PostgreSQL
-- What is told of findings of abandoned connections, besides how many there are.

-- The stacks by which each of them is told, and the places in which such connections are opened.
CREATE TEMP TABLE lived_head (number INTEGER, process INTEGER, head INTEGER, verdict, PRIMARY KEY (number, process, head)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM abandoned)
INSERT INTO lived_head
  SELECT DISTINCT f.number, m.process, m.acquire_stack, f.verdict
  FROM finding f JOIN finding_member m ON m.group_number = f.group_number WHERE f.verdict IN ('abandoned', 'kept');
CREATE TEMP TABLE lived (
  number INTEGER, connection INTEGER, process INTEGER, place INTEGER, use_stack INTEGER, thread INTEGER, later, manner, pool, unused_ns,
  used_ns, lives, moved,
  PRIMARY KEY (number, connection)
) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM lived_head)
INSERT INTO lived
  SELECT h.number, a.connection, h.process, a.place, a.use_stack, a.thread, a.later, a.manner, o.pool,
         coalesce(a.released_ns, p.ended_ns, iif(p."end" IS NULL, n.now_ns, NULL)) - a.used_ns, a.used_ns,
         iif(p."end" IS NULL, thread_lives(p.host, p.pid, p.exe, a.thread), NULL), a.moves > 0
  FROM (SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000 AS now_ns) n
  CROSS JOIN lived_head h CROSS JOIN abandoned a ON a.head = h.head AND a.process = h.process AND a.verdict = h.verdict
  CROSS JOIN opening o ON o.stack = a.acquire_stack CROSS JOIN main.process p ON p.id = h.process;

-- How often a use by a stack left a connection idle: it was the last one, or others followed.  here: of a finding such uses were
-- last ones; the pool's own are nobody's.
CREATE TEMP TABLE lived_use (number INTEGER, stack INTEGER, here, last, again, PRIMARY KEY (number, stack)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM lived)
INSERT INTO lived_use
  WITH place AS MATERIALIZED (SELECT DISTINCT number, process, place FROM lived),
  used AS (
    SELECT l.number, r.use_stack AS stack, 0 AS last, r.count AS again
    FROM place l CROSS JOIN life_reuse r ON r.process = l.process CROSS JOIN opening o ON o.stack = r.acquire_stack AND o.place = l.place
    UNION ALL
    SELECT l.number, t.use_stack, t.count, 0
    FROM place l CROSS JOIN life_last_use t ON t.process = l.process
    CROSS JOIN opening o ON o.stack = t.acquire_stack AND o.place = l.place
    WHERE t.use_stack IS NOT NULL)
  SELECT number, stack, EXISTS (SELECT 1 FROM lived x WHERE x.number = u.number AND x.use_stack = u.stack), sum(last), sum(again)
  FROM used u WHERE stack NOT IN (SELECT stack FROM no_use) GROUP BY number, stack;

-- pooled: a pool lent them to whom the title names, and `pool` is its name; later: up to so many were opened after a last use;
-- latest: of so many no other was; opened: in all, in the same places; last_uses: so many of the `uses` by the same stacks were last
-- ones, and so many of those elsewhere; use_stack: the last use of most of them.  threads: that used them last; alone: each used one,
-- and nobody else did; lives: so many of these threads still live, NULL: unknown.
CREATE TEMP TABLE finding_life (
  number INTEGER PRIMARY KEY, pooled, pool, later, latest, opened, unused_ns, used_ns, threads, alone, lives, "exit", thread, collector,
  code, unknown, never, last_uses, uses, elsewhere_last, elsewhere_uses, use_stack INTEGER
);
-- only if EXISTS (SELECT 1 FROM lived)
INSERT INTO finding_life
  SELECT l.number, l.pool IS NOT NULL, l.pool, max(l.later), sum(l.later = 0),
         (SELECT sum(c.count) FROM (
            SELECT process, acquire_stack, count FROM main.fold WHERE kind = 'connection' AND outcome = ''
            UNION ALL
            SELECT process, acquire_stack, count FROM tally WHERE kind = 'connection' AND state = 'connected' AND NOT released) c
          JOIN opening o ON o.stack = c.acquire_stack
          WHERE (c.process, o.place) IN (SELECT x.process, x.place FROM lived x WHERE x.number = l.number)),
         max(l.unused_ns), max(l.used_ns), count(DISTINCT l.thread), count(DISTINCT l.thread) = count(*) AND max(l.moved) = 0 AND count(*) > 1,
         iif(count(l.lives) = count(*), sum(l.lives), NULL),
         sum(l.manner = 'exit'), sum(l.manner = 'thread'), sum(l.manner = 'collector'),
         sum(l.manner = 'code'), sum(l.manner = 'unknown'), sum(l.manner = 'never'),
         (SELECT sum(u.last) FROM lived_use u WHERE u.number = l.number AND u.here),
         (SELECT sum(u.last + u.again) FROM lived_use u WHERE u.number = l.number AND u.here),
         (SELECT sum(u.last) FROM lived_use u WHERE u.number = l.number AND NOT u.here),
         (SELECT sum(u.last + u.again) FROM lived_use u WHERE u.number = l.number AND NOT u.here),
         (SELECT x.use_stack FROM lived x WHERE x.number = l.number GROUP BY x.use_stack ORDER BY count(*) DESC, x.use_stack LIMIT 1)
  FROM lived l GROUP BY l.number;
