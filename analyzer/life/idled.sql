-- SPDX-License-Identifier: PostgreSQL
-- What is told of findings of idle transactions, besides where they begin.

-- longest_ns, idle_stack: of the one that was idle longest; open: so many had not ended; begun: so many transactions there
-- were in all.
CREATE TEMP TABLE finding_idle (number INTEGER PRIMARY KEY, longest_ns, idle_stack INTEGER, open, begun);
-- only if EXISTS (SELECT 1 FROM idle_transaction)
-- only if EXISTS (SELECT 1 FROM idle_transaction)
INSERT INTO finding_idle
  WITH place AS MATERIALIZED (
    SELECT DISTINCT f.number, m.process, m.acquire_stack AS stack
    FROM finding f JOIN finding_member m ON m.group_number = f.group_number WHERE f.verdict = 'idle-in-transaction'),
  begun AS (
    SELECT p.number, sum((SELECT ifnull(sum(f.count), 0) FROM main.fold f
                          WHERE f.process = p.process AND f.kind = 'transaction' AND f.acquire_stack = p.stack)
                         + (SELECT count(*) FROM main.resource r
                            WHERE r.process = p.process AND r.kind = 'transaction' AND r.acquire_stack = p.stack)) AS count
    FROM place p GROUP BY p.number)
  SELECT p.number, max(i.longest_ns), i.idle_stack, count(i.resource), b.count
  FROM place p JOIN idle_transaction i ON i.process = p.process AND i.stack = p.stack JOIN begun b ON b.number = p.number
  GROUP BY p.number;
