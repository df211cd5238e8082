-- SPDX-License-Identifier: PostgreSQL
-- What the facts of a trace mean.  The views are stored in the trace; the analyzer shadows them with TEMP copies of its
-- own, so that a new analyzer reads an old trace with its own definitions.  SQLite reads every stored view whenever it
-- opens a trace, and the shim opens one at each drain: so it stores only these, and not those of views-report.sql.

CREATE VIEW readme AS
  -- SELECT * FROM readme: what this file is and where to start.
  SELECT column1 AS line FROM (VALUES
    ('This is a pqleak trace: what libpq handed out to a set of processes, and what they gave back.'),
    (''),
    ('SELECT * FROM leak_site;             what was never released, by call site'),
    ('SELECT * FROM connection_life;       every connection with its verdict, target and process'),
    ('SELECT * FROM resource_life;         everything else that was not released, with its verdict'),
    ('SELECT * FROM verdict_count;         how many resources of each kind have which verdict'),
    ('SELECT * FROM cannot_tell;           why this trace cannot prove that nothing leaked (empty: it can)'),
    ('SELECT * FROM stack_text WHERE stack = N;  one stack, readable'),
    ('SELECT * FROM process;               the traced processes and how they ended'),
    ('SELECT * FROM misuse_site;           misuse (calls that must not be made), by call site'),
    ('SELECT * FROM kind;                  the kinds of resources, and what releases them'),
    ('SELECT * FROM leak_label;            how much leaked under each label (PQLEAK_LABEL), for example a test name'),
    ('These three views, and others, exist once a pqleak command has opened the trace.'),
    (''),
    ('verdict: released, leaked (its process ended of its own accord), open-at-death (killed, crashed, or end unknown),'),
    ('         open (process still running), inherited (came through fork; the parent owns it),'),
    ('         out-of-sight (memory that its module passes to free(3): nothing is claimed).'),
    ('Times are nanoseconds since 1970 UTC: datetime(acquired_ns / 1000000000, ''unixepoch'').'),
    ('.schema shows every table and column with its comment.  pqleak-trace(5) is the manual.')
  );

CREATE VIEW process_fate AS
  -- How each process ended, as a verdict for what it still held.
  SELECT id AS process,
         CASE WHEN end IS NULL THEN 'open'
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

