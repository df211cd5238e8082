#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Connections that go through fork: handed over, leaked by whoever took them over, or shared."""
import os
import subprocess

import tap
from scenario import PQLEAK, PYTHON, Scenario, client

HANDOVER = client('handover')

# case: connections that were opened
CLEAN = {
    'daemon': 1,
    'twice': 1,
    'exiting': 1,
    'waiting': 1,
    'only-finished': 1,
    'handed-on': 1,
    'in-transaction': 1,
    'reset': 1,
    'beside': 2,
}
# case: where it was opened, and the calls in forked processes
SHARED = {
    'used-after': ('used_after', {'PQexec': 1}),
    'finished-after': ('finished_after', {'PQexec': 1}),
    'finished-by-both': ('finished_by_both', {'PQexec': 2, 'PQfinish': 1}),
    'two-children': ('two_children', {'PQexec': 2, 'PQfinish': 1}),
    'shared-by-child': ('shared_by_child', {'PQexec': 1, 'PQfinish': 1}),
}
# Python's ways to fork: the parent opens and waits.
PYTHONS = {
    'os.fork': 'import os\nif os.fork() == 0:\n    work()\n    os._exit(0)\nos.wait()',
    'multiprocessing': 'import multiprocessing\nchild = multiprocessing.get_context("fork").Process(target=work)\n'
                       'child.start()\nchild.join()',
}
SCRIPT = '''import psycopg2
conn = psycopg2.connect('')
conn.autocommit = True
def work():
    conn.cursor().execute('SELECT 1')
    %s
%s
%s'''


class HandedOver(Scenario):
    @tap.each(CLEAN, '{0}: clean')
    def clean(self, case, connections):
        run = self.preloaded(HANDOVER, case)
        self.assertEqual(self.check('t.db', '--fail-on=default,open-at-death'), 0)
        trace = self.assert_trace(run)
        self.assertEqual(trace.verdicts()['released'], connections)
        self.assertEqual(trace.rows('SELECT * FROM misuse_life'), [])
        self.assertEqual(trace.rows('SELECT * FROM outstanding'), [])

    def test_launched(self):
        """the same under the launcher"""
        self.assertEqual(self.traced(HANDOVER, 'daemon', options=('--check',)).status, 0)

    def test_leaked(self):
        """what was handed over and not finished is the child's leak, at the place where it was opened"""
        run = self.traced(HANDOVER, 'leaked')
        trace = self.assert_trace(run, connections={'leaked': 1, 'inherited': 1})
        (pid, stack), = trace.rows("SELECT pid, acquire_stack FROM connection_life WHERE verdict = 'leaked'")
        self.assertIn('open_and_use', trace.functions(stack))
        self.assertEqual(pid, trace.one('SELECT pid FROM process WHERE parent IS NOT NULL'))
        self.assertEqual(trace.rows('SELECT * FROM misuse_life'), [])
        self.assertEqual(self.check(), 1)

    def test_escaped(self):
        """a child that makes no use of the session takes nothing over: its parent leaks"""
        trace = self.assert_trace(self.traced(HANDOVER, 'escaped'), connections={'leaked': 1, 'inherited': 1})
        self.assertEqual(trace.one("SELECT p.parent IS NULL FROM connection_life c JOIN process p ON p.id = c.process"
                                   " WHERE verdict = 'leaked'"), 1)

    @tap.each(PYTHONS, '{0} in Python')
    def python(self, _, code):
        """the child uses and closes; then the parent uses it too"""
        for last, misuses in (('', 0), ("conn.cursor().execute('SELECT 2')", 1)):
            text = SCRIPT % ('conn.close()' if not last else 'pass', code, last or 'import os; os._exit(0)')
            run = self.traced(PYTHON, '-c', text)
            self.assertEqual(run.status, 0, run)
            self.assertEqual(set(run.trace.leaks()) & {'connection', 'result'}, set(), run)
            self.assertEqual(len(self.json()['misuse']), misuses, run)
            self.assertEqual(self.check(), misuses, run)

    def test_late(self):
        """a daemon that has not called libpq yet: it may go on with the connection, and then has, or has not"""
        for answer, verdicts, status in (('\n', {'leaked': 1}, 1), ('u\n', {'released': 1, 'inherited': 1}, 0)):
            with self.subTest(verdicts=verdicts), subprocess.Popen(
                    [PQLEAK, 'run', '-o', self.path('t.db'), '--', HANDOVER, 'late'], env=self.environment, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                self.assertEqual(process.stdout.readline(), 'a daemon\n')
                self.assertEqual(process.wait(), 0)
                self.assertEqual(self.check(), 2)
                self.assertIn('which it forked, may go on with a connection', self.json()['cannot_tell'][0])
                process.stdin.write(answer)
                process.stdin.flush()
                self.assertEqual(process.stdout.readline(), 'done\n')
                self.assertEqual(process.stdout.read(), '', 'the daemon has ended')
                self.assertEqual(self.check(), status)
                self.assertEqual(self.trace(self.path('t.db')).verdicts(), verdicts)

    def test_live(self):
        """while its parent runs nobody can tell; when it ended, or has used it, one can"""
        for answer, status, fate in (('\n', 0, 'taken over'), ('u\n', 1, 'shared')):
            with self.subTest(fate=fate), subprocess.Popen(
                    [PQLEAK, 'run', '-o', self.path('t.db'), '--', HANDOVER, 'live'], env=self.environment, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                self.assertEqual(process.stdout.readline(), 'handed over\n')
                live = self.json()
                self.assertEqual((live['findings'][0]['verdict'], live['misuse']), ('open', []), live)
                self.assertIn('may still use a connection that it handed over', live['cannot_tell'][0])
                self.assertEqual(self.check(), 2)
                process.communicate(answer)
                self.assertEqual(self.sql('SELECT fate FROM inheritance').splitlines()[-1].strip(), fate)
                self.assertEqual(self.json()['cannot_tell'], [])
                self.assertEqual(self.check(), status)


class Shared(Scenario):
    @tap.each(SHARED, '{0}: one finding, by where it was opened')
    def shared(self, case, opener, calls):
        run = self.traced(HANDOVER, case)
        trace = self.assert_trace(run)
        self.assertEqual(trace.leaks(), {}, run)
        misuse, = self.json()['misuse']
        self.assertEqual(misuse['count'], sum(calls.values()), run)
        self.assertEqual(misuse['connections'], 1)
        found = {}
        for call in misuse['calls']:
            found[call['function']] = found.get(call['function'], 0) + call['count']
        self.assertEqual(found, calls, run)
        self.assertEqual(misuse['acquire_site']['function'], 'client_open')
        self.assertIn(opener, trace.functions(misuse['acquire_stack']))
        self.assertIn('of an inherited connection, opened at client_open', run.stderr)
        self.assertEqual(self.check(), 1)

    def test_apart(self):
        """traces of their own: where it was opened is in neither, so nobody can tell"""
        run = self.preloaded(HANDOVER, 'used-after', trace='%p.db')
        self.assertEqual(run.status, 0, run)
        traces = {name.split('.db')[0] + '.db' for name in os.listdir(self.folder) if '.db' in name}
        self.assertEqual(sorted(self.check(name) for name in traces), [0, 2])


if __name__ == '__main__':
    tap.main()
