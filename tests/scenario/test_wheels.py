# SPDX-License-Identifier: PostgreSQL
"""The wheels most Python users really run: each brings a libpq of its own, under a name of its own."""
import os
import unittest

import tap
from scenario import Scenario, script
from test_clients import MODES

VENV_PYTHON = os.path.join(os.environ.get('PQLEAK_TEST_VENV', '/nonexistent'), 'bin', 'python')


@unittest.skipUnless(os.path.exists(VENV_PYTHON), 'no venv with the wheels (scripts/python-wheels makes it)')
class Wheels(Scenario):
    """psycopg2-binary and psycopg[binary]; most cases are made below."""

    def drive(self, driver, mode, status, connections):
        run = self.traced(VENV_PYTHON, script('drivers.py'), mode, driver)
        trace = self.assert_trace(run, status=status, connections=connections)
        self.assert_leaks_results(run, 0)
        modules = ' '.join(path for path, in trace.rows('SELECT path FROM module'))
        self.assertIn(os.environ['PQLEAK_TEST_VENV'], modules, 'it is the wheel that was traced')

    def everything(self, driver, *kinds):
        run = self.traced(VENV_PYTHON, script('drivers.py'), 'everything', driver)
        trace = self.assert_released(run, connection=1)
        for kind in ('transaction', 'copy', 'memory', 'cancel', *kinds):
            self.assertGreater(trace.verdicts(kind).get('released', 0), 0, f'{kind}: the driver does that\n{run}')

    def test_everything_psycopg2(self):
        """wheel of psycopg2 with all it has: nothing leaks, nothing is misused"""
        self.everything('psycopg2')

    def test_everything_psycopg(self):
        """wheel of psycopg 3 with all it has, the cancel connections of libpq 17 too"""
        self.everything('psycopg', 'query', 'statement')

    def test_all_in_one_process(self):
        """both wheels and Debian's two drivers in one process: four times three, two of each leak"""
        run = self.traced(VENV_PYTHON, script('all_libpqs.py'))
        self.assert_trace(run, connections={'released': 4, 'leaked': 8})
        self.assertEqual(len(run.stdout.split()), 3, f'three libpqs are mapped\n{run}')
        self.assertEqual(self.check(), 1)


for _driver in ('psycopg2', 'psycopg'):
    for _mode, _expected in MODES.items():
        def _test(self, driver=_driver, mode=_mode, expected=_expected):
            self.drive(driver, mode, *expected)
        _test.__doc__ = f'wheel of {_driver}, {_mode}: {_expected[1]}'
        setattr(Wheels, f'test_{_driver}_{_mode}'.replace('-', '_'), _test)


if __name__ == '__main__':
    tap.main()
