-- SPDX-License-Identifier: PostgreSQL
-- What the facts of a trace mean.  The views are stored in the trace; the analyzer shadows them with TEMP copies of its
-- own, so that a new analyzer reads an old trace with its own definitions.  SQLite reads every stored view whenever it
-- opens a trace, and the shim opens one at each drain: so it stores only these, and not those of views-report.sql, which a
-- command of pqleak adds.

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
    ('         open (process still running), inherited (came through fork; the parent owns it),'),
    ('         cannot-tell (events of its process were dropped: it may have been released),'),
    ('         out-of-sight (memory that its module passes to free(3): nothing is claimed).'),
    ('Times are nanoseconds since 1970 UTC: datetime(acquired_ns / 1000000000, ''unixepoch'').'),
    ('.schema shows every table and column with its comment.  pqleak-trace(5) is the manual.')
  );

CREATE VIEW process_fate AS
  -- How each process ended, as a verdict for what it still held.  Of one that dropped events nobody can tell: what was
  -- open then may have been released, and what was acquired later may have been at an address of the same.
  SELECT id AS process,
         CASE WHEN dropped > 0 THEN 'cannot-tell'
              WHEN end IS NULL THEN 'open'
              WHEN end IN ('exit', '_exit', 'quick_exit', 'exec') THEN 'leaked'
              ELSE 'open-at-death' END AS verdict
  FROM process;

CREATE VIEW connection_life AS
  -- A connection with its verdict, its target and its process.
  SELECT c.id, c.process, p.pid, p.exe, c.thread,
         CASE WHEN c.state = 'inherited' THEN 'inherited'
              WHEN c.released_ns IS NOT NULL THEN 'released'
              ELSE f.verdict END AS verdict,
         c.state, t.host, t.port, t.database, t.user, t.application_name, t.server_version, t.ssl, c.backend_pid,
         c.acquired_ns, c.connect_ns, c.acquire_function, c.acquire_stack,
         c.used_ns, c.use_function, c.use_stack, c.statement, c.queries, c.resets,
         CASE c.transaction_status WHEN 0 THEN 'idle' WHEN 1 THEN 'active' WHEN 2 THEN 'in transaction'
              WHEN 3 THEN 'in failed transaction' ELSE 'unknown' END AS transaction_status,
         c.released_ns, c.release_thread, c.release_stack,
         ifnull(c.released_ns, p.ended_ns) - c.acquired_ns AS held_ns  -- NULL while the end is unknown
  FROM connection c
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
         iif(r.kind = 'memory' AND r.acquire_stack IN (SELECT stack FROM stack_out_of_sight), 'out-of-sight',
             f.verdict) AS verdict, r.connection,
         ifnull(c.released_ns IS NOT NULL, 0) AS outlived, r.status, r.rows, r.bytes,
         r.acquired_ns, r.acquire_function, r.acquire_stack, r.statement, r.used_ns, r.idle_ns, r.idle_stack,
         p.ended_ns - r.acquired_ns AS held_ns  -- NULL while the end is unknown
  FROM resource r
  JOIN process p ON p.id = r.process
  JOIN process_fate f ON f.process = r.process
  LEFT JOIN connection c ON c.id = r.connection;

CREATE VIEW outstanding AS
  -- Every resource that was not released, whatever its kind: the raw material of a report.
  SELECT 'connection' AS kind, c.id, c.process, f.verdict, c.acquire_stack, c.acquire_function, c.acquired_ns, c.state
  FROM connection c JOIN process_fate f ON f.process = c.process
  WHERE c.released_ns IS NULL AND c.state <> 'inherited'
  UNION ALL
  SELECT kind, id, process, verdict, acquire_stack, acquire_function, acquired_ns, ''
  FROM resource_life WHERE verdict <> 'out-of-sight';

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
  -- What was out of sight, in words.  spoke: it spoke PostgreSQL, or its file says that it can; 0: nobody knows that it
  -- did, which matters only where nothing was intercepted.
  SELECT pid, exe, how, module, sign,
         how IN ('protocol', 'bypassed', 'namespace') OR sign IS NULL OR sign <> '' AS spoke,
         CASE how
           WHEN 'protocol' THEN printf('process %d (%s) spoke PostgreSQL without a libpq that can be intercepted (%s)', pid, exe,
                                       iif(module IN ('', exe), 'its own protocol', 'its own protocol, in ' || module))
           WHEN 'bypassed' THEN printf('process %d (%s) used the libpq %s past its exported functions', pid, exe, module)
           WHEN 'namespace' THEN printf('process %d (%s) loaded %s with dlmopen', pid, exe, module)
           WHEN 'go' THEN printf('process %d (%s) is a Go program, which makes its own system calls', pid, exe)
           WHEN 'static' THEN printf('%s is statically linked', exe)
           WHEN 'setuid' THEN printf('%s gains privileges when it starts, so LD_PRELOAD is ignored', exe)
           WHEN 'machine' THEN printf('%s is for a different machine than pqleak', exe)
           WHEN 'libc' THEN printf('%s uses a C library other than glibc', exe)
           WHEN 'environment' THEN printf('%s was started without pqleak in LD_PRELOAD', exe)
           ELSE printf('%s: %s', exe, how) END
         || CASE WHEN how IN ('protocol', 'bypassed', 'namespace') THEN ''
                 WHEN sign IS NULL THEN '; it could not be examined'
                 WHEN sign <> '' THEN ', and contains ' || sign ELSE '' END AS text
  FROM unseen;

CREATE VIEW cannot_tell AS
  -- Reasons why this trace cannot prove that nothing leaked.  Empty: it can.
  SELECT 'no libpq call was intercepted' AS reason WHERE NOT EXISTS (SELECT 1 FROM process)
  UNION ALL SELECT printf('process %d: %s', i.pid, i.reason) FROM incomplete i
  UNION ALL SELECT printf('process %d: %d event%s dropped%s', pid, dropped, iif(dropped = 1, ' was', 's were'), ifnull(': ' || drop_reason, '')) FROM process WHERE dropped > 0
  UNION ALL SELECT text || '; see pqleak doctor' FROM unseen_text
    WHERE spoke OR NOT EXISTS (SELECT 1 FROM process);
