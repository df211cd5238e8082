# SPDX-License-Identifier: PostgreSQL
"""When tracing cannot work: the host does not notice, one line says why, and the gate says that it cannot tell."""
import os
import shutil
import sqlite3
import subprocess
import unittest

import tap
from scenario import PQLEAK, SHIM, Scenario, Trace, client

HUNGRY = client('hungry')

# Output, an error on stderr, and a status of its own: what must not change.  It leaks nothing.
HOST = ('psql', '-XAt', '-c', 'SELECT generate_series(1, 3)', '-c', r'\no_such_command')

IN_NAMESPACE = ['unshare', '--mount', '--propagation', 'private']


def may_mount():
    """A private mount namespace with a file system of our own takes root."""
    return subprocess.run([*IN_NAMESPACE, 'mount', '-t', 'tmpfs', 'none', '/mnt'], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


MAY_MOUNT = may_mount()


class Unwilling(Scenario):
    """The comparison all cases make."""

    def compare(self, wrapper=(), trace=None, host=HOST, lines=1):
        """Runs the host untraced and traced; wrapper is a command in front of it."""
        plain = self.untraced(*wrapper, *host)
        trace = trace or self.path('t.db')
        run = self.untraced(*wrapper, 'env', f'LD_PRELOAD={SHIM}', f'PQLEAK_TRACE={trace}', *host)
        self.assert_unchanged(plain, run, lines)
        return run

    def assert_unchanged(self, plain, run, lines):
        self.assertEqual((run.status, run.stdout), (plain.status, plain.stdout), f'{plain}\n{run}')
        ours = [line for line in run.stderr.splitlines() if line.startswith('pqleak:')]
        others = [line for line in run.stderr.splitlines() if not line.startswith('pqleak:')]
        self.assertEqual(others, plain.stderr.splitlines(), run)
        if lines is not None:
            self.assertEqual(len(ours), lines, run)
        return ours

    def assert_cannot_tell(self, trace=None):
        run = self.pqleak('check', trace or self.path('t.db'))
        self.assertEqual(run.status, 2, run)
        self.assertIn('pqleak: ', run.stderr + run.stdout, run)


class NoPlace(Unwilling):
    def test_missing_folder(self):
        """the trace's folder does not exist"""
        trace = self.path('missing/t.db')
        run = self.compare(trace=trace)
        self.assertIn(trace, run.stderr)
        self.assertIn('No such file or directory', run.stderr)
        self.assert_cannot_tell(trace)

    def test_folder_as_trace(self):
        """the trace is a folder"""
        os.mkdir(self.path('t.db'))
        self.compare()
        self.assert_cannot_tell()
        self.assertEqual(os.listdir(self.path('t.db')), [])

    def test_long_name(self):
        """the trace's name is longer than a path may be"""
        trace = self.path('x' * 4100)
        self.compare(trace=trace)
        self.assert_cannot_tell(trace)

    def test_foreign_file(self):
        """the trace is somebody's text: it is left as it is"""
        with open(self.path('t.db'), 'w', encoding='ascii') as file:
            file.write('my diary\n' * 2000)
        self.compare()
        self.assert_cannot_tell()
        with open(self.path('t.db'), encoding='ascii') as file:
            self.assertEqual(file.read(), 'my diary\n' * 2000)

    def test_foreign_database(self):
        """the trace is somebody's SQLite database: it is left as it is"""
        with sqlite3.connect(self.path('t.db')) as database:
            database.execute('CREATE TABLE diary (day, text)')
        before = os.stat(self.path('t.db'))
        self.compare()
        self.assert_cannot_tell()
        after = os.stat(self.path('t.db'))
        self.assertEqual((before.st_size, before.st_mtime_ns), (after.st_size, after.st_mtime_ns))

    def test_half_installed(self):
        """the part of the shim that records is not there"""
        alone = shutil.copy(SHIM, self.folder)
        plain = self.untraced(*HOST)
        run = self.untraced('env', f'LD_PRELOAD={alone}', f"PQLEAK_TRACE={self.path('t.db')}", *HOST)
        self.assert_unchanged(plain, run, 1)
        self.assert_cannot_tell()

    @unittest.skipUnless(os.geteuid() == 0, 'a read-only folder binds only others than root; they cannot be become')
    def test_folder_of_others(self):
        """the trace's folder belongs to somebody else"""
        os.mkdir(self.path('f'), 0o755)
        # The build folder may be closed to others, so they get a copy of what they load.
        preload = self.path('lib')
        shutil.copytree(os.path.dirname(SHIM), preload, ignore=lambda _, names: [n for n in names if '.so' not in n])
        host = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', *HOST]
        plain = self.untraced(*host)
        trace = self.path('f/t.db')
        run = self.untraced(*host[:6], 'env', f'LD_PRELOAD={preload}/libpqleak.so', f'PQLEAK_TRACE={trace}', *HOST)
        self.assert_unchanged(plain, run, 1)
        self.assert_cannot_tell(trace)

    @unittest.skipUnless(MAY_MOUNT, 'no private mounts here (root can)')
    def test_read_only_file_system(self):
        """the trace's file system is read-only"""
        os.mkdir(self.path('ro'))
        wrapper = [*IN_NAMESPACE, 'sh', '-c', 'mount -t tmpfs -o ro none "$0" && exec "$@"', self.path('ro')]
        run = self.compare(wrapper, self.path('ro/t.db'))
        self.assertIn('Read-only', run.stderr)
        self.assert_cannot_tell(self.path('ro/t.db'))

    @unittest.skipUnless(MAY_MOUNT, 'no private mounts here (root can)')
    def test_read_only_later(self):
        """the trace's file system is read-only when it is read: what short processes left beside it counts all the same"""
        script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$0" check "$1/t.db"'
        read = [*IN_NAMESPACE, 'sh', '-c', script, PQLEAK, self.folder]
        for drain in ('end', ''):  # with rows in the trace, and without
            self.preloaded(*HOST, env={'PQLEAK_DRAIN': drain})
            self.preloaded(*HOST, env={'PQLEAK_DRAIN': ''})
            clean = self.untraced(*read)
            self.assertEqual((clean.status, '2 processes' in clean.stdout), (0, True), clean)
            self.preloaded(client('ends'), 'exit', env={'PQLEAK_DRAIN': ''})
            before = sorted(os.listdir(self.folder))
            self.assertEqual(self.untraced(*read).status, 1)
            self.assertEqual(sorted(os.listdir(self.folder)), before)
            self.assertEqual(self.pqleak('check', self.path('t.db')).status, 1)
            self.assertEqual(os.listdir(self.folder), ['t.db'])
            os.unlink(self.path('t.db'))


@unittest.skipUnless(MAY_MOUNT, 'no private mounts here (root can)')
class FullDisk(Unwilling):
    """A tmpfs of a few pages, in a mount namespace of its own, where the gate is asked too."""

    SCRIPT = '''mount -t tmpfs -o size=$1k none "$0" || exit 99
        [ "$1" -gt 4 ] || head -c 100000 /dev/zero >"$0/full" 2>/dev/null
        trace=$0/t.db; shift
        LD_PRELOAD=$SHIM PQLEAK_TRACE=$trace "$@"; status=$?
        LD_PRELOAD= "$PQLEAK" check "$trace" >"$OUT/check.out" 2>&1; echo $? >"$OUT/check"
        exit $status'''

    def fill(self, kilobytes, lines):
        os.makedirs(self.path('small'), exist_ok=True)
        plain = self.untraced(*HOST)
        run = self.untraced(*IN_NAMESPACE, 'sh', '-c', self.SCRIPT, self.path('small'), str(kilobytes), *HOST,
                            env={'SHIM': SHIM, 'PQLEAK': os.environ['PQLEAK_TEST_PROGRAM'], 'OUT': self.folder})
        ours = self.assert_unchanged(plain, run, lines)
        with open(self.path('check'), encoding='ascii') as answer:
            return ours, int(answer.read())

    def test_full(self):
        """not a byte is left"""
        ours, check = self.fill(4, 1)
        self.assertIn('No space left on device', ours[0])
        self.assertEqual(check, 2)

    def test_small(self):
        """the disk fills up at every moment of the run: whenever the host's line is there, the gate cannot tell"""
        for kilobytes in (8, 16, 32, 64, 72, 80, 128, 144, 160, 192, 208, 224, 256, 320, 400):
            with self.subTest(kilobytes=kilobytes):
                ours, check = self.fill(kilobytes, None)
                self.assertLessEqual(len(ours), 1)
                # Without a word the trace must be whole, or what is missing must be known.
                self.assertIn(check, (2,) if ours else (0, 2))

    def test_large(self):
        """a disk that is large enough: the same run is clean, so the cases above can fail"""
        self.assertEqual(self.fill(8192, 0), ([], 0))


class Limits(Unwilling):
    def test_no_file_may_grow(self):
        """RLIMIT_FSIZE of nothing: no SIGXFSZ"""
        self.compare(['prlimit', '--fsize=0'])
        self.assert_cannot_tell()

    def test_files_may_grow_a_little(self):
        """RLIMIT_FSIZE of a few sizes"""
        for limit in (1, 4096, 16384, 65536, 73728, 100000, 139264, 200000):
            with self.subTest(limit=limit):
                trace = self.path(f'{limit}.db')
                run = self.compare(['prlimit', f'--fsize={limit}'], trace, lines=None)
                ours = [line for line in run.stderr.splitlines() if line.startswith('pqleak:')]
                self.assertLessEqual(len(ours), 1)
                check = self.pqleak('check', trace)
                # With too few for SQLite the spool is left, whole, to whoever opens the trace next.
                is_recorded = not ours or 'stays in its spool' in ours[0]
                self.assertEqual(check.status, 0 if is_recorded else 2, check)

    def test_launcher(self):
        """the launcher's own files may not grow either: it says so; what it starts has the signal as it was"""
        for limit, status in ((139264, 125), (8 << 20, 0)):
            with self.subTest(limit=limit):
                run = self.untraced('prlimit', f'--fsize={limit}', PQLEAK, 'run', '--check', '-o', self.path(f'{limit}.db'),
                                    client('acquire'), 'clean')
                self.assertEqual(run.status, status, run)
                self.assertEqual('cannot use trace' in run.stderr, status != 0, run)
        for trap in ('trap "" XFSZ; ', ''):
            host = ['sh', '-c', 'kill -XFSZ $$; echo lives']
            runs = [self.untraced('sh', '-c', trap + 'exec "$@"', 'sh', *command) for command in
                    (host, [PQLEAK, 'run', '-o', self.path('t.db'), '--', *host])]
            self.assertEqual(*[(run.status, run.stdout) for run in runs])

    def test_no_descriptor(self):
        """not one descriptor is left: neither for libpq nor for us"""
        self.compare(host=(HUNGRY, 'hungry', '0'), lines=1)
        self.assert_cannot_tell()

    def test_few_descriptors(self):
        """some descriptors are left: whatever can be recorded is, and the rest is said"""
        for left in (1, 2, 3, 4, 5):
            with self.subTest(left=left):
                trace = self.path(f'{left}.db')
                run = self.compare(trace=trace, host=(HUNGRY, 'hungry', str(left)), lines=None)
                ours = [line for line in run.stderr.splitlines() if line.startswith('pqleak:')]
                self.assertLessEqual(len(ours), 1)
                check = self.pqleak('check', trace)
                # With too few for SQLite the spool is left, whole, to whoever opens the trace next.
                is_recorded = not ours or 'stays in its spool' in ours[0]
                self.assertEqual(check.status, 0 if is_recorded else 2, check)
                if check.status == 0:
                    self.assertEqual(Trace(trace).verdicts(), {'released': 1})


class Neighbours(Unwilling):
    def test_locked(self):
        """somebody holds the trace's lock all the time: the host does not wait, and nothing is lost"""
        self.assertEqual(self.preloaded(client('acquire'), 'clean').status, 0)
        with sqlite3.connect(self.path('t.db'), isolation_level=None) as holder:
            holder.execute('BEGIN EXCLUSIVE')
            run = self.preloaded(client('acquire'), 'loop', '3', '1')
            self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), run)
            holder.execute('ROLLBACK')
        self.assertEqual(self.check(), 1)
        self.assertEqual(Trace(self.path('t.db')).verdicts(), {'released': 6, 'leaked': 2})

    def test_damaged_trace(self):
        """a trace that was damaged: the gate cannot tell, the host goes on"""
        self.assertEqual(self.preloaded(client('acquire'), 'clean').status, 0)
        with open(self.path('t.db'), 'r+b') as file:
            file.seek(4096)
            file.write(b'\xff' * 20000)
        self.compare(lines=None)
        self.assert_cannot_tell()

    def test_removed_folder(self):
        """the trace's folder disappears while the host runs"""
        os.mkdir(self.path('f'))
        trace = self.path('f/t.db')
        host = ('psql', '-XAt', '-c', 'SELECT 1', '-c', rf'\! rm -rf {self.path("f")}', '-c', 'SELECT 2')
        plain = self.untraced(*host)
        os.makedirs(self.path('f'))
        run = self.untraced('env', f'LD_PRELOAD={SHIM}', f'PQLEAK_TRACE={trace}', *host)
        self.assert_unchanged(plain, run, None)
        self.assert_cannot_tell(trace)


if __name__ == '__main__':
    tap.main()
