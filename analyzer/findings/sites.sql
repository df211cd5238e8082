-- SPDX-License-Identifier: PostgreSQL
-- The plain call site of each wanted stack, in words: the view call_site says which it is.

-- In the place of the view.
CREATE TEMP TABLE script_stack (stack INTEGER PRIMARY KEY, outermost INTEGER);
INSERT INTO script_stack
  SELECT w.stack, max(s.level)
  FROM wanted_stack w CROSS JOIN stack_frame s ON s.stack = w.stack JOIN frame f ON f.id = s.frame
  WHERE f.script IS NOT NULL GROUP BY w.stack;

CREATE TEMP TABLE site (
  stack INTEGER PRIMARY KEY, level INTEGER, frame INTEGER, depth INTEGER, unit, module, function, file, line, "offset", head, tail, text
);
INSERT INTO site
  SELECT s.stack, s.level, c.frame, c.depth, c.unit, c.module, c.function, c.file, c.line, c."offset", c.head, c.tail, c.text
  FROM wanted_stack w CROSS JOIN call_site s ON s.stack = w.stack
  JOIN frame_role f ON f.frame = s.frame JOIN frame_call c ON c.frame = f.frame AND c.depth = f.depth;

-- The calls of a stack, innermost first by level and depth.  outermost: the level of its outermost script; -1: it runs none.
CREATE TEMP VIEW stack_call AS
  SELECT s.stack, s.level, c.*, ifnull(x.outermost, -1) AS outermost
  FROM stack_frame s JOIN frame_call c ON c.frame = s.frame LEFT JOIN script_stack x ON x.stack = s.stack;
