# SPDX-License-Identifier: PostgreSQL
"""How processes end, and what that says of what they still held."""
import os
import signal
import sqlite3
import subprocess

import tap
from scenario import PQLEAK, SECONDS, Scenario, client

ENDS = client('ends')
THREADS = client('threads')

LEAKED = {'leaked': 1}
OPEN_AT_DEATH = {'open-at-death': 1}

# case and arguments: exit status, connections, ends of its processes, check's answer
OWN_WILL = {
    'return': (3, LEAKED, ['exit'], 1),
    'exit': (3, LEAKED, ['exit'], 1),
    '_exit': (3, LEAKED, ['_exit'], 1),
    '_Exit': (3, LEAKED, ['_exit'], 1),
    'quick_exit': (3, LEAKED, ['quick_exit'], 1),
    'abort': (134, OPEN_AT_DEATH, ['abort'], 0),
    'signal 9': (137, OPEN_AT_DEATH, ['killed'], 0),
    'signal 15': (143, OPEN_AT_DEATH, ['killed'], 0),
    'signal 11': (139, OPEN_AT_DEATH, ['killed'], 0),
    'exec': (3, LEAKED, ['exec'], 1),
    'exec-self': (3, {'leaked': 2}, ['exec', 'exit'], 1),
    'exec-failed': (3, {'released': 1}, ['exit'], 0),
    'destructor': (3, {'released': 1}, ['exit'], 0),
    'fork-own': (3, {'released': 2, 'leaked': 1}, ['exit', 'exit'], 1),
    'fork-first': (0, {'leaked': 4}, ['exit'] * 4, 1),
    'spawn': (3, {'released': 1, 'leaked': 1}, ['exit', 'exit'], 1),
    'vfork-exec': (3, {'released': 1, 'leaked': 1}, ['exit', 'exit'], 1),
    'system': (3, {'released': 1, 'leaked': 1}, ['exit', 'exit'], 1),
}


class EachEnd(Scenario):
    """One end a case, under the launcher."""

    @tap.each(OWN_WILL, '{0}: {2}, {3}')
    def end_by(self, case, status, connections, ends, answer):
        plain = self.untraced(ENDS, *case.split())
        self.assertEqual(plain.status, status, plain)
        before = self.server_sessions()
        run = self.traced(ENDS, *case.split())
        self.assertEqual((run.status, run.stdout), (status, plain.stdout), run)
        self.assertEqual(run.trace.sessions(), self.server_sessions() - before, run)
        seen = run.trace.verdicts()
        seen.pop('inherited', None)
        self.assertEqual(seen, connections, run)
        self.assertEqual(run.trace.ends(), ends, run)
        self.assertEqual(run.trace.integrity(), 'ok', run)
        self.assertEqual(self.check(), answer, run)


class Inheritance(Scenario):
    def inherit(self, case):
        run = self.traced(ENDS, case)
        self.assert_trace(run, status=3)
        verdicts = run.trace.verdicts()
        self.assertLessEqual(set(verdicts), {'released', 'inherited'}, run)
        self.assertEqual(verdicts['released'], 1, run)
        self.assertEqual(self.check('t.db', '--fail-on=leaked'), 0)
        return verdicts

    def test_exit(self):
        """a child that inherits a connection and exits has leaked nothing"""
        self.inherit('fork-inherit')

    def test_raw_exit(self):
        """nor one that leaves by _exit"""
        self.inherit('fork-_exit')

    def test_finish(self):
        """a child that finishes its parent's connection: inherited there, and released in the parent"""
        self.assertEqual(self.inherit('fork-finish'), {'released': 1, 'inherited': 1})

    def test_parent_is_known(self):
        """a forked process names its parent's spool"""
        run = self.traced(ENDS, 'fork-own')
        self.assertEqual(run.trace.one('SELECT count(*) FROM process child JOIN process parent '
                                       'ON child.parent = parent.spool AND child.ppid = parent.pid'), 1, run)


class KilledEarly(Scenario):
    def test_alone(self):
        """a command that is killed before it calls libpq: that is said, not only that nothing was intercepted"""
        run = self.traced('sh', '-c', 'kill -9 $$')
        self.assertEqual(run.status, 137, run)
        self.assertRegex(run.stderr, r'process [0-9]+: killed by signal 9 \(Killed\) before it called libpq')
        self.assertEqual(self.check(), 2)

    def test_beside_others(self):
        """the same where others called it: they are judged, and it is named"""
        run = self.traced('sh', '-c', f'{ENDS} fork-own; kill -15 $$')
        self.assertEqual(run.status, 143, run)
        self.assertRegex(run.stderr, r'pqleak: process [0-9]+ was killed by signal 15 \(Terminated\) before it called libpq')
        self.assertEqual([one['signal'] for one in self.json()['processes']['killed_early']], ['signal 15 (Terminated)'])
        self.assertEqual(run.trace.cannot_tell(), [], run)

    def test_later(self):
        """one that had called libpq is in the trace itself"""
        self.traced(ENDS, 'signal', '9')
        self.assertEqual(self.json()['processes']['killed_early'], [])


