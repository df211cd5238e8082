-- SPDX-License-Identifier: PostgreSQL
-- How something was given back, and where connections are opened on behalf of others: what the native names of a stack tell.
-- Read by views-report.sql and by the report's stages.  Never says whose code a frame is: views-driver.sql does.

CREATE VIEW runtime AS
  -- The modules of what runs a program.  Their names for an executable are those of an installation.
  SELECT column1 AS what, column2 AS pattern FROM (VALUES
    ('C library', '*/libc.so.6'), ('C library', '*/libc-2*.so'),
    ('CPython', '*/python'), ('CPython', '*/bin/python[0-9]*'), ('CPython', '*/libpython*.so*'),
    ('PHP cli', '*/bin/php'), ('PHP cli', '*/bin/php[0-9]*'),
    ('PHP', '*/php'), ('PHP', '*/bin/php[0-9]*'), ('PHP', '*/php-cgi*'), ('PHP', '*/php-fpm*'), ('PHP', '*/libphp*.so*'),
    ('Ruby', '*/ruby'), ('Ruby', '*/bin/ruby[0-9]*'), ('Ruby', '*/libruby*.so*'),
    ('Perl', '*/perl'), ('Perl', '*/bin/perl[0-9]*'), ('Perl', '*/libperl.so*'),
    ('Lua', '*/lua'), ('Lua', '*/bin/lua[0-9]*'), ('Lua', '*/liblua*.so*'), ('Lua', '*/libluajit*.so*'), ('Lua', '*/bin/luajit*'),
    ('Tcl', '*/bin/tclsh*'), ('Tcl', '*/bin/wish*'), ('Tcl', '*/libtcl[0-9]*.so*'),
    ('R', '*/libR.so'), ('Node', '*/bin/node'), ('Node', '*/bin/nodejs'), ('Node', '*/libnode.so*'),
    ('OCaml', '*') -- it is compiled into each program
  );

