# SPDX-License-Identifier: PostgreSQL
"""What else a trace answers: churn, failed connects and their cadence, peaks, lost sessions, settings, long holds."""
import os
import subprocess

import tap
from scenario import PQLEAK, PYTHON, SECONDS, SHIM, Scenario, client, psql, script

HABITS = client('habits')


class Churn(Scenario):
    def test_churn(self):
        """five connections for a query each, of one site"""
        run = self.traced(HABITS, 'churn', '5')
        trace = self.assert_released(run, connection=5)
        (stack, connections, connecting), = trace.rows('SELECT acquire_stack, connections, connect_ns FROM churn')
        self.assertEqual(connections, 5, run)
        self.assertGreater(connecting, 0, run)
        self.assertIn('churn', trace.functions(stack), run)

    def test_two_are_no_churn(self):
        """two are not enough to speak of churn"""
        self.assertEqual(self.traced(HABITS, 'churn', '2').trace.rows('SELECT * FROM churn'), [])

    def test_many_queries(self):
        """five connections for ten queries each are none"""
        run = self.traced(HABITS, 'no-churn', '5')
        self.assertEqual(self.assert_released(run, connection=5).rows('SELECT * FROM churn'), [], run)


class FailedConnects(Scenario):
    def fail(self, conninfo, error):
        run = self.traced(HABITS, 'fail', conninfo)
        trace = self.assert_released(run, connection=1)
        self.assertEqual(trace.rows('SELECT error, count FROM failed_connect'), [(error, 1)], run)
        self.assertEqual(trace.rows('SELECT error FROM connection'), [(error,)], run)

    def test_refused(self):
        """nobody listens"""
        self.fail('host=127.0.0.1 port=1', 'refused')

    def test_no_such_socket(self):
        """no such folder of sockets: the path is told, and what to do"""
        self.fail('host=/nonexistent', 'no such socket')
        failed, = self.json()['failed_connects']
        self.assertEqual(failed['target'], f'/nonexistent/.s.PGSQL.{self.environment["PGPORT"]}')
        self.assertIn('start the server, or name its socket', self.pqleak('report', self.path('t.db'), '--all').stdout)

    def test_no_such_database(self):
        """no such database"""
        self.fail('dbname=no_such_database', 'no such database')

    def test_no_such_role(self):
        """no such role"""
        self.fail('user=no_such_role', 'no such database')

    def test_authentication(self):
        """the wrong password; the server does not say whether the role is there"""
        self.fail('user=guarded password=wrong', 'authentication')

    def test_no_password(self):
        """no password"""
        self.environment.pop('PGPASSWORD', None)
        self.environment['PGPASSFILE'] = '/nonexistent'
        self.fail('user=guarded', 'authentication')

    def test_parameter(self):
        """nonsense"""
        self.fail('this is no conninfo', 'parameter')

    def test_too_many(self):
        """too many connections of one role"""
        role = f'crowded_{os.getpid()}'
        psql(f'CREATE ROLE {role} LOGIN CONNECTION LIMIT 0')
        self.addCleanup(psql, f'DROP ROLE {role}')
        self.fail(f'user={role}', 'too many clients')

    def test_timeout(self):
        """a server that says nothing"""
        run = self.traced(HABITS, 'time-out')
        self.assertEqual(run.trace.rows('SELECT error, count FROM failed_connect'), [('timeout', 1)], run)
        self.assertGreater(run.trace.one('SELECT connect_ns FROM connection'), 1e9, run)

    def test_message_is_not_kept(self):
        """the server's message is classified, not stored"""
        run = self.traced(HABITS, 'fail', 'dbname=very_secret_name_of_a_database')
        with open(run.trace.path, 'rb') as file:
            content = file.read()
        self.assertNotIn(b'does not exist', content)

    def retry(self, pause):
        run = self.traced(HABITS, 'retry', '6', pause)
        trace = self.assert_released(run, connection=6)
        (count, per_second, backs_off), = trace.rows('SELECT count, per_second, backs_off FROM failed_connect')
        self.assertEqual(count, 6, run)
        return per_second, backs_off, run

    def test_storm(self):
        """six attempts at once: a storm"""
        per_second, backs_off, run = self.retry('0')
        self.assertEqual(backs_off, 0, run)
        self.assertGreater(per_second, 10, run)

    def test_backs_off(self):
        """six attempts, with pauses of 20, 40, 80, 160, 320 ms: it backs off"""
        per_second, backs_off, run = self.retry('20')
        self.assertEqual(backs_off, 1, run)
        self.assertLess(per_second, 10, run)


