-- SPDX-License-Identifier: PostgreSQL
-- What a report asks further.  The first pqleak command that may write to a trace stores these views in it, and shadows
-- them as it does those of views.sql.

CREATE VIEW frame_name AS
  -- What a frame is called: a native one by its symbols (one row for each inlined function), a script's by itself.
  SELECT frame, depth, function, file, line FROM symbol
  UNION ALL
  SELECT f.id, 0, nullif(s.function, ''), s.file, nullif(f."offset", 0) FROM frame f JOIN script s ON s.id = f.script;

CREATE VIEW frame_function AS
  -- Which of a frame's functions (frame_name.depth) names it: the innermost that is no driver's, or the innermost.
  SELECT f.id AS frame, ifnull((SELECT min(y.depth) FROM symbol y WHERE y.frame = f.id AND NOT EXISTS
    (SELECT 1 FROM driver_function d WHERE y.function GLOB d.pattern)), 0) AS depth
  FROM frame f;

-- A role is 'driver', 'runner' (a test runner or server), 'interpreter' (its own scripts, too), 'system', 'script' or
-- 'native': the last two are the user's own.  Of these three the place in a stack decides, as stack_role says: 'library' (what
-- is installed where drivers are), 'generated' (a script that is no file, as `<string>`) and 'jit'.
CREATE VIEW module_role AS
  -- Whose code a module is.
  WITH judged AS MATERIALIZED (SELECT m.id, coalesce(
    (SELECT iif(d.part = 'driver', 'driver', 'runner') FROM driver d WHERE m.path GLOB d.pattern LIMIT 1),
    iif(m.path = '[jit]', 'jit', NULL),
    (SELECT 'interpreter' FROM interpreter i WHERE m.path GLOB i.pattern LIMIT 1),
    (SELECT 'system' FROM system y WHERE m.path GLOB y.pattern LIMIT 1),
    (SELECT 'library' FROM place p WHERE p.language IN ('python', 'perl', 'ruby', 'lua') AND p.after <> ''
       AND m.path GLOB p.before || '*' LIMIT 1),
    'native') AS role FROM module m)
  SELECT id AS module, role FROM judged;

CREATE VIEW script_role AS
  -- Whose code a script is.  Of several lines of the list the first counts.
  WITH judged AS MATERIALIZED (SELECT s.language, s.file, coalesce(
    (SELECT iif(d.part = 'driver', 'driver', 'runner') FROM driver d
     WHERE d.language IN (s.language, s.language || ' library') AND s.file GLOB d.installed AND s.file GLOB d.pattern LIMIT 1),
    (SELECT 'interpreter' FROM interpreter i WHERE s.file GLOB i.pattern AND s.file NOT GLOB i.but
       AND i.pattern GLOB iif(s.file GLOB '<*', '<*', '[*/]*') LIMIT 1),
    iif(s.file GLOB '<*>', 'generated', NULL),
    (SELECT 'library' FROM place p WHERE p.language = s.language AND s.file GLOB p.before || '*' LIMIT 1),
    iif(s.file GLOB '*/bin/*' OR s.file GLOB '(eval*', 'library', 'script')) AS role
    FROM (SELECT DISTINCT language, file FROM script) s) -- of many functions each
  SELECT s.id AS script, j.role FROM judged j JOIN script s ON s.language = j.language AND s.file = j.file;

-- In the place of this view a report has a table, with what --skip and --own say; and in that of script_stack and
-- stack_end, those of the stacks it speaks of.
CREATE VIEW frame_role AS
  -- Whose code a frame is: its module's or script's, but a driver's where a driver's function names it.
  WITH named AS MATERIALIZED (
    SELECT n.frame, iif(d.part = 'driver', 'driver', 'runner') AS role
    FROM driver_function d JOIN symbol y ON y.function GLOB d.pattern
    JOIN frame_function n ON n.frame = y.frame AND n.depth = y.depth GROUP BY n.frame)
  SELECT f.id AS frame, coalesce(n.role, m.role, s.role, 'native') AS role
  FROM frame f LEFT JOIN named n ON n.frame = f.id LEFT JOIN module_role m ON m.module = f.module
  LEFT JOIN script_role s ON s.script = f.script;

