-- SPDX-License-Identifier: PostgreSQL
-- Fills in the tables of manner.sql.

-- only if EXISTS (SELECT 1 FROM runtime)
INSERT INTO released_by
  SELECT stack, manner FROM stack_manner WHERE stack IN (
    SELECT release_stack FROM main.fold UNION SELECT c.use_stack FROM perhaps_late l CROSS JOIN main.connection c ON c.id = l.connection
    UNION SELECT c.use_stack FROM perhaps_kept k CROSS JOIN main.connection c ON c.process = k.process
    UNION SELECT use_stack FROM main.reuse WHERE (SELECT max(sign) FROM life_sign));

-- only if EXISTS (SELECT 1 FROM perhaps_late) OR EXISTS (SELECT 1 FROM perhaps_kept)
INSERT INTO late_use
  WITH turn AS (
    SELECT connection FROM perhaps_late
    UNION SELECT c.id FROM perhaps_kept k CROSS JOIN main.connection c ON c.process = k.process WHERE c.before_event > 0)
  SELECT c.id FROM turn t CROSS JOIN main.connection c ON c.id = t.connection JOIN main.process p ON p.id = c.process
  WHERE c.use_stack IN (SELECT stack FROM released_by WHERE manner IN ('exit', 'thread', 'collector'))
    OR c.use_thread = p.pid AND EXISTS (SELECT 1 FROM stack_without_main m WHERE m.stack = c.use_stack AND p.exe GLOB m.exe);

-- only if EXISTS (SELECT 1 FROM released_by)
INSERT INTO manner_count
  SELECT f.kind, r.manner, sum(f.count) FROM main.fold f JOIN released_by r ON r.stack = f.release_stack GROUP BY f.kind, r.manner;
-- only if EXISTS (SELECT 1 FROM tally WHERE released)
INSERT INTO manner_count
  SELECT t.kind, 'unknown', t.count - t.told
  FROM (SELECT kind, sum(count) AS count, (SELECT ifnull(sum(m.count), 0) FROM manner_count m WHERE m.kind = l.kind) AS told
        FROM tally_life l WHERE verdict = 'released' GROUP BY kind) t
  WHERE t.count > t.told
  ON CONFLICT DO UPDATE SET count = count + excluded.count;
