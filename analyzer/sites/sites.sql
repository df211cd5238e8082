-- SPDX-License-Identifier: PostgreSQL
-- The plain call site of each wanted stack, in words: the view call_site says which it is.

-- In the place of the view.
CREATE TEMP TABLE script_stack (stack INTEGER PRIMARY KEY, outermost INTEGER);
-- only if EXISTS (SELECT 1 FROM wanted_stack) AND EXISTS (SELECT 1 FROM main.script)
INSERT INTO script_stack
  SELECT w.stack, max(s.level)
  FROM wanted_stack w CROSS JOIN stack_frame s ON s.stack = w.stack JOIN frame f ON f.id = s.frame
  WHERE f.script IS NOT NULL GROUP BY w.stack;

CREATE TEMP TABLE stack_end (stack INTEGER PRIMARY KEY, level INTEGER, what, part);
-- only if EXISTS (SELECT 1 FROM wanted_stack)
INSERT INTO stack_end
  SELECT w.stack, min(r.level), r.what, r.part FROM wanted_stack w CROSS JOIN runner_call r ON r.stack = w.stack GROUP BY w.stack;

-- What the views stack_role and own_frame say of them, once: nested as they are, they take longer to prepare than to read.
CREATE TEMP TABLE wanted_role (stack INTEGER, level INTEGER, frame INTEGER, role, PRIMARY KEY (stack, level)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM wanted_stack)
INSERT INTO wanted_role
  SELECT r.stack, r.level, r.frame, r.role FROM wanted_stack w CROSS JOIN stack_role r ON r.stack = w.stack;
CREATE TEMP TABLE wanted_own (stack INTEGER, level INTEGER, frame INTEGER, PRIMARY KEY (stack, level)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM wanted_stack)
INSERT INTO wanted_own
  SELECT o.stack, o.level, o.frame FROM wanted_stack w CROSS JOIN own_frame o ON o.stack = w.stack;

CREATE TEMP TABLE site (
  stack INTEGER PRIMARY KEY, level INTEGER, frame INTEGER, depth INTEGER, unit, module, function, file, line, "offset", head, tail, text
);
-- only if EXISTS (SELECT 1 FROM wanted_stack)
INSERT INTO site
  SELECT s.stack, s.level, c.frame, c.depth, c.unit, c.module, c.function, c.file, c.line, c."offset", c.head, c.tail, c.text
  FROM wanted_stack w CROSS JOIN call_site s ON s.stack = w.stack
  JOIN frame_role f ON f.frame = s.frame JOIN frame_call c ON c.frame = f.frame AND c.depth = f.depth;

-- The function of the user's own that a test runner called: the test.  What its macro put around that is called only where
-- nothing else is known.
CREATE TEMP VIEW stack_test AS
  SELECT o.stack, max(o.level - 10000 * EXISTS (
      SELECT 1 FROM test_wrapper w JOIN frame_role r ON r.frame = o.frame
      JOIN frame_call c ON c.frame = r.frame AND c.depth = r.depth WHERE w.what = e.what AND c.function GLOB w.pattern)) AS rank,
    o.frame
  FROM stack_end e CROSS JOIN wanted_own o ON o.stack = e.stack WHERE e.part = 'test' GROUP BY o.stack;

-- The calls of a stack, innermost first by level and depth.  is_outside: of what runs the user's code, or beyond; ends: where
-- that begins, and what it is; NULL: nowhere.
CREATE TEMP VIEW stack_call AS
  SELECT s.stack, s.level, c.frame, c.depth, iif(c.role IN ('library', 'generated', 'jit'), s.role, c.role) AS role, c.language,
         c.unit, c.module, c."offset", c.function, c.file, c.line, c.symbols, c.head, c.tail, c.text,
         ifnull(s.level >= e.level, 0) OR c.role = 'runner' AS is_outside, e.what AS runner,
         ifnull(s.level > x.outermost AND is_start(ifnull(c.function, '')), 0) AS is_start
  FROM wanted_role s JOIN frame_call c ON c.frame = s.frame
  LEFT JOIN script_stack x ON x.stack = s.stack LEFT JOIN stack_end e ON e.stack = s.stack;
