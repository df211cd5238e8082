-- SPDX-License-Identifier: PostgreSQL
-- What of the findings fails a check.  It is judged here and nowhere else: the exit status, the levels in all forms and the
-- words of a text report come from these tables.

-- How grave a finding is.  error: it fails the check; warning: it leaked, but is tolerated or no reason to fail; note: it
-- is excused, forgiven, or was not lost.
CREATE TEMP TABLE finding_level (number INTEGER PRIMARY KEY, level TEXT NOT NULL, gated, forgiven);
INSERT INTO finding_level
  WITH judged AS (
    SELECT f.number, f.verdict, f.count, f.lost, f.excused <> '' OR c.allow_held AND f.shape = 'held at exit' AS forgiven,
           g.kind IS NOT NULL AND f.lost AS gated
    FROM finding f CROSS JOIN report_choice c LEFT JOIN gated g ON g.kind = f.kind AND g.verdict = f.verdict),
  counted AS (SELECT *, sum(iif(gated AND NOT forgiven, count, 0)) OVER () AS failing FROM judged)
  SELECT j.number, CASE WHEN j.forgiven THEN 'note' WHEN j.gated THEN iif(j.failing > c.tolerated, 'error', 'warning')
                        WHEN j.lost AND j.verdict = 'leaked' THEN 'warning' ELSE 'note' END, j.gated, j.forgiven
  FROM counted j CROSS JOIN report_choice c;

CREATE TEMP TABLE found_misuse AS
  SELECT m.*, ifnull(e.how, '') AS excused, iif(e.how IS NULL AND g.kind IS NOT NULL, 'error', 'note') AS level
  FROM misuse_group m LEFT JOIN excuse e ON e.kind = m.kind AND e.verdict = 'misuse' AND e.stack = m.stack
  LEFT JOIN gated g ON g.kind = m.kind AND g.verdict = 'misuse';

-- fails: the check does, whatever the trace may lack; failing: so many resources would, and `forgiven` more that
-- --allow-held-at-exit forgives, were none tolerated.
CREATE TEMP TABLE gate_outcome AS
  SELECT EXISTS (SELECT 1 FROM finding_level WHERE level = 'error') OR EXISTS (SELECT 1 FROM found_misuse WHERE level = 'error')
           OR p.too_many OR c.strict AND EXISTS (SELECT 1 FROM suppression WHERE stale) AS fails,
         (SELECT ifnull(sum(f.count), 0) FROM finding f JOIN finding_level l ON l.number = f.number
           WHERE l.gated AND NOT l.forgiven) AS failing,
         (SELECT ifnull(sum(f.count), 0) FROM finding f JOIN finding_level l ON l.number = f.number
           WHERE l.gated AND l.forgiven AND f.excused = '') AS forgiven
  FROM report_choice c CROSS JOIN peak p;