CREATE VIEW driver AS
  -- What stands between the user's code and libpq, by the path of the module or of the script: a call site is never
  -- looked for in it.  pqleak's --skip adds to it for one report.  Listed in pqleak(1).
  SELECT column1 AS pattern, column2 AS what FROM (VALUES
    ('*/libpq.so*', 'libpq'), ('*/libpq-*.so*', 'libpq bundled in a wheel'), ('*/libpqleak*.so*', 'the shim'),
    -- C and C++
    ('*/libpqxx*.so*', 'libpqxx'), ('*/libecpg*.so*', 'ECPG'), ('*/libpqtypes.so*', 'libpqtypes'),
    ('*/psqlodbc*.so*', 'ODBC'), ('*/libodbc.so*', 'ODBC'), ('*/libiodbc.so*', 'ODBC'),
    ('*/libqsqlpsql.so', 'Qt'), ('*/libQt[0-9]Sql.so*', 'Qt'),
    ('*/libsoci_core.so*', 'SOCI'), ('*/libsoci_postgresql.so*', 'SOCI'),
    ('*/libdbi.so*', 'libdbi'), ('*/libdbdpgsql.so', 'libdbi'), ('*/apr_dbd_pgsql*.so', 'APR'),
    -- Python
    ('*/psycopg2/_psycopg*.so', 'psycopg2'), ('*/psycopg2/*.py', 'psycopg2'),
    ('*/psycopg_c/*.so', 'psycopg 3'), ('*/psycopg_binary/*.so', 'psycopg 3'), ('*/psycopg/*.py', 'psycopg 3'),
    ('*/psycopg_pool/*.py', 'psycopg 3'), ('*-packages/_pg.*.so', 'PyGreSQL'), ('*-packages/pg.py', 'PyGreSQL'),
    ('*-packages/pgdb.py', 'PyGreSQL'), ('*/pg/_pg.*.so', 'PyGreSQL'), ('*-packages/pg/*.py', 'PyGreSQL'),
    ('*-packages/pgdb/*.py', 'PyGreSQL'), ('*/sqlalchemy/*', 'SQLAlchemy'), ('*/django/db/*.py', 'Django'),
    ('*/libffi*.so*', 'libffi'), ('*/_ctypes*.so', 'ctypes'),
    -- PHP
    ('*/pgsql.so', 'PHP pgsql'), ('*/pdo_pgsql.so', 'PHP PDO'), ('*/pdo.so', 'PHP PDO'),
    ('*/doctrine/dbal/*.php', 'Doctrine'), ('*/doctrine/orm/*.php', 'Doctrine'),
    ('*/[Ii]lluminate/[Dd]atabase/*.php', 'Laravel'),
    -- Perl
    ('*/DBD/Pg/Pg.so', 'DBD::Pg'), ('*/DBD/Pg.pm', 'DBD::Pg'), ('*/DBI/DBI.so', 'DBI'), ('*/DBI.pm', 'DBI'),
    ('*/DBIx/Class/*.pm', 'DBIx::Class'),
    -- Ruby
    ('*/pg_ext.so', 'ruby-pg'), ('*/vendor_ruby/pg.rb', 'ruby-pg'), ('*/vendor_ruby/pg/*.rb', 'ruby-pg'),
    ('*/pg-[0-9]*/lib/*.rb', 'ruby-pg'), ('*/vendor_ruby/sequel/*.rb', 'Sequel'),
    ('*/sequel-[0-9]*/lib/*.rb', 'Sequel'), ('*/activerecord-[0-9]*/lib/*.rb', 'ActiveRecord'),
    ('*/activesupport-[0-9]*/lib/*.rb', 'ActiveRecord'),
    -- Tcl, Lua, Node, R
    ('*/libtdbcpostgres*.so', 'tdbc::postgres'), ('*/libtdbc1*.so', 'tdbc'), ('*/libpgtcl*.so*', 'Pgtcl'),
    ('*/luasql/postgres.so', 'LuaSQL'), ('*/libpq/build/Release/addon.node', 'node-libpq'),
    ('*/RPostgreSQL.so', 'RPostgreSQL'), ('*/RPostgres.so', 'RPostgres')
  );

CREATE VIEW driver_function AS
  -- Functions of drivers and of the C++ library that are compiled into the user's own code.
  SELECT column1 AS pattern, column2 AS what FROM (VALUES
    ('pqxx::*', 'libpqxx'), ('std::*', 'C++ library'), ('__gnu_cxx::*', 'C++ library'),
    ('diesel::*', 'Diesel'), ('<diesel::*', 'Diesel'), ('pq_sys::*', 'Diesel')
  );

CREATE VIEW interpreter AS
  -- What runs scripts: in a stack with script frames its own frames are folded away.  Paths of modules, and what an
  -- interpreter calls its own scripts, which begins with '<'.
  SELECT column1 AS pattern, column2 AS what FROM (VALUES
    ('*/python', 'CPython'), ('*/bin/python[0-9]*', 'CPython'), ('*/libpython*.so*', 'CPython'),
    ('*/lib-dynload/*.so', 'CPython'), ('<frozen *', 'CPython'),
    ('*/php', 'PHP'), ('*/bin/php[0-9]*', 'PHP'), ('*/bin/php-cgi*', 'PHP'), ('*/php-fpm*', 'PHP'),
    ('*/libphp*.so*', 'PHP'), ('*/opcache.so', 'PHP'),
    ('*/ruby', 'Ruby'), ('*/bin/ruby[0-9]*', 'Ruby'), ('*/libruby*.so*', 'Ruby'), ('<internal:*', 'Ruby'),
    ('*/perl', 'Perl'), ('*/bin/perl[0-9]*', 'Perl'), ('*/libperl.so*', 'Perl'),
    ('*/lua', 'Lua'), ('*/bin/lua[0-9]*', 'Lua'), ('*/liblua*.so*', 'Lua'),
    ('*/bin/luajit*', 'LuaJIT'), ('*/libluajit*.so*', 'LuaJIT')
  );

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

