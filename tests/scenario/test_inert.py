# SPDX-License-Identifier: PostgreSQL
"""The gate whose trace is lost or spoilt while the command runs, by the command itself: 2 and a reason, never clean."""
import os
import subprocess
import unittest

import tap
from scenario import PQLEAK, Scenario, client

ACQUIRE = client('acquire')

# What happens to the trace $0 after a clean user of libpq has ended.
SPOILT = {
    'cut': 'truncate --size=5000 "$0"',
    'a text': 'echo my diary >"$0"',
    'a folder': 'rm "$0" && mkdir "$0"',
    'of another program': 'rm "$0" && sqlite3 "$0" "CREATE TABLE diary (day, text)"',
    'newer': 'sqlite3 "$0" "PRAGMA user_version = 99"',
}


class Inert(Scenario):
    def test_spoilt(self):
        """a trace that is cut or exchanged before the gate looks"""
        for name, command in SPOILT.items():
            with self.subTest(name):
                subprocess.run(['rm', '-rf', self.path('t.db')], check=True)
                run = self.traced('sh', '-c', f'{ACQUIRE} loop 1 1; {command}', self.path('t.db'), options=['--check'])
                self.assertEqual(run.status, 2, run)
                self.assertIn('pqleak: ', run.stderr)
                check = self.pqleak('check', self.path('t.db'))
                self.assertEqual((check.status, 'pqleak: ' in check.stderr + check.stdout), (2, True), check)

    def test_removed(self):
        """the trace alone is removed or emptied: the launcher still has the spools, and the leak is found"""
        for command in 'rm "$0"', ': >"$0"':
            with self.subTest(command):
                run = self.traced('sh', '-c', f'{ACQUIRE} connectdb; {command}', self.path('t.db'), options=['--check'])
                self.assertEqual((run.status, run.trace.verdicts()), (1, {'leaked': 1}), run)
                os.remove(self.path('t.db'))
                self.assertEqual(self.check(), 2)
                # A leak went with the trace and its spools; what comes after is clean, and proves nothing.
                remove = '[ "$1" = all ] && rm -f "$0"* || ' + command
                for all_of_it in 'all', '':
                    run = self.traced('sh', '-c', f'{ACQUIRE} connectdb; {remove}; {ACQUIRE} loop 1 1', self.path('t.db'),
                                      all_of_it, options=['--check'])
                    self.assertIn('its trace was removed while the command ran', run.stderr)
                    self.assertEqual(run.status, 2 if all_of_it else 1, run)

    def test_whole(self):
        """the same command that leaves its trace alone is clean, so the case above can fail"""
        run = self.traced('sh', '-c', f'{ACQUIRE} loop 1 1; true', self.path('t.db'), options=['--check'])
        self.assertEqual(run.status, 0, run)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can become somebody who may not read it')
    def test_unreadable(self):
        """a trace that may not be read"""
        self.traced(ACQUIRE, 'loop', '1', '1')
        os.chmod(self.path('t.db'), 0)
        with open(PQLEAK, 'rb') as program, open(self.path('pqleak'), 'wb') as copy:
            copy.write(program.read())
        os.chmod(self.path('pqleak'), 0o755)
        run = self.execute(['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', self.path('pqleak'),
                            'check', self.path('t.db')])
        self.assertEqual(run.returncode, 2, run)
        self.assertIn('ermission denied', run.stderr)


if __name__ == '__main__':
    tap.main()
