-- SPDX-License-Identifier: PostgreSQL
-- Whose code stands between the user's and libpq, or runs it: drivers, test runners, servers, interpreters.  Read by
-- views-report.sql, which says what follows from it.  Never names what may be a project's own: a package counts where it
-- was installed, and a project's folder of the same name does not.

CREATE VIEW package AS
  -- THE list: a line for each driver, test runner and server; to have one more, add its line.
  --   language  where it is looked for, as `place` says; 'module': a library, by its file; 'function': code that is
  --             compiled into the user's own, by the names of its functions
  --   name      how its folder or file is called where it is installed; a shell pattern
  --   part      'driver': a call site is never looked for in it; 'test' and 'server': it calls the user's code, and what
  --             lies outside that call tells nothing
  --   calls     which functions of a test runner or server make this call, of a module '*': any; NULL: none of this folder
  SELECT column1 AS language, column2 AS name, column3 AS what, column4 AS part, column5 AS calls FROM (VALUES
    ('module', 'libpq.so*', 'libpq', 'driver', NULL),
    ('module', 'libpq-*.so*', 'libpq bundled in a wheel', 'driver', NULL),
    ('module', 'libpqleak*.so*', 'the shim', 'driver', NULL),
    -- Each of these has a test with the real package.
    ('module', 'libpqxx*.so*', 'libpqxx', 'driver', NULL),
    ('function', 'pqxx::*', 'libpqxx', 'driver', NULL),
    ('function', 'std::sys*::backtrace::__rust_begin_short_backtrace*', 'Rust library', 'server', '*'),
    ('function', 'std::*', 'C++ library', 'driver', NULL),
    ('function', '__gnu_cxx::*', 'C++ library', 'driver', NULL),
    ('module', 'libecpg*.so*', 'ECPG', 'driver', NULL),
    ('module', 'libPocoData*.so*', 'Poco', 'driver', NULL),
    ('function', 'Catch::RunContext::invokeActiveTestCase*', 'Catch2', 'test', '*'),
    ('function', 'Catch::TestInvoker*', 'Catch2', 'test', '*'),
    ('function', 'Catch::*', 'Catch2', 'test', NULL),
    ('function', 'testing::internal::Handle*ExceptionsInMethodIfSupported*', 'googletest', 'test', '*'),
    ('function', 'testing::Test::Run*', 'googletest', 'test', '*'),
    ('function', 'testing::internal::*', 'googletest', 'test', NULL),
    ('function', 'testing::TestInfo::*', 'googletest', 'test', NULL),
    ('function', 'testing::TestSuite::*', 'googletest', 'test', NULL),
    ('function', 'testing::UnitTest::*', 'googletest', 'test', NULL),
    ('module', 'libboost_unit_test_framework*.so*', 'Boost.Test', 'test', '*'),
    ('function', 'boost::execution_monitor::*', 'Boost.Test', 'test', '*'),
    ('function', 'boost::unit_test::*', 'Boost.Test', 'test', NULL),
    ('function', 'boost::detail::function::*', 'C++ library', 'driver', NULL),
    ('module', 'libcmocka.so*', 'cmocka', 'test', '*'),
    ('function', 'test::__rust_begin_short_backtrace*', 'libtest', 'test', '*'),
    ('function', 'test::run_test*', 'libtest', 'test', NULL),
    ('function', 'core::ops::function::*', 'Rust library', 'driver', NULL),
    ('function', '<* as core::ops::function::*', 'Rust library', 'driver', NULL),
    ('python', 'psycopg2', 'psycopg2', 'driver', NULL),
    ('module', 'psycopg2/_psycopg*.so', 'psycopg2', 'driver', NULL),
    ('python', 'psycopg', 'psycopg 3', 'driver', NULL),
    ('python', 'psycopg_c', 'psycopg 3', 'driver', NULL),
    ('python', 'psycopg_binary', 'psycopg 3', 'driver', NULL),
    ('python', 'psycopg_pool', 'psycopg 3', 'driver', NULL),
    ('python', '_pg', 'PyGreSQL', 'driver', NULL),
    ('python', 'pg', 'PyGreSQL', 'driver', NULL),
    ('python', 'pgdb', 'PyGreSQL', 'driver', NULL),
    ('python', 'sqlalchemy', 'SQLAlchemy', 'driver', NULL),
    ('python', 'flask_sqlalchemy', 'SQLAlchemy', 'driver', NULL),
    ('python', 'peewee', 'peewee', 'driver', NULL),
    ('python', 'playhouse', 'peewee', 'driver', NULL),
    ('python', 'django/core/handlers', 'Django', 'server', '*_get_response*'),
    ('python', 'django/core/management', 'Django', 'server', '*execute'),
    ('python', 'django/core/servers', 'Django', 'server', NULL),
    ('python', 'django/test', 'Django', 'test', NULL),
    ('python', 'django', 'Django', 'driver', NULL),
    ('python', 'asgiref', 'asgiref', 'server', '*thread_handler'),
    ('python', 'flask', 'Flask', 'server', '*dispatch_request'),
    ('python', 'werkzeug', 'Flask', 'server', NULL),
    ('python', 'celery', 'Celery', 'server', '*trace_task'),
    ('python', 'gunicorn', 'gunicorn', 'server', '*handle_request'),
    ('python', '_pytest', 'pytest', 'test', '*pytest_pyfunc_call'),
    ('python', '_pytest', 'pytest', 'test', '*call_fixture_func'),
    ('python', 'pytest', 'pytest', 'test', NULL),
    ('python', 'pluggy', 'pytest', 'test', NULL),
    ('python library', 'unittest', 'unittest', 'test', '*_call*'),
    ('module', 'pgsql.so', 'PHP pgsql', 'driver', NULL),
    ('module', 'pdo_pgsql.so', 'PHP PDO', 'driver', NULL),
    ('module', 'pdo.so', 'PHP PDO', 'driver', NULL),
    ('php', 'Doctrine/DBAL', 'Doctrine', 'driver', NULL),
    ('php', 'Illuminate', 'Laravel', 'driver', NULL),
    ('php', 'PHPUnit', 'PHPUnit', 'test', '*runTest'),
    ('module', 'DBD/Pg/Pg.so', 'DBD::Pg', 'driver', NULL),
    ('perl', 'DBD/Pg', 'DBD::Pg', 'driver', NULL),
    ('module', 'DBI/DBI.so', 'DBI', 'driver', NULL),
    ('perl', 'DBI', 'DBI', 'driver', NULL),
    ('perl', 'DBIx/Class', 'DBIx::Class', 'driver', NULL),
    ('perl', 'Mojo/Pg', 'Mojo::Pg', 'driver', NULL),
    ('perl', 'Test/More', 'Test::More', 'test', NULL),
    ('perl', 'Test/Builder', 'Test::More', 'test', '*subtest'),
    ('module', 'pg_ext.so', 'ruby-pg', 'driver', NULL),
    ('ruby', 'pg', 'ruby-pg', 'driver', NULL),
    ('ruby', 'sequel', 'Sequel', 'driver', NULL),
    ('ruby', 'activerecord', 'ActiveRecord', 'driver', NULL),
    ('ruby', 'active_record', 'ActiveRecord', 'driver', NULL),
    ('ruby', 'activesupport', 'ActiveRecord', 'driver', NULL),
    ('ruby', 'active_support', 'ActiveRecord', 'driver', NULL),
    ('ruby', 'activemodel', 'ActiveRecord', 'driver', NULL),
    ('ruby', 'active_model', 'ActiveRecord', 'driver', NULL),
    ('ruby', 'rspec-core', 'RSpec', 'test', '*run'),
    ('ruby', 'minitest', 'Minitest', 'test', '*run'),
    ('ruby', 'test-unit', 'test-unit', 'test', '*run_*'),
    ('module', 'libpgtcl*.so*', 'Pgtcl', 'driver', NULL),
    ('module', 'libtdbcpostgres*.so', 'tdbc::postgres', 'driver', NULL),
    ('module', 'libtdbc1*.so', 'tdbc', 'driver', NULL),
    ('module', 'luasql/postgres.so', 'LuaSQL', 'driver', NULL),
    ('module', 'dbd/postgresql.so', 'LuaDBI', 'driver', NULL),
    ('lua', 'DBI', 'LuaDBI', 'driver', NULL),
    ('module', 'libpq/build/Release/addon.node', 'node-libpq', 'driver', NULL),
    ('function', '*:[~*^+]*/node_modules/libpq/*', 'node-libpq', 'driver', NULL),
    ('function', '*:[~*^+]* node:internal/modules/*', 'Node', 'server', '*'),
    ('function', '*:[~*^+]* node:internal/process/*', 'Node', 'server', '*'),
    ('function', '*:[~*^+]* node:[a-z]*', 'Node', 'driver', NULL),
    ('module', 'dllpostgresql_stubs.so', 'postgresql-ocaml', 'driver', NULL),
    ('function', 'camlPostgresql__*', 'postgresql-ocaml', 'driver', NULL),
    ('function', 'PQ[a-z]*_stub', 'postgresql-ocaml', 'driver', NULL),
    ('function', 'caml_program', 'OCaml', 'server', '*'),
    ('module', 'RPostgreSQL.so', 'RPostgreSQL', 'driver', NULL),
    -- These have none: what stands here is read from their sources.
    ('module', 'libpqtypes.so*', 'libpqtypes', 'driver', NULL),
    ('module', 'psqlodbc*.so*', 'ODBC', 'driver', NULL),
    ('module', 'libodbc.so*', 'ODBC', 'driver', NULL),
    ('module', 'libiodbc.so*', 'ODBC', 'driver', NULL),
    ('module', 'libqsqlpsql.so', 'Qt', 'driver', NULL),
    ('module', 'libQt[0-9]Sql.so*', 'Qt', 'driver', NULL),
    ('module', 'libsoci_core.so*', 'SOCI', 'driver', NULL),
    ('module', 'libsoci_postgresql.so*', 'SOCI', 'driver', NULL),
    ('module', 'libdbi.so*', 'libdbi', 'driver', NULL),
    ('module', 'libdbdpgsql.so', 'libdbi', 'driver', NULL),
    ('module', 'apr_dbd_pgsql*.so', 'APR', 'driver', NULL),
    ('function', 'Poco::Data::*', 'Poco', 'driver', NULL),
    ('function', 'diesel::*', 'Diesel', 'driver', NULL),
    ('function', '<diesel::*', 'Diesel', 'driver', NULL),
    ('function', '<[A-Z] as diesel::*', 'Diesel', 'driver', NULL),
    ('function', 'pq_sys::*', 'Diesel', 'driver', NULL),
    ('function', 'core::iter::adapters::*', 'Rust library', 'driver', NULL),
    ('function', 'core::iter::traits::*', 'Rust library', 'driver', NULL),
    ('function', 'core::option::Option<*', 'Rust library', 'driver', NULL),
    ('function', 'core::result::Result<*', 'Rust library', 'driver', NULL),
    ('function', 'core::ptr::drop_in_place*', 'Rust library', 'driver', NULL),
    ('function', '<core::*', 'Rust library', 'driver', NULL),
    ('function', '<alloc::*', 'Rust library', 'driver', NULL),
    ('function', '<std::*', 'Rust library', 'driver', NULL),
    ('php', 'doctrine/dbal', 'Doctrine', 'driver', NULL),
    ('php', 'doctrine/orm', 'Doctrine', 'driver', NULL),
    ('php', 'Doctrine/ORM', 'Doctrine', 'driver', NULL),
    ('php', 'illuminate', 'Laravel', 'driver', NULL),
    ('php', 'laravel/framework', 'Laravel', 'driver', NULL),
    ('php', 'phpunit/phpunit', 'PHPUnit', 'test', '*runTest'),
    ('ruby', 'rom', 'ROM', 'driver', NULL),
    ('ruby', 'rom-sql', 'ROM', 'driver', NULL),
    ('ruby', 'rspec/core', 'RSpec', 'test', '*run'),
    ('function', 'doctest::Context::run*', 'doctest', 'test', '*'),
    ('function', 'doctest::*', 'doctest', 'test', NULL),
    ('perl', 'Test2', 'Test::More', 'test', NULL),
    ('module', 'RPostgres.so', 'RPostgres', 'driver', NULL),
    ('function', 'camlPostgresql.*', 'postgresql-ocaml', 'driver', NULL), -- OCaml 5
    ('function', '*:[~*^+]* node:internal/timers*', 'Node', 'server', '*'),
    ('function', '*:[~*^+]*/node_modules/pg-native/*', 'node-postgres', 'driver', NULL),
    ('function', '*:[~*^+]*/node_modules/pg/*', 'node-postgres', 'driver', NULL),
    ('function', '*:[~*^+]*/node_modules/pg-pool/*', 'node-postgres', 'driver', NULL)
  );

