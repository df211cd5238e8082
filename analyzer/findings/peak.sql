-- SPDX-License-Identifier: PostgreSQL
-- The most connections that were open at once, and where they were opened.

-- Until when anything is known of a process whose end was not seen: others may have gone on without it, and what it had open
-- then is not counted with theirs.
CREATE TEMP TABLE last_seen (process INTEGER PRIMARY KEY, until_ns);
-- only if (SELECT count(*) > 1 AND max("end" IS 'unknown' AND ended_ns IS NULL) FROM main.process)
INSERT INTO last_seen
  SELECT c.process, max(max(c.acquired_ns + c.connect_ns, ifnull(c.used_ns, 0), ifnull(c.released_ns, 0))) + 1
  FROM main.connection c CROSS JOIN main.process p ON p.id = c.process
  WHERE p."end" = 'unknown' AND p.ended_ns IS NULL GROUP BY c.process;

-- open: in all processes together, or in `process` alone where `whole` is false; at_ns: when that was reached first;
-- process: the one with the highest peak of its own; too_many: it is more than the gate allows; looked: each connection is
-- looked at for where those were opened.
-- Each process counted its own peak while it was traced.  The peak of several together needs every connection in the order
-- of time, which is sorted here only while they are few: 100,000 take half a second.
CREATE TEMP TABLE peak AS
  WITH highest AS (
    SELECT id, peak, ifnull(peak_ns, started_ns) AS at_ns FROM main.process WHERE peak > 0 ORDER BY peak DESC, id LIMIT 1),
  whole AS ( -- of one that dropped events it is not known how many are open from then on
    SELECT id, ended_ns FROM main.process WHERE dropped = 0),
  scale AS MATERIALIZED (
    SELECT count(*) > 1 AS several, (SELECT ifnull(max(id), 0) FROM main.connection) <= 100000 AS few
    FROM main.process WHERE peak > 0),
  step AS (
    SELECT c.acquired_ns + c.connect_ns AS at_ns, 1 AS more
    FROM scale s CROSS JOIN main.connection c LEFT JOIN handover h ON h.connection = c.id
    JOIN whole p ON p.id = ifnull(h.process, c.process)
    WHERE s.several AND s.few AND c.state = 'connected'
    UNION ALL -- what was never released was open until its process ended
    SELECT coalesce(c.released_ns, i.released_ns, p.ended_ns, l.until_ns), -1
    FROM scale s CROSS JOIN main.connection c LEFT JOIN handover h ON h.connection = c.id
    LEFT JOIN main.connection i ON i.id = h.inherited JOIN whole p ON p.id = ifnull(h.process, c.process)
    LEFT JOIN last_seen l ON l.process = p.id
    WHERE s.several AND s.few AND c.state = 'connected'
      AND coalesce(c.released_ns, i.released_ns, p.ended_ns, l.until_ns) IS NOT NULL),
  together AS (
    SELECT open, at_ns
    FROM (SELECT at_ns, sum(more) OVER (ORDER BY at_ns, more ROWS UNBOUNDED PRECEDING) AS open FROM step)
    ORDER BY open DESC, at_ns LIMIT 1),
  highest_at AS (
    SELECT max(ifnull(h.peak, 0), ifnull(t.open, 0)) AS open, iif(t.open > h.peak, t.at_ns, h.at_ns) AS at_ns,
           h.id AS process, NOT s.several OR t.open IS NOT NULL AS whole
    FROM scale s LEFT JOIN highest h LEFT JOIN together t)
  SELECT h.*, ifnull(h.open > c.most_open, 0) AS too_many, c.everything OR s.few OR ifnull(h.open > c.most_open, 0) AS looked
  FROM report_choice c CROSS JOIN highest_at h CROSS JOIN scale s;

-- The stacks whose connections were open then.  Where that would be to read many, those stand for it that piled up until
-- then.
CREATE TEMP TABLE found_peak (acquire_stack INTEGER PRIMARY KEY, open);
INSERT INTO found_peak
  SELECT c.acquire_stack, count(*)
  FROM peak k CROSS JOIN main.connection c LEFT JOIN handover h ON h.connection = c.id
  LEFT JOIN main.connection i ON i.id = h.inherited JOIN main.process p ON p.id = ifnull(h.process, c.process)
  LEFT JOIN last_seen l ON l.process = p.id
  WHERE k.looked AND k.open > 0
    AND c.state = 'connected' AND c.acquired_ns + c.connect_ns <= k.at_ns
    AND coalesce(c.released_ns, i.released_ns, p.ended_ns, l.until_ns, k.at_ns + 1) > k.at_ns AND (k.whole OR c.process = k.process)
  GROUP BY c.acquire_stack;
INSERT INTO found_peak
  SELECT p.acquire_stack, p.most FROM peak k CROSS JOIN main.pile p
  WHERE NOT EXISTS (SELECT 1 FROM found_peak) AND p.process = k.process AND p.kind = 'connection' AND p.most_ns <= k.at_ns
    AND ifnull(p.until_ns > k.at_ns, 1);

CREATE TEMP VIEW peak_wants AS SELECT acquire_stack AS stack FROM found_peak;
