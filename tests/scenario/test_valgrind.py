# SPDX-License-Identifier: PostgreSQL
"""The analyzer under valgrind, on a real trace: no invalid access, nothing lost."""
import shutil
import unittest

import tap
from scenario import PQLEAK, Run, Scenario, client

VALGRIND = ('valgrind', '--quiet', '--error-exitcode=99', '--leak-check=full', '--errors-for-leak-kinds=definite',
            '--child-silent-after-fork=yes')


@unittest.skipUnless(shutil.which('valgrind'), 'no valgrind')
class Valgrind(Scenario):
    def setUp(self):
        super().setUp()
        run = self.traced(client('acquire'), 'error-path')
        self.assertEqual(run.status, 4, run)

    def judge(self, status, *arguments):
        run = Run(self.execute([*VALGRIND, PQLEAK, *arguments]), self.path('t.db'))
        self.assertEqual(run.status, status, run)
        self.assertNotIn('==', run.stderr, run)

    def test_all(self):
        """check, with a report as text and as JSON, which takes in what a killed process left besides; show and sql"""
        killed = self.preloaded(client('ends'), 'signal', '9')
        self.assertEqual(killed.status, 137, killed)
        self.judge(1, 'check', self.path('t.db'), '--all', '--output=json=report')
        self.assertEqual(killed.trace.verdicts(), {'leaked': 1, 'open-at-death': 1}, killed)
        self.judge(0, 'show', self.path('t.db'), '1')
        # Of the process, not of a view: SQLite's parser under valgrind is not what is judged here.
        self.judge(0, 'sql', self.path('t.db'), 'SELECT * FROM process')


if __name__ == '__main__':
    tap.main()