CREATE VIEW place AS
  -- Where packages of a language are installed: a package's files match before, its name, after.
  SELECT column1 AS language, column2 AS before, column3 AS after FROM (VALUES
    ('module', '*/', ''),
    ('python', '*-packages/', '/*'), ('python', '*-packages/', '.*'), ('python', '*.egg/', '/*'), ('python', '*.egg/', '.*'),
    ('python', '*.whl/', '/*'), ('python', '*.whl/', '.*'), ('python', '*/bin/', ''),
    ('python library', '*/lib/python[0-9].[0-9]/', '/*'), ('python library', '*/lib/python[0-9].[0-9][0-9]/', '/*'),
    ('php', '*/vendor/', '/*'), ('php', '*/share/php/', '/*'),
    ('perl', '*/perl5/', '.pm'), ('perl', '*/perl5/', '/*'), ('perl', '*/perl5/*[0-9]/', '.pm'), ('perl', '*/perl5/*[0-9]/', '/*'),
    ('perl', '*/perl5/*linux*/', '.pm'), ('perl', '*/perl5/*linux*/', '/*'), ('perl', '*/perl/[0-9]*/', '.pm'),
    ('perl', '*/perl/[0-9]*/', '/*'), ('perl', '*/vendor_perl/', '.pm'), ('perl', '*/vendor_perl/', '/*'),
    ('perl', '*/site_perl/*[0-9]/', '.pm'), ('perl', '*/site_perl/*[0-9]/', '/*'),
    ('ruby', '*/gems/', '-[0-9]*/*'), ('ruby', '*/bundler/gems/', '-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*/*'),
    ('ruby', '*/vendor_ruby/', '/*'), ('ruby', '*/vendor_ruby/', '.rb'),
    ('lua', '*/lua/5.[0-9]/', '.lua'), ('lua', '*/lua/5.[0-9]/', '/*'))
  UNION
  -- And wherever a library lies that only an installation puts into such a folder, as `pip install --target` does.
  SELECT 'python', substr(m.path, 1, instr(m.path, k.column1)), a.column1
  FROM module m JOIN (VALUES ('/psycopg2/_psycopg'), ('/psycopg_c/'), ('/psycopg_binary/')) k ON instr(m.path, k.column1)
  JOIN (VALUES ('/*'), ('.*')) a WHERE m.path NOT GLOB '*[[*?]*' AND m.path GLOB '*.so';

