# SPDX-License-Identifier: PostgreSQL
"""Single calls on the stub libpq: what each hands out, what is libpq's own, and what leaves libpq sideways."""
import os
import re

import tap
from stub import Stub, built, host

TABLE = host('table')
CALLS = host('calls')
STATE = host('state')
THREADS = host('threads')


class Table(Stub):
    """Every function of the hook table; host-table is made from it, and says itself what a trace must hold."""

    def run_table(self, case):
        trace = self.same(TABLE, case, env={'PQLEAK_EVENTS': 'all'})
        self.assertNotRegex(trace.said, 'errno was|is another one')
        connections, results, queries, lent = map(int, re.search(r'^expect (\d+) (\d+) (\d+) (\d+)$', trace.said,
                                                                 re.M).groups())
        self.assertGreater(queries, 25 if case == 'all-succeed' else 10)  # what libpq refuses is not sent
        self.assert_counts(trace, {'released': connections}, {'released': results})
        self.assertEqual(trace.one('SELECT sum(queries) FROM connection'), queries)
        self.assertEqual(trace.one("SELECT count(*) FROM event WHERE object = 0 AND verb <> 'end'"), 0)
        self.assertEqual(trace.one("""SELECT count(*) FROM event
            WHERE verb = 'acquire' AND kind IN ('memory', 'cancel', 'large object')"""), lent)
        self.assert_nothing_foreign(trace)
        return trace

    def test_succeed(self):
        """each function once: its own calls are not counted, errno and arguments arrive"""
        trace = self.run_table('all-succeed')
        self.assertEqual(trace.one("SELECT count(*) FROM connection WHERE state = 'connected'"), 6)
        self.assertEqual(trace.one('SELECT count(*) FROM reset'), 2)

    def test_fail(self):
        """each function fails once: NULL is no resource"""
        trace = self.run_table('all-fail')
        self.assertEqual(trace.one("SELECT count(*) FROM connection WHERE state = 'failed'"), 1)
        self.assertEqual(trace.one('SELECT count(*) FROM reset WHERE backend_pid <> 0'), 1)


class Calls(Stub):
    def test_reuse(self):
        """an address that is handed out again is another resource"""
        trace = self.same(CALLS, 'reuse')
        self.assert_counts(trace, {'released': 1, 'leaked': 1}, {'released': 1, 'leaked': 1})
        self.assertIn('same connection 1, same result 1', trace.said)
        self.assertEqual(trace.one('SELECT count(DISTINCT address) FROM connection'), 1)
        self.assertEqual(trace.rows('SELECT backend_pid FROM connection ORDER BY acquired_ns'), [(1,), (2,)])

    def test_unseen(self):
        """releases that nobody saw, and a release of what nobody saw acquired"""
        trace = self.same(CALLS, 'unseen')
        self.assertIn('same connection 1, same result 1', trace.said)
        self.assertEqual(trace.rows('SELECT unseen_releases, unknown_releases FROM process'), [(2, 1)])
        self.assertEqual(trace.one("SELECT count(*) FROM leak"), 0)

    def test_refused(self):
        """failed connects are resources; one without an outcome is neither failed nor connected"""
        trace = self.same(CALLS, 'refused')
        self.assert_counts(trace, {'released': 1, 'leaked': 5}, {})
        self.assertEqual(dict(trace.rows('SELECT state, count(*) FROM connection GROUP BY state')),
                         {'failed': 5, 'connecting': 1})
        self.assertEqual(sorted(name for name, in trace.rows('SELECT acquire_function FROM leak')),
                         ['PQconnectStart', 'PQconnectStart', 'PQconnectStartParams', 'PQconnectdbParams',
                          'PQsetdbLogin'])

    def test_unwrapped_outer(self):
        """calls inside a function that is not wrapped are libpq's own"""
        trace = self.same(CALLS, 'unwrapped-outer')
        self.assert_counts(trace, {'released': 1}, {'released': 1})
        self.assertEqual(trace.one('SELECT queries FROM connection'), 1)

    def test_callback(self):
        """what a notice receiver does counts"""
        trace = self.same(CALLS, 'callback')
        self.assert_counts(trace, {'released': 2}, {'released': 3, 'leaked': 1})
        self.assertEqual(trace.rows('SELECT acquire_function, statement FROM resource'), [('PQexec', 'INSERT')])
        self.assertEqual(trace.one('SELECT statement FROM connection WHERE queries = 1'), 'INSERT')

    def test_jump(self):
        """after a longjmp out of a notice receiver everything is recorded as before"""
        trace = self.same(CALLS, 'jump')
        self.assertIn('100 jumps', trace.said)
        self.assert_counts(trace, {'released': 1}, {'released': 10, 'leaked': 1})
        self.assertEqual(trace.one('SELECT queries FROM connection'), 11)

    def test_nothing(self):
        """what gives back NULL reaches libpq with its errno, and is no event"""
        trace = self.same(CALLS, 'nothing')
        self.assert_counts(trace, {'released': 1}, {'released': 3})
        self.assertEqual(trace.one('SELECT drained + counted FROM process'), 2 + 2 * 3 + 1)

    def test_target(self):
        """what is said of a connection comes from the accessors of its libpq"""
        trace = self.same(CALLS, 'reuse')
        self.assertEqual(trace.rows('SELECT host, port, database, user, application_name, server_version, ssl FROM target'),
                         [('stub-host', '5433', 'stub-database', 'stub-user', 'stub application', 150004, 0)])

    def test_chain(self):
        """other interposers of the same function keep their place, on either side of the shim"""
        a, b = built('libpqstub-chain-a.so'), built('libpqstub-chain-b.so')
        plain = self.plain(CALLS, 'reuse', preload=[a, b])
        for name in ('PQconnectdb', 'PQexec'):
            self.assertEqual(plain.stdout.count(f'{name} passes a\n{name} passes b\n'), 2, plain)
        for name, before, after in (('first', [], [a, b]), ('between', [a], [b]), ('last', [a, b], [])):
            with self.subTest(shim=name):
                run = self.shimmed(CALLS, 'reuse', before=before, after=after, trace=name + '.db')
                self.assertEqual((run.stdout, run.stderr), (plain.stdout, ''))
                run.trace.said = run.stdout
                self.assert_counts(run.trace, {'released': 1, 'leaked': 1}, {'released': 1, 'leaked': 1})


