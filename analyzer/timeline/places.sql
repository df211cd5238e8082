-- SPDX-License-Identifier: PostgreSQL
-- Which call site each connection counts for: that of the finding that speaks of it, else the plain one of the stack that
-- opened it.  Needs what the stages of a report make, with a choice of a timeline.

-- what: 0 connected, 1 failed, 2 its outcome never known, 3 abandoned, by the stack that the report tells it by.  Where
-- the report speaks of one stack at two places, that counts of which it speaks first.
CREATE TEMP TABLE timeline_place (
  stack INTEGER, what INTEGER, key, frame INTEGER, depth INTEGER, site INTEGER,
  count DEFAULT 0, left DEFAULT 0, -- so many connections and attempts came by it, and of these were not given back
  PRIMARY KEY (stack, what)
) WITHOUT ROWID;
INSERT INTO timeline_place (stack, what, key, frame, depth)
  WITH told AS MATERIALIZED (SELECT DISTINCT head FROM abandoned WHERE head IS NOT NULL),
  asked AS (
    SELECT o.stack, w.column1 AS what, iif(w.column1 = 0 AND o.stack IN told, NULL, w.column2) AS outcome
    FROM opened_stack o CROSS JOIN (VALUES (0, ''), (1, 'failed'), (2, 'connecting')) w
    UNION ALL SELECT head, 3, NULL FROM told)
  SELECT a.stack, a.what,
         iif(c.line > 0, json_array(c.unit, c.function, c.file, c.line), json_array(c.unit, c.function, c."offset")),
         c.frame, c.depth
  FROM asked a LEFT JOIN site s ON s.stack = a.stack
  LEFT JOIN stack_blame b ON b.kind = 'connection' AND b.outcome = a.outcome AND b.stack = a.stack
  LEFT JOIN frame_call c ON c.frame = ifnull(b.frame, s.frame) AND c.depth = ifnull(b.depth, s.depth);

-- What is found of connections, by the place of each of its members.
CREATE TEMP TABLE timeline_member AS
  SELECT f.number, f.verdict, p.key, m.acquire_stack AS stack, p.what, sum(m.count) AS count
  FROM finding f JOIN finding_member m ON m.group_number = f.group_number
  JOIN timeline_place p ON p.stack = m.acquire_stack
    AND p.what = CASE WHEN f.verdict = 'abandoned' THEN 3 WHEN m.state = 'failed' THEN 1 WHEN m.state = 'connecting' THEN 2 ELSE 0 END
  WHERE f.kind = 'connection' AND f.verdict NOT IN ('released', 'inherited') GROUP BY 1, 2, 3, 4, 5;

-- The call sites, those first of which the report speaks first.  unit, function and the rest: as in frame_call.  What the
-- series says is added by timeline.c.
CREATE TEMP TABLE timeline_site (
  site INTEGER PRIMARY KEY, key, frame INTEGER, depth INTEGER, head, tail, unit, function, file, line, module, language,
  finding INTEGER,    -- number of the first one that speaks of it, NULL: none does
  abandoned,
  opened, failed,     -- connected, and attempts that were not
  left,               -- connected, and not given back
  most, most_ns,      -- open at once
  held_half_ns, held_most_ns, held_longest_ns, -- how long half of them, 99 of 100 and all were held at most; NULL: unknown
  growth,             -- a minute, NULL: unknown
  churn               -- opened for at most two statements and finished, NULL: not worth a note
);
INSERT INTO timeline_site (site, key, frame, depth, finding, abandoned)
  WITH weight AS (
    SELECT stack, what, sum(count) AS count FROM (
      SELECT acquire_stack AS stack, CASE outcome WHEN '' THEN 0 WHEN 'failed' THEN 1 ELSE 2 END AS what, count
      FROM main.fold WHERE kind = 'connection'
      UNION ALL
      SELECT acquire_stack, CASE state WHEN 'connected' THEN 0 WHEN 'failed' THEN 1 ELSE 2 END, count
      FROM tally WHERE kind = 'connection' AND state <> 'inherited' AND NOT released)
    GROUP BY stack, what),
  seen AS ( -- with those where nothing may have been opened, which go when that is known
    SELECT p.key, min(p.frame) AS frame, sum(w.count) AS count
    FROM timeline_place p LEFT JOIN weight w ON w.stack = p.stack AND w.what = p.what GROUP BY p.key),
  found AS (
    SELECT key, min(number) AS number, sum(iif(verdict = 'abandoned', count, 0)) AS abandoned FROM timeline_member GROUP BY key)
  SELECT row_number() OVER (ORDER BY f.number IS NULL, f.number, s.count DESC, s.key), s.key, s.frame,
         (SELECT min(p.depth) FROM timeline_place p WHERE p.key IS s.key AND p.frame = s.frame), f.number, ifnull(f.abandoned, 0)
  FROM seen s LEFT JOIN found f ON f.key IS s.key;