class WithoutLauncher(Scenario):
    def test_killed(self):
        """SIGKILL under plain LD_PRELOAD: the next pqleak command takes in what was left, as an unknown end"""
        run = self.preloaded(ENDS, 'signal', '9')
        self.assertEqual(run.status, 137, run)
        self.assertEqual(self.check(), 0)
        self.assert_trace(run, status=137, connections=OPEN_AT_DEATH)
        self.assertEqual(run.trace.ends(), ['unknown'])
        self.assertEqual([name for name in os.listdir(self.folder) if 'spool' in name], [], 'the spool is used up')

    def test_lost_spool(self):
        """a killed process whose spool somebody removed: nobody can tell what it did last"""
        self.assertEqual(self.preloaded(ENDS, 'signal', '9').status, 137)
        spools = [name for name in os.listdir(self.folder) if 'spool' in name]
        self.assertEqual(len(spools), 1, spools)
        os.unlink(self.path(spools[0]))
        self.assertEqual(self.check(), 2)

    def test_exit(self):
        """exit under plain LD_PRELOAD with PQLEAK_DRAIN=end needs no command afterwards: SQLite alone sees the leak"""
        run = self.preloaded(ENDS, 'exit')
        self.assertEqual((run.status, run.stdout, run.stderr), (3, '', ''), run)
        self.assertEqual(run.trace.verdicts(), LEAKED, run)

    def test_exit_short(self):
        """exit under plain LD_PRELOAD of a short process: SQLite finds no table, and every command sees all of them"""
        for _ in range(3):
            run = self.preloaded(ENDS, 'exit', env={'PQLEAK_DRAIN': ''})
            self.assertEqual((run.status, run.stdout, run.stderr), (3, '', ''), run)
        with self.assertRaisesRegex(sqlite3.OperationalError, 'no such table'):
            run.trace.verdicts()
        self.assertEqual(self.check(), 1)
        self.assertEqual(run.trace.verdicts(), {'leaked': 3 * LEAKED['leaked']}, run)
        self.assertEqual((run.trace.ends(), run.trace.cannot_tell()), (['exit'] * 3, []), run)
        self.assertEqual(os.listdir(self.folder), ['t.db'], 'what was left is taken in')

    def test_exit_much(self):
        """exit under plain LD_PRELOAD of a process that recorded much: SQLite alone sees it"""
        with open(self.path('much.sql'), 'w', encoding='utf-8') as file:
            file.write('SELECT 1;\n' * 600)
        run = self.preloaded('psql', '-Xqf', self.path('much.sql'), env={'PQLEAK_DRAIN': ''})
        self.assertEqual(run.status, 0, run)
        self.assertEqual((run.trace.ends(), run.trace.verdicts('result')['released']), (['exit'], 600), run)

    def test_still_running(self):
        """what a living process holds is open; the look does not disturb it, and after SIGKILL it is open-at-death"""
        trace = self.path('t.db')
        with subprocess.Popen([PQLEAK, 'run', '-o', trace, '--', THREADS, 'stay', '3'], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder) as process:
            try:
                for _ in range(3):
                    self.assertEqual(process.stdout.readline(), 'open\n')
                report = self.pqleak('report', trace, '--all')
                self.assertEqual(report.status, 0, report)
                self.assertIn('open', report.stdout)
                query = "SELECT count FROM verdict_count WHERE kind = 'connection' AND verdict = 'open'"
                self.assertEqual(self.sql(query), '3')
                pid = self.sql('SELECT pid FROM process')
                self.assertEqual(self.check(), 0, 'nothing is leaked yet')
                os.kill(int(pid), signal.SIGKILL)
                process.communicate(timeout=SECONDS)
                self.assertEqual(process.returncode, 137)
            finally:
                process.kill()
        self.assertEqual(self.check(), 0)
        self.assertEqual(self.sql('SELECT "end" FROM process'), 'killed')


class Threads(Scenario):
    def test_some_leak(self):
        """8 threads open 5 each; in 3 of them the last one leaks"""
        run = self.traced(THREADS, 'some-leak', '8', '5', '3')
        trace = self.assert_trace(run, connections={'released': 37, 'leaked': 3}, results={'released': 40})
        self.assertEqual(trace.one('SELECT count(DISTINCT thread) FROM connection'), 8, run)

    def test_handed_over(self):
        """opened in four threads, finished in the main one"""
        run = self.traced(THREADS, 'handed-over', '4')
        trace = self.assert_trace(run, connections={'released': 4})
        self.assertEqual(trace.one('SELECT count(*) FROM connection WHERE thread <> release_thread'), 4, run)

    def test_fork_amid_calls(self):
        """A child, forked while another thread's stack was unwound, does not hang: without forks.c 1 in 1500 does"""
        run = self.preloaded(client('forks'), '4000', env={'PQLEAK_DRAIN': 'later'})
        self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), run)

    def test_fork_amid_first_call(self):
        """Children that are forked while another thread makes the first call of libpq: none hangs, dies or complains"""
        for how, rounds in (('fork', 40), ('vfork', 5), ('spawn', 5)):
            for _ in range(rounds):
                run = self.preloaded(client('forks'), '12', how, env={'PQLEAK_DRAIN': 'later'})
                self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), f'{how}\n{run}')

    def test_fork_unseen(self):
        """Children of _Fork and clone, which nothing can hold up: where they were torn off they record nothing, and say so"""
        for how in ('_Fork', 'clone') * 5:
            run = self.preloaded(client('forks'), '12', how, env={'PQLEAK_DRAIN': 'later'})
            self.assertEqual((run.status, run.stdout), (0, ''), f'{how}\n{run}')
            self.assertRegex(run.stderr, r'^(pqleak: process \d+ \(.*\): tracing is off: forked while another thread held a lock'
                                         r' of the dynamic linker or of libunwind\n)*$')

    def test_exit_in_thread(self):
        """exit in a thread"""
        self.assert_trace(self.traced(THREADS, 'exit-in-thread'), status=3, connections=LEAKED)

    def test_main_leaves(self):
        """the main thread ends before the one that leaks"""
        self.assert_trace(self.traced(THREADS, 'main-leaves'), connections={'released': 1, 'leaked': 1})


if __name__ == '__main__':
    tap.main()
