-- SPDX-License-Identifier: PostgreSQL
-- A line a stack, as flamegraph.pl wants it: the program, its frames, the outermost first, with ';' between, and its weight.
SELECT line || ' ' || sum(value)
FROM (
  SELECT replace(v.program, ';', ':') || ifnull((
      SELECT group_concat(';' || name, '')
      FROM (SELECT replace(p.name, ';', ':') AS name FROM export_call c JOIN export_place p ON p.id = c.place
            WHERE c.stack = v.stack ORDER BY c.position)), ';(unknown)') AS line, v.value
  FROM export_choice o CROSS JOIN export_value v WHERE v.weight = o.weight AND v.value > 0)
GROUP BY line ORDER BY line;
