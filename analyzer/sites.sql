-- SPDX-License-Identifier: PostgreSQL
-- The call site of each wanted stack, in words: TEMP TABLE site.  Needs TEMP TABLE wanted_stack and the views of
-- calls.sql; symbols are looked up before.

DROP TABLE IF EXISTS temp.site;
CREATE TEMP TABLE site (stack INTEGER PRIMARY KEY, frame, module, function, file, line, "offset", head, tail, text);
INSERT INTO site
  SELECT c.stack, c.frame, t.module, t.function, t.file, t.line, t."offset", t.head, t.tail,
         (SELECT x.text FROM frame_text x WHERE x.frame = c.frame)
  FROM call_site c JOIN frame_function n ON n.frame = c.frame JOIN call t ON t.frame = n.frame AND t.depth = n.depth
  WHERE c.stack IN (SELECT stack FROM wanted_stack);

