-- SPDX-License-Identifier: PostgreSQL
-- Who is to blame for what was lost: what blame.c reads, and where it writes what separate() says.

-- What may be the user's own code, each with a number for its place: one source line is one place, however many calls the
-- compiler made of it.
CREATE TEMP TABLE own_call (frame INTEGER, depth INTEGER, place, PRIMARY KEY (frame, depth)) WITHOUT ROWID;
INSERT INTO own_call
  SELECT frame, depth, dense_rank() OVER (ORDER BY unit, function, file, line > 0, iif(line > 0, line, "offset"),
                                                   iif(line > 0, 0, depth))
  FROM frame_call WHERE role <> 'driver' AND NOT is_start(ifnull(function, ''));

-- The places of each stack, from the call site outwards.
CREATE TEMP VIEW stack_place AS
  SELECT c.kind, c.stack, c.lost, c.clean, f.level, o.frame, o.depth, o.place
  FROM stack_count c CROSS JOIN own_frame f ON f.stack = c.stack CROSS JOIN own_call o ON o.frame = f.frame;

-- Which call (frame and depth, at this level of the stack) is named for what was lost by this stack: the plain call site,
-- until blame.c knows better; it knows nothing better of a stack without code of the user's own.
CREATE TEMP TABLE stack_blame (
  kind TEXT, stack INTEGER, level INTEGER, frame INTEGER, depth INTEGER, node INTEGER, PRIMARY KEY (kind, stack)
) WITHOUT ROWID;
INSERT INTO stack_blame
  SELECT c.kind, c.stack, s.level, s.frame, s.depth, NULL FROM stack_count c JOIN site s ON s.stack = c.stack WHERE c.lost > 0;

-- A blamed place.  site_frame, site_depth: the plain call site; shared_frame, shared_depth: the call it has in common with
-- others, of which `callers` there are, `leaking` of them leak; NULL where it is told from none.  scope_first, scope_level:
-- a number for what it is compared with.
CREATE TEMP TABLE separation (
  node INTEGER PRIMARY KEY, scope_first INTEGER, scope_level INTEGER, levels, site_frame INTEGER, site_depth INTEGER,
  shared_frame INTEGER, shared_depth INTEGER, callers, leaking, lost, acquired, others_lost, others_acquired
);

-- The stacks by which was released what is comparable: by the same call site, or the same shared call.
CREATE TEMP TABLE comparable (
  scope_first INTEGER, scope_level INTEGER, kind TEXT, stack INTEGER, PRIMARY KEY (scope_first, scope_level, kind, stack)
) WITHOUT ROWID;