CREATE VIEW caller_frame AS
  -- The frames in which a test runner or a server calls the user's code.
  SELECT f.id AS frame, d.what, d.part FROM frame f JOIN script s ON s.id = f.script
  JOIN driver d ON s.function GLOB d.calls AND s.file GLOB d.pattern AND d.language IN (s.language, s.language || ' library')
  WHERE d.calls IS NOT NULL
  UNION ALL
  SELECT f.id, d.what, d.part FROM driver d JOIN module m ON m.path GLOB d.pattern JOIN frame f ON f.module = m.id
  WHERE d.language = 'module' AND d.calls IS NOT NULL
  UNION ALL
  SELECT y.frame, d.what, d.part FROM driver_function d JOIN symbol y ON y.function GLOB d.pattern WHERE d.calls IS NOT NULL;

CREATE VIEW script_stack AS
  -- The stacks that have frames of scripts, and the level of the outermost of these.
  SELECT s.stack, max(s.level) AS outermost FROM stack_frame s JOIN frame f ON f.id = s.frame
  WHERE f.script IS NOT NULL GROUP BY s.stack;

CREATE VIEW runner_call AS
  -- Where in a stack a test runner or a server calls code that may be the user's.  (A library's function may be inlined in it.)
  SELECT c.stack, c.level, k.what, k.part
  FROM stack_frame c JOIN caller_frame k ON k.frame = c.frame JOIN frame_role x ON x.frame = c.frame
  WHERE x.role IN ('runner', 'driver') AND EXISTS (
    SELECT 1 FROM stack_frame s JOIN frame_role r ON r.frame = s.frame
    WHERE s.stack = c.stack AND s.level < c.level
      AND (r.role IN ('script', 'native', 'library', 'generated')
           OR r.role = 'jit' AND EXISTS (SELECT 1 FROM symbol y WHERE y.frame = s.frame AND y.function IS NOT NULL)));

CREATE VIEW stack_end AS
  -- Where the useful part of a stack ends: at the innermost of these calls.
  SELECT stack, min(level) AS level, what, part FROM runner_call GROUP BY stack;

CREATE VIEW stack_shape AS
  -- Whose code the frames of a stack are, a letter for each, the innermost first: that of its role, a capital for a script's.
  -- (d: driver, r: runner, i: interpreter, y: system, s: script, n: native, l: library, g: generated, j: jit)
  SELECT k.id AS stack, (
    SELECT group_concat(iif(f.script IS NULL, f.letter, upper(f.letter)), '')
    FROM (SELECT f.script, iif(r.role = 'system', 'y', substr(r.role, 1, 1)) AS letter
          FROM stack_frame s JOIN frame f ON f.id = s.frame JOIN frame_role r ON r.frame = s.frame
          WHERE s.stack = k.id ORDER BY s.level) f) AS roles
  FROM stack k;

