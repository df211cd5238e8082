# SPDX-License-Identifier: PostgreSQL
"""Clients people run that need no libpq, and a libpq that is used past its names: the gate is never silently inert.

They are made by scripts/own-protocol-clients; one that is missing is a failure.
"""
import os
import subprocess

import tap
from scenario import CLIENTS, PQLEAK, SECONDS, WITH_POSTGRES, Scenario, client

MADE = os.environ.get('PQLEAK_TEST_OWN_PROTOCOL', '')
BYPASS = os.path.join(CLIENTS, 'bypass')


class OwnProtocol(Scenario):
    def made(self, *names):
        path = os.path.join(MADE, *names)
        if not MADE or not os.path.exists(path):
            self.fail(f'{"/".join(names)} is missing: run scripts/own-protocol-clients')
        return path

    def assert_inert(self, report, reason):
        """Neither the report nor the gate takes the trace for a clean one."""
        self.assertRegex(report, reason)
        self.assertNotIn('nothing leaked', report.lower())
        check = self.pqleak('check', self.path('t.db'))
        self.assertEqual(check.status, 2, check)
        self.assertRegex(check.stdout + check.stderr, reason)

    def inert(self, *command, reason, answer='42\n'):
        """The command does its work as ever, and run --check says 2 and why."""
        plain = self.untraced(*command)
        self.assertEqual((plain.status, plain.stdout), (0, answer), plain)
        run = self.traced(*command, options=['--check'])
        self.assertEqual((run.status, run.stdout), (2, answer), run)
        self.assert_inert(run.stderr, reason)

    def test_pgjdbc(self):
        """pgjdbc from Maven Central, unmodified; it knows TCP only, so it gets a server that listens there"""
        path = os.path.dirname(self.made('jdbc', 'Query.class')) + ':' + self.made('jdbc', 'postgresql.jar')
        java = 'java -XX:TieredStopAtLevel=1 -cp "$0" Query "jdbc:postgresql://127.0.0.1:$PGPORT/postgres?user=$PGUSER"'
        run = self.execute([WITH_POSTGRES, '--tcp', '--quiet', '--', 'sh', '-c',
                            f'{java} && exec "$1" run --check -o "$2" -- {java}', path, PQLEAK, self.path('t.db')])
        self.assertEqual((run.returncode, run.stdout), (2, '42\n' * 2), run)
        self.assert_inert(run.stderr, r'process \d+ \(\S*java\) spoke PostgreSQL without')

    def test_go_static(self):
        """lib/pq in a static Go program"""
        self.inert(self.made('go', 'query-static'), reason=r'query-static.*Go')

    def test_go_dynamic(self):
        """lib/pq in a dynamic Go program, stripped"""
        self.inert(self.made('go', 'query-dynamic'), reason=r'query-dynamic.*Go')

    def test_go_with_libpq(self):
        """a Go program that uses libpq is seen: clean when it is, and when it leaks it leaks"""
        for way, status, verdicts in (('clean', 0, {'released': 1}), ('leak', 1, {'leaked': 1})):
            with self.subTest(way=way):
                run = self.traced(self.made('go', 'libpq'), way, options=['--check'])
                self.assertEqual((run.status, run.stdout, run.trace.verdicts()), (status, '42\n', verdicts), run)
                self.assertEqual(run.trace.cannot_tell(), [], run)

    def test_go_without_driver(self):
        """a Go program that has nothing of PostgreSQL is named, and no reason to doubt"""
        clean = f"{client('acquire')} loop 1 1"
        run = self.traced('sh', '-c', f'"$0" && {clean}', self.made('go', 'web'), options=['--check'])
        self.assertEqual((run.status, run.stdout), (0, '42\n'), run)
        self.assertEqual(run.trace.cannot_tell(), [], run)
        self.assertIn('pqleak: unseen: web\n', run.stderr)

    def test_hidden(self):
        """Debian's libpq.a inside a program that shows none of its names, and that leaks"""
        reason = r'process \d+ \(\S*/hidden/acquire\) spoke PostgreSQL without'
        hidden = self.made('hidden', 'acquire')
        self.inert(hidden, 'connectdb', reason=reason, answer='')
        clean = f"{client('acquire')} loop 1 1"
        run = self.traced('sh', '-c', f'"$0" connectdb && {clean}', hidden, options=['--check'])
        self.assertEqual((run.status, run.trace.verdicts()), (2, {'released': 1}), run)
        self.assertRegex(run.stderr, reason)
        self.assertEqual(self.check('t.db', '--allow-unseen'), 0)

    def test_bypass(self):
        """a function of libpq that is called by its address, which nobody can exchange"""
        names = subprocess.run(['sh', '-c', 'nm -D "$(ldconfig -p | sed -n "s/.*libpq.so.5.*=> //p" | head -n 1)"'],
                               check=True, stdout=subprocess.PIPE, text=True, timeout=SECONDS).stdout.splitlines()
        offset = next(line.split()[0] for line in names if line.split()[-1].split('@')[0] == 'PQconnectdb')
        self.inert(BYPASS, offset, reason=r'a hidden static\s+libpq', answer='opened\n')


if __name__ == '__main__':
    tap.main()
