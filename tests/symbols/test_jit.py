# SPDX-License-Identifier: PostgreSQL
"""Code that a process made while it ran: named by its perf map, if nobody else can have written that."""
import os
import sqlite3
import time
import unittest

import tap
from names import Names

SPOOL = '00000000000000aa'
MAP = f'/tmp/perf-{os.getpid()}.map'  # our own number: nobody else's map
SECOND = 10**9


class Jit(Names):
    def setUp(self):
        super().setUp()
        self.began = time.time_ns() - 10 * SECOND
        self.addCleanup(lambda: os.path.lexists(MAP) and os.unlink(MAP))

    def write(self, text, at=None, path=MAP):
        """Writes a map, half a second after its process began, which lives for a second."""
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        at = self.began + SECOND // 2 if at is None else at
        os.utime(path, ns=(at, at))

    def ask(self, *addresses, options=(), **more):
        names = self.names('[jit]', list(addresses), *options, known=SPOOL, pid=os.getpid(),
                           **{'started_ns': self.began, **more})
        return [frames[0][0] if frames else None for frames in names]

    def names(self, path, offsets, *options, known=None, **more):
        self.made = getattr(self, 'made', 0) + 1
        trace = self.trace([(path, known, offsets)], name=f'{self.made}.db', **more)
        if self.end_unknown:
            with sqlite3.connect(trace) as database:
                database.execute('UPDATE process SET "end" = \'unknown\', ended_ns = NULL')
        self.said = self.pqleak('symbolize', *options, trace)
        stored = self.stored(trace)
        return [stored.get(number, []) for number in range(1, len(offsets) + 1)]

    end_unknown = False

    def test_ranges(self):
        """an address is named by the range that holds it, and by nothing near"""
        self.write('7f0000001000 10 first\n7f0000001010 20 second function\n0x7f0000002000 0x8 third\n')
        self.assertEqual(self.ask(0x7f0000000fff, 0x7f0000001000, 0x7f000000100f, 0x7f0000001010, 0x7f000000102f,
                                  0x7f0000001030, 0x7f0000002007, 0x7f0000002008),
                         [None, 'first', 'first', 'second function', 'second function', None, 'third', None])
        self.assertIn('5 of 8 frames have names, 5 of them new; without: 3 in code made by process', self.said)

    def test_reused(self):
        """an address that had several names in turn has none: nobody knows which it had when it was called"""
        self.write('1000 100 one\n1080 100 two\n1000 80 one\n10c0 10 three\n')
        self.assertEqual(self.ask(0x1010, 0x1090, 0x10c0, 0x1110), ['one', None, None, 'two'])

    def test_odd_lines(self):
        """lines that are none, one that is half written, and one too long to be read"""
        self.write('\nx\n1000\n1000 10\n1000 10 \n2000 0 empty\nffffffffffffffff 10 over\n3000 10 ' + 'x' * 9000 +
                   '\n4000 10 a\x1b[31m\n5000 10 cut')
        self.assertEqual(self.ask(0x1000, 0x2000, 0x3000, 0x4000, 0x5000), [None, None, None, 'a?[31m', None])

    def test_none(self):
        """there is no map"""
        self.assertEqual(self.ask(0x1000), [None])
        self.assertIn(f'1 in code made by process {os.getpid()} (missing)', self.said)

    def refused(self, **more):
        self.assertEqual(self.ask(0x1000, **more), [None])

    def test_times(self):
        """a map from before the process began, or from after its end, is another process's"""
        text = '1000 10 name\n'
        self.write(text, at=self.began - SECOND)
        self.refused()
        self.assertIn('not proven', self.said)
        self.write(text, at=self.began + 4 * SECOND)
        self.refused()
        self.write(text)
        self.assertEqual(self.ask(0x1000), ['name'])
        self.end_unknown = True
        self.refused()

    def test_link(self):
        """a link in the place of the map is not followed"""
        self.write('1000 10 name\n', path=self.path('map'))
        os.symlink(self.path('map'), MAP)
        self.refused()

    @unittest.skipUnless(os.geteuid() == 0, 'only root can give a file to somebody else')
    def test_owner(self):
        """a map of another user than the trace's"""
        self.write('1000 10 name\n')
        os.chown(MAP, 65534, 65534)
        os.utime(MAP, ns=(self.began + SECOND // 2,) * 2)
        self.refused()

    def test_machine(self):
        """another machine's process of that number is another process; a sysroot is that machine's"""
        self.write('1000 10 here\n')
        self.refused(host='elsewhere')
        os.makedirs(self.path('root') + '/tmp')
        self.write('1000 10 there\n', path=self.path('root') + MAP)
        self.assertEqual(self.ask(0x1000, options=['--sysroot=root'], host='elsewhere'), ['there'])


if __name__ == '__main__':
    tap.main()
