# SPDX-License-Identifier: PostgreSQL
"""Labels: which process has which, and where reports name them."""
import os
import signal
import subprocess

import tap
from scenario import PQLEAK, PYTHON, SECONDS, Scenario, client

ACQUIRE = client('acquire')
LEAK, CLEAN = f'{ACQUIRE} loop 1 0', f'{ACQUIRE} loop 1 1'

# Connects, forks a child that connects and just ends, and executes itself with another label.
FAMILY = '''
import os, sys
import psycopg2
kept = [psycopg2.connect('')]
os.environ['PQLEAK_LABEL'] = 'set by the program itself'
child = os.fork()
if child == 0:
    kept.append(psycopg2.connect(''))
    os._exit(0)
os.waitpid(child, 0)
if len(sys.argv) > 1:
    os.environ['PQLEAK_LABEL'] = sys.argv[1]
    os.execv(sys.executable, [sys.executable, sys.argv[0]])
'''


class Labels(Scenario):
    def labels(self):
        """How many leaked under each label, as the trace has it."""
        return dict(line.split('=') for line in self.sql(
            "SELECT ifnull(label, '(none)') || '=' || leaked FROM leak_label WHERE kind = 'connection'").splitlines())

    def test_option(self):
        """run --label marks the command and what it starts; PQLEAK_LABEL within wins; findings say how many"""
        shell = f'{LEAK}; {LEAK}; PQLEAK_LABEL=test_cart {LEAK}; PQLEAK_LABEL=test_pay {CLEAN}'
        run = self.traced('sh', '-c', shell, options=['--label=test_checkout'])
        self.assert_trace(run)
        self.assertEqual(self.labels(), {'test_checkout': '2', 'test_cart': '1'}, run)
        self.assertRegex(run.stderr, r'(?m)^ +label +test_checkout \(2\), test_cart \(1\)$')
        self.assertNotIn('test_pay', run.stderr)
        finding, = self.json()['findings']
        self.assertEqual(finding['labels'], [{'label': 'test_checkout', 'count': 2}, {'label': 'test_cart', 'count': 1}])
        one = self.sql("SELECT c.id FROM connection c JOIN process p ON p.id = c.process WHERE p.label = 'test_cart'")
        self.assertRegex(self.pqleak('show', self.path('t.db'), one).stdout, r'(?m)^  label +test_cart$')

    def test_environment(self):
        """with LD_PRELOAD alone PQLEAK_LABEL does it; processes without one are counted beside those that have one"""
        for label in ({'PQLEAK_LABEL': 'one\n\033[1mtwo'}, {}):
            run = self.preloaded(*LEAK.split(), env=label)
            self.assertEqual(run.status, 0, run)
        self.assertEqual(self.labels(), {'one??[1mtwo': '1', '(none)': '1'})
        finding, = self.json()['findings']
        self.assertEqual(finding['labels'], [{'label': 'one??[1mtwo', 'count': 1}, {'label': None, 'count': 1}])
        self.assertRegex(self.pqleak('report', self.path('t.db')).stdout,
                         r'(?m)^ +label +one\?\?\[1mtwo \(1\), \(no label\) \(1\)$')

    def test_none(self):
        """without labels nothing speaks of them"""
        run = self.traced(*LEAK.split())
        self.assertNotIn('label', run.stderr)
        self.assertEqual([finding['labels'] for finding in self.json()['findings']], [[]])

    def test_group(self):
        """--group-by=label: a finding for each label"""
        self.traced('sh', '-c', f'PQLEAK_LABEL=b {LEAK}; PQLEAK_LABEL=a {LEAK}; PQLEAK_LABEL=a {LEAK}; {LEAK}')
        report = self.pqleak('report', '--group-by=label', self.path('t.db')).stdout
        self.assertIn('pqleak: 4 connections leaked, 3 labels\n', report)
        for title in ('2 connections leaked in a\n', '1 connection leaked in b\n',
                      '1 connection leaked in processes without a label\n'):
            self.assertIn('\n' + title, report)
        found = self.json('t.db', '--group-by=label')['findings']
        self.assertEqual([f['labels'] for f in found][:2], [[{'label': 'a', 'count': 2}], [{'label': 'b', 'count': 1}]])

    def test_family(self):
        """a forked child has its parent's label, also when the environment was changed; an exec has the new one"""
        with open(self.path('family.py'), 'w', encoding='utf-8') as script:
            script.write(FAMILY)
        self.traced(PYTHON, self.path('family.py'), 'second', options=['--label=first'])
        self.assertEqual(self.labels(), {'first': '2', 'second': '1'})  # Python finishes its own at a normal end

    def test_killed(self):
        """the label survives a kill: it is in the spool from the beginning"""
        code = 'import os, psycopg2; c = psycopg2.connect(""); os.kill(os.getpid(), 9)'
        run = self.traced(PYTHON, '-c', code, options=['--label=doomed'])
        self.assertEqual(run.status, 128 + signal.SIGKILL, run)
        self.assertEqual([tuple(row) for row in run.trace.rows('SELECT label FROM process')], [('doomed',)])

    def test_append(self):
        """runs that append to one trace at the same time each keep their label"""
        commands = [[PQLEAK, 'run', '-q', '--append', '-o', self.path('t.db'), f'--label=test_{n}', '--',
                     *(CLEAN if n % 2 else LEAK).split()] for n in range(6)]
        runs = [subprocess.Popen(command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
        self.assertEqual([run.wait(timeout=SECONDS) for run in runs], [0] * 6)
        self.assertEqual(self.labels(), {'test_0': '1', 'test_2': '1', 'test_4': '1'})
        self.assertEqual(self.sql('SELECT count(DISTINCT label), count(*) FROM process'), '6|6')
        self.assertEqual(os.path.exists(self.path('t.db')) and self.check(), 1)


if __name__ == '__main__':
    tap.main()