class Peak(Scenario):
    def test_peak(self):
        """the most that were open at once, and the sites that had them open"""
        run = self.traced(HABITS, 'peak')
        trace = self.assert_released(run, connection=5)
        self.assertEqual(trace.rows('SELECT peak FROM process'), [(3,)], run)
        sites = {}
        for stack, count in trace.rows('SELECT acquire_stack, open FROM peak_site'):
            name = [name for name in trace.functions(stack) if name.endswith('_site')][0]
            sites[name] = sites.get(name, 0) + count
        self.assertEqual(sites, {'first_site': 2, 'second_site': 1}, run)

    def test_gate(self):
        """check --max-open"""
        self.traced(HABITS, 'peak')
        self.assertEqual(self.check('t.db', '--max-open=3'), 0)
        run = self.pqleak('check', self.path('t.db'), '--max-open=2')
        self.assertEqual(run.status, 1, run)
        self.assertIn('3', run.stdout + run.stderr)

    def test_failed_do_not_count(self):
        """failed connects are no open connections, whoever keeps them"""
        run = self.traced(client('shapes'), 'retry', 'wrong')
        self.assertEqual(run.trace.rows('SELECT peak FROM process'), [(1,)], run)


class Broken(Scenario):
    def test_broken(self):
        """a session the server ended: when that was found out, how long it had been idle, and where"""
        run = self.traced(HABITS, 'broken', '200')
        trace = self.assert_released(run, connection=2)
        (idle, stack), = trace.rows('SELECT broken_idle_ns, broken_stack FROM connection WHERE broken_ns IS NOT NULL')
        self.assertTrue(150e6 < idle < 60e9, f'{idle} ns, at least 200 ms\n{run}')
        self.assertIn('broken', trace.functions(stack), run)
        self.assertEqual(trace.one('SELECT count(*) FROM broken'), 1, run)

    def test_never_broken(self):
        """a failed connect and a finished connection are not broken"""
        run = self.traced(client('shapes'), 'retry', 'right')
        self.assertEqual(run.trace.rows('SELECT * FROM broken'), [], run)


class Settings(Scenario):
    def test_settings(self):
        """how each site asks for its connections"""
        run = self.traced(HABITS, 'settings', 'connect_timeout=7 keepalives_idle=30 sslmode=disable')
        trace = self.assert_released(run, connection=2)
        self.assertEqual(trace.rows("SELECT connect_timeout, keepalives_idle, sslmode, count FROM audit "
                                    "WHERE connect_timeout = '7'"), [('7', '30', 'disable', 1)], run)
        self.assertEqual(trace.one('SELECT count(*) FROM audit'), 2, run)
        audit = self.pqleak('audit', self.path('t.db'))
        self.assertEqual(audit.status, 0, audit)
        self.assertIn('connect_timeout', audit.stdout)

    def test_no_password(self):
        """settings hold no password"""
        run = self.traced(HABITS, 'settings', 'password=very-secret-indeed')
        self.assert_released(run, connection=2)
        for name in os.listdir(self.folder):
            with open(self.path(name), 'rb') as file:
                self.assertNotIn(b'very-secret-indeed', file.read(), name)


class Held(Scenario):
    def test_held_by_the_living(self):
        """what a running process has held so long by now; and what it has not is not listed"""
        with subprocess.Popen([client('handover'), 'live'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env=dict(self.environment, LD_PRELOAD=SHIM, PQLEAK_TRACE=self.path('t.db'))) as process:
            self.assertEqual(process.stdout.readline(), 'handed over\n')
            long, longer = self.json('t.db', '--held=1ms')['held'], self.json('t.db', '--held=1h')['held']
            shown = self.pqleak('report', self.path('t.db'), '--held=1ms').stdout
            process.communicate('\n')
        self.assertEqual([(one['kind'], one['count'], one['open']) for one in long if one['open']], [('connection', 1, 1)])
        self.assertEqual(longer, [])
        self.assertRegex(shown, r'1 connection held for [0-9.]+ m?s and still open, from client_open')

    def test_held(self):
        """what was held longer than --held says, though it was released"""
        self.traced(HABITS, 'hold', '300')
        long = self.pqleak('report', self.path('t.db'), '--held=100ms')
        self.assertEqual(long.status, 0, long)
        self.assertIn('hold', long.stdout)
        longer = self.pqleak('report', self.path('t.db'), '--held=1h')
        self.assertNotIn('hold (', longer.stdout)


class Draining(Scenario):
    def test_told_to_end(self):
        """after SIGTERM: what was open, what was released, and what was cut"""
        with subprocess.Popen([PQLEAK, 'run', '-o', self.path('t.db'), '--', HABITS, 'service'], env=self.environment,
                              cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                self.assertEqual(process.stdout.readline(), 'ready\n')
                process.terminate()
                _, stderr = process.communicate(timeout=SECONDS)
            finally:
                process.kill()
        self.assertEqual(process.returncode, 0, stderr)
        drained, = self.json()['drained']
        self.assertEqual((drained['open'], drained['released'], drained['cut']), (3, 2, 1), stderr)
        self.assertEqual(drained['site']['function'], 'client_open', drained)
        self.assertEqual([call['function'] for call in drained['callers']], ['service'] * 2, 'two of them on one line')
        self.assertIn('told to end', stderr)


class Drivers(Scenario):
    def test_pipeline_fails(self):
        """psycopg 3: a pipeline in which a statement fails is still given back"""
        run = self.traced(PYTHON, script('drivers.py'), 'pipeline-fails', 'psycopg')
        self.assert_released(run, connection=1)


if __name__ == '__main__':
    tap.main()
