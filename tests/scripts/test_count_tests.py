# SPDX-License-Identifier: PostgreSQL
"""scripts/count-tests: a failure is never counted as anything else."""
import json
import os
import subprocess
import tempfile
import unittest

import tap

COUNT_TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'scripts', 'count-tests')


class CountTests(unittest.TestCase):
    def count(self, *tests, outcomes=''):
        """The last line and the exit status for these tests of meson's."""
        with tempfile.TemporaryDirectory() as folder:
            log, list_ = os.path.join(folder, 'log'), os.path.join(folder, 'outcomes')
            with open(log, 'w', encoding='utf-8') as file:
                for result, stdout in tests:
                    file.write(json.dumps({'name': 'a test', 'result': result, 'returncode': 0, 'stdout': stdout}) + '\n')
            with open(list_, 'w', encoding='utf-8') as file:
                file.write(outcomes or f'log gcc {log}\n')
            run = subprocess.run([COUNT_TESTS, list_], stdout=subprocess.PIPE, text=True, check=False)
        return run.stdout.splitlines()[-1], run.returncode

    def test_all_passed(self):
        """cases, not programs, are counted"""
        self.assertEqual(self.count(('OK', '1..2\nok 1 - a\nok 2 - b\n'), ('OK', 'no TAP')), ('3 passed, 0 failed', 0))

    def test_failed(self):
        """a case that failed"""
        self.assertEqual(self.count(('FAIL', '1..2\nok 1 - a\nnot ok 2 - b\n')), ('1 passed, 1 failed', 1))

    def test_skipped(self):
        """a case that was skipped"""
        self.assertEqual(self.count(('OK', '1..2\nok 1 - a # SKIP no root\nok 2 - b\n')),
                         ('1 passed, 0 failed, 1 skipped', 0))

    def test_crashed(self):
        """a program that passed all its cases and then crashed; one that never came to some"""
        self.assertEqual(self.count(('ERROR', '1..1\nok 1 - a\n')), ('1 passed, 1 failed', 1))
        self.assertEqual(self.count(('ERROR', '1..5\nok 1 - a\n')), ('1 passed, 4 failed', 1))
        self.assertEqual(self.count(('TIMEOUT', '')), ('0 passed, 1 failed', 1))

    def test_nothing_run(self):
        """no test at all is a failure"""
        self.assertEqual(self.count(), ('0 passed, 1 failed', 1))

    def test_builds(self):
        """builds count"""
        self.assertEqual(self.count(outcomes='passed build gcc\nfailed build clang\n'), ('1 passed, 1 failed', 1))


if __name__ == '__main__':
    tap.main()
