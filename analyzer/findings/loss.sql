-- SPDX-License-Identifier: PostgreSQL
-- Of each kind of which something was lost: how much was lost and how much was released by each stack, by its outcome.  Only
-- what came to the same outcome is compared: a failed connect with failed connects, the result of an error with such results.

CREATE TEMP TABLE stack_count (kind TEXT, outcome TEXT, stack INTEGER, lost, clean, PRIMARY KEY (kind, outcome, stack)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM tally WHERE NOT released)
INSERT INTO stack_count
  SELECT kind, outcome, acquire_stack, sum(count), 0 FROM tally_life
  WHERE lost AND verdict <> 'cannot-tell' -- what may have been released parts nothing
  GROUP BY kind, outcome, acquire_stack;
-- only if EXISTS (SELECT 1 FROM stack_count)
INSERT INTO stack_count
  SELECT kind, outcome, acquire_stack, 0, sum(count) FROM (
    SELECT kind, outcome, acquire_stack, count FROM main.fold
    UNION ALL -- by the child that took it over
    SELECT 'connection', '', c.acquire_stack, 1
    FROM handover h CROSS JOIN main.connection c ON c.id = h.connection CROSS JOIN main.connection i ON i.id = h.inherited
    WHERE c.state = 'connected' AND i.released_ns IS NOT NULL)
  WHERE (kind, outcome) IN (SELECT kind, outcome FROM stack_count)
  GROUP BY kind, outcome, acquire_stack
  ON CONFLICT DO UPDATE SET clean = excluded.clean;

-- The stacks that released tell who is to release.
CREATE TEMP VIEW loss_wants AS
  SELECT stack FROM stack_count
  UNION ALL
  SELECT f.release_stack FROM main.fold f WHERE (f.kind, f.outcome) IN (SELECT kind, outcome FROM stack_count)
  UNION ALL
  SELECT u.use_stack FROM report_choice c CROSS JOIN main.connection u
  WHERE c.stacks AND u.id IN (SELECT used_id FROM tally WHERE kind = 'connection');
