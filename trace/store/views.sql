-- SPDX-License-Identifier: PostgreSQL
-- What the facts of a trace mean.  The views are stored in the trace; the analyzer shadows them with TEMP copies of its
-- own, so that a new analyzer reads an old trace with its own definitions.  SQLite reads every stored view whenever it
-- opens a trace, and the shim opens one at each drain: so it stores only these, and not those of views-driver.sql and
-- views-report.sql, which a command of pqleak adds.

CREATE VIEW readme AS
  -- SELECT * FROM readme: what this file is and where to start.
  SELECT column1 AS line FROM (VALUES
    ('This is a pqleak trace: what libpq handed out to a set of processes, and what they gave back.'),
    (''),
    ('SELECT * FROM connection_life;       every connection with its verdict, target and process'),
    ('SELECT * FROM resource_life;         everything else that was not released, with its verdict'),
    ('SELECT * FROM verdict_count;         how many resources of each kind have which verdict'),
    ('SELECT * FROM cannot_tell;           why this trace cannot prove that nothing leaked (empty: it can)'),
    ('SELECT * FROM process;               the traced processes and how they ended'),
    ('SELECT * FROM leak_site;             what was never released, by call site'),
    ('SELECT * FROM stack_text WHERE stack = N;  one stack, readable'),
    ('SELECT * FROM misuse_site;           misuse (calls that must not be made), by call site'),
    ('SELECT * FROM kind;                  the kinds of resources, and what releases them'),
    ('SELECT * FROM leak_label;            how much leaked under each label (PQLEAK_LABEL), for example a test name'),
    ('The last five, and other views, exist once a pqleak command has opened the trace.'),
    (''),
    ('verdict: released, leaked (its process ended of its own accord), open-at-death (killed, crashed, or end unknown),'),
    ('         open (process still running), inherited (went through fork; another process owns it),'),
    ('         cannot-tell (events of its process were dropped: it may have been released),'),
    ('         out-of-sight (memory that its module passes to free(3): nothing is claimed).'),
    ('Times are nanoseconds since 1970 UTC: datetime(acquired_ns / 1000000000, ''unixepoch'').'),
    ('.schema shows every table and column with its comment.  pqleak-trace(5) is the manual.')
  );

CREATE VIEW heir AS
  -- Processes that have ended and left a connection open, and a process that each has forked and that still ran when the
  -- trace was read: it may go on with that connection.
  SELECT CAST(substr(name, length('heir of process ') + 1) AS INTEGER) AS process, value AS pid
  FROM property WHERE name GLOB 'heir of process *';

CREATE VIEW at_work AS
  -- Connections on which a thread was inside a call that talks to the server when the trace was read, or when their process
  -- died: a query may be running, so nobody can say that they are unused.  All of a process that does not tell.
  SELECT CAST(substr(name, length('at work on connection ') + 1) AS INTEGER) AS connection
  FROM property WHERE name GLOB 'at work on connection *'
  UNION ALL
  SELECT c.id FROM property n JOIN connection c ON c.process = CAST(substr(n.name, length('work is not told of process ') + 1) AS INTEGER)
  WHERE n.name GLOB 'work is not told of process *' AND c.released_ns IS NULL;

CREATE VIEW process_fate AS
  -- How each process ended, as a verdict for what it still held.  Of one that dropped events nobody can tell: what was
  -- open then may have been released, and what was acquired later may have been at an address of the same.
  SELECT id AS process,
         CASE WHEN dropped > 0 THEN 'cannot-tell'
              WHEN end IS NULL THEN 'open'
              WHEN end IN ('exit', '_exit', 'quick_exit', 'exec') THEN 'leaked'
              ELSE 'open-at-death' END AS verdict,
         -- of its connections: one that it forked and that runs may go on with them
         CASE WHEN dropped > 0 THEN 'cannot-tell'
              WHEN end IS NULL OR id IN (SELECT process FROM heir) THEN 'open'
              WHEN end IN ('exit', '_exit', 'quick_exit', 'exec') THEN 'leaked'
              ELSE 'open-at-death' END AS connection_verdict
  FROM process;

