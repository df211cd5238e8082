-- SPDX-License-Identifier: PostgreSQL
-- What was lost and what was released, by stack, and room for who is to blame.  Needs TEMP TABLEs tally_life, stack_habit and
-- wanted_stack; the view own_call needs call as well.

DROP TABLE IF EXISTS temp.stack_count;
DROP TABLE IF EXISTS temp.stack_blame;
DROP TABLE IF EXISTS temp.separation;
DROP TABLE IF EXISTS temp.comparable;
DROP TABLE IF EXISTS temp.own_call;

CREATE TEMP TABLE stack_count (kind TEXT, stack INTEGER, lost, clean, PRIMARY KEY (kind, stack)) WITHOUT ROWID;
INSERT INTO stack_count
  SELECT kind, acquire_stack, sum(count), 0 FROM tally_life
  WHERE lost
  GROUP BY kind, acquire_stack;
INSERT INTO stack_count
  SELECT kind, acquire_stack, 0, released FROM (
    SELECT 'connection' AS kind, acquire_stack, sum(released) AS released FROM stack_habit WHERE released > 0 GROUP BY acquire_stack
    UNION ALL
    SELECT kind, acquire_stack, sum(count) FROM main.fold WHERE kind <> 'connection' GROUP BY kind, acquire_stack)
  WHERE kind IN (SELECT kind FROM stack_count)
  ON CONFLICT DO UPDATE SET clean = excluded.clean;
INSERT OR IGNORE INTO wanted_stack SELECT stack FROM stack_count;

-- Which call (frame and depth, at this level of the stack) is named for what was lost by this stack.
CREATE TEMP TABLE stack_blame (
  kind TEXT, stack INTEGER, level INTEGER, frame INTEGER, depth INTEGER, node INTEGER, PRIMARY KEY (kind, stack)
) WITHOUT ROWID;

-- A blamed place.  site_frame, site_depth: the plain call site; shared_frame, shared_depth: the call it has in common with
-- others, of which `callers` there are, `leaking` of them leak; NULL where it is told from none.
CREATE TEMP TABLE separation (
  node INTEGER PRIMARY KEY, scope INTEGER, levels, site_frame INTEGER, site_depth INTEGER, shared_frame INTEGER,
  shared_depth INTEGER, callers, leaking, lost, acquired, others_lost, others_acquired
);

-- The stacks by which was released what is comparable: by the same call site, or the same shared call.
CREATE TEMP TABLE comparable (scope INTEGER, kind TEXT, stack INTEGER, PRIMARY KEY (scope, kind, stack)) WITHOUT ROWID;

-- What may be the user's own code, each with a number for its place: one source line is one place, however many calls the
-- compiler made of it.  Filled when the frames are in words.
CREATE TEMP TABLE own_call (frame INTEGER, depth INTEGER, role, place, PRIMARY KEY (frame, depth)) WITHOUT ROWID;
