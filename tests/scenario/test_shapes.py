# SPDX-License-Identifier: PostgreSQL
"""The shapes that leaks of real programs take: each as it is found in the wild, and written properly."""
import os
import unittest

import tap
from scenario import Scenario, client

# case: what leaks, and in which shape
SHAPES = {
    'commands': ({'result': 5}, {('result', 'held at exit'): 5}),
    'result-loop': ({'result': 2}, {('result', 'grows'): 2}),
    'connection-loop': ({'connection': 2}, {('connection', 'grows'): 2}),
    'bad': ({'connection': 1}, {('connection', 'held at exit'): 1}),
    'retry': ({'connection': 3}, {('connection', 'grows'): 3}),
    'refresh': ({'connection': 3, 'result': 3}, {('connection', 'grows'): 3, ('result', 'grows'): 3}),
    'held-at-exit': ({'connection': 1}, {('connection', 'held at exit'): 1}),
    'both': ({'connection': 4, 'result': 3},
             {('connection', 'grows'): 3, ('connection', 'held at exit'): 1, ('result', 'grows'): 3}),
    'outlived': ({'result': 1}, {('result', 'held at exit'): 1}),
}


class EachShape(Scenario):
    """Wrong and right, a case each."""

    def assert_shapes(self, run, leaked, shapes):
        trace = self.assert_leaks(run, leaked)
        seen = trace.rows('SELECT kind, shape, sum(count) FROM leak_shape GROUP BY kind, shape')
        self.assertEqual({(kind, shape): count for kind, shape, count in seen}, shapes, run)

    @tap.each(SHAPES, '{0}: {1}')
    def wrong(self, case, leaked, shapes):
        run = self.traced(client('shapes'), case, 'wrong')
        self.assert_shapes(run, leaked, shapes)
        forgiven = 0 if {shape for _, shape in shapes} == {'held at exit'} else 1
        self.assertEqual(self.check('t.db', '--allow-held-at-exit'), forgiven, run)

    @tap.each(SHAPES, '{0}: the clean twin')
    def right(self, case, *_):
        self.assert_released(self.traced(client('shapes'), case, 'right'))

    @unittest.skipUnless(os.path.exists(client('throws')), 'no C++ compiler')
    def test_throws_wrong(self):
        """a constructor that throws after the connect, three times"""
        run = self.traced(client('throws'), 'wrong')
        self.assert_shapes(run, {'connection': 3}, {('connection', 'grows'): 3})
        self.assertIn('Careless', run.stderr, 'the constructor is the call site')

    @unittest.skipUnless(os.path.exists(client('throws')), 'no C++ compiler')
    def test_throws_right(self):
        """the same with a member that has a destructor"""
        self.assert_released(self.traced(client('throws'), 'right'), connection=3)

    def test_copy_wrong(self):
        """the last result of a COPY, never cleared"""
        self.assert_leaks(self.traced(client('copies'), 'last-result', 'wrong'), {'result': 1})

    def test_copy_right(self):
        """the last result of a COPY, cleared"""
        self.assert_released(self.traced(client('copies'), 'last-result', 'right'), copy=1)

    def test_outlived(self):
        """a result that outlived its connection says so"""
        run = self.traced(client('shapes'), 'outlived', 'wrong')
        self.assertEqual(run.trace.rows("SELECT outlived FROM resource_life WHERE kind = 'result'"), [(1,)], run)
        run = self.traced(client('results'), 'leak', 'PQexec')
        self.assertEqual(run.trace.rows("SELECT outlived FROM resource_life WHERE kind = 'result'"), [(1,)], run)
        run = self.traced(client('shapes'), 'refresh', 'wrong')
        self.assertEqual(set(run.trace.rows("SELECT outlived FROM resource_life WHERE kind = 'result'")), {(0,)}, run)


if __name__ == '__main__':
    tap.main()
