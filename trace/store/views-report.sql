-- SPDX-License-Identifier: PostgreSQL
-- What a report asks further.  The first pqleak command that may write to a trace stores these views in it, and shadows
-- them as it does those of views.sql.

CREATE VIEW kind AS
  -- The kinds of resources: what a report calls them, and what gives them back.
  SELECT column1 AS kind, column2 AS plural, column3 AS unreleased, column4 AS released_by FROM (VALUES
    ('connection', 'connections', 'leaked', 'PQfinish'),
    ('result', 'results', 'never cleared', 'PQclear'),
    ('transaction', 'transactions', 'never ended', 'COMMIT or ROLLBACK'),
    ('query', 'queries', 'never drained', 'PQgetResult until it returns NULL'),
    ('copy', 'COPYs', 'never ended', 'PQputCopyEnd or PQgetCopyData, then PQgetResult'),
    ('cancel', 'cancel handles', 'never freed', 'PQfreeCancel or PQcancelFinish'),
    ('memory', 'blocks of memory', 'never freed', 'PQfreemem or PQconninfoFree'),
    ('statement', 'prepared statements', 'never deallocated', 'DEALLOCATE or PQclosePrepared'),
    ('large object', 'large object descriptors', 'never closed', 'lo_close or the transaction''s end')
  );

CREATE VIEW leak_label AS
  -- How many resources leaked, by kind and by the label of their process; label is NULL for those without one.
  SELECT l.kind, p.label, count(*) AS leaked, count(DISTINCT l.process) AS processes
  FROM leak l JOIN process p ON p.id = l.process GROUP BY l.kind, p.label ORDER BY l.kind, leaked DESC, p.label;

CREATE VIEW leak_shape AS
  -- What was not released, by process and acquiring stack: does its call site 'grow' (acquired again while the first
  -- was still there), or is it one that was 'held at exit'?
  SELECT o.kind, o.process, o.acquire_stack,
         CASE WHEN sum(o.count) OVER (PARTITION BY o.kind, o.process, t.module, t.text) > 1 THEN 'grows'
              ELSE 'held at exit' END AS shape,
         o.count
  FROM (SELECT kind, process, acquire_stack, count(*) AS count FROM outstanding
        GROUP BY kind, process, acquire_stack) o
  LEFT JOIN call_site c ON c.stack = o.acquire_stack LEFT JOIN frame_text t ON t.frame = c.frame;

CREATE VIEW peak_site AS
  -- Where the connections were opened that were open when a process had most of them.
  SELECT c.process, c.acquire_stack, count(*) AS open
  FROM process p JOIN connection c ON c.process = p.id
  WHERE c.state = 'connected' AND c.acquired_ns + c.connect_ns <= p.peak_ns
    AND (c.released_ns IS NULL OR c.released_ns > p.peak_ns)
  GROUP BY c.process, c.acquire_stack;

CREATE VIEW churn AS
  -- Stacks that open a connection for at most two statements and finish it, three times or more in one process: a pool
  -- would spare connect_ns.
  SELECT acquire_stack, sum(connections) AS connections, sum(queries) * 1.0 / sum(connections) AS mean_queries,
         sum(held_ns) / sum(connections) AS mean_hold_ns, sum(connect_ns) AS connect_ns
  FROM (SELECT acquire_stack, count(*) AS connections, sum(queries) AS queries, sum(connect_ns) AS connect_ns,
               sum(released_ns - acquired_ns) AS held_ns
        FROM connection WHERE state = 'connected' GROUP BY process, acquire_stack
        HAVING count(*) >= 3 AND count(released_ns) = count(*) AND max(queries) <= 2)
  GROUP BY acquire_stack;

CREATE VIEW failed_connect AS
  -- Failed connection attempts by process, stack and reason, and how often they were made.  backs_off: the pauses
  -- between them grew (to 0.1 s at least), NULL: fewer than three attempts; 0 with many per second is a retry storm.
  SELECT process, acquire_stack, ifnull(error, 'other') AS error, count(*) AS count,
         min(acquired_ns) AS first_ns, max(acquired_ns) AS last_ns,
         (count(*) - 1) * 1e9 / nullif(max(acquired_ns) - min(acquired_ns), 0) AS per_second, -- NULL: only one
         iif(count(*) >= 3, avg(iif(number * 2 > attempts, pause_ns, NULL)) >=
                            max(100000000, 1.5 * max(iif(number = 2, pause_ns, 0))), NULL) AS backs_off
  FROM (SELECT *, row_number() OVER attempt AS number,
               count(*) OVER (PARTITION BY process, acquire_stack, error) AS attempts,
               acquired_ns - lag(acquired_ns + connect_ns) OVER attempt AS pause_ns
        FROM connection WHERE state = 'failed'
        WINDOW attempt AS (PARTITION BY process, acquire_stack, error ORDER BY acquired_ns, id))
  GROUP BY process, acquire_stack, error;

