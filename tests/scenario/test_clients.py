# SPDX-License-Identifier: PostgreSQL
"""Unmodified programs and drivers of Debian, each held against the server's own count of sessions."""
import os
import unittest

import tap
from scenario import PYTHON, Scenario, client, psql, script


class Tools(Scenario):
    """PostgreSQL's own programs: clean but for what docs/real-leaks.md names."""

    def assert_clean(self, run, connections):
        trace = self.assert_leaks(run, {})
        self.assertEqual(trace.verdicts(), {'released': connections}, run)

    def assert_clean_beside_others(self, run, connections, misuses=None):
        """The same where the server has counted other sessions before."""
        self.assertEqual(run.status, 0, run)
        self.assertEqual(run.trace.verdicts(), {'released': connections}, run)
        self.assertEqual(run.trace.leaks(), {}, run)
        self.assertEqual(run.trace.misuses(), misuses or {}, run)
        self.assertEqual(run.trace.cannot_tell(), [], run)
        self.assertEqual(self.check(), 0)

    def test_psql(self):
        """psql"""
        run = self.traced('psql', '-XAtc', 'SELECT 42')
        self.assertEqual(run.stdout, '42\n')
        self.assert_clean(run, 1)

    def test_psql_wrapper(self):
        """psql as Debian's users start it: a Perl script that execs"""
        if not os.path.islink('/usr/bin/psql'):
            self.skipTest("no Debian wrapper at /usr/bin/psql")
        run = self.traced('/usr/bin/psql', '-XAtc', 'SELECT 42')
        self.assertEqual(run.stdout, '42\n')
        self.assert_clean(run, 1)

    def test_psql_reconnects(self):
        """psql that reconnects twice and fails a statement: it keeps that result for \\errverbose, to its end"""
        run = self.traced('psql', '-XAtq', '-c', r'\c', '-c', r'\c', '-c', 'SELECT 1/0')
        self.assert_trace(run, status=1, connections={'released': 3})
        self.assert_leaks_results(run, 1)

    def test_pgbench(self):
        """pgbench -i, then pgbench -c4 -j2 with each protocol"""
        self.assertEqual(self.untraced('pgbench', '-i', '-q').status, 0)
        for protocol in ('simple', 'extended', 'prepared'):
            before = self.server_sessions()
            run = self.traced('pgbench', '-n', '-c4', '-j2', '-t25', '-M', protocol)
            self.assertEqual(run.trace.sessions(), self.server_sessions() - before, run)
            self.assert_clean_beside_others(run, 5)
            self.assertEqual(run.trace.verdicts('transaction'), {'released': 100}, run)

    def test_pgbench_reconnects(self):
        """pgbench -C: a connection a transaction"""
        self.assertEqual(self.untraced('pgbench', '-i', '-q').status, 0)
        before = self.server_sessions()
        run = self.traced('pgbench', '-n', '-S', '-C', '-c4', '-j2', '-t25')
        self.assertEqual(run.status, 0, run)
        self.assertGreaterEqual(run.trace.sessions(), 100)
        self.assertEqual(run.trace.sessions(), self.server_sessions() - before, run)
        self.assertEqual(set(run.trace.verdicts()), {'released'}, run)
        self.assertEqual(self.check(), 0)

    def test_pg_dump(self):
        """pg_dump -j2, whose workers are forked processes"""
        self.assertEqual(self.untraced('pgbench', '-i', '-q').status, 0)
        before = self.server_sessions()
        run = self.traced('pg_dump', '-Fd', '-j2', '-f', self.path('dump'))
        self.assertEqual(run.trace.sessions(), self.server_sessions() - before, run)
        self.assert_clean_beside_others(run, 3, {'finished in transaction': 3})  # by design: it only reads

    def test_vacuumdb(self):
        """vacuumdb -j2"""
        self.assertEqual(self.untraced('pgbench', '-i', '-q').status, 0)
        before = self.server_sessions()
        run = self.traced('vacuumdb', '-j2', '-q')
        self.assertEqual(run.trace.sessions(), self.server_sessions() - before, run)
        self.assert_clean_beside_others(run, 2)

    def test_maintenance(self):
        """pg_restore -j2, reindexdb -j2, clusterdb, createdb and dropdb"""
        self.assertEqual(self.untraced('pgbench', '-i', '-q').status, 0)
        self.assertEqual(self.untraced('pg_dump', '-Fd', '-f', self.path('dump')).status, 0)
        other = f'{self.database}_restored'
        self.addCleanup(psql, f'DROP DATABASE IF EXISTS {other}')
        for command, connections in ((['createdb', other], 1), (['pg_restore', '-j2', '-d', other, self.path('dump')], 4),
                                     (['dropdb', other], 1), (['reindexdb', '-j2', '-q'], 2), (['clusterdb', '-q'], 1)):
            with self.subTest(command[0]):
                self.assert_clean_beside_others(self.traced(*command), connections)

    def test_psql_in_transaction(self):
        """psql that ends inside the user's transaction"""
        run = self.traced('psql', '-XAtqc', 'BEGIN')
        self.assert_clean_beside_others(run, 1, {'finished in transaction': 1})

    def test_pg_isready(self):
        """pg_isready pings only, and never frees PQconndefaults"""
        run = self.traced('pg_isready')
        self.assertEqual(run.trace.leaks(), {'memory': 1}, run)
        self.assertEqual(self.check(), 0)


