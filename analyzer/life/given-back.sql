-- SPDX-License-Identifier: PostgreSQL
-- Fills in the tables of manner.sql.

-- only if EXISTS (SELECT 1 FROM runtime)
INSERT INTO released_by
  SELECT stack, manner FROM stack_manner WHERE stack IN (SELECT DISTINCT release_stack FROM main.fold);

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