CREATE VIEW inheritance AS
  -- THE rule of who owns what went through fork: each inherited connection that its process used, and what that was.
  -- giver: the connection as the nearest of the processes that this one descends from knew it, NULL: none in this trace did;
  -- origin: as it was opened.  fate: 'taken over' (since the fork nobody used it but this process, which owns it now),
  -- 'shared' (a misuse), 'undecided' (a process that had it before runs, or dropped events), 'unknown' (no giver).
  -- given_up: all that had it before have ended, and had not used it since.
  WITH RECURSIVE step AS ( -- from each up through the processes that its own descends from
    SELECT c.id, c.process, c.address, p.parent, p.forked_at, p.started_ns, 1 AS generation
    FROM connection c CROSS JOIN process p ON p.id = c.process WHERE c.state = 'inherited' AND c.last_event > 0
    UNION SELECT s.id, s.process, s.address, p.parent, p.forked_at, s.started_ns, s.generation + 1
    FROM step s CROSS JOIN process p ON p.spool = s.parent WHERE s.generation < 100),
  given AS ( -- by what lay at its address at the fork: of all that lay there later the first
    SELECT s.id, s.process, g.id AS giver, g.last_event > s.forked_at AS used_since, p.end IS NULL OR p.dropped > 0 AS may,
           p.dropped > 0 AS is_lossy, -- then it may be another connection that lies there, and the calls since are its
           row_number() OVER (PARTITION BY s.id ORDER BY s.generation, g.acquired_ns, g.id) AS rank
    FROM (SELECT 1 WHERE EXISTS (SELECT 1 FROM step)) -- first: without any nothing is read
    CROSS JOIN connection g CROSS JOIN process p ON p.id = g.process
    CROSS JOIN step s ON s.parent = p.spool AND s.address = g.address AND g.acquired_ns <= s.started_ns
    WHERE g.last_event > 0 AND (g.released_ns IS NULL OR g.last_event > s.forked_at)),
  link AS ( -- rule: the higher one counts
    SELECT id, process, giver, NOT may AND NOT used_since AS given_up,
           CASE WHEN is_lossy THEN 1 WHEN used_since OR count(*) OVER (PARTITION BY giver) > 1 THEN 3 WHEN may THEN 1 ELSE 0 END AS rule
    FROM given WHERE rank = 1
    UNION ALL SELECT DISTINCT s.id, s.process, NULL, FALSE, 2 FROM step s WHERE s.id NOT IN (SELECT id FROM given)),
  line AS (
    SELECT id, giver AS at, given_up, rule, 1 AS length FROM link
    UNION ALL SELECT l.id, k.giver, min(l.given_up, k.given_up), max(l.rule, k.rule), l.length + 1
    FROM line l CROSS JOIN link k ON k.id = l.at WHERE l.length < 100)
  SELECT k.id AS connection, k.process, k.giver, l.at AS origin, l.given_up,
         CASE l.rule WHEN 0 THEN 'taken over' WHEN 1 THEN 'undecided' WHEN 2 THEN 'unknown' ELSE 'shared' END AS fate
  FROM link k JOIN line l ON l.id = k.id GROUP BY k.id -- of a line the end: there it is longest
  HAVING max(l.length) > 0;

CREATE VIEW handover AS
  -- Connections that their process has given up to one it forked: to which, and as which of its connections.  Where
  -- several share it, it is the one that finished it, else the one that used it last.
  SELECT origin AS connection, process, inherited
  FROM (SELECT i.origin, i.process, i.connection AS inherited,
               row_number() OVER (PARTITION BY i.origin
                                  ORDER BY c.released_ns IS NULL, ifnull(c.used_ns, c.acquired_ns) DESC, c.id DESC) AS rank
        FROM inheritance i JOIN connection c ON c.id = i.connection WHERE i.given_up)
  WHERE rank = 1;

CREATE VIEW passed_on AS
  -- Connections on which nothing is claimed of transactions, statements and whatever else ends with its connection: those
  -- that another process took over, and inherited ones that are not this one's own.
  SELECT connection FROM handover
  UNION SELECT id FROM connection WHERE state = 'inherited' AND id NOT IN (SELECT inherited FROM handover);

CREATE VIEW owned_connection AS
  -- The table connection; but what a forked process took over is that process's, and ends as it does there.
  SELECT c.id, ifnull(i.process, c.process) AS process, c.state, c.target,
         ifnull(nullif(i.backend_pid, 0), c.backend_pid) AS backend_pid, ifnull(i.thread, c.thread) AS thread, c.acquired_ns,
         c.connect_ns, c.acquire_function, c.acquire_stack, ifnull(i.used_ns, c.used_ns) AS used_ns,
         ifnull(i.use_function, c.use_function) AS use_function, ifnull(i.use_stack, c.use_stack) AS use_stack,
         ifnull(i.statement, c.statement) AS statement, c.queries + ifnull(i.queries, 0) AS queries,
         c.resets + ifnull(i.resets, 0) AS resets, ifnull(i.transaction_status, c.transaction_status) AS transaction_status,
         ifnull(i.released_ns, c.released_ns) AS released_ns, ifnull(i.release_thread, c.release_thread) AS release_thread,
         ifnull(i.release_stack, c.release_stack) AS release_stack, h.inherited
  FROM connection c LEFT JOIN handover h ON h.connection = c.id LEFT JOIN connection i ON i.id = h.inherited;

