-- SPDX-License-Identifier: PostgreSQL
-- Transactions that were left idle: open, with no statement at work, for as long as is worth telling.  Of those that ended
-- the trace knows the longest gap by stack; those that are open now, or were at the end, stand one by one.

-- longest_ns: the longest time without a use; idle_stack: the call before it; resource: NULL: it has ended.
CREATE TEMP TABLE idle_transaction (
  process INTEGER, stack INTEGER, target, longest_ns, idle_stack, resource, acquired_ns, used_ns
);
-- only if EXISTS (SELECT 1 FROM main.fold WHERE kind = 'transaction')
-- only if EXISTS (SELECT 1 FROM main.fold WHERE longest_idle_ns > 0)
INSERT INTO idle_transaction
  SELECT f.process, f.acquire_stack,
         iif(c.group_by = 'database', -- of what has ended it is known only where there is one
             (SELECT min(n.target) FROM main.connection n WHERE n.process = f.process HAVING count(DISTINCT n.target) = 1), NULL),
         f.longest_idle_ns, f.idle_stack, NULL, NULL, NULL
  FROM report_choice c CROSS JOIN main.fold f WHERE f.kind = 'transaction' AND f.longest_idle_ns >= c.idle_ns;
-- only if EXISTS (SELECT 1 FROM open_transaction)
-- only if EXISTS (SELECT 1 FROM open_transaction)
INSERT INTO idle_transaction
  SELECT o.process, o.acquire_stack, n.target, o.longest_idle_ns, o.idle_stack, o.resource, o.acquired_ns, o.used_ns
  FROM report_choice c CROSS JOIN open_transaction o LEFT JOIN main.connection n ON n.id = o.connection
  WHERE o.longest_idle_ns >= c.idle_ns;

-- In the columns of tally_life.  Nobody knows which function began one that has ended.
CREATE TEMP VIEW idle_life AS
  SELECT 'transaction' AS kind, process, stack AS acquire_stack, 'BEGIN' AS acquire_function, ifnull(target, 0) AS target,
         -1 AS transaction_status, '' AS state, 0 AS released, count(*) AS count, min(acquired_ns) AS first_ns,
         max(acquired_ns) AS last_ns, max(used_ns) AS used_ns, min(resource) AS first_id, NULL AS used_id, 0 AS rows, 0 AS bytes,
         0 AS outlived, 'idle-in-transaction' AS verdict, '' AS outcome, 1 AS lost
  FROM idle_transaction GROUP BY process, stack, target;
