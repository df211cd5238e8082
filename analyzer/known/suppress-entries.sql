-- SPDX-License-Identifier: PostgreSQL
-- One entry for each function that something was found in, by kind; of a script's own level, for its file.
WITH found AS (
  SELECT 'leak' AS what, f.kind, w.frame, w.depth, f.count, f.number AS place
  FROM finding f JOIN finding_stack w ON w.number = f.number
  JOIN finding_level j ON j.number = f.number AND j.level <> 'note'
  UNION ALL
  SELECT 'misuse', m.kind, s.frame, s.depth, m.count, 1000000000
  FROM found_misuse m JOIN site s ON s.stack = m.stack WHERE m.level = 'error')
SELECT f.what, f.kind, c.function, basename(c.unit), sum(f.count), c.language IS NOT NULL, c.unit GLOB '*/*'
FROM found f LEFT JOIN frame_call c ON c.frame = f.frame AND c.depth = f.depth
GROUP BY f.what, f.kind, c.function, c.unit ORDER BY min(f.place), f.what, f.kind, c.function, c.unit
