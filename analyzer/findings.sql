-- SPDX-License-Identifier: PostgreSQL
-- From the tally to findings: what a report prints one by one.  Needs TEMP TABLEs tally, site, found_peak and
-- choice (group_by, everything), and the views of calls.sql.

DROP TABLE IF EXISTS temp.member;
DROP TABLE IF EXISTS temp.finding;
DROP TABLE IF EXISTS temp.share;
DROP TABLE IF EXISTS temp.peak_place;

-- The tally's rows that the report speaks of, each with the key of its finding.  One source line is one site, however
-- many calls the compiler made of it.  Of what leaked the shape tells whether its call site acquired it again in the
-- same process while the first was still there, as in the view leak_shape.
CREATE TEMP TABLE member AS
  SELECT t.*, s.module, s.function, s.head, s.tail, g.host, g.port, g.database, p.label,
         iif(t.verdict <> 'leaked', '',
             iif(sum(t.count) OVER (PARTITION BY t.kind, t.process, t.verdict, s.module, s.text) > 1,
                 'grows', 'held at exit')) AS shape,
         CASE c.group_by
           WHEN 'stack' THEN t.acquire_stack
           WHEN 'function' THEN json_array(s.module, s.function)
           WHEN 'module' THEN s.module
           WHEN 'database' THEN json_array(g.host, g.port, g.database)
           WHEN 'label' THEN ifnull(p.label, '')
           WHEN 'site' THEN iif(s.line > 0, json_array(s.module, s.function, s.file, s.line),
                                json_array(s.module, s.function, s."offset"))
         END AS key
  FROM choice c CROSS JOIN tally_life t
  LEFT JOIN site s ON s.stack = t.acquire_stack
  LEFT JOIN target g ON g.id = t.target
  LEFT JOIN process p ON p.id = t.process
  WHERE c.everything OR t.verdict NOT IN ('released', 'inherited') AND (t.kind <> 'statement' OR t.state = 'repeated');
CREATE INDEX temp.member_key ON member (kind, verdict, state, shape, key);

CREATE TEMP TABLE finding AS
  WITH ranked AS (
    SELECT kind, verdict, state, shape, key, sum(count) AS count, count(DISTINCT acquire_stack) AS stacks,
           count(DISTINCT process) AS processes, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
           min(first_id) AS first_id, sum(rows) AS rows, sum(bytes) AS bytes, sum(outlived) AS outlived
    FROM member GROUP BY kind, verdict, state, shape, key),
  described AS (
    SELECT r.*,
           (SELECT m.acquire_stack FROM member m
             WHERE m.kind = r.kind AND m.verdict = r.verdict AND m.state = r.state AND m.shape = r.shape AND m.key IS r.key
             GROUP BY m.acquire_stack ORDER BY sum(m.count) DESC, m.acquire_stack LIMIT 1) AS stack,
           (SELECT m.used_id FROM member m
             WHERE m.kind = r.kind AND m.verdict = r.verdict AND m.state = r.state AND m.shape = r.shape AND m.key IS r.key
             ORDER BY m.used_ns DESC LIMIT 1) AS used_id,
           (SELECT CASE c.group_by
                     WHEN 'function' THEN ifnull(short_name(m.function), 'an unknown function')
                     WHEN 'module' THEN ifnull(m.module, 'code in no module')
                     WHEN 'database' THEN
                       iif(m.host IS NULL, 'an unknown database', printf('%s:%s/%s', m.host, m.port, m.database))
                     WHEN 'label' THEN ifnull(m.label, 'processes without a label')
                     ELSE ifnull(short_name(m.head), 'an unknown place') END
             FROM member m, choice c
             WHERE m.kind = r.kind AND m.verdict = r.verdict AND m.state = r.state AND m.shape = r.shape AND m.key IS r.key LIMIT 1) AS head,
           (SELECT CASE c.group_by
                     WHEN 'function' THEN ifnull(' (in ' || basename(m.module) || ')', '')
                     WHEN 'module' THEN '' WHEN 'database' THEN '' WHEN 'label' THEN ''
                     ELSE ifnull(m.tail, '') END
             FROM member m, choice c
             WHERE m.kind = r.kind AND m.verdict = r.verdict AND m.state = r.state AND m.shape = r.shape AND m.key IS r.key LIMIT 1) AS tail,
           CASE r.verdict WHEN 'leaked' THEN 1 WHEN 'open-at-death' THEN 2 WHEN 'open' THEN 3
             WHEN 'inherited' THEN 4 ELSE 5 END AS rank
    FROM ranked r)
  SELECT row_number() OVER (ORDER BY rank, kind_rank(kind), shape, count DESC, first_ns, head, tail) AS number, * FROM described;

-- What a finding is made of.
CREATE TEMP TABLE share AS
  SELECT f.number, m.process, m.target, m.transaction_status, sum(m.count) AS count
  FROM member m JOIN finding f
    ON f.kind = m.kind AND f.verdict = m.verdict AND f.state = m.state AND f.shape = m.shape AND f.key IS m.key
  GROUP BY f.number, m.process, m.target, m.transaction_status;
CREATE INDEX temp.share_number ON share (number);

-- The peak's stacks by their call site; acquire_stack is the one that most connections came by.
CREATE TEMP TABLE peak_place AS
  SELECT acquire_stack, total AS open FROM (
    SELECT p.acquire_stack, sum(p.open) OVER same AS total,
           row_number() OVER (same ORDER BY p.open DESC, p.acquire_stack) AS rank
    FROM found_peak p LEFT JOIN site s ON s.stack = p.acquire_stack
    WINDOW same AS (PARTITION BY s.module, s.text)) WHERE rank = 1;
