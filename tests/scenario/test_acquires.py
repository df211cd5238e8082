# SPDX-License-Identifier: PostgreSQL
"""Each function that hands out a connection, and each way an attempt can come out."""
import os

import tap
from scenario import PQLEAK, WITH_POSTGRES, Scenario, client, psql

ACQUIRE = client('acquire')

WAYS = {
    'connectdb': 'PQconnectdb',
    'connectdb-params': 'PQconnectdbParams',
    'setdb-login': 'PQsetdbLogin',
    'connect-start': 'PQconnectStart',
    'connect-start-params': 'PQconnectStartParams',
}


class EachFunction(Scenario):
    """One leaked connection a function."""

    @tap.each(WAYS, '{1} leaks one, and is described')
    def leak_by(self, case, function):
        run = self.traced(ACQUIRE, case)
        trace = self.assert_trace(run, connections={'leaked': 1})
        row = trace.rows('SELECT acquire_function, host, port, database, user, application_name, ssl, '
                         'server_version, backend_pid > 0, connect_ns > 0, state FROM connection_life')[0]
        name = '' if case == 'setdb-login' else 'by_' + case.replace('-', '_')
        self.assertEqual(row, (function, os.environ['PGHOST'], os.environ['PGPORT'], self.database, 'postgres', name, 0,
                               int(psql('SHOW server_version_num')), 1, 1, 'connected'), run)
        self.assertEqual(self.check(), 1)


class Outcomes(Scenario):
    def test_clean(self):
        """a clean program, every function: silent, and exit 0"""
        run = self.traced(ACQUIRE, 'clean')
        self.assert_trace(run, connections={'released': 5}, results={'released': 5})
        self.assertEqual(run.stdout, '', run)
        self.assertEqual(self.check(), 0)

    def test_plain_preload(self):
        """plain LD_PRELOAD gives the same trace and says nothing at all"""
        run = self.preloaded(ACQUIRE, 'clean')
        self.assertEqual((run.stdout, run.stderr), ('', ''), run)
        self.assertEqual(self.check(), 0)
        self.assert_trace(run, connections={'released': 5}, results={'released': 5})

    def test_loop(self):
        """a loop that leaks 40 of 50 leaks them at one call site"""
        run = self.traced(ACQUIRE, 'loop', '50', '10')
        trace = self.assert_trace(run, connections={'leaked': 40, 'released': 10})
        self.assertEqual([row[:2] for row in trace.rows('SELECT kind, leaked FROM leak_site')], [('connection', 40)])
        self.assertIn('40', run.stderr)
        self.assertIn('client_open', run.stderr)

    def test_error_path(self):
        """an early return leaks a connection and a result; the command's status is kept"""
        run = self.traced(ACQUIRE, 'error-path')
        self.assert_trace(run, status=4, connections={'leaked': 1}, results={'leaked': 1})
        self.assertIn('copy_table', run.stderr)

    def test_failed_leaked(self):
        """failed connects that are never finished are leaks, shown as failed"""
        run = self.traced(ACQUIRE, 'failed-leaked')
        trace = self.assert_trace(run, connections={'leaked': 3})
        self.assertEqual(trace.rows('SELECT DISTINCT state FROM connection'), [('failed',)], run)
        self.assertEqual(trace.one("SELECT count(*) FROM connection_life WHERE host = '127.0.0.1' AND port = '1'"), 1)
        self.assertEqual(trace.sessions(), 0)
        self.assertIn('failed', run.stderr)
        self.assertEqual(self.check(), 1)

    def test_failed_finished(self):
        """failed connects that are finished are clean"""
        run = self.traced(ACQUIRE, 'failed-finished')
        trace = self.assert_trace(run, connections={'released': 3})
        self.assertEqual(trace.rows('SELECT DISTINCT state FROM connection'), [('failed',)], run)
        self.assertEqual(self.check(), 0)

    def test_failed_async(self):
        """an asynchronous connect the server refuses is a failed one"""
        run = self.traced(ACQUIRE, 'failed-async')
        self.assertEqual((run.status, run.trace.verdicts()), (0, {'leaked': 1}), run)
        self.assertEqual(run.trace.rows('SELECT state FROM connection'), [('failed',)], run)

    def test_abandoned(self):
        """an asynchronous connect abandoned half-way is a leak that never connected"""
        run = self.traced(ACQUIRE, 'abandoned')
        self.assertEqual((run.status, run.trace.verdicts()), (0, {'leaked': 1}), run)
        self.assertEqual(run.trace.rows('SELECT state, acquire_function FROM connection'),
                         [('connecting', 'PQconnectStart')], run)

    def test_abandoned_finished(self):
        """an asynchronous connect finished half-way is clean"""
        run = self.traced(ACQUIRE, 'abandoned-finished')
        self.assertEqual((run.status, run.trace.verdicts()), (0, {'released': 1}), run)
        self.assertEqual(self.check(), 0)

    def test_reset(self):
        """PQreset keeps the connection's identity and notes the new backend"""
        run = self.traced(ACQUIRE, 'reset-leaked')
        trace = self.assert_trace(run, connections={'leaked': 1})
        before, after = map(int, run.stdout.split())
        self.assertNotEqual(before, after)
        self.assertEqual(trace.rows('SELECT resets, backend_pid FROM connection'), [(1, after)], run)
        self.assertEqual(trace.rows('SELECT backend_pid FROM reset'), [(after,)], run)

    def test_reset_async(self):
        """PQresetStart and PQresetPoll do the same"""
        run = self.traced(ACQUIRE, 'reset-async')
        trace = self.assert_trace(run, connections={'released': 1})
        _, after = map(int, run.stdout.split())
        self.assertEqual(trace.rows('SELECT resets, backend_pid FROM connection'), [(1, after)], run)

    def test_ping(self):
        """PQping and PQpingParams lend nothing, and that is known"""
        run = self.traced(ACQUIRE, 'ping')
        self.assertEqual((run.status, run.trace.verdicts()), (0, {}), run)
        self.assertEqual(self.check(), 0)

    def test_tcp(self):
        """over TCP: host and port as the program gave them"""
        run = self.execute([WITH_POSTGRES, '--tcp', '--quiet', '--', 'sh', '-c',
                            'echo "$PGPORT"; PGHOST=127.0.0.1 exec "$0" run -o "$1" -- "$2" connectdb',
                            PQLEAK, self.path('t.db'), ACQUIRE])
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.trace(self.path('t.db')).rows('SELECT host, port, state, verdict FROM connection_life'),
                         [('127.0.0.1', run.stdout.strip(), 'connected', 'leaked')])

    def test_used(self):
        """last use, statements and the open transaction of a leaked connection"""
        run = self.traced(ACQUIRE, 'used')
        trace = self.assert_trace(run, connections={'leaked': 1})
        self.assertEqual(trace.rows('SELECT application_name, queries, statement, use_function, transaction_status, '
                                    'used_ns >= acquired_ns, held_ns > 0 FROM connection_life'),
                         [('night_job', 2, 'SELECT', 'PQexec', 'in transaction', 1, 1)], run)


if __name__ == '__main__':
    tap.main()