CREATE VIEW connection_life AS
  -- A connection with its verdict, its target and its process.
  SELECT c.id, c.process, p.pid, p.exe, c.thread,
         CASE WHEN c.state = 'inherited' THEN 'inherited'
              WHEN c.released_ns IS NOT NULL THEN 'released'
              ELSE f.connection_verdict END AS verdict,
         c.state, t.host, t.port, t.database, t.user, t.application_name, t.server_version, t.ssl, c.backend_pid,
         c.acquired_ns, c.connect_ns, c.acquire_function, c.acquire_stack,
         c.used_ns, c.use_function, c.use_stack, c.statement, c.queries, c.resets,
         CASE c.transaction_status WHEN 0 THEN 'idle' WHEN 1 THEN 'active' WHEN 2 THEN 'in transaction'
              WHEN 3 THEN 'in failed transaction' ELSE 'unknown' END AS transaction_status,
         c.released_ns, c.release_thread, c.release_stack,
         ifnull(c.released_ns, p.ended_ns) - c.acquired_ns AS held_ns  -- NULL while the end is unknown
  FROM owned_connection c
  JOIN process p ON p.id = c.process
  JOIN process_fate f ON f.process = c.process
  LEFT JOIN target t ON t.id = c.target;

CREATE VIEW frees_out_of_sight AS
  -- Modules known to pass libpq's memory to free(3), which is no call of libpq: its release is not seen.
  SELECT column1 AS pattern, column2 AS what FROM (VALUES ('*/pgsql.so', 'PHP pgsql'));

CREATE VIEW stack_out_of_sight AS
  -- Stacks in which such a module called libpq: of memory acquired there nothing is claimed.
  SELECT s.stack FROM stack_frame s JOIN frame f ON f.id = s.frame JOIN module m ON m.id = f.module
  WHERE s.level = 0 AND EXISTS (SELECT 1 FROM frees_out_of_sight u WHERE m.path GLOB u.pattern);

CREATE VIEW resource_life AS
  -- Something without a release, other than a connection, with its verdict.  outlived: its connection was finished.
  SELECT r.id, r.process, p.pid, p.exe, r.thread, r.kind,
         CASE WHEN r.kind = 'memory' AND r.acquire_stack IN (SELECT stack FROM stack_out_of_sight) THEN 'out-of-sight'
              WHEN o.connection IS NOT NULL THEN 'inherited'
              ELSE f.verdict END AS verdict, r.connection,
         ifnull(c.released_ns IS NOT NULL, 0) AS outlived, r.status, r.rows, r.bytes,
         r.acquired_ns, r.acquire_function, r.acquire_stack, r.statement, r.used_ns, r.idle_ns, r.idle_stack,
         p.ended_ns - r.acquired_ns AS held_ns  -- NULL while the end is unknown
  FROM resource r
  JOIN process p ON p.id = r.process
  JOIN process_fate f ON f.process = r.process
  LEFT JOIN connection c ON c.id = r.connection
  LEFT JOIN passed_on o ON o.connection = r.connection AND r.kind NOT IN ('result', 'memory', 'cancel');

CREATE VIEW outstanding AS
  -- Every resource that was not released, whatever its kind: the raw material of a report.
  SELECT 'connection' AS kind, c.id, f.process, f.connection_verdict AS verdict, c.acquire_stack, c.acquire_function, c.acquired_ns, c.state
  FROM connection c LEFT JOIN handover h ON h.connection = c.id LEFT JOIN connection i ON i.id = h.inherited
  JOIN process_fate f ON f.process = ifnull(h.process, c.process)
  WHERE c.released_ns IS NULL AND i.released_ns IS NULL AND c.state <> 'inherited'
  UNION ALL
  SELECT kind, id, process, verdict, acquire_stack, acquire_function, acquired_ns, ''
  FROM resource_life WHERE verdict NOT IN ('out-of-sight', 'inherited');

CREATE VIEW leak AS
  -- THE definition: a resource is leaked when its process ended of its own accord without giving it back.
  SELECT kind, id, process, acquire_stack, acquire_function, acquired_ns, state
  FROM outstanding WHERE verdict = 'leaked';

CREATE VIEW verdict_count AS
  -- How many resources of each kind have which verdict.
  SELECT 'connection' AS kind, verdict, count(*) AS count FROM connection_life GROUP BY verdict
  UNION ALL SELECT kind, verdict, count(*) FROM resource_life GROUP BY kind, verdict
  UNION ALL SELECT kind, 'released', sum(count) FROM fold WHERE kind <> 'connection' GROUP BY kind;

