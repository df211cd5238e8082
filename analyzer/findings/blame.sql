-- SPDX-License-Identifier: PostgreSQL
-- Who is to blame for what was lost: what blame.c reads, and where it writes what separate() says.

-- What is compared: what was lost, and what was abandoned, each with its like.
CREATE TEMP VIEW compared_count AS SELECT * FROM stack_count UNION ALL SELECT * FROM life_count;

-- What speaks for a stack: what may be the user's own code, or where there is none a driver's call, the call site.
CREATE TEMP VIEW speaking_frame AS
  SELECT stack, level, frame FROM wanted_own
  UNION ALL
  SELECT i.stack, i.level, i.frame FROM site i WHERE NOT EXISTS (SELECT 1 FROM wanted_own o WHERE o.stack = i.stack);

-- These calls, each with a number for its place: one source line is one place, however many calls the
-- compiler made of it.
CREATE TEMP TABLE own_call (frame INTEGER, depth INTEGER, place, function, PRIMARY KEY (frame, depth)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM frame_call)
INSERT INTO own_call
  SELECT frame, depth, dense_rank() OVER (ORDER BY unit, function, file, line > 0, iif(line > 0, line, "offset"),
                                                   iif(line > 0, 0, depth)),
         -- Code without a name is the same only where it is the same place.
         dense_rank() OVER (ORDER BY unit, function, iif(function IS NULL, frame, 0), iif(function IS NULL, depth, 0))
  FROM frame_call WHERE role NOT IN ('driver', 'runner') AND NOT is_start(ifnull(function, ''))
    OR (frame, depth) IN (SELECT i.frame, i.depth FROM site i JOIN speaking_frame f ON f.stack = i.stack AND f.frame = i.frame);

-- The whole way to what was lost: the places of a stack, each once, so that the depth of a recursion is no matter.
CREATE TEMP TABLE stack_way (stack INTEGER PRIMARY KEY, way TEXT NOT NULL);
-- only if EXISTS (SELECT 1 FROM compared_count)
INSERT INTO stack_way
  SELECT stack, group_concat(place, ' ') FROM (
    SELECT f.stack, o.place FROM (SELECT DISTINCT stack FROM compared_count WHERE lost > 0) c
    CROSS JOIN speaking_frame f ON f.stack = c.stack CROSS JOIN own_call o ON o.frame = f.frame
    GROUP BY f.stack, o.place ORDER BY f.stack, min(f.level * 1000 + o.depth))
  GROUP BY stack;

-- What was the only one of its kind that came by its way in its process and was not given back: a correct program may hold
-- one as long as it lives.
CREATE TEMP TABLE held_once (kind TEXT, process INTEGER, stack INTEGER, outcome TEXT, PRIMARY KEY (kind, process, stack)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM stack_count)
INSERT INTO held_once
  SELECT kind, process, acquire_stack, outcome FROM (
    SELECT t.kind, t.process, t.acquire_stack, t.outcome,
           sum(t.count) OVER (PARTITION BY t.kind, t.process, ifnull(w.way, -t.acquire_stack)) AS together
    FROM tally_life t LEFT JOIN stack_way w ON w.stack = t.acquire_stack WHERE t.lost AND t.verdict <> 'cannot-tell')
  WHERE together = 1;

CREATE TEMP TABLE stack_held (kind TEXT, outcome TEXT, stack INTEGER, held, PRIMARY KEY (kind, outcome, stack)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM held_once)
INSERT INTO stack_held SELECT kind, outcome, stack, count(*) FROM held_once GROUP BY kind, outcome, stack;

-- The places of each stack, from the call site outwards.
CREATE TEMP VIEW stack_place AS
  SELECT c.kind, c.outcome, c.stack, c.lost, ifnull(h.held, 0) AS held, c.clean, f.level, o.frame, o.depth, o.place, o.function
  FROM compared_count c LEFT JOIN stack_held h ON h.kind = c.kind AND h.outcome = c.outcome AND h.stack = c.stack
  CROSS JOIN speaking_frame f ON f.stack = c.stack CROSS JOIN own_call o ON o.frame = f.frame;

-- Which call (frame and depth, at this level of the stack) is named for what was lost by this stack: the plain call site,
-- until blame.c knows better.
CREATE TEMP TABLE stack_blame (
  kind TEXT, outcome TEXT, stack INTEGER, level INTEGER, frame INTEGER, depth INTEGER, node INTEGER,
  PRIMARY KEY (kind, outcome, stack)
) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM compared_count)
INSERT INTO stack_blame
  SELECT c.kind, c.outcome, c.stack, s.level, s.frame, s.depth, NULL FROM compared_count c JOIN site s ON s.stack = c.stack WHERE c.lost > 0;

-- A blamed place.  site_frame, site_depth: the plain call site; shared_frame, shared_depth: the call it has in common with
-- others, of which `callers` there are, `leaking` of them leak; NULL where it is told from none.  scope_first, scope_level:
-- a number for what it is compared with.
CREATE TEMP TABLE separation (
  node INTEGER PRIMARY KEY, scope_first INTEGER, scope_level INTEGER, levels, site_frame INTEGER, site_depth INTEGER,
  shared_frame INTEGER, shared_depth INTEGER, callers, leaking, lost, acquired, others_lost, others_acquired
);

-- The stacks by which was released what is comparable: by the same call site, or the same shared call.
CREATE TEMP TABLE comparable (
  scope_first INTEGER, scope_level INTEGER, kind TEXT, outcome TEXT, stack INTEGER,
  PRIMARY KEY (scope_first, scope_level, kind, outcome, stack)
) WITHOUT ROWID;