CREATE VIEW manner AS
  -- THE list: a function that stands in the stack of a release, and what that says of it; to have one more, add its line.
  --   runtime   in whose modules it is looked for
  --   function  a shell pattern; a stripped interpreter still exports most of these
  --   manner    'exit': of the process; 'thread': one that ended; 'collector': a garbage collector's
  --   but       where such a function was called further in, or a script's, the program itself was at work: it says nothing
  --             then.  NULL: it always does
  SELECT column1 AS runtime, column2 AS function, column3 AS manner, column4 AS but FROM (VALUES
    ('C library', 'exit', 'exit', NULL), ('C library', '__run_exit_handlers', 'exit', NULL),
    ('C library', 'quick_exit', 'exit', NULL),
    ('C library', '__call_tls_dtors', 'thread', NULL), ('C library', '__nptl_deallocate_tsd', 'thread', NULL),
    ('CPython', 'Py_Finalize*', 'exit', NULL), ('CPython', 'Py_Exit', 'exit', NULL),
    ('CPython', 'PyThreadState_Clear', 'thread', NULL), ('CPython', '*PyThreadState_Delete*', 'thread', NULL),
    ('CPython', 'PyGC_Collect', 'collector', NULL), ('CPython', 'gc_collect*', 'collector', NULL),
    ('CPython', '_Py_RunGC', 'collector', NULL),
    -- An allocation gives nothing back, but the collector that it starts does.
    ('CPython', '_PyObject_GC_*', 'collector', NULL), ('CPython', 'PyType_GenericAlloc', 'collector', NULL),
    -- The end of a request is the end of the process in php alone: a server's goes on with the next.
    ('PHP cli', 'php_request_shutdown', 'exit', NULL),
    ('PHP', 'php_module_shutdown', 'exit', NULL),
    ('PHP', 'zend_gc_*', 'collector', NULL), ('PHP', 'gc_collect_*', 'collector', NULL),
    ('Ruby', 'ruby_cleanup', 'exit', NULL), ('Ruby', 'ruby_finalize', 'exit', NULL), ('Ruby', 'ruby_stop', 'exit', NULL),
    ('Ruby', 'rb_ec_teardown', 'exit', NULL), ('Ruby', 'rb_objspace_call_finalizer', 'exit', NULL),
    ('Ruby', 'ruby_run_node', 'exit', 'rb_vm_exec'), -- a stripped one exports no more of its end; see script_main, too
    ('Ruby', 'rb_gc', 'collector', NULL), ('Ruby', 'rb_gc_start', 'collector', NULL), ('Ruby', 'gc_start*', 'collector', NULL),
    ('Ruby', 'gc_sweep*', 'collector', NULL), ('Ruby', 'gc_finalize*', 'collector', NULL),
    ('Ruby', 'finalize_*', 'collector', NULL), ('Ruby', 'rb_gc_impl_*', 'collector', NULL),
    ('Ruby', 'rb_newobj*', 'collector', NULL), ('Ruby', 'rb_*_newobj_of', 'collector', NULL),
    ('Ruby', 'ruby_x*alloc*', 'collector', NULL),
    ('Perl', 'perl_destruct', 'exit', NULL), ('Perl', 'perl_run', 'exit', 'Perl_runops_*'),
    ('Lua', 'lua_close', 'exit', NULL), ('Lua', 'lua_gc', 'collector', NULL), ('Lua', 'luaC_*', 'collector', NULL),
    ('Lua', 'GCTM', 'collector', NULL),
    ('Tcl', 'Tcl_Exit', 'exit', NULL), ('Tcl', 'Tcl_Finalize*', 'exit', NULL),
    ('R', 'R_RunExitFinalizers', 'exit', NULL), ('R', 'R_CleanUp', 'exit', NULL),
    ('R', 'R_gc*', 'collector', NULL), ('R', 'R_RunPendingFinalizers', 'collector', NULL),
    ('R', 'Rf_alloc*', 'collector', NULL), ('R', 'Rf_cons', 'collector', NULL),
    ('Node', 'node::FreeEnvironment*', 'exit', NULL), ('Node', 'node::Environment::RunCleanup*', 'exit', NULL),
    ('Node', 'v8::internal::GlobalHandles::*', 'collector', NULL), ('Node', 'v8::internal::Heap::*', 'collector', NULL),
    ('OCaml', 'camlStdlib*do_at_exit*', 'exit', NULL), ('OCaml', 'caml_shutdown', 'exit', NULL),
    ('OCaml', 'caml_final_do_calls*', 'collector', NULL), ('OCaml', 'caml_empty_minor_heap*', 'collector', NULL)
  );

CREATE VIEW script_main AS
  -- Where all scripts of a program's first thread are called from `main`, what is not is called by the end: at_exit's blocks.
  SELECT column1 AS runtime, column2 AS function, column3 AS language, column4 AS main, column5 AS exe FROM (VALUES
    ('Ruby', 'ruby_run_node', 'ruby', '<main>', '*/ruby*')
  );

CREATE VIEW pool AS
  -- Scripts of pools: what is opened in one is lent to whoever asks, and given back where libpq has no part in it.
  SELECT column1 AS pattern, column2 AS what FROM (VALUES
    ('*/psycopg2/pool.py', 'psycopg2.pool'), ('*/psycopg_pool/*.py', 'psycopg_pool'),
    ('*/sqlalchemy/pool/*.py', 'SQLAlchemy'), ('*/sqlalchemy/pool.py', 'SQLAlchemy'), ('*/playhouse/pool.py', 'peewee'),
    ('*/dbutils/pooled_*.py', 'DBUtils'),
    ('*/connection_adapters/*connection_pool.rb', 'ActiveRecord'), ('*/sequel/connection_pool*.rb', 'Sequel'),
    ('*/lib/connection_pool*.rb', 'connection_pool'), ('*/Mojo/Pg.pm', 'Mojo::Pg')
  );

CREATE VIEW manner_frame AS
  -- The frames that are such a function.
  SELECT f.id AS frame, m.manner, m.but
  FROM manner m JOIN runtime r ON r.what = m.runtime JOIN module o ON o.path GLOB r.pattern JOIN frame f ON f.module = o.id
  JOIN symbol y ON y.frame = f.id AND y.function GLOB m.function;

