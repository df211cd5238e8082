-- SPDX-License-Identifier: PostgreSQL
-- What is to be named: where they were opened, and what may be the same place; where they were last used, and others like
-- them used again; and what piled up.

-- only if EXISTS (SELECT 1 FROM perhaps_abandoned)
INSERT INTO life_wants
  SELECT iif(n.first, c.acquire_stack, c.use_stack)
  FROM perhaps_abandoned a CROSS JOIN main.connection c ON c.id = a.connection CROSS JOIN (SELECT 0 AS first UNION ALL SELECT 1) n;
-- only if EXISTS (SELECT 1 FROM perhaps_late)
INSERT INTO life_wants
  SELECT iif(n.first, c.before_stack, c.use_stack)
  FROM perhaps_late a CROSS JOIN main.connection c ON c.id = a.connection CROSS JOIN (SELECT 0 AS first UNION ALL SELECT 1) n;
-- only if EXISTS (SELECT 1 FROM perhaps_kept)
INSERT INTO life_wants
  SELECT iif(n.first, c.before_stack, c.use_stack)
  FROM perhaps_kept a CROSS JOIN main.connection c ON c.process = a.process CROSS JOIN (SELECT 0 AS first UNION ALL SELECT 1) n;

-- only if EXISTS (SELECT 1 FROM life_sign)
INSERT INTO life_wants
  SELECT iif(n.first, r.use_stack, r.inside_stack) FROM main.reuse r CROSS JOIN (SELECT 0 AS first UNION ALL SELECT 1) n
  WHERE EXISTS (SELECT 1 FROM life_sign);
-- only if EXISTS (SELECT 1 FROM life_sign)
INSERT INTO life_wants
  SELECT acquire_stack FROM main.fold WHERE kind = 'connection' AND EXISTS (SELECT 1 FROM life_sign)
  UNION SELECT acquire_stack FROM tally WHERE kind = 'connection' AND NOT released AND EXISTS (SELECT 1 FROM life_sign);

-- only if EXISTS (SELECT 1 FROM gated WHERE kind <> 'connection' AND verdict IN ('exit', 'thread', 'collector'))
INSERT INTO life_wants
  SELECT f.acquire_stack FROM gated g CROSS JOIN main.fold f ON f.kind = g.kind
  WHERE g.kind <> 'connection' AND g.verdict IN ('exit', 'thread', 'collector');
-- only if EXISTS (SELECT 1 FROM main.pile)
INSERT INTO life_wants
  SELECT p.acquire_stack FROM report_choice c CROSS JOIN main.pile p
  WHERE c.stacks OR c.everything OR p.kind = 'connection' OR p.most >= 20;
