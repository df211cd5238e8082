-- SPDX-License-Identifier: PostgreSQL
-- From the tally to findings: what a report prints one by one.

-- The tally's rows that the report speaks of, each with the key of its finding and the number of its group.  One source line
-- is one site, however many calls the compiler made of it: of what was lost the blamed one, else the plain call site.  Of
-- what leaked the shape tells whether that place acquired it again, by the same way, in the same process while the first was
-- still there.
CREATE TEMP TABLE finding_member (
  kind, process, acquire_stack, acquire_function, target, transaction_status, state, released, count, first_ns, last_ns, used_ns,
  first_id, used_id, rows, bytes, outlived, verdict, outcome, lost, compared, group_by, frame, depth, node INTEGER, way, again, unit,
  function, head, tail, host TEXT, port TEXT, database TEXT, label TEXT, shape, excused, key, group_number
);
-- only if (SELECT everything FROM report_choice) OR EXISTS (SELECT 1 FROM tally WHERE NOT released) OR EXISTS (SELECT 1 FROM life_member) OR EXISTS (SELECT 1 FROM idle_transaction)
INSERT INTO finding_member
  WITH placed AS (
    SELECT t.*, c.group_by, ifnull(b.frame, s.frame) AS frame, ifnull(b.depth, s.depth) AS depth, b.node,
           ifnull(w.way, t.acquire_stack) AS way, h.stack IS NULL AS again
    FROM report_choice c CROSS JOIN told_life t
    LEFT JOIN site s ON s.stack = t.acquire_stack
    LEFT JOIN stack_way w ON w.stack = t.acquire_stack
    LEFT JOIN held_once h ON h.kind = t.kind AND h.process = t.process AND h.stack = t.acquire_stack
    LEFT JOIN stack_blame b ON b.kind = t.kind AND b.outcome = t.outcome AND b.stack = t.acquire_stack AND t.compared
    WHERE c.everything OR t.lost),
  keyed AS (
    SELECT p.*, s.unit, s.function, s.head, s.tail, g.host, g.port, g.database, o.label,
           iif(p.verdict <> 'leaked' OR NOT p.lost, '',
               iif(max(p.again) OVER (PARTITION BY p.kind, p.process, p.verdict, s.unit, s.text, e.how), 'grows', 'held at exit')) AS shape,
           ifnull(e.how, '') AS excused,
           CASE p.group_by
             WHEN 'stack' THEN p.acquire_stack
             WHEN 'function' THEN json_array(s.unit, s.function)
             WHEN 'module' THEN s.unit
             WHEN 'database' THEN json_array(g.host, g.port, g.database)
             WHEN 'label' THEN ifnull(o.label, '')
             WHEN 'site' THEN iif(s.line > 0, json_array(s.unit, s.function, s.file, s.line),
                                  json_array(s.unit, s.function, s."offset"))
           END AS key
    FROM placed p
    LEFT JOIN frame_call s ON s.frame = p.frame AND s.depth = p.depth
    LEFT JOIN target g ON g.id = p.target
    LEFT JOIN process o ON o.id = p.process
    LEFT JOIN excuse e ON e.kind = p.kind AND e.verdict = p.verdict AND e.stack = p.acquire_stack
      AND e.function = p.acquire_function)
  -- The report does not tell results by their outcome.
  SELECT *, dense_rank() OVER (ORDER BY kind, verdict, iif(kind = 'result', '', state), shape, excused, key) AS group_number
  FROM keyed;
CREATE INDEX temp.member_group ON finding_member (group_number);

-- The stack that is shown of each group.  A table of its own, because it is looked up by its number once a group.
CREATE TEMP TABLE finding_shown (group_number INTEGER PRIMARY KEY, stack INTEGER, acquire_function TEXT, outcome TEXT);
-- only if EXISTS (SELECT 1 FROM finding_member)
INSERT INTO finding_shown
  SELECT group_number, stack, acquire_function, outcome
  FROM (SELECT group_number, acquire_stack AS stack, acquire_function, outcome,
               row_number() OVER (PARTITION BY group_number ORDER BY sum(count) DESC, acquire_stack, acquire_function, outcome)
                 AS rank
        FROM finding_member GROUP BY group_number, acquire_stack, acquire_function, outcome) WHERE rank = 1;

