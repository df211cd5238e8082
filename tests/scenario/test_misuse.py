# SPDX-License-Identifier: PostgreSQL
"""Each misuse of libpq: a program that does it, with the stacks involved, and its clean twin, of which nothing is said."""
import tap
from scenario import Scenario, client

MISUSE = client('misuse')

# case: the offending call and its function, where the resource was acquired, where it had been released
MISUSES = {
    'use-after-finish': ('PQexec', 'use_after_finish', 'client_open', 'use_after_finish'),
    'finished-twice': ('PQfinish', 'finish_twice', 'client_open', 'finish_twice'),
    'cleared-twice': ('PQclear', 'clear_twice', 'clear_twice', 'clear_twice'),
    'used-in-child': ('PQexec', 'use_it', 'client_open', None),
    'finished-in-child': ('PQfinish', 'finish_it', 'client_open', None),
    'two-threads': ('PQsendQuery', 'two_threads', 'client_open', None),
    'finished-in-transaction': ('PQfinish', 'finish_in_transaction', 'finish_in_transaction', None),
    'finished-with-query': ('PQfinish', 'finish_with_query', 'finish_with_query', None),
    'finished-in-copy': ('PQfinish', 'finish_in_copy', 'finish_in_copy', None),
}


class EachMisuse(Scenario):
    """Wrong and right, a case each."""

    @tap.each(MISUSES, '{0}: {1} in {2}')
    def wrong(self, case, function, offender, acquirer, releaser):
        kind = case.replace('-', ' ')
        run = self.traced(MISUSE, case, 'wrong')
        plain = self.untraced(MISUSE, case, 'wrong')
        self.assertEqual((run.status, run.stdout), (plain.status, plain.stdout), 'the call went through as made')
        self.assertEqual(run.status, 0, run)
        trace = run.trace
        self.assertEqual(trace.misuses(), {kind: 1}, run)
        self.assertEqual(trace.leaks(), {}, run)
        self.assertEqual(trace.cannot_tell(), [], run)
        (seen, stack, acquired, released), = trace.rows(
            'SELECT function, stack, acquire_stack, release_stack FROM misuse')
        self.assertEqual(seen, function, run)
        self.assertIn(offender, trace.functions(stack), f'the offence\n{run}')
        if 'in-child' in case:  # the child has not seen the acquire; its parent has
            self.assertEqual(acquired, 0, run)
            acquired, connection = trace.rows('SELECT acquire_stack, connection FROM misuse_life')[0]
            self.assertIn(acquirer, run.stderr, 'the report names where the parent opened it')
            shown = self.pqleak('show', self.path('t.db'), str(connection)).stdout
            self.assertIn('before the fork, by another process', shown)
            self.assertIn(acquirer, shown)
            self.assertEqual(self.json()['misuse'][0]['acquire_site']['function'], acquirer, run)
        self.assertIn(acquirer, trace.functions(acquired), f'the acquire\n{run}')
        if releaser:
            self.assertIn(releaser, trace.functions(released), f'the release\n{run}')
            self.assertNotEqual(released, stack, run)
        else:
            self.assertEqual(released, 0, run)
        self.assertIn(offender, run.stderr, 'the report names the offender')
        self.assertEqual([(misuse['kind'], misuse['count']) for misuse in self.json()['misuse']], [(kind, 1)], run)
        self.assertEqual(self.check('t.db', '--fail-on=leaked'), 0, 'a misuse is no leak')
        self.assertEqual(self.check('t.db', f'--fail-on={case}'), 1)
        by_design = case.startswith('finished-in-') and 'child' not in case or case == 'finished-with-query'
        self.assertEqual(self.check('t.db', '--fail-on=misuse'), 0 if by_design else 1)
        self.assertEqual(self.check(), 0 if by_design else 1, 'it fails a check without being asked for')

    @tap.each(MISUSES, '{0}: the clean twin')
    def right(self, case, *_):
        self.assert_released(self.traced(MISUSE, case, 'right'))


class Cancelled(Scenario):
    def test_not_drained(self):
        """an asynchronous query is cancelled, and its connection finished without the results"""
        run = self.traced(client('queries'), 'cancelled', 'wrong')
        self.assert_leaks(run, {}, {'finished with query': 1})

    def test_not_cleared(self):
        """the result of a cancelled query is forgotten"""
        self.assert_leaks(self.traced(client('queries'), 'cancelled-result', 'wrong'), {'result': 1})

    def test_drained(self):
        """cancelled, drained, cleared"""
        self.assert_released(self.traced(client('queries'), 'cancelled', 'right'), connection=1, query=1, cancel=1)


if __name__ == '__main__':
    tap.main()
