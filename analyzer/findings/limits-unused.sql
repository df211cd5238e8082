-- SPDX-License-Identifier: PostgreSQL
-- The same of connections that are open, or were when their process ended.  Where events were lost nobody can tell.

INSERT INTO found_limit
  SELECT f.number, '--max-unused', 'unused', max(o.unused_ns), c.most_unused_ns, count(DISTINCT o.connection)
  FROM report_choice c CROSS JOIN open_connection o
  JOIN finding_member m ON m.kind = 'connection' AND m.process = o.process AND m.verdict = o.verdict AND m.state = o.state
    AND m.acquire_stack = o.acquire_stack AND m.acquire_function = o.acquire_function AND m.target = ifnull(o.target, 0)
  JOIN finding f ON f.group_number = m.group_number AND f.excused = ''
  WHERE o.unused_ns > c.most_unused_ns AND o.verdict <> 'cannot-tell'
  GROUP BY f.number;