CREATE INDEX temp.timeline_site_key ON timeline_site (key);
UPDATE timeline_site SET (head, tail, unit, function, file, line, module, language) =
  (SELECT c.head, c.tail, c.unit, c.function, c.file, c.line, c.module, c.language FROM frame_call c
   WHERE c.frame = timeline_site.frame AND c.depth = timeline_site.depth);
UPDATE timeline_place SET site = (SELECT s.site FROM timeline_site s WHERE s.key IS timeline_place.key);

-- The call site that has most of each finding.
CREATE TEMP TABLE timeline_finding (number INTEGER PRIMARY KEY, site INTEGER);
INSERT INTO timeline_finding
  SELECT number, site FROM (
    SELECT m.number, s.site, row_number() OVER (PARTITION BY m.number ORDER BY sum(m.count) DESC, s.site) AS rank
    FROM timeline_member m JOIN timeline_site s ON s.key IS m.key GROUP BY m.number, s.site)
  WHERE rank = 1;

-- What the sweep reads.  What a process handed over by fork ends as it does there; what one had open whose end was not seen
-- ends with what is known of it.  is_known: no event of its process was lost.
CREATE TEMP VIEW timeline_connection AS
  SELECT c.id, ifnull(a.head, c.acquire_stack) AS stack,
         CASE WHEN a.head IS NOT NULL THEN 3 WHEN c.state = 'connected' THEN 0 WHEN c.state = 'failed' THEN 1 ELSE 2 END AS what,
         c.state = 'connected' AS is_connected, p.dropped = 0 AS is_known, c.acquired_ns,
         c.acquired_ns + c.connect_ns AS open_ns, coalesce(c.released_ns, i.released_ns, p.ended_ns, l.until_ns) AS close_ns,
         coalesce(c.released_ns, i.released_ns) IS NULL AS is_left
  FROM main.connection c LEFT JOIN handover h ON h.connection = c.id LEFT JOIN main.connection i ON i.id = h.inherited
  JOIN main.process p ON p.id = ifnull(h.process, c.process) LEFT JOIN last_seen l ON l.process = p.id
  LEFT JOIN abandoned a ON a.connection = c.id
  WHERE c.state <> 'inherited';

-- From when until when: all that has a time.  running: until now.
CREATE TEMP VIEW timeline_span AS
  SELECT coalesce(min(p.from_ns, c.from_ns), p.from_ns, c.from_ns) AS from_ns,
         iif(p.running, max(p.now_ns, ifnull(c.to_ns, 0)), coalesce(max(p.to_ns, c.to_ns), p.to_ns, c.to_ns, p.from_ns)) AS to_ns
  FROM (SELECT min(started_ns) AS from_ns, max(max(started_ns, ifnull(ended_ns, 0))) AS to_ns, max("end" IS NULL) AS running,
               CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000 AS now_ns FROM main.process) p
  CROSS JOIN (SELECT min(acquired_ns) AS from_ns,
                     max(max(acquired_ns + connect_ns, ifnull(used_ns, 0), ifnull(released_ns, 0))) AS to_ns
              FROM main.connection) c;

-- What timeline.c fills.  bucket: from 0 on; site 0: all together.
CREATE TEMP TABLE timeline (from_ns, to_ns, width_ns, buckets, most, most_ns, opened, failed, sites, uncounted);
CREATE TEMP TABLE timeline_bucket (
  site INTEGER, bucket INTEGER, most, most_ns, opened, closed, failed, PRIMARY KEY (site, bucket)
) WITHOUT ROWID;

-- At the highest moment of a bucket: what was open then, by the first eight call sites; 0: at all others.
CREATE TEMP TABLE timeline_part (bucket INTEGER, site INTEGER, open, PRIMARY KEY (bucket, site)) WITHOUT ROWID;
