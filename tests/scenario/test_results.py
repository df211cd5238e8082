# SPDX-License-Identifier: PostgreSQL
"""Each function that hands out a result, and the folding of those that are cleared."""
import os

import tap
from scenario import Scenario, client

RESULTS = client('results')

FUNCTIONS = ('PQexec', 'PQexecParams', 'PQprepare', 'PQexecPrepared', 'PQdescribePrepared', 'PQdescribePortal',
             'PQgetResult', 'PQfn', 'PQmakeEmptyPGresult', 'PQcopyResult')


class EachFunction(Scenario):
    """One leaked result a function."""

    @tap.each(FUNCTIONS, '{0} leaks one')
    def leak_by(self, function):
        run = self.traced(RESULTS, 'leak', function)
        trace = self.assert_trace(run, connections={'released': 1})
        self.assert_leaks_results(run, 1)
        self.assertEqual(trace.rows('SELECT acquire_function FROM resource'), [(function,)], run)
        self.assertIn('by_', run.stderr, 'the call site is named')
        self.assertEqual(self.check(), 1)


class Folding(Scenario):
    def test_clean(self):
        """results of every function, all cleared: known to be clean"""
        run = self.traced(RESULTS, 'clean')
        trace = self.assert_trace(run, connections={'released': 1})
        self.assertEqual(set(trace.verdicts('result')), {'released'}, run)
        self.assertEqual(trace.one('SELECT count(*) FROM resource'), 0)
        self.assertEqual(self.check(), 0)

    def test_flood(self):
        """5000 cleared results are one row, and the trace stays small"""
        run = self.traced(RESULTS, 'flood', '5003', '3')
        trace = self.assert_trace(run, connections={'released': 1}, results={'released': 5000, 'leaked': 3})
        self.assertEqual(trace.rows("SELECT count FROM fold WHERE kind = 'result'"), [(5000,)], run)
        self.assertLess(os.path.getsize(trace.path), 256 * 1024)
        self.assertEqual(trace.rows('SELECT queries FROM connection'), [(5003,)], run)

    def test_held(self):
        """how long a result was held"""
        run = self.traced(RESULTS, 'held')
        trace = self.assert_trace(run, connections={'released': 1}, results={'released': 2})
        longest = trace.one("SELECT max(longest_ns) FROM fold WHERE kind = 'result'")
        self.assertTrue(90e6 < longest < 60e9, f'{longest} ns, about 100 ms was asked for\n{run}')

    def test_every_event(self):
        """PQLEAK_EVENTS=all keeps each event as well"""
        run = self.traced(RESULTS, 'flood', '100', '0', env={'PQLEAK_EVENTS': 'all'})
        trace = self.assert_trace(run, connections={'released': 1}, results={'released': 100})
        self.assertEqual(trace.rows("SELECT verb, count(*) FROM event WHERE kind = 'result' GROUP BY verb"),
                         [('acquire', 100), ('release', 100)], run)

    def test_clear_late(self):
        """a result cleared after its connection was finished is released"""
        self.assert_trace(self.traced(RESULTS, 'clear-late'), connections={'released': 1}, results={'released': 1})

    def test_rows(self):
        """in single-row mode each row is a result"""
        self.assert_trace(self.traced(RESULTS, 'rows'), connections={'released': 1},
                          results={'released': 1, 'leaked': 5})

    def test_nested(self):
        """results that libpq hands to itself are none of the program's"""
        run = self.traced(RESULTS, 'nested')
        self.assert_trace(run, connections={'released': 1}, results={})
        self.assertEqual(self.check(), 0)


if __name__ == '__main__':
    tap.main()