CREATE TEMP TABLE finding (
  number, group_number, kind, verdict, state, shape, excused, key, count, stacks, ways, first_ns, last_ns, first_id, rows, bytes,
  outlived, lost, compared, stack INTEGER, acquire_function TEXT, outcome TEXT, released, used_id, head, tail
);
-- only if EXISTS (SELECT 1 FROM finding_member)
INSERT INTO finding
  WITH grouped AS ( -- what has no sum is the same in all rows of a group, as far as it is used
    SELECT group_number, kind, verdict, iif(kind = 'result', '', state) AS state, shape, excused, key, group_by, unit, function,
           head, tail, host, port, database, label, sum(count) AS count, count(DISTINCT acquire_stack) AS stacks,
           count(DISTINCT way) AS ways, min(first_ns) AS first_ns,
           max(last_ns) AS last_ns, min(first_id) AS first_id, sum(rows) AS rows, sum(bytes) AS bytes,
           sum(outlived) AS outlived, min(lost) AS lost, min(compared) AS compared
    FROM finding_member GROUP BY group_number),
  described AS (
    SELECT g.group_number, kind, verdict, state, shape, excused, key, count, stacks, ways, first_ns, last_ns, first_id, rows, bytes,
           outlived, lost, compared, w.stack, w.acquire_function, w.outcome,
           -- So many were acquired there and came to the same outcome, but were released; NULL: nobody knows.
           (SELECT sum(n.acquired - n.lost) FROM separation n
             WHERE verdict <> 'abandoned' AND n.node IN (SELECT m.node FROM finding_member m WHERE m.group_number = g.group_number)) AS released,
           (SELECT m.used_id FROM finding_member m WHERE m.group_number = g.group_number
             ORDER BY m.used_ns DESC LIMIT 1) AS used_id,
           CASE group_by
             WHEN 'function' THEN ifnull(short_name(function), 'an unknown function')
             WHEN 'module' THEN ifnull(unit, 'code in no module')
             WHEN 'database' THEN iif(host IS NULL, 'an unknown database', printf('%s:%s/%s', host, port, database))
             WHEN 'label' THEN ifnull(label, 'processes without a label')
             ELSE ifnull(short_name(head), 'an unknown place') END AS head,
           CASE group_by
             WHEN 'function' THEN ifnull(' (in ' || basename(unit) || ')', '')
             WHEN 'module' THEN '' WHEN 'database' THEN '' WHEN 'label' THEN ''
             ELSE ifnull(tail, '') END AS tail
    FROM grouped g JOIN finding_shown w ON w.group_number = g.group_number)
  SELECT row_number() OVER (ORDER BY CASE verdict WHEN 'leaked' THEN 1 WHEN 'abandoned' THEN 2 WHEN 'kept' THEN 3
                                       WHEN 'idle-in-transaction' THEN 4 WHEN 'open-at-death' THEN 6 WHEN 'open' THEN 7
                                       WHEN 'cannot-tell' THEN 8 WHEN 'inherited' THEN 9 WHEN 'released' THEN 10 ELSE 5 END,
                            excused <> '', kind_rank(kind), shape, count DESC,
                            (SELECT iif(reproducible, 0, first_ns) FROM report_choice), head, tail, state)
           AS number, *
  -- One or two that the end of the process gives back are held, and no pile, nor are three to three databases; a connection that
  -- ends with its thread is many a program's design.
  FROM described d
  WHERE verdict NOT IN ('exit', 'thread', 'collector')
    OR verdict <> 'thread' AND count >= 3 AND EXISTS (
      SELECT 1 FROM finding_member m LEFT JOIN life_target t ON t.target = m.target
      WHERE m.group_number = d.group_number GROUP BY ifnull(t.same_as, m.target) HAVING sum(m.count) >= 3)
    OR EXISTS (SELECT 1 FROM gated g WHERE g.kind = d.kind AND g.verdict = d.verdict);

-- By which stacks was released what is comparable.
CREATE TEMP TABLE comparable_release (
  kind TEXT, outcome TEXT, stack INTEGER, release_stack, count, PRIMARY KEY (kind, outcome, stack, release_stack)
) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM comparable)
INSERT INTO comparable_release SELECT kind, outcome, acquire_stack, release_stack, sum(count) FROM main.fold
  WHERE (kind, outcome, acquire_stack) IN (SELECT kind, outcome, stack FROM comparable)
  GROUP BY kind, outcome, acquire_stack, release_stack;

-- The stack that is shown speaks for its finding: whom it blames, and by which stack most of what is comparable was
-- released.  used_stack: the last use of any of them.
CREATE TEMP TABLE finding_stack (
  number INTEGER PRIMARY KEY, level INTEGER, frame INTEGER, depth INTEGER, node INTEGER, used_stack INTEGER,
  release_stack INTEGER, releases
);
-- only if EXISTS (SELECT 1 FROM finding)
INSERT INTO finding_stack
  WITH chosen AS MATERIALIZED (
    SELECT scope_first, scope_level, release_stack, count,
           row_number() OVER (PARTITION BY scope_first, scope_level ORDER BY count DESC, release_stack) AS rank
    FROM (SELECT c.scope_first, c.scope_level, f.release_stack, sum(f.count) AS count
          FROM comparable c CROSS JOIN comparable_release f
            ON f.kind = c.kind AND f.outcome = c.outcome AND f.stack = c.stack
          GROUP BY c.scope_first, c.scope_level, f.release_stack))
  SELECT f.number, b.level, ifnull(b.frame, s.frame), ifnull(b.depth, s.depth), b.node, u.use_stack, r.release_stack, r.count
  FROM finding f LEFT JOIN site s ON s.stack = f.stack
  LEFT JOIN stack_blame b ON b.kind = f.kind AND b.outcome = f.outcome AND b.stack = f.stack AND f.compared
  LEFT JOIN separation a ON a.node = b.node
  LEFT JOIN chosen r ON r.scope_first = a.scope_first AND r.scope_level = a.scope_level AND r.rank = 1
  LEFT JOIN main.connection u ON f.kind = 'connection' AND u.id = f.used_id;

