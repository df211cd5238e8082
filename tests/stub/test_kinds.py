#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Everything libpq hands out but connections, on the stub libpq: what is given back, and what is not."""
import tap
from stub import Stub, host

KINDS = host('kinds')


class Case(Stub):
    def run_case(self, *case, leaks, released, misuses=None):
        """Runs a case of host-kinds: what leaks beside its connection, and what is released beside its results."""
        trace = self.same(KINDS, *case)
        self.assertEqual(trace.cannot_tell(), [])
        self.assertEqual(trace.integrity(), 'ok')
        found = trace.leaks()
        found.pop('connection', None)
        self.assertEqual(found, leaks)
        counts = dict(trace.rows("""SELECT kind, sum(count) FROM fold
            WHERE kind NOT IN ('connection', 'result') GROUP BY kind"""))
        self.assertEqual(counts, released)
        self.assertEqual(trace.misuses(), misuses or {})
        self.assertEqual(trace.rows('SELECT unseen_releases, unknown_releases, dropped FROM process'), [(0, 0, 0)])
        self.assert_nothing_foreign(trace)
        return trace

    def leaked_by(self, trace):
        return sorted(name for name, in trace.rows('SELECT acquire_function FROM resource'))


class Kinds(Case):
    def test_transaction(self):
        """a transaction ends with COMMIT, also a failed one; one is open at exit"""
        trace = self.run_case('transaction', leaks={'transaction': 1}, released={'transaction': 2})
        self.assertEqual(trace.rows('SELECT statement FROM resource'), [('BEGIN',)])

    def test_query(self):
        """a query ends with the NULL behind its results; one that could not be sent is none"""
        trace = self.run_case('query', leaks={'query': 1}, released={'query': 1})
        self.assertEqual(trace.rows('SELECT acquire_function, statement FROM resource'), [('PQsendQuery', 'SELECT')])

    def test_pipeline(self):
        """each NULL ends one query of a pipeline, and a refused PQexec none"""
        self.run_case('pipeline', leaks={'query': 1}, released={'query': 2})

    def test_copy(self):
        """a COPY ends with its result, by PQgetResult or inside PQendcopy; its rows are memory"""
        trace = self.run_case('copy', leaks={'copy': 1, 'memory': 1}, released={'copy': 3, 'memory': 2})
        self.assertEqual(self.leaked_by(trace), ['PQexec', 'PQgetCopyData'])

    def test_memory(self):
        """each function whose block must be freed, freed and not freed; also the message of PQconninfoParse"""
        trace = self.run_case('memory', leaks={'memory': 13}, released={'memory': 13})
        self.assertEqual(self.leaked_by(trace), sorted([
            'PQnotifies', 'PQescapeLiteral', 'PQescapeIdentifier', 'PQescapeByteaConn', 'PQescapeBytea',
            'PQunescapeBytea', 'PQencryptPassword', 'PQencryptPasswordConn', 'PQresultVerboseErrorMessage',
            'PQconninfo', 'PQconndefaults', 'PQconninfoParse', 'PQconninfoParse']))

    def test_cancel(self):
        """cancel handles and cancel connections"""
        trace = self.run_case('cancel', leaks={'cancel': 2}, released={'cancel': 2})
        self.assertEqual(self.leaked_by(trace), ['PQcancelCreate', 'PQgetCancel'])

    def test_large_object(self):
        """a descriptor, 0 too, ends with lo_close or with its transaction"""
        self.run_case('large-object', leaks={'transaction': 1, 'large object': 1},
                      released={'transaction': 1, 'large object': 3})

    def test_results(self):
        """a result's rows and bytes, and that it outlived its connection"""
        trace = self.run_case('results', leaks={'result': 2}, released={})
        self.assertEqual(trace.rows('SELECT rows, bytes, status FROM resource ORDER BY acquired_ns, id'),
                         [(7, 1000, 2), (0, 1000, 7)])
        self.assertEqual(trace.rows('SELECT DISTINCT outlived FROM resource_life'), [(1,)])


class Prepared(Case):
    """Four named statements: one, Two, two and all."""

    def ended(self, count, *statements):
        with self.subTest(statements=statements):
            trace = self.shimmed(KINDS, 'prepared', *statements, trace=f'{self.number}.db').trace
            self.number += 1
            self.assertEqual(trace.leaks().get('statement', 0), 4 - count)
            self.assertEqual(trace.one("SELECT ifnull(sum(count), 0) FROM fold WHERE kind = 'statement'"), count)

    def setUp(self):
        super().setUp()
        self.number = 0

    def test_deallocate(self):
        """what SQL ends which statement"""
        self.ended(0)
        self.ended(1, 'DEALLOCATE one')
        self.ended(1, 'deallocate prepare ONE')
        self.ended(1, ' /* why */ Deallocate\n\tTWO;')
        self.ended(2, 'DEALLOCATE two', 'DEALLOCATE "Two"')
        self.ended(0, 'DEALLOCATE "One"')
        self.ended(0, 'DEALLOCATE nobody')
        self.ended(1, 'DEALLOCATE "all"')
        self.ended(4, 'DEALLOCATE ALL')
        self.ended(4, 'deallocate prepare all')
        self.ended(4, 'DISCARD ALL')
        self.ended(0, 'DISCARD PLANS')
        self.ended(0, 'DEALLOCATED ALL', 'DELETE FROM one', 'DISCARD', 'DEALLOCATE', 'DEALLOCATE PREPARE', 'D')

    def test_calls(self):
        """PQsendPrepare, PQclosePrepared, PQsendClosePrepared; what failed changed nothing"""
        trace = self.run_case('prepared-calls', leaks={'statement': 1}, released={'query': 6, 'statement': 3})
        self.assertEqual(self.leaked_by(trace), ['PQsendPrepare'])


if __name__ == '__main__':
    tap.main()
