# SPDX-License-Identifier: PostgreSQL
"""How processes begin and end: forks of all kinds, exec, and exits, with connections open."""
import signal
import unittest

import tap
from stub import SANITIZE, Stub, built, host

PROCESS = host('process')


class Forks(Stub):
    """Each case with fork, _Fork and a raw clone."""

    ways = ('fork', '_Fork', 'clone') if SANITIZE == 'none' else ('fork',)

    def each_way(self, case):
        """Its traces, one by one."""
        return ((way, self.same(PROCESS, case, way, trace=way + '.db')) for way in self.ways)

    def test_untouched(self):
        """a child that leaves alone what it inherited is not in the trace"""
        for way, trace in self.each_way('untouched'):
            with self.subTest(way=way):
                self.assertIn('child 4', trace.said)
                self.assert_counts(trace, {'released': 1}, {})

    def test_inherited(self):
        """what a child inherits is not its own, and what it does to it is no release of the parent's"""
        for way, trace in self.each_way('inherited'):
            with self.subTest(way=way):
                self.assertEqual(trace.ends(), ['exit', 'exit'])
                lives = 'SELECT count(*) FROM connection_life JOIN process p ON p.id = process WHERE p.parent IS %s NULL' \
                        ' AND verdict = ?'
                self.assertEqual(trace.one(lives % '', 'released'), 2)
                self.assertEqual(trace.one(lives % 'NOT', 'inherited'), 2)
                self.assertEqual(sum(trace.verdicts('connection').values()), 4)
                self.assertEqual(trace.verdicts('result'), {'released': 2})
                self.assertEqual(trace.cannot_tell(), [])

    def test_own(self):
        """a child and its child have connections of their own"""
        for way, trace in self.each_way('own'):
            with self.subTest(way=way):
                self.assertIn('child 5', trace.said)
                self.assert_counts(trace, {'released': 3, 'leaked': 2}, {'released': 2, 'leaked': 2}, ends=['exit'] * 3)
                self.assertEqual(trace.one('SELECT count(*) FROM process p JOIN process q ON p.parent = q.spool'), 2)

    def test_busy(self):
        """children made while other threads record: forty of them, none hangs, none is lost"""
        if SANITIZE != 'none':
            self.skipTest('the sanitizers do not promise to survive a fork among threads')
        trace = self.same(PROCESS, 'busy-fork')
        self.assertEqual(trace.ends(), ['exit'] * 41)
        self.assertEqual(trace.verdicts('connection'), {'released': 43, 'leaked': 40})
        self.assertEqual(trace.verdicts('result')['leaked'], 40)
        self.assertEqual(trace.cannot_tell(), [])


class Programs(Stub):
    """exec and its kin."""

    def test_vfork(self):
        """a vfork child shares our memory: its exec and _exit are not its parent's"""
        trace = self.same(PROCESS, 'vfork')
        self.assertEqual(trace.said, 'child 0\nchild 6\nchild 6\n')
        self.assert_counts(trace, {'released': 1}, {'released': 1})

    def test_vfork_killed(self):
        """... also when the parent leaves no word of its own"""
        trace = self.same(PROCESS, 'vfork', 'killed', status=128 + signal.SIGKILL)
        self.assertEqual(trace.ends(), ['unknown'])

    def test_spawn(self):
        """posix_spawn and system: new programs are new processes"""
        trace = self.same(PROCESS, 'spawn')
        self.assert_counts(trace, {'released': 1, 'leaked': 2}, {}, ends=['exit'] * 3)

    def test_failing_exec(self):
        """an exec that fails is no end"""
        trace = self.same(PROCESS, 'failing-exec', status=3)
        self.assertIn('9 failed as they should', trace.said)
        self.assert_counts(trace, {'released': 1, 'leaked': 1}, {'released': 1})

    def test_failing_exec_killed(self):
        """... also when the process leaves no other word"""
        trace = self.same(PROCESS, 'failing-exec', 'killed', status=128 + signal.SIGKILL)
        self.assertEqual(trace.ends(), ['unknown'])
        self.assertEqual(trace.verdicts('connection'), {'released': 1, 'open-at-death': 1})

    def test_exec(self):
        """an exec that succeeds ends one program and begins another"""
        for name in ('execv', 'execve', 'execvp', 'execvpe', 'execl', 'execlp', 'execle'):
            with self.subTest(function=name):
                trace = self.same(PROCESS, 'exec', name, status=3, trace=name + '.db')
                self.assert_counts(trace, {'leaked': 2}, {}, ends=['exec', 'exit'])


class Chains(Stub):
    """Another interposer of the same functions, preloaded before us or behind us, sees the calls it saw without us."""

    def chained(self, *command, status, passes):
        chain = built('libpqstub-chain-a.so')
        plain = self.plain(*command, preload=[chain])
        self.assertEqual((plain.status, plain.stdout.count('passes a')), (status, passes), plain)
        for name, before, after in (('first', [], [chain]), ('last', [chain], [])):
            run = self.shimmed(*command, before=before, after=after, trace=f'{name}-{command[-1]}.db')
            self.assertEqual((run.stdout, run.stderr, run.status), (plain.stdout, '', status), f'{name} {run}')
            yield run.trace

    def test_exec(self):
        """exec in its forms"""
        for function in ('execv', 'execve', 'execvp', 'execvpe', 'execl', 'execlp', 'execle'):
            for trace in self.chained(PROCESS, 'exec', function, status=3,
                                      passes=2 + (function in ('execv', 'execve', 'execvp', 'execvpe'))):
                self.assertEqual(trace.ends(), ['exec', 'exit'], function)

    def test_exit(self):
        """_exit"""
        for trace in self.chained(PROCESS, '_exit', status=3, passes=3):
            self.assertEqual(trace.ends(), ['_exit'])


class Ends(Stub):
    @unittest.skipIf('address' in SANITIZE, 'its leak checker misreads the thread-local memory of a library loaded late')
    def test_exit_in_thread(self):
        """exit called by a thread"""
        trace = self.same(PROCESS, 'exit-in-thread', status=3)
        self.assert_counts(trace, {'released': 1, 'leaked': 1}, {'leaked': 1})

    def test_raw_exit(self):
        """_exit, which runs no handler"""
        trace = self.same(PROCESS, '_exit', status=3)
        self.assert_counts(trace, {'leaked': 1}, {'leaked': 1}, ends=['_exit'])

    def test_killed(self):
        """a signal: nobody can say that something leaked"""
        for number in (signal.SIGKILL, signal.SIGTERM):
            trace = self.same(PROCESS, 'die', str(int(number)), status=128 + number, trace=f'{number}.db')
            self.assertEqual(trace.verdicts('connection'), {'open-at-death': 1})
            self.assertEqual(trace.verdicts('result'), {'open-at-death': 1})
            self.assertEqual(trace.ends(), ['unknown'])

    def test_late(self):
        """connections finished by atexit, __cxa_atexit and ELF destructors are no leaks"""
        trace = self.same(PROCESS, 'late', status=3)
        self.assert_counts(trace, {'released': 3}, {})


if __name__ == '__main__':
    tap.main()