CREATE VIEW driver AS
  -- Of what stands between the user's code and libpq, or runs it: how its modules and scripts are called.  In the order of
  -- the list: of several lines the first counts.
  SELECT p.language, p.before || k.name || p.after AS pattern, k.what, k.part, k.calls, p.before || '*' AS installed
  FROM package k CROSS JOIN place p ON p.language = k.language;

CREATE VIEW driver_function AS
  -- The same of functions that are compiled into the user's own code.
  SELECT name AS pattern, what, part, calls FROM package WHERE language = 'function';

CREATE VIEW test_wrapper AS
  -- What the macro of a test runner puts around a test, into the user's own code: it is not what its author calls the test.
  SELECT column1 AS what, column2 AS pattern FROM (VALUES
    ('Boost.Test', '*_invoker()'), ('libtest', '*::{{closure}}'), ('libtest', '*::{closure#*}'));

CREATE VIEW interpreter AS
  -- What runs scripts: modules, an interpreter's own library of scripts (and what of such a folder is not: `but`), and what
  -- it calls its own scripts, which begins with '<'.
  SELECT column1 AS pattern, column2 AS what, column3 AS but FROM (VALUES
    ('*/python', 'CPython', ''), ('*/bin/python[0-9]*', 'CPython', ''), ('*/libpython*.so*', 'CPython', ''),
    ('*/lib-dynload/*.so', 'CPython', ''), ('<frozen *', 'CPython', ''),
    ('*/lib/python[0-9].[0-9]/*.py', 'CPython', '*-packages/*'), ('*/lib/python[0-9].[0-9][0-9]/*.py', 'CPython', '*-packages/*'),
    ('*/libffi*.so*', 'libffi', ''), ('*/_ctypes*.so', 'CPython', ''), ('*/_cffi_backend*.so', 'cffi', ''),
    ('*/php', 'PHP', ''), ('*/bin/php[0-9]*', 'PHP', ''), ('*/bin/php-cgi*', 'PHP', ''), ('*/php-fpm*', 'PHP', ''),
    ('*/libphp*.so*', 'PHP', ''), ('*/opcache.so', 'PHP', ''),
    ('*/ruby', 'Ruby', ''), ('*/bin/ruby[0-9]*', 'Ruby', ''), ('*/libruby*.so*', 'Ruby', ''), ('<internal:*', 'Ruby', ''),
    ('*/lib/ruby/[0-9]*/*.rb', 'Ruby', ''), ('*/ruby/[0-9]*.so', 'Ruby', ''),
    ('*/perl', 'Perl', ''), ('*/bin/perl[0-9]*', 'Perl', ''), ('*/libperl.so*', 'Perl', ''),
    ('/usr/share/perl/[0-9]*', 'Perl', ''), ('/usr/lib/*/perl/[0-9]*', 'Perl', ''), ('*/perl-base/*', 'Perl', ''),
    ('*/lua', 'Lua', ''), ('*/bin/lua[0-9]*', 'Lua', ''), ('*/liblua[0-9].[0-9].so*', 'Lua', ''), ('*/liblua.so*', 'Lua', ''),
    ('*/bin/luajit*', 'LuaJIT', ''), ('*/libluajit*.so*', 'LuaJIT', ''),
    ('*/bin/tclsh*', 'Tcl', ''), ('*/bin/wish*', 'Tcl', ''), ('*/libtcl[0-9]*.so*', 'Tcl', ''),
    ('*/bin/node', 'Node', ''), ('*/bin/nodejs', 'Node', ''), ('*/libnode.so*', 'Node', ''),
    ('*/R/bin/exec/R', 'R', ''), ('*/libR.so', 'R', ''), ('*/R/library/methods/libs/*', 'R', ''),
    ('*/R/library/stats/libs/*', 'R', ''), ('*/R/library/tools/libs/*', 'R', ''), ('*/R/library/utils/libs/*', 'R', ''),
    ('*/bin/ocamlrun*', 'OCaml', ''), ('*/libcamlrun*.so', 'OCaml', '')
  );

CREATE VIEW system AS
  -- What every program begins in: the C library and the like.
  SELECT column1 AS pattern, column2 AS what FROM (VALUES
    ('*/libc.so.6', 'C library'), ('*/libc-2*.so', 'C library'), ('*/libpthread*.so*', 'C library'),
    ('*/ld-linux*.so*', 'C library'), ('*/ld-2*.so', 'C library'), ('*/libstdc++.so*', 'C++ library')
  );
