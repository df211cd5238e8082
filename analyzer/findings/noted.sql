-- SPDX-License-Identifier: PostgreSQL
-- The notes of a report: what notes.sql saw of each stack, by call site.

-- The stacks of a note, and the one that stands for them: the same in each run.
CREATE TEMP TABLE noted_stack (sort TEXT, what, stack INTEGER, shown INTEGER, PRIMARY KEY (sort, what, stack));
-- only if EXISTS (SELECT 1 FROM seen_habit)
INSERT INTO noted_stack
  SELECT h.sort, h.what, h.stack,
         first_value(h.stack) OVER (PARTITION BY h.sort, h.what, s.unit, s.function, s.file, s.line > 0, iif(s.line > 0, s.line, s."offset")
                                    ORDER BY p.path, h.stack)
  FROM (SELECT DISTINCT sort, what, stack FROM seen_habit) h
  LEFT JOIN site s ON s.stack = h.stack LEFT JOIN stack_path p ON p.stack = h.stack;

-- With that stack in the place of its own.
CREATE TEMP VIEW noted AS
  SELECT h.sort, h.what, h.process, n.shown AS stack, h.other_stack, h.count, h.late, h.queries, h.held_ns, h.connect_ns,
         h.first_ns, h.last_ns, h.longest_ns, h.detail, h.id
  FROM seen_habit h JOIN noted_stack n ON n.sort = h.sort AND n.what IS h.what AND n.stack = h.stack;

-- One row a note: numbers and stacks.  A new sort is an INSERT in notes.sql and one here, and a line with its words in
-- text/note-words.c; all formats print it from there.
CREATE TEMP TABLE found_note (
  number INTEGER PRIMARY KEY,
  sort TEXT,           -- as it is called in text/note-words.c, and in JSON
  what,                -- as in seen_habit
  worth DEFAULT 1,     -- 0: it is told with --all only, and in JSON; -1: in JSON only, because a finding tells it
  rank,                -- among its sort; of one rank those are first whose path is
  stack INTEGER,       -- where the title says
  other_stack INTEGER, -- where something else happened to it: it was released, used, ...
  facts TEXT           -- an object: the keys of JSON, in its order.  A site has its stack's number, and what differs from run
                       -- to run though the program does the same stands in brackets
);

-- Of several the longest tells where it was released, or was idle.  What is still open has a kind in detail, and comes first.
-- only if EXISTS (SELECT 1 FROM seen_habit WHERE sort = 'held')
INSERT INTO found_note (sort, what, rank, stack, other_stack, facts)
  SELECT 'held', what, iif(open, -1e9, 0) + rank() OVER (PARTITION BY open ORDER BY kind_rank(kind), iif(reproducible, 0, longest_ns) DESC),
         stack, other_stack,
         json_object('kind', kind, 'acquire_site', stack, 'release_site', other_stack, 'count', count,
                     'late', iif(open, count, late), 'longest_ns', json_array(longest_ns), 'open', iif(open, count, 0))
  FROM report_choice CROSS JOIN (
    SELECT what, detail IS NOT NULL AS open, ifnull(detail, what) AS kind, stack, other_stack, sum(count) AS count,
           sum(late) AS late, max(longest_ns) AS longest_ns
    FROM noted WHERE sort = 'held' GROUP BY what, stack);

-- only if EXISTS (SELECT 1 FROM seen_habit WHERE sort = 'idle_in_transaction')
INSERT INTO found_note (sort, worth, rank, stack, other_stack, facts)
  SELECT 'idle_in_transaction', iif(longest_ns >= idle_ns, -1, 0), rank() OVER (ORDER BY iif(reproducible, 0, longest_ns) DESC),
         stack, other_stack,
         json_object('begin_site', stack, 'idle_site', other_stack, 'transactions', count, 'longest_idle_ns', json_array(longest_ns))
  FROM report_choice CROSS JOIN (
    SELECT stack, other_stack, sum(count) AS count, max(longest_ns) AS longest_ns
    FROM noted WHERE sort = 'idle_in_transaction' GROUP BY stack);

