# SPDX-License-Identifier: PostgreSQL
"""What the end of a process hides: connections that something other than the code gave back.  Each case has a clean twin."""
import signal
import subprocess

import tap
from scenario import PYTHON, SECONDS, SHIM, Scenario, script

# case: its command, and what is found: verdict, how many, function and line, what gave them back, and what opened them
CASES = {
    'pool': ([PYTHON, script('life/pool.py')], ('abandoned', 4, 'bad', 24, {'exit': 4}, 'psycopg2.pool')),
    'errors': ([PYTHON, script('life/errors.py')], ('abandoned', 5, 'get_state', 10, {'exit': 5}, None)),
    'listen': ([PYTHON, script('life/listen.py')], ('abandoned', 4, 'listen', 10, {'exit': 4}, None)),
    'suite': (['php', script('life/suite.php')], ('abandoned', 5, 'Application::connect', 6, {'exit': 5}, None)),
}

# case: its command, and where its transaction begins
IDLE = {
    'psycopg2': ([PYTHON, script('life/exporter.py')], 'scrape', 11),
    'PDO': (['php', script('life/worker.php')], 'next_job', 6),
    'ActiveRecord': (['ruby', script('life/worker.rb')], 'next_job', 10),
}


def told(report):
    """The findings of a life."""
    return [(f['verdict'], f['count'], f['site']['function'], f['site']['line'],
             f['life'] and f['life']['manners'], f['life'] and f['life']['pool'])
            for f in report['findings'] if f['verdict'] not in ('leaked', 'open', 'open-at-death')]