CREATE VIEW broken AS
  -- Connections that a use found gone, how long they had not been used, and whether TCP keepalives were asked for
  -- (NULL: unknown; they mean nothing on a Unix socket).
  SELECT c.id AS connection, c.process, c.acquire_stack, c.broken_ns, c.broken_idle_ns AS idle_ns,
         c.broken_stack AS stack, iif(s.id IS NULL, NULL, s.keepalives <> '0') AS keepalives, s.keepalives_idle
  FROM connection c LEFT JOIN setting s ON s.id = c.setting WHERE c.broken_ns IS NOT NULL;

CREATE VIEW audit AS
  -- How each acquiring stack asks for its connections; '' is libpq's default, NULL unknown.  is_local: a Unix socket,
  -- where what is about TCP and SSL means nothing.
  SELECT c.acquire_stack, s.sslmode, s.connect_timeout, s.keepalives, s.keepalives_idle, s.keepalives_interval,
         s.keepalives_count, s.tcp_user_timeout, s.target_session_attrs, t.application_name,
         t.host GLOB '[/@]*' AS is_local, t.ssl, count(*) AS count
  FROM connection c LEFT JOIN setting s ON s.id = c.setting LEFT JOIN target t ON t.id = c.target
  WHERE c.state <> 'inherited'
  GROUP BY c.acquire_stack, s.id, t.application_name, is_local, t.ssl;

CREATE VIEW idle_in_transaction AS
  -- Where transactions begin that were left idle, the longest gap between two uses (or before the process's end), and
  -- the call before it.
  SELECT process, acquire_stack, sum(count) AS count, sum(open) AS open, max(longest_idle_ns) AS longest_idle_ns,
         idle_stack
  FROM (SELECT process, acquire_stack, count, 0 AS open, longest_idle_ns, idle_stack
        FROM fold WHERE kind = 'transaction'
        UNION ALL
        SELECT r.process, r.acquire_stack, 1, 1, max(r.idle_ns, ifnull(p.ended_ns - r.used_ns, 0)),
               iif(ifnull(p.ended_ns - r.used_ns, 0) > r.idle_ns, c.use_stack, r.idle_stack)
        FROM resource r JOIN process p ON p.id = r.process LEFT JOIN connection c ON c.id = r.connection
        WHERE r.kind = 'transaction')
  GROUP BY process, acquire_stack HAVING max(longest_idle_ns) > 0;

CREATE VIEW misuse_life AS
  -- A misuse with its stacks.  A process that was forked has not seen where its connection was acquired; the nearest of
  -- those it descends from that did, has.  In a large trace that reads every connection, once.
  WITH RECURSIVE inherited AS (
    SELECT c.id, c.address, c.backend_pid, p.parent, p.started_ns, 1 AS generation
    FROM misuse m CROSS JOIN connection c ON c.id = m.connection CROSS JOIN process p ON p.id = m.process
    WHERE m.acquire_stack = 0 AND c.state = 'inherited'
    UNION SELECT i.id, i.address, i.backend_pid, p.parent, i.started_ns, i.generation + 1
    FROM inherited i CROSS JOIN process p ON p.spool = i.parent WHERE i.generation < 100),
  origin AS (
    SELECT i.id, o.acquire_stack, -- libpq reuses addresses: the same session, or else the latest
           row_number() OVER (PARTITION BY i.id ORDER BY i.generation, o.backend_pid = i.backend_pid DESC,
                                                         o.acquired_ns DESC) AS rank
    FROM connection o CROSS JOIN process p ON p.id = o.process
    CROSS JOIN inherited i ON i.parent = p.spool AND i.address = o.address AND o.acquired_ns <= i.started_ns
    WHERE o.state <> 'inherited' AND EXISTS (SELECT 1 FROM inherited))
  SELECT m.process, m.kind, m.stack, -- of what a connection is finished in the middle of, acquire_stack is not its own
         iif(m.acquire_stack = 0 AND m.kind NOT IN ('finished in transaction', 'finished with query', 'finished in copy'),
             ifnull(o.acquire_stack, 0), m.acquire_stack) AS acquire_stack,
         m.release_stack, m.function, m.connection, m.count, m.first_ns, m.last_ns
  FROM misuse m LEFT JOIN origin o ON o.id = m.connection AND o.rank = 1;

CREATE VIEW misuse_site AS
  -- Misuse (calls that must not be made), by kind and call site.
  SELECT m.kind, t.text AS site, m.function, sum(m.count) AS count, count(DISTINCT m.stack) AS stacks,
         min(m.first_ns) AS first_ns, max(m.last_ns) AS last_ns
  FROM misuse m JOIN call_site c ON c.stack = m.stack JOIN frame_text t ON t.frame = c.frame
  GROUP BY m.kind, t.module, t.text, m.function ORDER BY m.kind, count DESC, site;