-- only if EXISTS (SELECT 1 FROM seen_habit WHERE sort = 'misuse')
INSERT INTO found_note (sort, what, rank, stack, other_stack, facts)
  SELECT 'misuse', what, rank() OVER (ORDER BY count DESC, first_ns), stack, other_stack, json_object('kind', what, 'count', count)
  FROM (SELECT what, stack, other_stack, sum(count) AS count, min(first_ns) AS first_ns
        FROM noted WHERE sort = 'misuse' GROUP BY what, stack);

-- only if EXISTS (SELECT 1 FROM seen_habit WHERE sort = 'churn')
INSERT INTO found_note (sort, worth, rank, stack, facts)
  SELECT 'churn', most >= 20, rank() OVER (ORDER BY iif(reproducible, 0, connect_ns) DESC), stack,
         json_object('site', stack, 'connections', count, 'mean_queries', 1.0 * queries / count,
                     'mean_hold_ns', json_array(n.held_ns / count), 'connect_ns', json_array(connect_ns))
  FROM report_choice CROSS JOIN (
    SELECT stack, sum(count) AS count, max(count) AS most, sum(queries) AS queries, sum(held_ns) AS held_ns,
           sum(connect_ns) AS connect_ns
    FROM (SELECT stack, sum(count) AS count, sum(queries) AS queries, sum(held_ns) AS held_ns, sum(connect_ns) AS connect_ns
          FROM noted WHERE sort = 'churn' GROUP BY process, stack)
    WHERE count >= 3 GROUP BY stack) n;

-- only if EXISTS (SELECT 1 FROM seen_habit WHERE sort = 'failed_connects')
INSERT INTO found_note (sort, what, worth, rank, stack, facts)
  WITH tried AS (
    SELECT n.shown AS stack, t.error, min(t.target) AS target, count(DISTINCT t.target) AS targets
    FROM seen_target t JOIN noted_stack n ON n.sort = 'failed_connects' AND n.what = t.error AND n.stack = t.stack
    GROUP BY n.shown, t.error),
  attempt AS (
    SELECT stack, error, sum(count) AS count, max(count) AS most, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
           min(backs_off) AS backs_off
    FROM (SELECT stack, what AS error, sum(count) AS count, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
                 min(detail) AS backs_off
          FROM noted WHERE sort = 'failed_connects' GROUP BY process, stack, what)
    GROUP BY stack, error)
  SELECT 'failed_connects', a.error, a.most >= 3,
         rank() OVER (ORDER BY a.count DESC, iif(c.reproducible, 0, a.first_ns), a.error), a.stack,
         json_object('site', a.stack, 'error', a.error, 'count', a.count, 'first_ns', json_array(first_ns),
                     'last_ns', json_array(last_ns),
                     'per_second', json_array(iif(last_ns > first_ns, round((count - 1) * 1e9 / (last_ns - first_ns), 3), NULL)),
                     'backs_off', json(CASE backs_off WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END),
                     'target', json_array(iif(w.way = 'socket', printf('%s/.s.PGSQL.%s', g.host, g.port), w.text)),
                     'targets', json_array(t.targets), 'way', w.way)
  FROM report_choice c CROSS JOIN attempt a JOIN tried t ON t.stack = a.stack AND t.error = a.error
  LEFT JOIN main.target g ON g.id = t.target AND g.host NOT IN ('', '(redacted)') LEFT JOIN target_text w ON w.target = g.id;

-- only if EXISTS (SELECT 1 FROM seen_habit WHERE sort = 'broken')
INSERT INTO found_note (sort, rank, stack, other_stack, facts)
  SELECT 'broken', rank() OVER (ORDER BY count DESC), stack, other_stack,
         json_object('site', stack, 'count', count, 'use_site', other_stack, 'idle_ns', json_array(longest_ns),
                     'keepalives', detail, 'connection', json_array(id))
  FROM (SELECT stack, other_stack, sum(count) AS count, max(longest_ns) AS longest_ns, detail, id
        FROM noted WHERE sort = 'broken' GROUP BY stack);

