-- SPDX-License-Identifier: PostgreSQL
-- Two sides, 1 before and 2 after, compared.

CREATE VIEW compared AS
  SELECT n.number, n.kind, n.fate, n.key, ifnull(b.count, 0) AS before, ifnull(a.count, 0) AS after,
         CASE WHEN b.count IS NULL THEN 'new' WHEN a.count IS NULL THEN 'gone' WHEN a.count > b.count THEN 'grown'
              WHEN a.count < b.count THEN 'shrunk' ELSE 'unchanged' END AS change,
         -- As the later of the two calls it.
         iif(a.key IS NULL, b.site, a.site) AS site, iif(a.key IS NULL, b.function, a.function) AS function,
         iif(a.key IS NULL, b.file, a.file) AS file, iif(a.key IS NULL, b.line, a.line) AS line
  FROM (SELECT min(rowid) AS number, kind, fate, key FROM side GROUP BY kind, fate, key) n
  LEFT JOIN side b ON b.side = 1 AND b.kind = n.kind AND b.fate = n.fate AND b.key = n.key
  LEFT JOIN side a ON a.side = 2 AND a.kind = n.kind AND a.fate = n.fate AND a.key = n.key;

CREATE VIEW change AS
  SELECT column1 AS change, column2 AS rank FROM (VALUES ('new', 1), ('grown', 2), ('shrunk', 3), ('gone', 4), ('unchanged', 5));
