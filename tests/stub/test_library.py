# SPDX-License-Identifier: PostgreSQL
"""The two libraries as files: what they export, need, and bring into a process."""
import os
import re
import subprocess
import unittest

import tap
from stub import SANITIZE, SHIM, Stub, host

RECORDER = os.environ['PQLEAK_TEST_RECORDER']
PRELOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'preload', 'libpq')

# What the shim stands in for beside libpq; libpqleak(7) names them.
INTERPOSED = {'dlopen', 'dlclose', 'dlsym', 'dlvsym', '_exit', '_Exit', 'abort',
              'posix_spawn', 'posix_spawnp', 'system', 'popen', 'connect', 'write', 'writev', 'send', 'sendto', 'sendmsg',
              'accept', 'accept4', 'read', 'readv', 'recv', 'recvfrom', 'recvmsg',
              'execl', 'execle', 'execlp', 'execv', 'execve', 'execveat', 'execvp', 'execvpe', 'fexecve'}
SYSTEM = {'libc.so.6', 'libm.so.6', 'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'}
SANITIZERS = {'libasan.so.8', 'libubsan.so.1', 'libtsan.so.2'}


def tool(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def exported(path):
    """The names it defines for others, without their versions and without a sanitizer's own."""
    names = (line.split()[-1].split('@')[0] for line in tool('nm', '-D', '--defined-only', path).splitlines())
    return {name for name in names if not name.startswith('__odr_asan.')}


def needed(path):
    return set(re.findall(r'\(NEEDED\).*\[(.*)\]', tool('readelf', '-d', path)))


class Files(unittest.TestCase):
    def test_shim_exports(self):
        """the shim exports the table's names and what it stands in for, and nothing else"""
        with open(os.path.join(PRELOAD, 'hooks.def'), encoding='utf-8') as table:
            hooks = set(re.findall(r'^HOOK \([A-Z_]+, (\w+), \(', table.read(), re.M))
        self.assertGreater(len(hooks), 60)
        self.assertEqual(exported(SHIM), hooks | INTERPOSED)

    def test_recorder_exports(self):
        """the recorder exports one symbol"""
        self.assertEqual(exported(RECORDER), {'pqleak_recorder'})

    def test_needed(self):
        """they need the C library only: no libpq, no libunwind, no SQLite"""
        for path in (SHIM, RECORDER):
            self.assertLessEqual(needed(path), SYSTEM | (SANITIZERS if SANITIZE != 'none' else set()), path)

    @unittest.skipIf(SANITIZE != 'none', 'a sanitizer needs more')
    def test_cheap_to_load(self):
        """the linker looks for few names, and comes after the host's libraries; large tables lie behind the variables"""
        for path in (SHIM, RECORDER):
            self.assertEqual(needed(path), {'libc.so.6'}, path)
            self.assertNotIn('NOW', tool('readelf', '-d', path))
            lines = (line.split() for line in tool('nm', '-S', path).splitlines())
            bss = [(int(words[0], 16), int(words[1], 16)) for words in lines if len(words) == 4 and words[2] in 'bB']
            large = min(address for address, size in bss if size >= 1 << 14)
            self.assertEqual([hex(address) for address, size in bss if size < 1 << 9 and address > large], [], path)

    def test_relocations(self):
        """no text relocations, no executable stack"""
        for path in (SHIM, RECORDER):
            self.assertNotIn('TEXTREL', tool('readelf', '-d', path))
            self.assertIsNotNone(re.search(r'GNU_STACK[^\n]* RW +0x', tool('readelf', '-lW', path)), path)


class Untouched(Stub):
    """A process that never calls libpq."""

    def test_no_libpq(self):
        """no recorder, no file, no descriptor, and nothing said"""
        script = 'ls /proc/self/fd; grep -c pqleak-recorder /proc/self/maps; umask'
        plain = self.plain('/bin/sh', '-c', script)
        run = self.shimmed('/bin/sh', '-c', script)
        self.assertEqual((run.stdout, run.stderr, run.status), (plain.stdout, plain.stderr, plain.status))
        self.assertEqual(os.listdir(self.folder), [])

    def test_recorder_at_first_call(self):
        """one that does leaves its trace, and nothing else"""
        self.same(host('calls'), 'reuse')
        self.assertEqual(os.listdir(self.folder), ['t.db'])


if __name__ == '__main__':
    tap.main()
