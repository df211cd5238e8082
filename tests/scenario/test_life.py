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
    'threads': ([PYTHON, script('life/django_threads.py')], ('abandoned', 9, 'rebuild', 25, {'exit': 9}, None)),
    'workers': (['ruby', script('life/workers.rb')], ('kept', 3, 'count_relations', 12, {'exit': 3}, 'ActiveRecord')),
    'renew': ([PYTHON, script('life/renew.py')], ('abandoned', 6, 'connect', 9, {'exit': 6}, None)),
    # The end of the program uses each of these once more, which is no use.
    'sessions': ([PYTHON, script('life/sessions.py')], ('abandoned', 4, 'load', 14, {'exit': 4}, 'SQLAlchemy')),
    'farewell in Ruby': (['ruby', script('life/farewell.rb')], ('abandoned', 4, 'visit', 6, {'exit': 4}, None)),
    'farewell in PHP': (['php', script('life/farewell.php')], ('abandoned', 4, 'Visit::connect', 6, {'exit': 4}, None)),
}

# What opens their connections.
POOLS = {'pool': 'psycopg2.pool', 'workers': 'ActiveRecord', 'sessions': 'SQLAlchemy'}

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
        self.assertEqual([self.check(), self.check('t.db', f'--fail-on={found[0]}'), self.check('t.db', '--fail-on=exit/connection')],
                         [0, 1, 1], run)
        self.assertIn(f'a check passes all the same; to fail on it: --fail-on=default,{found[0]}',
                      self.pqleak('check', self.path('t.db')).stdout, run)

    @tap.each(CASES, '{0}: the clean twin')
    def fixed(self, case, command, *_):
        run = self.traced(*command, 'fixed', options=['-q'])
        report = self.json()
        self.assertEqual((run.status, told(report)), (0, []), run)
        # What libpq cannot show of a pool is said of each, and of nothing else.
        self.assertEqual([p['pool'] for p in report['pool']], [POOLS[case]] if case in POOLS else [], run)
        self.assertEqual(self.check('t.db', '--fail-on=default,abandoned,kept'), 0, run)

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

    THREADS = {'django_threads.py': (PYTHON, ('abandoned', 9, 'rebuild', 25, {'never': 9}, None)),
               'workers.rb': ('ruby', ('kept', 3, 'count_relations', 12, {'never': 3}, 'ActiveRecord'))}

    @tap.each(THREADS, '{0} while it runs')
    def threads(self, name, interpreter, found):
        """while it runs: what threads of their own used last, and that these still live"""
        self.started([interpreter, script(f'life/{name}')], 'leak')
        report = self.json()
        life = report['findings'][0]['life']
        self.assertEqual((told(report), life['threads'], life['each_alone'], life['threads_alive']), ([found], found[1], True, found[1]))
        self.assertIn(f'{found[1]}, each with one of its own, which still live\n', self.pqleak('report', self.path('t.db')).stdout)
        self.assertEqual([self.check('t.db', f'--fail-on={found[0]}'), self.check()], [1, 0])

    @tap.each(THREADS, '{0} while it runs: the clean twin')
    def threads_fixed(self, name, interpreter, *_):
        """while it runs: the clean twin"""
        self.started([interpreter, script(f'life/{name}')], 'fixed')
        self.assertEqual((told(self.json()), self.check('t.db', '--fail-on=abandoned,kept')), ([], 0))

    def test_uses(self):
        """how often a use was the last one, by who borrowed it"""
        self.traced(*CASES['pool'][0], 'leak', options=['-q'])
        life = self.json()['findings'][0]['life']
        self.assertEqual([life[key] for key in ('last_uses', 'uses', 'elsewhere_last_uses', 'elsewhere_uses')], [4, 4, 1, 22])
        self.assertIn('uses      4 of 4 there were the last; elsewhere 1 of 22\n', self.pqleak('report', self.path('t.db')).stdout)

    def test_separation(self):
        """a helper that all go through is not to blame, nor is who gives back what it borrows"""
        run = self.traced(PYTHON, script('life/helper.py'), 'leak', options=['-q'])
        report = self.json()
        self.assertEqual(told(report), [('abandoned', 3, 'show_cart', 29, {'exit': 3}, 'psycopg2.pool'),
                                        ('abandoned', 3, 'import_orders', 35, {'exit': 3}, None)], run)
        self.assertEqual([(f['separation']['wrapper']['function'], f['separation']['lost'], f['separation']['acquired'],
                           f['separation']['others_lost'], f['separation']['others_acquired']) for f in report['findings']],
                         [('ask', 3, 3, 0, 11), ('connect', 3, 3, 0, 12)], run)

    def test_separation_fixed(self):
        """the clean twin"""
        run = self.traced(PYTHON, script('life/helper.py'), 'fixed', options=['-q'])
        self.assertEqual(told(self.json()), [], run)

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

    @tap.each({'idle': ('leak', 1), 'at work': ('fixed', 0)}, 'in a transaction that is {0}, while it runs and killed')
    def work(self, case, how, idle):
        """who is inside a call that waits for the server is not idle, and not unused"""
        command, since = [PYTHON, script('life/waiting.py')], 'SELECT count(*), sum(since_ns > 0) FROM open_transaction'
        process = self.started(command, how)
        self.assertEqual(self.sql(since), f'1|{idle}', case)
        unused = [o['unused_ns'] > 0 for o in self.json('t.db', '--open')['open'] if o['process']['pid'] == process.pid]
        self.assertEqual(unused, [idle == 1], case)
        if idle:
            self.assertEqual(told(self.json('t.db', '--held=1ms')), [('idle-in-transaction', 1, 'work', 16, None, None)], case)
        process.stdin.close()
        process.wait(SECONDS)
        # The launcher knows when it was killed.
        run = self.traced(*command, how, options=['-q'])
        self.assertEqual(run.status, 128 + signal.SIGKILL, run)
        self.assertEqual(self.sql(since), f'1|{idle}', run)

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
        self.assertEqual([line.split()[1:3] for line in listed[1:]],
                         [['open', str(process.pid)] for process in (one, one, two, two)])
        self.assertEqual([self.check('t.db', '--max-unused=1us'), self.check('t.db', '--max-unused=9h')], [1, 0])
        one.kill()
        one.wait(SECONDS)
        two.stdin.close()
        two.wait(SECONDS)
        # Nobody has seen when it died, so it comes last; the other one gave back what it had when it ended.
        self.assertEqual(self.opened(), [(one.pid, 'unknown', False, 'work', 'SELECT')] * 2)
        text = self.pqleak('report', '--open', self.path('t.db')).stdout
        self.assertRegex(text, r'connection [0-9], opened at work \(.*threads.py:11\)\n    borrower  work \(.*threads.py:13\), PQexec \(SELECT\)')

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