-- What a finding is made of.
CREATE TEMP TABLE finding_share (number, process, target, transaction_status, count);
-- only if EXISTS (SELECT 1 FROM finding)
INSERT INTO finding_share
  SELECT f.number, m.process, m.target, m.transaction_status, sum(m.count) AS count
  FROM finding f JOIN finding_member m ON m.group_number = f.group_number
  GROUP BY f.number, m.process, m.target, m.transaction_status;
CREATE INDEX temp.share_number ON finding_share (number);

-- The tests that acquired it, by their function.
CREATE TEMP TABLE finding_test (number INTEGER, frame, depth, text, count, PRIMARY KEY (number, text)) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM finding) AND EXISTS (SELECT 1 FROM stack_end WHERE part = 'test')
INSERT INTO finding_test
  WITH test AS MATERIALIZED (
    SELECT t.stack, c.frame, c.depth, short_name(c.head) || ifnull(' (' || n.name || ')', '') AS text
    FROM stack_test t JOIN frame_role r ON r.frame = t.frame JOIN frame_call c ON c.frame = r.frame AND c.depth = r.depth
    LEFT JOIN file_name n ON n.file = c.file)
  SELECT f.number, min(t.frame), t.depth, t.text, sum(m.count)
  FROM finding f JOIN finding_member m ON m.group_number = f.group_number JOIN test t ON t.stack = m.acquire_stack
  GROUP BY f.number, t.text;

-- The peak's stacks by their call site; acquire_stack is the one that most connections came by.
CREATE TEMP TABLE found_peak_site (acquire_stack INTEGER, open);
-- only if EXISTS (SELECT 1 FROM found_peak)
INSERT INTO found_peak_site
  SELECT acquire_stack, total AS open FROM (
    SELECT p.acquire_stack, sum(p.open) OVER same AS total,
           row_number() OVER (same ORDER BY p.open DESC, p.acquire_stack) AS rank
    FROM found_peak p LEFT JOIN site s ON s.stack = p.acquire_stack
    WINDOW same AS (PARTITION BY s.unit, s.text)) WHERE rank = 1;

-- What notes.sql found, and the peak by its call sites.
CREATE TEMP TABLE note (number INTEGER PRIMARY KEY, sort TEXT, worth, rank, stack INTEGER, other_stack INTEGER, facts TEXT);
-- only if EXISTS (SELECT 1 FROM found_note)
INSERT INTO note SELECT number, sort, worth, rank, stack, other_stack, facts FROM found_note;
-- only if EXISTS (SELECT 1 FROM found_peak_site)
INSERT INTO note (sort, worth, rank, stack, facts)
  SELECT 'peak', c.everything OR k.too_many, rank() OVER (ORDER BY p.open DESC), p.acquire_stack, json_object('open', p.open)
  FROM report_choice c CROSS JOIN peak k CROSS JOIN found_peak_site p;

-- The facts of a note one by one; `passes`: it stood in brackets.
CREATE TEMP VIEW note_fact AS
  SELECT n.number AS note, f.key, iif(f.type = 'array', f.value ->> 0, f.value) AS value, f.type, f.type = 'array' AS passes
  FROM note n, json_each(n.facts) f;

-- Why nobody can tell whether more leaked, as in the view cannot_tell.  accepted: --allow-unseen takes it knowingly; where
-- nothing at all was intercepted, that is left.
CREATE TEMP TABLE found_reason (reason, accepted);
-- only if NOT EXISTS (SELECT 1 FROM main.process) OR EXISTS (SELECT 1 FROM main.process WHERE dropped > 0) OR EXISTS (SELECT 1 FROM main.incomplete) OR EXISTS (SELECT 1 FROM main.unseen) OR EXISTS (SELECT 1 FROM inheritance) OR EXISTS (SELECT 1 FROM heir)
INSERT INTO found_reason
  SELECT t.reason, c.allow_unseen AND t.reason IN (SELECT text || '; see pqleak doctor' FROM unseen_text) AS accepted
  FROM report_choice c CROSS JOIN cannot_tell t;