MODES = {
    'clean': (0, {'released': 3}),
    'stuck-threads': (0, {'released': 3, 'leaked': 2}),
    'hard-exit': (3, {'released': 1, 'leaked': 2}),
    'workers': (0, {'released': 1, 'leaked': 2}),
}
# driver and mode: the exit status, and what becomes of its connections
DRIVEN = {f'{driver} {mode}': expected for driver in ('psycopg2', 'psycopg') for mode, expected in MODES.items()}


class Python(Scenario):
    """Debian's psycopg2 (dlopen, RTLD_LOCAL) and psycopg 3 (ctypes)."""

    @tap.each(DRIVEN, '{0}: {2}')
    def drive(self, driver_and_mode, status, connections):
        driver, mode = driver_and_mode.split()
        run = self.traced(PYTHON, script('drivers.py'), mode, driver)
        self.assert_trace(run, status=status, connections=connections)
        self.assert_leaks_results(run, 0)
        self.assertEqual(self.check(), 1 if 'leaked' in connections else 0)


class Everything(Scenario):
    """Drivers that use all they have: only what docs/real-leaks.md names is never given back, and nothing is misused."""

    def assert_clean(self, *command, kinds=('transaction', 'query', 'copy', 'memory'), leaked=None):
        run = self.traced(*command)
        trace = self.assert_leaks(run, leaked or {})
        self.assertEqual(set(trace.verdicts('connection')), {'released'}, run)
        for kind in kinds:
            self.assertGreater(trace.verdicts(kind).get('released', 0), 0, f'{kind}: the driver does that\n{run}')
        return run

    def test_psycopg2(self):
        """psycopg2 with all it has; it waits for its statements itself"""
        self.assert_clean(PYTHON, script('drivers.py'), 'everything', 'psycopg2', kinds=('transaction', 'copy', 'memory'))

    def test_psycopg(self):
        """psycopg 3 with all it has, in pipeline mode too; 3.1 never frees the one notification"""
        self.assert_clean(PYTHON, script('drivers.py'), 'everything', 'psycopg', leaked={'memory': 1})

    def test_php(self):
        """PHP's pgsql and PDO with all they have; Debian's pgsql frees memory by free(3): out of sight, no leak"""
        run = self.assert_clean('php', script('everything.php'))
        self.assertNotIn('never freed', run.stderr, run)
        self.assertEqual({finding['kind'] for finding in self.json()['findings']}, set(), run)
        self.assertGreater(run.trace.verdicts('memory').get('out-of-sight', 0), 0, run)

    def test_perl(self):
        """DBD::Pg with all it has"""
        self.assert_clean('perl', script('everything.pl'))

    def test_ruby(self):
        """ruby-pg with all it has, in pipeline mode too"""
        self.assert_clean('ruby', script('everything.rb'))


class OtherLanguages(Scenario):
    def test_php_pgsql_end(self):
        """PHP pgsql (RTLD_DEEPBIND): PHP itself closes all five at the end"""
        run = self.traced('php', script('pgsql.php'), 'end')
        self.assert_trace(run, connections={'released': 5})
        self.assertEqual(self.check(), 0)

    def test_php_pgsql_exec(self):
        """PHP pgsql replaced by another program: two and a persistent one leak"""
        self.assert_trace(self.traced('php', script('pgsql.php'), 'exec'), connections={'released': 2, 'leaked': 3})

    def test_php_pgsql_kill(self):
        """PHP pgsql killed: three were open"""
        self.assert_trace(self.traced('php', script('pgsql.php'), 'kill'), status=137,
                          connections={'released': 2, 'open-at-death': 3})

    def test_php_pdo_end(self):
        """PHP PDO (RTLD_DEEPBIND): all four are closed at the end"""
        run = self.traced('php', script('pdo.php'), 'end')
        self.assert_trace(run, connections={'released': 4})
        self.assertEqual(self.check(), 0)

    def test_php_pdo_exec(self):
        """PHP PDO replaced by another program: two and a persistent one leak"""
        self.assert_trace(self.traced('php', script('pdo.php'), 'exec'), connections={'released': 1, 'leaked': 3})

    def test_perl(self):
        """DBD::Pg: two of five leak by InactiveDestroy"""
        self.assert_trace(self.traced('perl', script('dbd_pg.pl')), connections={'released': 3, 'leaked': 2})
        self.assertEqual(self.check(), 1)

    def test_ruby_end(self):
        """ruby-pg: Ruby frees what is left at a normal end"""
        run = self.traced('ruby', script('ruby_pg.rb'), 'end')
        self.assert_trace(run, connections={'released': 5})
        self.assertEqual(self.check(), 0)

    def test_ruby_hard(self):
        """ruby-pg: exit! leaks three of five"""
        self.assert_trace(self.traced('ruby', script('ruby_pg.rb'), 'hard'), status=3,
                          connections={'released': 2, 'leaked': 3})

    def test_tcl(self):
        """tdbc::postgres (dlopen and dlsym): one of three is left to exit"""
        self.assert_trace(self.traced('tclsh', script('tdbc_postgres.tcl')), connections={'released': 2, 'leaked': 1})

    @unittest.skipUnless(os.path.exists(client('libpqxx')), 'no libpqxx (libpqxx-dev, g++)')
    def test_cxx(self):
        """libpqxx: two of five leak, the call site is the program's own function, exceptions unwind as ever"""
        run = self.traced(client('libpqxx'))
        trace = self.assert_trace(run, connections={'released': 3, 'leaked': 2})
        self.assertEqual(run.stdout, '210\n')
        self.assertEqual(trace.one("SELECT count(*) FROM leak_site WHERE kind = 'connection'"), 1)
        self.assertIn('forgetful', run.stderr)


if __name__ == '__main__':
    tap.main()
