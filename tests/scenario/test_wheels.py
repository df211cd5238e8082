# SPDX-License-Identifier: PostgreSQL
"""The wheels most Python users really run: each brings a libpq of its own, under a name of its own."""
import os
import unittest

import tap
from scenario import Scenario, script
from test_clients import DRIVEN

VENV_PYTHON = os.path.join(os.environ.get('PQLEAK_TEST_VENV', '/nonexistent'), 'bin', 'python')


@unittest.skipUnless(os.path.exists(VENV_PYTHON), 'no venv with the wheels (scripts/python-wheels makes it)')
class Wheels(Scenario):
    """psycopg2-binary and psycopg[binary]."""

    @tap.each(DRIVEN, 'wheel of {0}: {2}')
    def drive(self, driver_and_mode, status, connections):
        driver, mode = driver_and_mode.split()
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

    def test_cancel_in_a_finished_ones_place(self):
        """PQcancelFinish of libpq 17 ends in PQfinish, of a handle that lies where a finished connection lay"""
        run = self.traced(VENV_PYTHON, '-c', """if True:
            import ctypes, psycopg
            libpq = ctypes.CDLL(next(line.split()[-1] for line in open('/proc/self/maps') if '/libpq-' in line))
            for name in ('PQconnectdb', 'PQcancelCreate'):
                getattr(libpq, name).restype = ctypes.c_void_p
            for name in ('PQfinish', 'PQcancelCreate', 'PQcancelFinish'):
                getattr(libpq, name).argtypes = [ctypes.c_void_p]
            first, second, again = libpq.PQconnectdb(b''), libpq.PQconnectdb(b''), 0
            for _ in range(50):
                libpq.PQfinish(first)
                handle = libpq.PQcancelCreate(second)
                again += handle == first
                libpq.PQcancelFinish(handle)
                first = libpq.PQconnectdb(b'')
            libpq.PQfinish(first)
            libpq.PQfinish(second)
            print(again)
            """)
        self.assertGreater(int(run.stdout), 0, f'a handle lay where a connection had lain\n{run}')
        self.assert_trace(run, connections={'released': 52})
        self.assertEqual(run.trace.rows('SELECT kind, count FROM misuse'), [], run)
        self.assertEqual(run.trace.verdicts('cancel'), {'released': 50}, run)

    def test_all_in_one_process(self):
        """both wheels and Debian's two drivers in one process: four times three, two of each leak"""
        run = self.traced(VENV_PYTHON, script('all_libpqs.py'))
        self.assert_trace(run, connections={'released': 4, 'leaked': 8})
        self.assertEqual(len(run.stdout.split()), 3, f'three libpqs are mapped\n{run}')
        self.assertEqual(self.check(), 1)


if __name__ == '__main__':
    tap.main()
