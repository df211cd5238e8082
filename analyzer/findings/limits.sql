-- SPDX-License-Identifier: PostgreSQL
-- What breaks a limit: a time that was asked for.  One row a finding, and not of what is excused; count: of so many.

CREATE TEMP TABLE found_limit (number INTEGER PRIMARY KEY, option TEXT, what TEXT, longest_ns, most_ns, count);
-- only if EXISTS (SELECT 1 FROM finding_idle)
-- only if EXISTS (SELECT 1 FROM finding_idle)
INSERT INTO found_limit
  SELECT i.number, '--max-idle-in-transaction', 'idle in transaction', i.longest_ns, c.most_idle_ns, f.count
  FROM report_choice c CROSS JOIN finding_idle i JOIN finding f ON f.number = i.number
  WHERE i.longest_ns > c.most_idle_ns AND f.excused = '';
