-- SPDX-License-Identifier: PostgreSQL
-- The plain call site of each wanted stack, in words.  As the view call_site.

-- The levels of a stack's outermost script, or NULL, and of its outermost frame.
CREATE TEMP TABLE reach (stack INTEGER PRIMARY KEY, outermost INTEGER, last INTEGER);
INSERT INTO reach
  SELECT w.stack, max(iif(f.scripted, s.level, NULL)), max(s.level)
  FROM wanted_stack w CROSS JOIN stack_frame s ON s.stack = w.stack JOIN call_frame f ON f.frame = s.frame
  GROUP BY w.stack;

CREATE TEMP TABLE site (
  stack INTEGER PRIMARY KEY, level INTEGER, frame INTEGER, depth INTEGER, unit, module, function, file, line, "offset", head, tail, text
);
INSERT INTO site
  WITH own AS (
    SELECT r.stack, coalesce(min(iif(f.role = 'script' OR f.role = 'native' AND ifnull(s.level < r.outermost, 1)
                                       OR f.role = 'interpreter' AND r.outermost IS NULL, s.level, NULL)),
                             r.outermost, r.last) AS level
    FROM reach r CROSS JOIN stack_frame s ON s.stack = r.stack JOIN call_frame f ON f.frame = s.frame
    GROUP BY r.stack)
  SELECT o.stack, o.level, c.frame, c.depth, c.unit, c.module, c.function, c.file, c.line, c."offset", c.head, c.tail, c.text
  FROM own o CROSS JOIN stack_frame s ON s.stack = o.stack AND s.level = o.level
  JOIN call_frame f ON f.frame = s.frame JOIN frame_call c ON c.frame = f.frame AND c.depth = f.depth;
