-- SPDX-License-Identifier: PostgreSQL
-- For a timeline: the stacks by which connections were opened, and the connections that are shown one by one.

-- All of them, for a call site that gives everything back is shown too.
CREATE TEMP TABLE opened_stack (stack INTEGER PRIMARY KEY);
INSERT INTO opened_stack SELECT DISTINCT acquire_stack FROM main.connection WHERE state <> 'inherited';

-- All where there are few.  Else those that tell most, some of each stack: never given back, perhaps abandoned, gone when
-- used, held longest, the first ones.
CREATE TEMP TABLE lane (connection INTEGER PRIMARY KEY);
INSERT INTO lane
  WITH size AS MATERIALIZED (
    SELECT count(*) <= 400 AS is_small FROM (SELECT 1 FROM main.connection WHERE state <> 'inherited' LIMIT 401)),
  candidate AS (
    SELECT id, 0 AS rank FROM size CROSS JOIN main.connection WHERE is_small AND state <> 'inherited'
    UNION ALL
    SELECT id, row_number() OVER (PARTITION BY acquire_stack, state ORDER BY id)
    FROM (SELECT id, acquire_stack, state FROM size CROSS JOIN main.connection
          WHERE NOT is_small AND released_ns IS NULL AND state <> 'inherited' LIMIT 20000)
    UNION ALL
    SELECT id, row_number() OVER (PARTITION BY acquire_stack, use_stack ORDER BY id)
    FROM (SELECT c.id, c.acquire_stack, c.use_stack FROM size CROSS JOIN perhaps_abandoned a CROSS JOIN main.connection c ON c.id = a.connection
          WHERE NOT is_small LIMIT 20000)
    UNION ALL
    SELECT longest_id, 1 FROM size CROSS JOIN stack_habit WHERE NOT is_small AND longest_id > 0
    UNION ALL
    SELECT broken_id, 1 FROM size CROSS JOIN stack_habit WHERE NOT is_small AND broken_id > 0
    UNION ALL
    SELECT first_id, 2 FROM size CROSS JOIN tally WHERE NOT is_small AND kind = 'connection' AND state <> 'inherited')
  SELECT id FROM candidate GROUP BY id ORDER BY min(rank), id LIMIT 400;

CREATE TEMP VIEW lanes_wants AS
  SELECT stack FROM opened_stack
  UNION ALL
  SELECT DISTINCT use_stack FROM main.connection WHERE released_ns IS NULL AND use_stack IS NOT NULL -- who has it now
  UNION ALL
  SELECT use_stack FROM owned_connection WHERE id IN lane
  UNION ALL
  SELECT release_stack FROM owned_connection WHERE id IN lane
  UNION ALL
  SELECT broken_stack FROM main.connection WHERE id IN lane
  UNION ALL
  SELECT stack FROM main.reset WHERE connection IN lane;
