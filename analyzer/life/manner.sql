-- SPDX-License-Identifier: PostgreSQL
-- How what was released was given back: by the code, the end of the process, a thread's end, or a garbage collector.  What
-- tells stands in the view manner.

-- In the place of the view stack_manner: of the stacks that released something.
CREATE TEMP TABLE released_by (stack INTEGER PRIMARY KEY, manner TEXT NOT NULL);
INSERT INTO released_by
  SELECT stack, manner FROM stack_manner WHERE stack IN (SELECT DISTINCT release_stack FROM main.fold);

-- Of what was released where nobody saw it (another process took it over, or its address came back) it is not known.
CREATE TEMP TABLE manner_count (kind TEXT, manner TEXT, count, PRIMARY KEY (kind, manner)) WITHOUT ROWID;
INSERT INTO manner_count
  SELECT f.kind, r.manner, sum(f.count) FROM main.fold f JOIN released_by r ON r.stack = f.release_stack GROUP BY f.kind, r.manner;
INSERT INTO manner_count
  SELECT t.kind, 'unknown', t.count - t.told
  FROM (SELECT kind, sum(count) AS count, (SELECT ifnull(sum(m.count), 0) FROM manner_count m WHERE m.kind = l.kind) AS told
        FROM tally_life l WHERE verdict = 'released' GROUP BY kind) t
  WHERE t.count > t.told
  ON CONFLICT DO UPDATE SET count = count + excluded.count;