CREATE VIEW stack_without_main AS
  -- The stacks in which a script runs, and not from its main; exe: where the first thread of such a program does that, it ends.
  SELECT DISTINCT s.stack, m.exe
  FROM script_main m JOIN script c ON c.language = m.language JOIN frame f ON f.script = c.id JOIN stack_frame s ON s.frame = f.id
  WHERE NOT EXISTS (
    SELECT 1 FROM script k JOIN frame g ON g.script = k.id JOIN stack_frame o ON o.frame = g.id
    WHERE k.language = m.language AND k.function = m.main AND o.stack = s.stack);

CREATE VIEW stack_manner AS
  -- How what a stack releases is given back: 'exit', 'thread', 'collector'; 'unknown' where the stack was too deep to be
  -- recorded whole (it begins inside the library of an interpreter), or a module of the list has no names at all, and nothing
  -- else tells; else 'code'.
  WITH told AS MATERIALIZED (SELECT * FROM manner_frame),
  nameless AS MATERIALIZED (
    SELECT o.id AS module FROM module o
    WHERE EXISTS (SELECT 1 FROM runtime r WHERE r.pattern <> '*' AND o.path GLOB r.pattern)
      AND NOT EXISTS (SELECT 1 FROM frame f JOIN symbol y ON y.frame = f.id AND y.function IS NOT NULL WHERE f.module = o.id)),
  hit AS (
    SELECT s.stack, t.manner
    FROM told t CROSS JOIN stack_frame s ON s.frame = t.frame
    WHERE t.but IS NULL OR NOT EXISTS (
      SELECT 1 FROM stack_frame i JOIN frame f ON f.id = i.frame LEFT JOIN symbol y ON y.frame = f.id
      WHERE i.stack = s.stack AND i.level < s.level AND (f.script IS NOT NULL OR y.function GLOB t.but))),
  ending AS ( -- see script_main
    SELECT s.stack, 'exit'
    FROM script_main m JOIN runtime r ON r.what = m.runtime JOIN module o ON o.path GLOB r.pattern JOIN frame f ON f.module = o.id
    JOIN symbol y ON y.frame = f.id AND y.function = m.function CROSS JOIN stack_frame s ON s.frame = f.id
    WHERE s.stack IN (SELECT stack FROM stack_without_main)),
  library AS MATERIALIZED (
    SELECT o.id AS module FROM module o
    WHERE EXISTS (SELECT 1 FROM runtime r WHERE r.what <> 'C library' AND r.pattern GLOB '*.so*' AND o.path GLOB r.pattern)),
  best AS MATERIALIZED (
    SELECT stack, min(CASE manner WHEN 'exit' THEN 1 WHEN 'thread' THEN 2 ELSE 3 END) AS rank FROM (SELECT * FROM hit UNION ALL SELECT * FROM ending) GROUP BY stack)
  SELECT k.id AS stack, CASE
    WHEN b.rank IS NOT NULL THEN iif(b.rank = 1, 'exit', iif(b.rank = 2, 'thread', 'collector'))
    WHEN (SELECT count(f.module) NOT BETWEEN 1 AND 63 FROM stack_frame s JOIN frame f ON f.id = s.frame WHERE s.stack = k.id)
      OR EXISTS (SELECT 1 FROM stack_frame s JOIN frame f ON f.id = s.frame WHERE s.stack = k.id AND f.module IN nameless)
      OR (SELECT f.module FROM stack_frame s JOIN frame f ON f.id = s.frame WHERE s.stack = k.id ORDER BY s.level DESC LIMIT 1) IN library
      THEN 'unknown' ELSE 'code' END AS manner
  FROM stack k LEFT JOIN best b ON b.stack = k.id;

CREATE VIEW release_manner AS
  -- How many of each kind were given back in which manner.
  SELECT f.kind, m.manner, sum(f.count) AS count FROM fold f JOIN stack_manner m ON m.stack = f.release_stack
  GROUP BY f.kind, m.manner;