class Life(Scenario):
    """Leak and twin, after the end and while they run."""

    @tap.each(CASES, '{0}')
    def leak(self, case, command, found):
        run = self.traced(*command, 'leak', options=['-q'])
        self.assertEqual(run.status, 0, run)
        report = self.json()
        self.assertEqual(told(report), [found], run)
        self.assertEqual(report['connections']['leaked'], 0, run)
        self.assertEqual([self.check(), self.check('t.db', '--fail-on=abandoned'), self.check('t.db', '--fail-on=exit/connection')],
                         [0, 1, 1], run)
        self.assertIn('a check passes all the same; to fail on it: --fail-on=default,abandoned',
                      self.pqleak('check', self.path('t.db')).stdout, run)

    @tap.each(CASES, '{0}: the clean twin')
    def fixed(self, case, command, *_):
        run = self.traced(*command, 'fixed', options=['-q'])
        report = self.json()
        self.assertEqual((run.status, told(report)), (0, []), run)
        # What libpq cannot show of a pool is said of each, and of nothing else.
        self.assertEqual([p['pool'] for p in report['pool']], ['psycopg2.pool'] if case == 'pool' else [], run)
        self.assertEqual(self.check('t.db', '--fail-on=default,abandoned'), 0, run)

    def started(self, command, how):
        """A traced script that has said that it is ready; it goes on until its input ends."""
        process = subprocess.Popen([*command, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   cwd=self.folder, env=dict(self.environment, LD_PRELOAD=SHIM, PQLEAK_TRACE=self.path('t.db')))
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b'ready\n')
        return process

    def test_live(self):
        """while it runs, what it has abandoned is told, too"""
        self.started([PYTHON, script('life/listen.py')], 'leak')
        self.assertEqual(told(self.json()), [('abandoned', 4, 'listen', 10, {'never': 4}, None)])
        self.assertEqual([self.check('t.db', '--fail-on=abandoned'), self.check()], [1, 0])

    def test_live_fixed(self):
        """while it runs: the clean twin"""
        self.started([PYTHON, script('life/listen.py')], 'fixed')
        self.assertEqual((told(self.json()), self.check('t.db', '--fail-on=abandoned')), ([], 0))

    def ended(self, how):
        """What is found of a service that SIGTERM ended, and that nobody but the shim saw."""
        process = self.started([PYTHON, script('life/graceful.py')], how)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(SECONDS), 0)
        return self.json()

    def test_graceful(self):
        """what a service held when SIGTERM ended it was given back by its exit"""
        report = self.ended('leak')
        self.assertEqual(told(report), [('exit', 9, 'more', 11, None, None)])
        self.assertEqual(report['connections']['manners'], {'exit': 9})
        self.assertIn('\n9 connections given back by the exit of the process, opened at more ',
                      self.pqleak('report', self.path('t.db')).stdout)
        self.assertEqual([self.check(), self.check('t.db', '--fail-on=exit/connection')], [0, 1])

    def test_graceful_fixed(self):
        """the clean twin closes what it held"""
        report = self.ended('fixed')
        self.assertEqual((told(report), report['connections']['manners']), ([], {'code': 9}))
        self.assertEqual(self.check('t.db', '--fail-on=exit/connection,abandoned'), 0)

    @tap.each(IDLE, 'idle in transaction: {0}')
    def idle(self, case, command, function, line):
        """while it runs and afterwards; the time is that in which the report is made"""
        process = self.started(command, 'leak')
        self.pqleak('report', self.path('t.db'))  # it takes longer than a clock tick
        found = [('idle-in-transaction', 1, function, line, None, None)]
        self.assertEqual(told(self.json('t.db', '--held=1ms')), found, case)
        live = self.pqleak('check', self.path('t.db'), '--max-idle-in-transaction=1ms')
        self.assertEqual(live.status, 1, live)
        self.assertRegex(live.stdout, rf'\npqleak: idle in transaction for .*, begun at .*{function} \(.*:{line}\); --max-idle-in-transaction allows')
        process.stdin.close()
        process.wait(SECONDS)
        self.assertEqual(told(self.json('t.db', '--held=1ms')), found, case)
        # Two that are to fail, and two that are not.
        self.assertEqual([self.check('t.db', *options) for options in (
            ['--fail-on=idle-in-transaction', '--held=1ms'], ['--max-idle-in-transaction=1ms'],
            ['--held=1ms'], ['--max-idle-in-transaction=2h'])], [1, 1, 0, 0], case)
        self.assertRegex(self.pqleak('report', '--held=1ms', self.path('t.db')).stdout,
                         rf'\nidle in transaction for .*, begun at .*{function} \(.*:{line}\)\n')

    @tap.each(IDLE, 'idle in transaction: {0}, the clean twin')
    def idle_fixed(self, case, command, *_):
        process = self.started(command, 'fixed')
        self.pqleak('report', self.path('t.db'))
        self.assertEqual((told(self.json()), self.sql('SELECT * FROM open_transaction')), ([], ''), case)
        process.stdin.close()
        process.wait(SECONDS)
        self.assertEqual((told(self.json()), self.check('t.db', '--fail-on=idle-in-transaction')), ([], 0), case)

    def opened(self):
        """What report --open has: process, whether it runs, whether the thread lives, function, statement."""
        return [(o['process']['pid'], o['process']['end'], o['thread']['alive'], o['site']['function'], o['last_use']['statement'])
                for o in self.json('t.db', '--open')['open']]

    def test_open(self):
        """what is open, of two processes, while they run and after one was killed"""
        command = [PYTHON, script('life/threads.py')]
        one, two = self.started(command, 'leak'), self.started(command, 'leak')
        # The first that was opened is unused for longest.
        self.assertEqual(self.opened(), [(process.pid, 'running', alive, 'work', 'SELECT')
                                         for process in (one, two) for alive in (False, True)])
        listed = self.pqleak('show', '--open', '--site=work', '--sort=age', self.path('t.db')).stdout.splitlines()
        self.assertEqual([line.split()[:3] for line in listed[1:]],
                         [[str(number), 'open', str(process.pid)] for number, process in zip((1, 2, 3, 4), (one, one, two, two))])
        self.assertEqual([self.check('t.db', '--max-unused=1us'), self.check('t.db', '--max-unused=9h')], [1, 0])
        one.kill()
        one.wait(SECONDS)
        two.stdin.close()
        two.wait(SECONDS)
        # Nobody has seen when it died, so it comes last; the other one gave back what it had when it ended.
        self.assertEqual(self.opened(), [(one.pid, 'unknown', False, 'work', 'SELECT')] * 2)
        text = self.pqleak('report', '--open', self.path('t.db')).stdout
        self.assertRegex(text, r'connection 1, opened at work \(.*threads.py:11\)\n    borrower  work \(.*threads.py:13\), PQexec \(SELECT\)')

    def test_open_fixed(self):
        """the clean twin has nothing open"""
        process = self.started([PYTHON, script('life/threads.py')], 'fixed')
        self.assertEqual((self.opened(), self.check('t.db', '--max-unused=1us')), ([], 0))
        process.stdin.close()
        process.wait(SECONDS)
        self.assertEqual((self.opened(), self.check('t.db', '--max-unused=1us')), ([], 0))

    def test_pile(self):
        """prepared statements that piled up on a connection that was closed, and connections at the peak"""
        run = self.traced('ruby', script('life/statements.rb'), 'leak', options=['-q'])
        piles = [(p['kind'], p['most'], p['site']['line']) for p in self.json()['pile'] if p['kind'] == 'statement']
        self.assertEqual((run.status, piles), (0, [('statement', 20, 8)]), run)
        self.assertIn('20 prepared statements open at once, acquired at ', self.pqleak('report', self.path('t.db')).stdout, run)
        self.traced(*CASES['errors'][0], 'leak', options=['-q'])
        self.assertEqual([(s['open'], s['site']['function']) for s in self.json()['peak']['sites']], [(6, 'get_state')])

    def test_pile_fixed(self):
        """the clean twins hold few at once"""
        run = self.traced('ruby', script('life/statements.rb'), 'fixed', options=['-q'])
        self.assertEqual([(p['kind'], p['most']) for p in self.json()['pile'] if p['kind'] == 'statement'],
                         [('statement', 5)], run)
        self.assertNotIn('open at once', self.pqleak('report', self.path('t.db')).stdout, run)
        self.traced(*CASES['errors'][0], 'fixed', options=['-q'])
        self.assertEqual([(s['open'], s['site']['function']) for s in self.json()['peak']['sites']], [(1, 'get_state')])

    def test_accepted(self):
        """a baseline knows what is abandoned"""
        run = self.traced(*CASES['errors'][0], 'leak', options=['-q'])
        known = self.pqleak('baseline', self.path('t.db'), '--fail-on=abandoned', '-o', self.path('known'))
        self.assertEqual((known.status, self.check('t.db', '--fail-on=abandoned', f'--baseline={self.path("known")}')), (0, 0), run)


if __name__ == '__main__':
    tap.main()