CREATE VIEW stack_role AS
  -- Whose code a frame is in its stack.  What is installed is the driver's between two frames of drivers, if a file of a
  -- project follows; and an installed module that a script calls, and which calls libpq, is a driver, whoever made it.  A
  -- script that is no file is its caller's or the driver's, unless the program begins in one (python -c).
  -- Code made at run time may be the user's only where no script is known, and if it has a name or nothing interprets.
  -- (LIMIT, here and below: so that a stack's shape is made once, and not wherever it is read.)
  SELECT s.stack, s.level, s.frame, CASE WHEN r.role NOT IN ('library', 'generated', 'jit') THEN r.role ELSE (
    SELECT CASE r.role
      WHEN 'library' THEN
        iif(ltrim(substr(h.roles, s.level + 2), 'iysnlgjISLG') GLOB '[dD]*' AND substr(h.roles, 1, s.level) GLOB '*[dD]*'
            AND substr(h.roles, s.level + 2) GLOB '*S*'
            OR substr(h.roles, s.level + 1, 1) = 'l' AND ltrim(substr(h.roles, 1, s.level), 'dl') = ''
            AND substr(h.roles, s.level + 2) GLOB '*[SLG]*', 'driver',
            iif(substr(h.roles, s.level + 1, 1) = 'L', 'script', 'native'))
      WHEN 'generated' THEN
        iif(ltrim(substr(h.roles, s.level + 2), 'iysnlgjISLG') GLOB '[dD]*'
            OR ltrim(substr(h.roles, s.level + 2), 'diyngjlDIG') GLOB '[SL]*', 'driver', 'script')
      ELSE
        iif(h.roles NOT GLOB '*[A-Z]*'
            AND (h.roles NOT GLOB '*i*' OR EXISTS (SELECT 1 FROM symbol y WHERE y.frame = s.frame AND y.function IS NOT NULL)),
            'native', 'interpreter') END
    FROM (SELECT roles FROM stack_shape WHERE stack = s.stack LIMIT 1) h) END AS role
  FROM stack_frame s JOIN frame_role r ON r.frame = s.frame;

CREATE VIEW own_frame AS
  -- THE rule: the frames of a stack that may be the user's own code.  Native code only inside the outermost script, and
  -- nothing outside what a test runner or server calls.
  SELECT s.stack, s.level, s.frame, s.role
  FROM stack_role s LEFT JOIN script_stack x ON x.stack = s.stack LEFT JOIN stack_end e ON e.stack = s.stack
  WHERE (s.role = 'script' OR s.role = 'native' AND ifnull(s.level < x.outermost, 1)) AND ifnull(s.level < e.level, 1);

CREATE VIEW call_site AS
  -- The call site of each stack: its first own frame.  Where there is none a driver speaks: its outermost script, or the last
  -- of its frames before those of what runs the program; else the innermost frame.
  SELECT s.stack, s.level, s.frame
  FROM stack k CROSS JOIN stack_frame s ON s.stack = k.id AND s.level = coalesce(
    (SELECT o.level FROM own_frame o WHERE o.stack = k.id ORDER BY o.level LIMIT 1),
    (SELECT CASE WHEN h.roles GLOB '*D*' THEN length(rtrim(h.roles, 'driyngjIRSLG')) - 1
                 WHEN h.roles GLOB '*d*' THEN length(h.roles) - length(ltrim(substr(h.roles, instr(h.roles, 'd')), 'd')) - 1 END
     FROM (SELECT roles FROM stack_shape WHERE stack = k.id LIMIT 1) h),
    (SELECT min(l.level) FROM stack_frame l WHERE l.stack = k.id));

CREATE VIEW frame_text AS
  -- A frame in words: function and file:line where known (of inlined ones as frame_function says), else module+offset.
  SELECT f.id AS frame, ifnull(m.path, s.file) AS module, f."offset",
         y.function, y.file, y.line,
         ifnull(y.function, ifnull(replace(m.path, rtrim(m.path, replace(m.path, '/', '')), ''),
                                   iif(s.id IS NULL, '(no module)', '??'))
                            || iif(s.id IS NULL, printf('+0x%x', f."offset"), ''))
         || CASE WHEN y.line > 0 THEN printf(' (%s:%d)', replace(y.file, rtrim(y.file, replace(y.file, '/', '')), ''), y.line)
                 WHEN y.function IS NOT NULL AND m.path IS NOT NULL
                   THEN printf(' (in %s)', replace(m.path, rtrim(m.path, replace(m.path, '/', '')), ''))
                 ELSE '' END AS text
  FROM frame f LEFT JOIN module m ON m.id = f.module LEFT JOIN script s ON s.id = f.script
  LEFT JOIN frame_name y ON y.frame = f.id AND y.depth = (SELECT n.depth FROM frame_function n WHERE n.frame = f.id);

CREATE VIEW stack_text AS
  -- The frames of every stack in words; filter by stack.
  SELECT s.stack, s.level, t.text FROM stack_frame s JOIN frame_text t ON t.frame = s.frame;

CREATE VIEW leak_site AS
  -- What leaked, by kind and call site, worst first.  Here that is the plain one: which caller of a shared wrapper leaks,
  -- `pqleak report` finds out.
  SELECT l.kind, count(*) AS leaked, t.text AS site, count(DISTINCT l.acquire_stack) AS stacks,
         min(l.acquired_ns) AS first_ns, max(l.acquired_ns) AS last_ns
  FROM leak l JOIN call_site c ON c.stack = l.acquire_stack JOIN frame_text t ON t.frame = c.frame
  GROUP BY l.kind, t.module, t.text ORDER BY l.kind, leaked DESC, site;

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
  -- What was not released, by process and acquiring stack: does its call site 'grow' (acquired again by one of its call
  -- paths while the first was still there), or is it what each path 'held at exit' once?  A path is the places of the user's
  -- own code, each once.
  WITH held AS MATERIALIZED (
    SELECT kind, process, acquire_stack, count(*) AS count FROM outstanding GROUP BY kind, process, acquire_stack),
  way AS MATERIALIZED (
    SELECT stack, group_concat(place, '<') AS way FROM (
      SELECT o.stack, printf('%s:%s:%d', t.module, t.text, iif(t.line > 0, 0, t."offset")) AS place
      FROM (SELECT DISTINCT acquire_stack FROM held) h JOIN own_frame o ON o.stack = h.acquire_stack
      JOIN frame_text t ON t.frame = o.frame GROUP BY 1, 2 ORDER BY 1, min(o.level))
    GROUP BY stack),
  counted AS (
    SELECT h.*, sum(h.count) OVER (PARTITION BY h.kind, h.process, ifnull(w.way, h.acquire_stack)) AS together
    FROM held h LEFT JOIN way w ON w.stack = h.acquire_stack)
  SELECT n.kind, n.process, n.acquire_stack,
         CASE WHEN max(n.together) OVER (PARTITION BY n.kind, n.process, t.module, t.text) > 1 THEN 'grows'
              ELSE 'held at exit' END AS shape,
         n.count
  FROM counted n LEFT JOIN call_site c ON c.stack = n.acquire_stack LEFT JOIN frame_text t ON t.frame = c.frame;

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

CREATE VIEW open_transaction AS
  -- Transactions that had not ended when their process did, or have not by now: the longest time that each was left idle,
  -- which may be the time since its last use, and the call before it.  A call that has not returned, a query that is sent and
  -- not drained, or a COPY is at work, so that its time is not idle; of what a process did that lost events nobody can tell.
  SELECT resource, process, connection, acquire_stack, acquired_ns, used_ns, age_ns, since_ns,
         max(idle_ns, since_ns) AS longest_idle_ns, iif(since_ns > idle_ns, use_stack, idle_stack) AS idle_stack
  FROM (SELECT r.id AS resource, r.process, r.connection, r.acquire_stack, r.acquired_ns, r.used_ns, r.idle_ns, r.idle_stack,
               c.use_stack, p.until_ns - r.acquired_ns AS age_ns,
               iif(p.dropped > 0 OR r.connection IN (SELECT connection FROM resource WHERE kind IN ('query', 'copy')
                                                          UNION ALL SELECT connection FROM at_work), 0,
                    max(ifnull(p.until_ns - r.used_ns, 0), 0)) AS since_ns
        FROM (SELECT id, dropped, ifnull(ended_ns, iif("end" IS NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000,
                                                       NULL)) AS until_ns FROM process) p
        CROSS JOIN resource r ON r.process = p.id LEFT JOIN connection c ON c.id = r.connection
        WHERE r.kind = 'transaction' AND r.connection NOT IN (SELECT connection FROM passed_on));

CREATE VIEW open_connection AS
  -- Every connection that is open now, or was when its process ended: how old it is, for how long it has not been used, and
  -- its transaction, if it is in one.  Times are NULL where nobody knows when the process ended.
  SELECT c.id AS connection, c.process, f.connection_verdict AS verdict, c.state, c.target, c.backend_pid, c.thread,
         c.acquire_stack, c.acquire_function, c.acquired_ns, c.used_ns, c.use_function, c.use_stack, c.statement,
         c.transaction_status, p.until_ns - c.acquired_ns AS age_ns,
         iif(ifnull(c.inherited, c.id) IN (SELECT connection FROM resource WHERE kind IN ('query', 'copy') UNION ALL SELECT connection FROM at_work), 0,
             max(p.until_ns - max(ifnull(c.used_ns, 0), c.acquired_ns + c.connect_ns), 0)) AS unused_ns,
         t.resource AS "transaction", t.age_ns AS transaction_ns, t.acquire_stack AS transaction_stack, t.since_ns AS idle_ns
  FROM connection o CROSS JOIN owned_connection c ON c.id = o.id
  JOIN (SELECT id, ifnull(ended_ns, iif("end" IS NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000,
                                        NULL)) AS until_ns FROM process) p ON p.id = c.process
  JOIN process_fate f ON f.process = c.process LEFT JOIN open_transaction t ON t.connection = ifnull(c.inherited, c.id)
  WHERE o.released_ns IS NULL AND c.released_ns IS NULL AND c.state = 'connected';

CREATE VIEW idle_in_transaction AS
  -- Where transactions begin that were left idle, the longest gap between two uses (or before the process's end, or until
  -- now), and the call before it.
  SELECT process, acquire_stack, sum(count) AS count, sum(open) AS open, max(longest_idle_ns) AS longest_idle_ns,
         idle_stack
  FROM (SELECT process, acquire_stack, count, 0 AS open, longest_idle_ns, idle_stack
        FROM fold WHERE kind = 'transaction'
        UNION ALL
        SELECT process, acquire_stack, 1, 1, longest_idle_ns, idle_stack FROM open_transaction)
  GROUP BY process, acquire_stack HAVING max(longest_idle_ns) > 0;

CREATE VIEW misuse_life AS
  -- A misuse with its stacks.  A call on a connection that came through fork is none where this process took it over; what
  -- it shares it has not seen opened, but the process that did has: origin.
  SELECT m.process, m.kind, m.stack, -- of what a connection is finished in the middle of, acquire_stack is not its own
         iif(m.acquire_stack = 0 AND m.kind NOT IN ('finished in transaction', 'finished with query', 'finished in copy'),
             ifnull(o.acquire_stack, 0), m.acquire_stack) AS acquire_stack,
         m.release_stack, m.function, m.connection, o.id AS origin, m.count, m.first_ns, m.last_ns
  FROM misuse m LEFT JOIN inheritance i ON i.connection = m.connection LEFT JOIN connection o ON o.id = i.origin
  WHERE m.kind NOT IN ('used in child', 'finished in child') OR ifnull(i.fate, 'shared') = 'shared';

CREATE VIEW backend AS
  -- Every backend that a connection had: the server's log knows it by this process id.  from_ns: since when; NULL: since it
  -- was opened.
  SELECT connection, previous_pid AS backend_pid, lag(at_ns) OVER same AS from_ns, at_ns AS until_ns, FALSE AS latest
  FROM reset WHERE previous_pid <> 0 AND backend_pid <> 0 WINDOW same AS (PARTITION BY connection ORDER BY at_ns)
  UNION ALL
  SELECT c.id, c.backend_pid, (SELECT max(r.at_ns) FROM reset r WHERE r.connection = c.id AND r.backend_pid <> 0),
         c.released_ns, TRUE
  FROM connection c WHERE c.backend_pid <> 0;

CREATE VIEW misuse_site AS
  -- Misuse (calls that must not be made), by kind and call site.
  SELECT m.kind, t.text AS site, m.function, sum(m.count) AS count, count(DISTINCT m.stack) AS stacks,
         min(m.first_ns) AS first_ns, max(m.last_ns) AS last_ns
  FROM misuse_life m JOIN call_site c ON c.stack = m.stack JOIN frame_text t ON t.frame = c.frame
  GROUP BY m.kind, t.module, t.text, m.function ORDER BY m.kind, count DESC, site;

CREATE VIEW process_run AS
  -- Which trace a process was merged from (pqleak merge); none has a row that was not.
  SELECT CAST(substr(name, length('run of process ') + 1) AS INTEGER) AS process, value AS run
  FROM property WHERE name GLOB 'run of process *';
