-- SPDX-License-Identifier: PostgreSQL
-- Of each kind of which something was lost: how much was lost and how much was released by each stack.

CREATE TEMP TABLE stack_count (kind TEXT, stack INTEGER, lost, clean, PRIMARY KEY (kind, stack)) WITHOUT ROWID;
INSERT INTO stack_count
  SELECT kind, acquire_stack, sum(count), 0 FROM tally_life
  WHERE lost AND verdict <> 'cannot-tell' -- what may have been released parts nothing
  GROUP BY kind, acquire_stack;
INSERT INTO stack_count
  SELECT kind, acquire_stack, 0, released FROM (
    SELECT 'connection' AS kind, acquire_stack, sum(released) AS released FROM stack_habit WHERE released > 0 GROUP BY acquire_stack
    UNION ALL
    SELECT kind, acquire_stack, sum(count) FROM main.fold WHERE kind <> 'connection' GROUP BY kind, acquire_stack)
  WHERE kind IN (SELECT kind FROM stack_count)
  ON CONFLICT DO UPDATE SET clean = excluded.clean;

CREATE TEMP VIEW loss_wants AS
  SELECT stack FROM stack_count
  UNION ALL
  SELECT f.release_stack FROM report_choice c CROSS JOIN main.fold f
  WHERE c.stacks AND (f.kind, f.acquire_stack) IN (SELECT kind, stack FROM stack_count)
  UNION ALL
  SELECT u.use_stack FROM report_choice c CROSS JOIN main.connection u
  WHERE c.stacks AND u.id IN (SELECT used_id FROM tally WHERE kind = 'connection');
