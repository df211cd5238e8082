-- SPDX-License-Identifier: PostgreSQL
-- What the page shows besides the report: which stacks, in which words.  Needs the tables of a report, its TEMP TABLE problem,
-- and those of analyzer/timeline and audit.sql.

CREATE TEMP TABLE page_line (number INTEGER PRIMARY KEY, text);
CREATE TEMP TABLE page_finding (number INTEGER PRIMARY KEY, title, text);

-- The stacks that opened most at each call site.
CREATE TEMP TABLE page_opening AS
  SELECT site, stack, what, count, left FROM (
    SELECT p.site, p.stack, p.what, p.count, p.left, row_number() OVER (PARTITION BY p.site ORDER BY p.left DESC, p.count DESC, p.stack) AS rank
    FROM timeline_place p WHERE p.count > 0 AND p.what IN (0, 3) AND p.site <= 200)
  WHERE rank <= 40;

CREATE TEMP TABLE page_stack (stack INTEGER PRIMARY KEY, calls);
INSERT OR IGNORE INTO page_stack (stack)
  SELECT stack FROM (
    SELECT acquire_stack AS stack FROM owned_connection WHERE id IN lane
    UNION ALL SELECT use_stack FROM owned_connection WHERE id IN lane
    UNION ALL SELECT release_stack FROM owned_connection WHERE id IN lane
    UNION ALL SELECT stack FROM page_opening
    UNION ALL SELECT s.stack FROM problem p JOIN problem_stack s ON s.number = p.number WHERE p.what IN ('misuse', 'note'))
  WHERE stack > 0 LIMIT 3000;

-- Each call once.  is_folded: it says nothing of what the program does.
CREATE TEMP TABLE page_call (id INTEGER PRIMARY KEY, frame INTEGER, depth INTEGER, role, language, is_folded, text);
INSERT INTO page_call (frame, depth, role, language, is_folded, text)
  SELECT DISTINCT c.frame, c.depth, c.role, c.language, c.role = 'interpreter' OR c.is_outside OR c.is_start,
         short_name(c.head) || c.tail
  FROM page_stack p JOIN stack_call c ON c.stack = p.stack;
CREATE UNIQUE INDEX temp.page_call_what ON page_call (frame, depth, role, is_folded);
UPDATE page_stack SET calls = (
  SELECT json_group_array(id) FROM (
    SELECT l.id - 1 AS id FROM stack_call c
    JOIN page_call l ON l.frame = c.frame AND l.depth = c.depth AND l.role = c.role
      AND l.is_folded = (c.role = 'interpreter' OR c.is_outside OR c.is_start)
    WHERE c.stack = page_stack.stack ORDER BY c.level, c.depth));

-- Who has what was not given back, or was abandoned: whoever used it last.
CREATE TEMP TABLE page_borrower AS
  SELECT site, name, count FROM (
    SELECT site, name, count(*) AS count, row_number() OVER (PARTITION BY site ORDER BY count(*) DESC, name) AS rank
    FROM (SELECT p.site, ifnull(short_name(s.head) || s.tail, iif(c.use_stack IS NULL, 'nobody: it was never used', 'an unknown place')) AS name
          FROM (SELECT id FROM main.connection WHERE released_ns IS NULL AND state = 'connected' UNION SELECT connection FROM abandoned) x
          CROSS JOIN main.connection c ON c.id = x.id LEFT JOIN abandoned a ON a.connection = c.id
          JOIN timeline_place p ON p.stack = ifnull(a.head, c.acquire_stack) AND p.what = iif(a.head IS NULL, 0, 3)
          LEFT JOIN site s ON s.stack = c.use_stack)
    GROUP BY site, name)
  WHERE rank <= 12;
