# SPDX-License-Identifier: PostgreSQL
"""Each kind of resource besides connections and results: a program that leaks it, and its clean twin."""
import tap
from scenario import Scenario, client

# program and case: what leaks done wrong, what was released done right
TWINS = {
    'transactions never-ended': ({'connection': 1, 'transaction': 1}, {'transaction': 1}),
    'transactions failed': ({'connection': 1, 'transaction': 1}, {'transaction': 1}),
    'transactions reset': ({'connection': 1, 'transaction': 1}, {'transaction': 1}),
    'transactions many': ({'connection': 1, 'transaction': 1}, {'transaction': 10}),
    'queries PQsendQuery': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries PQsendQueryParams': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries PQsendPrepare': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries PQsendQueryPrepared': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries PQsendDescribePrepared': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries PQsendDescribePortal': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries rows': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries end': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries refused': ({'connection': 1, 'query': 1}, {'query': 1}),
    'queries pipeline': ({'connection': 1, 'query': 2}, {'query': 3}),
    'copies in': ({'connection': 1, 'copy': 1}, {'copy': 1}),
    'copies in-outcome': ({'connection': 1, 'copy': 1}, {'copy': 1}),
    'copies out': ({'connection': 1, 'copy': 1}, {'copy': 1, 'memory': 5}),
    'copies rows': ({'memory': 5}, {'copy': 1, 'memory': 5}),
    'handles cancel': ({'cancel': 1}, {'cancel': 2}),
    'handles statement': ({'connection': 1, 'statement': 5}, {'statement': 6}),
    'handles statement-sent': ({'connection': 1, 'statement': 1}, {'statement': 7}),
    'handles statement-refused': ({'connection': 1, 'statement': 1}, {'statement': 7}),
    'handles large-object': ({'connection': 1, 'transaction': 1, 'large object': 1}, {'large_object': 1}),
    'handles large-object-end': ({'connection': 1, 'transaction': 1, 'large object': 1}, {'large_object': 1}),
}


class EachKind(Scenario):
    """Wrong and right, a case each."""

    @tap.each(TWINS, '{0}, wrong: {1}')
    def wrong(self, twin, leaked, _):
        program, case = twin.split()
        run = self.traced(client(program), case, 'wrong')
        trace = self.assert_leaks(run, leaked)
        for kind in leaked:
            word = trace.one('SELECT unreleased FROM kind WHERE kind = ?', kind)
            self.assertIn(word, run.stderr, f'the report says what happened to each {kind}')
            stack = trace.one('SELECT acquire_stack FROM leak WHERE kind = ?', kind)
            self.assertIn('main', trace.functions(stack), f'where the {kind} came from is known\n{run}')
            self.assert_shown(kind, word, trace.one('SELECT id FROM leak WHERE kind = ?', kind))
        found = {finding['kind']: finding['count'] for finding in self.json()['findings']}
        self.assertEqual(found, {kind: count for kind, count in leaked.items() if self.is_finding(kind, count)}, run)
        self.assertEqual(self.check('t.db', '--max=9'), 0)
        for kind, count in leaked.items():
            if kind not in ('connection', 'result'):  # these fail a check without being asked for
                name = kind.replace(' ', '-')
                self.assertEqual(self.check('t.db', f'--fail-on={name}'), int(self.is_finding(kind, count)))

    @staticmethod
    def is_finding(kind, count):
        """One prepared statement that stays for the connection's life is as it should be; only many are a finding."""
        return kind != 'statement' or count > 1

    def assert_shown(self, kind, word, number):
        name = kind.replace(' ', '-')
        show = self.pqleak('show', self.path('t.db'), name, str(number))
        self.assertEqual((show.status, show.stderr), (0, ''), show)
        self.assertIn('main', show.stdout, show)
        if kind != 'connection':
            self.assertIn(word, show.stdout, show)

    @tap.each(TWINS, '{0}, right: {2} released, nothing leaked')
    def right(self, twin, _, released):
        program, case = twin.split()
        run = self.traced(client(program), case, 'right')
        self.assert_released(run, connection=1, **released)
        self.assertNotIn('never', run.stderr, run)


class Transactions(Scenario):
    def idle(self, twin):
        """The longest gap inside the one transaction, in ns, and the stack before it."""
        run = self.traced(client('transactions'), 'idle', twin)
        trace = self.assert_released(run, connection=1, transaction=1)
        (longest, stack), = trace.rows("SELECT longest_idle_ns, idle_stack FROM fold WHERE kind = 'transaction'")
        return run, longest, trace.functions(stack) if stack else []

    def test_idle_inside(self):
        """idle in transaction: how long, and after which call"""
        run, longest, functions = self.idle('wrong')
        self.assertTrue(150e6 < longest < 60e9, f'{longest} ns, about 200 ms was asked for\n{run}')
        self.assertIn('before_the_nap', functions, run)
        self.assertNotEqual(run.trace.rows('SELECT * FROM idle_in_transaction'), [], run)

    def test_idle_outside(self):
        """who is idle after the transaction is not idle in it"""
        run, longest, _ = self.idle('right')
        self.assertLess(longest, 150e6, run)

    def test_stacks(self):
        """where a transaction began and where it ended are its two stacks"""
        run = self.traced(client('transactions'), 'never-ended', 'right')
        (began, ended), = run.trace.rows("SELECT acquire_stack, release_stack FROM fold WHERE kind = 'transaction'")
        self.assertIn('begin_work', run.trace.functions(began), run)
        self.assertIn('ended', run.trace.functions(ended), run)
        self.assertNotIn('begin_work', run.trace.functions(ended), run)


MEMORY = ('PQnotifies', 'PQescapeLiteral', 'PQescapeIdentifier', 'PQescapeByteaConn', 'PQescapeBytea',
          'PQunescapeBytea', 'PQencryptPassword', 'PQencryptPasswordConn', 'PQgetCopyData',
          'PQresultVerboseErrorMessage', 'PQconninfoParse', 'PQconninfoParse-error', 'PQconninfo', 'PQconndefaults')


class Memory(Scenario):
    """One leaked block a function."""

    @tap.each(MEMORY, '{0} leaks one block')
    def leak_by(self, function):
        run = self.traced(client('memory'), 'leak', function)
        trace = self.assert_leaks(run, {'memory': 1})
        self.assertEqual(trace.rows("SELECT acquire_function FROM resource WHERE kind = 'memory'"),
                         [(function.split('-')[0],)], run)
        self.assertIn('by_', run.stderr, 'the call site is named')

    def test_clean(self):
        """memory of every function, all freed"""
        run = self.traced(client('memory'), 'clean')
        self.assert_released(run, connection=1, memory=len(MEMORY))

    def test_flood(self):
        """5000 freed blocks are one row"""
        run = self.traced(client('memory'), 'flood', '5003', '3')
        trace = self.assert_leaks(run, {'memory': 3})
        self.assertEqual(trace.rows("SELECT count FROM fold WHERE kind = 'memory'"), [(5000,)], run)


class Results(Scenario):
    def test_size(self):
        """rows and bytes of a result that is never cleared"""
        run = self.traced(client('shapes'), 'outlived', 'wrong')
        trace = self.assert_leaks(run, {'result': 1})
        (rows, size), = trace.rows("SELECT rows, bytes FROM resource WHERE kind = 'result'")
        self.assertEqual(rows, 1, run)
        self.assertGreater(size, 0, run)


if __name__ == '__main__':
    tap.main()