CREATE VIEW unseen_text AS
  -- What was out of sight, in words.  spoke: it spoke PostgreSQL for itself, or something says that it can; 0: nobody knows
  -- that it did, which matters only where nothing was intercepted.  program: its file, and its script.
  SELECT pid, exe, how, module, sign,
         how IN ('protocol', 'bypassed', 'namespace') OR how <> 'relay' AND (sign IS NULL OR sign <> '') AS spoke,
         CASE how
           WHEN 'protocol' THEN printf('process %d (%s) spoke PostgreSQL without a libpq that can be intercepted (%s)', pid, exe,
                                       iif(module IN ('', exe), 'its own protocol', 'its own protocol, in ' || module))
           WHEN 'bypassed' THEN printf('process %d (%s) used the libpq %s past its exported functions', pid, exe, module)
           WHEN 'namespace' THEN printf('process %d (%s) loaded %s with dlmopen', pid, exe, module)
           WHEN 'relay' THEN printf('process %d (%s) forwards the PostgreSQL of its own clients', pid, exe)
           WHEN 'go' THEN printf('process %d (%s) is a Go program, which makes its own system calls', pid, exe)
           WHEN 'static' THEN printf('%s is statically linked', program)
           WHEN 'setuid' THEN printf('%s gains privileges when it starts, so LD_PRELOAD is ignored', program)
           WHEN 'machine' THEN printf('%s is for a different machine than pqleak and ran without it', program)
           WHEN 'libc' THEN printf('%s uses a C library other than glibc 2.35 or later and ran without pqleak', program)
           WHEN 'environment' THEN printf('%s was started without pqleak in its environment', program)
           WHEN 'library' THEN printf('%s was started where it cannot read libpqleak.so', program)
           ELSE printf('%s: %s', program, how) END
         || CASE WHEN how IN ('protocol', 'bypassed', 'namespace', 'relay') THEN ''
                 WHEN sign IS NULL THEN '; it could not be examined'
                 WHEN sign <> '' THEN ', and has ' || sign ELSE '' END AS text
  FROM (SELECT *, trim(exe || ' ' || iif(how IN ('static', 'setuid', 'machine', 'libc', 'environment', 'library'), module, '')) AS program
        FROM unseen);

CREATE VIEW killed_early AS
  -- Commands that `pqleak run` started and a signal killed before they called libpq: they have no row in process.
  SELECT CAST(substr(name, length('killed_early of process ') + 1) AS INTEGER) AS pid, value AS signal
  FROM property WHERE name GLOB 'killed_early of process *';

CREATE VIEW cannot_tell AS
  -- Reasons why this trace cannot prove that nothing leaked.  Empty: it can.
  WITH taken AS MATERIALIZED (SELECT process, giver, fate FROM inheritance)
  SELECT 'no libpq call was intercepted' AS reason WHERE NOT EXISTS (SELECT 1 FROM process)
  UNION ALL SELECT printf('process %d: killed by %s before it called libpq', pid, signal) FROM killed_early
    WHERE NOT EXISTS (SELECT 1 FROM process)
  UNION ALL SELECT iif(i.pid IS NULL, '', printf('process %d: ', i.pid)) || i.reason FROM incomplete i
  UNION ALL SELECT printf('process %d: %d event%s dropped%s', pid, dropped, iif(dropped = 1, ' was', 's were'), ifnull(': ' || drop_reason, '')) FROM process
    WHERE dropped > 0 AND ifnull(drop_reason, '') <> 'the trace is cut short' -- analyzer/reading/salvage.c says it once
  UNION ALL SELECT printf('process %d: process %d may still use a connection that it handed over', p.pid, q.pid)
    FROM taken i JOIN process p ON p.id = i.process JOIN connection g ON g.id = i.giver JOIN process q ON q.id = g.process
    WHERE i.fate = 'undecided' AND q.end IS NULL GROUP BY p.id, q.id
  UNION ALL SELECT printf('process %d: process %d, which it forked, may go on with a connection', p.pid, h.pid)
    FROM heir h JOIN process p ON p.id = h.process
    WHERE h.process IN (SELECT process FROM owned_connection WHERE state <> 'inherited' AND released_ns IS NULL)
  UNION ALL SELECT printf('process %d: where its inherited connection was opened is not in this trace', p.pid)
    FROM taken i JOIN process p ON p.id = i.process WHERE i.fate = 'unknown' GROUP BY p.id
  UNION ALL SELECT text || '; see pqleak doctor' FROM unseen_text
    WHERE spoke OR NOT EXISTS (SELECT 1 FROM process);
