# SPDX-License-Identifier: PostgreSQL
"""Hosts that run long: their memory, a trace that stays locked, and a spool that cannot grow."""
import contextlib
import os
import sqlite3
import subprocess
import threading
import unittest

import tap
from scenario import PQLEAK, wait_until
from stub import SANITIZE, Stub, host

ROOM = host('room')
# Their libraries are in every process, and make files, threads and time larger.
PLAIN = unittest.skipIf(SANITIZE != 'none', 'not with the sanitizers')

IN_NAMESPACE = ['unshare', '--mount', '--propagation', 'private']
# A file system of our own takes root.
MAY_MOUNT = subprocess.run([*IN_NAMESPACE, 'mount', '-t', 'tmpfs', 'none', '/mnt'], stderr=subprocess.DEVNULL,
                           check=False).returncode == 0


class Room(Stub):
    @unittest.skipIf(SANITIZE != 'none', 'sanitizers keep memory of their own')
    def test_reopen(self):
        """20,000 rounds of dlopen and dlclose with a pair between take no memory"""
        self.assert_counts(self.same(ROOM, 'reopen'), {'released': 1}, {'released': 20000})

    @contextlib.contextmanager
    def at_each_pause(self, *steps):
        """Runs a step each time the host waits, beside it."""
        wrong = []

        def follow():
            try:
                for step in steps:
                    wait_until(lambda: os.path.exists(self.path('pause')), 'the host waits')
                    step()
                    os.remove(self.path('pause'))
            except Exception as error:  # pylint: disable=broad-exception-caught
                wrong.append(error)

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        yield
        follower.join()
        self.assertEqual(wrong, [])

    def test_locked(self):
        """a trace that is locked while more happens than the spool holds: what comes after its release is recorded"""
        def lock():
            locker.append(sqlite3.connect(self.path('t.db'), isolation_level=None, check_same_thread=False))
            locker[0].execute('BEGIN EXCLUSIVE')

        locker = []
        with self.at_each_pause(lambda: None, lambda: None):
            plain = self.plain(ROOM, 'locked', self.path('pause'))
        with self.at_each_pause(lock, lambda: locker[0].close()):
            run = self.shimmed(ROOM, 'locked', self.path('pause'))
        self.assertEqual((run.status, run.stdout), (plain.status, plain.stdout), run)
        self.assertRegex(run.stderr, r'\Apqleak: process \d+ \(host-room\): events are being lost[^\n]*\n\Z')
        dropped = run.trace.one('SELECT dropped FROM process')
        released = run.trace.verdicts('result')['released']
        # Of 740,000 events the spool holds 262,144 at once, so some 38,000 of 300,000 are lost, those that were not
        # drained when it was locked, at most 24,576, and a few until the next drain finds the trace free.
        self.assertTrue(35000 < dropped < 67000, dropped)
        self.assertTrue(336500 < released < 352500, released)
        # Of what it holds at its end nobody can tell, though this one was opened when nothing was lost any more.
        self.assertEqual(run.trace.verdicts('connection'), {'released': 1, 'cannot-tell': 1})
        self.assertEqual(run.trace.ends(), ['exit'])
        self.assert_in_doubt(run, 'it is full, and could not be moved into the trace in time')

    def test_unwritable(self):
        """a process that may no longer write beside its trace: its end is known although the spool cannot grow"""
        os.mkdir(self.path('kept'))
        plain = self.plain(ROOM, 'unwritable', self.path('kept'))
        os.chmod(self.path('kept'), 0o755)
        run = self.shimmed(ROOM, 'unwritable', self.path('kept'), trace='kept/t.db')
        os.chmod(self.path('kept'), 0o755)
        self.execute([PQLEAK, 'report', run.trace.path])
        self.assertEqual((run.status, run.stdout), (plain.status, plain.stdout), run)
        self.assertIn('the spool cannot grow', run.stderr)
        self.assertEqual(run.trace.ends(), ['exit'])
        self.assertGreater(run.trace.one('SELECT dropped FROM process'), 1000)
        self.assert_in_doubt(run, 'Permission denied (the process has changed its user', trace='kept/t.db')

    def assert_in_doubt(self, run, reason, trace='t.db'):
        """Something was lost, for that reason: no leak and no misuse is claimed, and nothing is called clean."""
        self.assertEqual(run.trace.leaks(), {}, run)
        self.assertEqual(run.trace.misuses(), {}, run)
        said, = run.trace.cannot_tell()
        self.assertIn(reason, said)
        self.assertIn(reason, run.stderr)
        check = self.pqleak('check', '--fail-on=leaked,open,open-at-death,misuse', self.path(trace))
        self.assertEqual(check.status, 2, check)
        self.assertIn('more or fewer leaks', check.stderr + check.stdout)

    def limited(self, *command, file_bytes):
        """A host that leaks nothing, run with a limit on the size of files."""
        plain = self.plain('prlimit', f'--fsize={file_bytes}', ROOM, *command)
        run = self.shimmed('prlimit', f'--fsize={file_bytes}', ROOM, *command)
        self.assertEqual((run.status, run.stdout), (plain.status, plain.stdout), run)
        return run

    @PLAIN
    def test_little_room(self):
        """a spool that may not grow, beside a trace that may: whoever needs room drains, and nothing is lost"""
        run = self.limited('crowd', '1', '20000', file_bytes=208896)
        self.assertEqual(run.stderr, '')
        run.trace.said = run.stdout
        self.assert_counts(run.trace, {'released': 1}, {'released': 20000})
        self.assertEqual(self.check(), 0)

    @PLAIN
    def test_no_room(self):
        """neither may grow: what is lost accuses nobody"""
        run = self.limited('crowd', '3', '10000', file_bytes=143360)
        self.assertGreater(run.trace.one('SELECT dropped FROM process'), 30000)
        self.assert_in_doubt(run, 'File too large (the limit on the size of files, ulimit -f)')

    def in_small(self, kilobytes, *command):
        """A host whose trace lies on a file system of that size, and is copied from there."""
        os.makedirs(self.path('small'), exist_ok=True)
        run = self.shimmed(*IN_NAMESPACE, 'sh', '-c', f'mount -t tmpfs -o size={kilobytes}k none small && "$@"; status=$?;'
                           ' cp -p small/* . && exit $status', 'sh', ROOM, *command, trace='small/t.db')
        self.take_in()
        run.trace.path = self.path('t.db')
        self.assertEqual(run.status, 0, run)
        return run

    @PLAIN
    @unittest.skipUnless(MAY_MOUNT, 'no private mounts here (root can)')
    def test_small_disk(self):
        """a file system with room for a trace, but not for a large spool as well: the spool leaves it to the trace"""
        run = self.in_small(700, 'crowd', '1', '20000')
        self.assertEqual(run.stderr, '')
        run.trace.said = run.stdout
        self.assert_counts(run.trace, {'released': 1}, {'released': 20000})

    @PLAIN
    @unittest.skipUnless(MAY_MOUNT, 'no private mounts here (root can)')
    def test_full_disk(self):
        """a file system on which the spool can grow once, and the trace not at all"""
        run = self.in_small(200, 'crowd', '2', '20000')
        self.assert_in_doubt(run, 'the spool cannot grow: No space left on device')

    @PLAIN
    def test_crowd(self):
        """64 threads on a libpq that does nothing record faster than one drains: nothing is lost while there is disk"""
        # On one processor the one that drains gets a 64th of it: without a word to the others 10,000 events were lost.
        one = str(min(os.sched_getaffinity(0)))
        run = self.shimmed('taskset', '-c', one, ROOM, 'crowd', '64', '10000')
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        run.trace.said = run.stdout
        self.assert_counts(run.trace, {'released': 64}, {'released': 64 * 10000})
        self.assertEqual(self.check(), 0)


if __name__ == '__main__':
    tap.main()
