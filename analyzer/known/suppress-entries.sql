-- SPDX-License-Identifier: PostgreSQL
-- One entry for each kind and path of what was found and is not excused: the first function with a name, how many, and a
-- pattern for each frame of the path as a JSON array: [text, whether it is a function's name and not a file's, whether
-- others may stand before it].  NULL: the path has no name to match.
WITH found AS (
  SELECT 'leak' AS what, m.kind, m.acquire_function AS called, m.acquire_stack AS stack, sum(m.count) AS count, min(f.number) AS place
  FROM finding f JOIN finding_level j ON j.number = f.number AND j.level <> 'note'
  JOIN finding_member m ON m.group_number = f.group_number
  GROUP BY m.kind, m.acquire_function, m.acquire_stack
  UNION ALL
  SELECT 'misuse', kind, function, stack, sum(count), 1000000000
  FROM found_misuse WHERE level = 'error' GROUP BY kind, function, stack),
frame AS ( -- numbered from the call of libpq
  SELECT s.stack, c.level, c.depth, c.function, c.unit, row_number() OVER (PARTITION BY s.stack ORDER BY c.level, c.depth) AS number
  FROM (SELECT DISTINCT stack FROM found) s JOIN stack_call c ON c.stack = s.stack),
step AS (
  SELECT p.stack, p.place, p.named, p.name, f.function, f.unit, f.number - lag(f.number, 1, 0) OVER (PARTITION BY p.stack ORDER BY p.place) > 1 AS apart
  FROM path_step p JOIN frame f ON f.stack = p.stack AND f.level = p.level AND f.depth = p.depth),
entry AS (
  SELECT stack, max(named) AS named, min(iif(named, place, NULL)) AS first,
         json_group_array(json_array(ifnull(function, basename(unit)), function IS NOT NULL, apart)) AS frames
  FROM (SELECT * FROM step ORDER BY stack, place) GROUP BY stack)
SELECT f.what, f.kind, f.called, s.function, basename(s.unit), s.unit GLOB '*/*', sum(f.count), iif(e.named, e.frames, NULL) AS frames,
       (SELECT name FROM path_step p WHERE p.stack = f.stack AND p.place = 1) AS name
FROM found f LEFT JOIN entry e ON e.stack = f.stack LEFT JOIN step s ON s.stack = e.stack AND s.place = e.first
GROUP BY f.what, f.kind, f.called, frames, name, s.unit ORDER BY min(f.place), f.what, f.kind, f.called, name, frames