CREATE VIEW module_role AS
  -- Whose code a module is: 'driver', 'interpreter' or 'native', which is the user's own.
  SELECT m.id AS module,
         CASE WHEN EXISTS (SELECT 1 FROM driver d WHERE m.path GLOB d.pattern) THEN 'driver'
              WHEN m.path = '[jit]' OR EXISTS (SELECT 1 FROM interpreter i WHERE m.path GLOB i.pattern) THEN 'interpreter'
              ELSE 'native' END AS role
  FROM module m;

CREATE VIEW script_role AS
  -- Whose code a script is: 'driver', 'interpreter' (its own scripts) or 'script', which is the user's own.
  SELECT s.id AS script,
         CASE WHEN EXISTS (SELECT 1 FROM driver d WHERE s.file GLOB d.pattern) THEN 'driver'
              WHEN EXISTS (SELECT 1 FROM interpreter i WHERE i.pattern GLOB '<*' AND s.file GLOB i.pattern) THEN 'interpreter'
              ELSE 'script' END AS role
  FROM script s;

-- In the place of this view a report has a table, with what --skip adds; and in that of the next, one of the stacks it
-- speaks of.
CREATE VIEW frame_role AS
  -- Whose code a frame is: its module's or script's, but a driver's where a driver's function names it.
  SELECT f.id AS frame,
         CASE WHEN EXISTS (SELECT 1 FROM frame_function n JOIN symbol y ON y.frame = n.frame AND y.depth = n.depth
                           JOIN driver_function d ON y.function GLOB d.pattern WHERE n.frame = f.id) THEN 'driver'
              ELSE coalesce((SELECT role FROM module_role m WHERE m.module = f.module),
                            (SELECT role FROM script_role s WHERE s.script = f.script), 'native') END AS role
  FROM frame f;

CREATE VIEW script_stack AS
  -- The stacks that have frames of scripts, and the level of the outermost of these.
  SELECT s.stack, max(s.level) AS outermost FROM stack_frame s JOIN frame f ON f.id = s.frame
  WHERE f.script IS NOT NULL GROUP BY s.stack;

-- In a stack without a script an interpreter's frames are like any other code; outside the outermost script nothing is the
-- user's own.
CREATE VIEW own_frame AS
  -- THE rule: the frames of a stack that may be the user's own code.
  SELECT s.stack, s.level, s.frame, r.role
  FROM stack_frame s LEFT JOIN script_stack x ON x.stack = s.stack JOIN frame_role r ON r.frame = s.frame
  WHERE r.role = 'script' OR r.role = 'native' AND ifnull(s.level < x.outermost, 1)
    OR r.role = 'interpreter' AND x.outermost IS NULL;

CREATE VIEW call_site AS
  -- The call site of each stack: its first own frame, else the outermost script, else the outermost frame.
  SELECT s.stack, s.level, s.frame
  FROM stack k CROSS JOIN stack_frame s ON s.stack = k.id AND s.level = coalesce(
    (SELECT o.level FROM own_frame o WHERE o.stack = k.id ORDER BY o.level LIMIT 1),
    (SELECT x.outermost FROM script_stack x WHERE x.stack = k.id),
    (SELECT max(l.level) FROM stack_frame l WHERE l.stack = k.id));

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
  UNION ALL SELECT printf('process %d: %d events were dropped', pid, dropped) FROM process WHERE dropped > 0
  UNION ALL SELECT text || '; see pqleak doctor' FROM unseen_text
    WHERE spoke OR NOT EXISTS (SELECT 1 FROM process);