-- In the order in which it was released; what was not, was cut.
-- only if EXISTS (SELECT 1 FROM seen_habit WHERE sort = 'drained')
INSERT INTO found_note (sort, what, rank, stack, facts)
  SELECT 'drained', what, rank() OVER (ORDER BY what, first_ns IS NULL, first_ns), stack,
         json_object('pid', json_array(pid), 'site', stack, 'open', count, 'released', late, 'cut', count - late,
                     'first_ns', json_array(first_ns), 'last_ns', json_array(last_ns))
  FROM (SELECT n.what, p.pid, n.stack, sum(n.count) AS count, sum(n.late) AS late, min(n.first_ns) AS first_ns,
               max(n.last_ns) AS last_ns
        FROM noted n LEFT JOIN main.process p ON p.id = n.process WHERE n.sort = 'drained' GROUP BY n.what, n.stack);

-- One a pool, at the place that most were opened at.
INSERT INTO found_note (sort, what, rank, stack, facts)
  SELECT 'pool', what, rank() OVER (ORDER BY what), stack, json_object('pool', what, 'site', stack, 'connections', together)
  FROM (SELECT what, stack, sum(sum(count)) OVER (PARTITION BY what) AS together,
               row_number() OVER (PARTITION BY what ORDER BY sum(count) DESC, stack) AS number
        FROM noted WHERE sort = 'pool' GROUP BY what, stack) WHERE number = 1;

-- Pile-ups: the most that a call site had open at once, in one process.  Each of its stacks knows its own most, and from when
-- until when it was that; what several of them had at one time is added up.  (Results lie about until a garbage collector
-- comes: it takes more of them.)
-- only if EXISTS (SELECT 1 FROM main.pile)
INSERT INTO found_note (sort, what, worth, rank, stack, facts)
  WITH placed AS MATERIALIZED (
    SELECT p.*, dense_rank() OVER (ORDER BY p.kind, s.unit, s.function, s.file, s.line > 0, iif(s.line > 0, s.line, s."offset")) AS place
    FROM main.pile p JOIN site s ON s.stack = p.acquire_stack),
  moment AS (
    SELECT a.kind, a.place, a.acquire_stack AS stack, a.most AS own, a.most_ns, sum(b.most) AS most
    FROM placed a JOIN placed b ON b.place = a.place AND b.process = a.process AND b.most_ns <= a.most_ns
      AND (ifnull(b.until_ns > a.most_ns, 1) OR b.acquire_stack = a.acquire_stack)
    GROUP BY a.process, a.kind, a.acquire_stack),
  highest AS (
    SELECT kind, place, most, most_ns, first_value(stack) OVER (PARTITION BY place ORDER BY own DESC, stack) AS stack,
           row_number() OVER (PARTITION BY place ORDER BY most DESC, most_ns) AS number FROM moment)
  SELECT 'pile', kind, kind <> 'connection' AND most >= iif(kind = 'result', 100, 20), rank() OVER (ORDER BY kind_rank(kind), most DESC), stack,
         json_object('kind', kind, 'site', stack, 'most', most, 'at_ns', json_array(most_ns))
  FROM highest WHERE number = 1;

-- The callers in which the stacks of a note differ, by the first level outwards in which they do; what has no caller there
-- is not among them.
CREATE TEMP TABLE note_caller (note INTEGER, frame INTEGER, depth INTEGER, count);
-- only if EXISTS (SELECT 1 FROM found_note)
INSERT INTO note_caller
  WITH stack_of AS (
    SELECT f.number AS note, n.stack, count(*) OVER (PARTITION BY f.number) AS stacks
    FROM found_note f JOIN noted_stack n ON n.sort = f.sort AND n.what IS f.what AND n.shown = f.stack),
  call AS (
    SELECT s.note, s.stack, s.stacks, o.place, o.frame, o.depth,
           row_number() OVER (PARTITION BY s.note, s.stack ORDER BY w.level, o.depth) AS number
    FROM stack_of s CROSS JOIN wanted_own w ON w.stack = s.stack CROSS JOIN own_call o ON o.frame = w.frame
    WHERE s.stacks > 1),
  level AS (
    SELECT note, min(number) AS number FROM (
      SELECT note, number FROM call GROUP BY note, number HAVING count(DISTINCT place) > 1 OR count(*) < max(stacks))
    GROUP BY note)
  SELECT c.note, c.frame, min(c.depth), count(*)
  FROM level l JOIN call c ON c.note = l.note AND c.number = l.number GROUP BY c.note, c.place;