class State(Stub):
    """What a process can see of itself."""

    def test_busy(self):
        """descriptors, signals, umask, folder and threads are as without us, also while a spool is drained"""
        trace = self.same(STATE, 'busy')
        self.assert_counts(trace, {'released': 1}, {'released': 20000})
        self.assertIn('1 threads', trace.said)

    def test_closed(self):
        """standard descriptors that the host has closed stay closed"""
        trace = self.same(STATE, 'closed')
        self.assert_counts(trace, {'released': 1}, {'released': 20000})
        self.assertNotRegex(trace.said, 'descriptor [012]:')


class Many(Stub):
    def test_threads(self):
        """eight threads, ten thousand pairs each: exact counts"""
        trace = self.same(THREADS, 'threads', '10000')
        self.assert_counts(trace, {'released': 8}, {'released': 80000, 'leaked': 8})
        self.assertEqual(trace.one('SELECT count(DISTINCT thread) FROM connection'), 8)
        self.assertEqual(trace.one('SELECT drained + counted FROM process'), 2 * 80000 + 8 + 2 * 8 + 1)

    def test_counted(self):
        """what is counted in the spool and what is written one by one: the same trace, and the same report"""
        for how in ('in-turn', 'threads'):
            told = []
            for events in ('', 'all'):  # with all of them kept, nothing is counted
                with self.subTest(how=how, events=events):
                    trace = self.same(THREADS, how, '500', env={'PQLEAK_EVENTS': events})
                    counted = trace.one('SELECT counted FROM process')
                    told.append([trace.rows("""SELECT sum(queries), count(DISTINCT use_stack), min(use_function),
                            max(use_function), min(statement), max(statement), min(used_ns) > 0, min(transaction_status)
                            FROM connection"""),
                        trace.rows('SELECT kind, outcome, sum(count), max(total_ns) >= max(longest_ns) FROM fold GROUP BY 1, 2'),
                        trace.rows('SELECT kind, count(*), min(statement), max(rows) FROM resource GROUP BY 1'),
                        trace.rows('SELECT unseen_releases, unknown_releases, drained + counted FROM process')])
                    if events == 'all':
                        self.assertEqual(counted, 0)
                    # What threads have open at once, and whether their calls mix, is chance.
                    if how == 'in-turn':
                        self.assertEqual(counted != 0, events == '')
                        told[-1].append(re.sub(r'"(\w*_ns|pid)":\d+', r'"\1":',
                                               self.pqleak('report', trace.path, '--format=json').stdout))
                    os.unlink(trace.path)
            self.assertEqual(told[0], told[1])

    def test_storm(self):
        """a signal handler interrupts everything: no deadlock, and what was not recorded is counted"""
        run = self.shimmed(THREADS, 'storm', '2000')
        self.assertEqual(run.status, 0, run)
        said = dict(line.split(' ', 1) for line in run.stdout.splitlines())
        self.assertEqual((said['wrong'], said['foreign']), ('0', '0 held 0 0'))
        drained, dropped = run.trace.rows('SELECT drained + counted, dropped FROM process')[0]
        self.assertEqual(drained + dropped, 2 * int(said['execs']) + 2 * int(said['opens']) + 1, run)
        self.assertEqual(run.trace.one("SELECT count(*) FROM connection WHERE acquire_function <> 'PQconnectdb'"), 0)
        if dropped:
            self.assertRegex(run.stderr, r'^pqleak: process \d+ \(host-threads\): events are being lost\n$')
            self.assertEqual(len(run.trace.cannot_tell()), 1)
        else:
            self.assertEqual((run.stderr, run.trace.cannot_tell()), ('', []))

    def test_steps(self):
        """a signal handler runs after each instruction of a call: every event is recorded once, or counted as lost"""
        run = self.shimmed(THREADS, 'steps', '2')
        self.assertEqual(run.status, 0, run)
        said = dict(line.split(' ', 1) for line in run.stdout.splitlines())
        if said['handled'] == '0':
            self.skipTest('no single steps on this processor')
        drained, dropped = run.trace.rows('SELECT drained + counted, dropped FROM process')[0]
        self.assertEqual(drained + dropped, 2 * int(said['execs']) + 2 * int(said['opens']) + 1, run)
        self.assertEqual(run.trace.rows('SELECT unseen_releases, unknown_releases FROM process'), [(0, 0)])
        self.assertGreater(dropped, 0)  # some met the lock
        self.assertRegex(run.stderr, r'^pqleak: process \d+ \(host-threads\): events are being lost\n$')


if __name__ == '__main__':
    tap.main()
