# SPDX-License-Identifier: PostgreSQL
"""Hosts that leave little room: exits inside malloc, small stacks, cancellation, sandboxes, closed descriptors."""
import unittest

import tap
from stub import SANITIZE, Stub, built, host

NARROW = host('narrow')
EXITS = 15  # in each of these the timer interrupts malloc at another moment
MALLOC = unittest.skipIf(SANITIZE != 'none', "a sanitizer's malloc cannot bear an exit inside it, with the shim or without")
SMALL = unittest.skipIf(SANITIZE != 'none', 'sanitizers need more room than such a stack has')


class Exits(Stub):
    """exit() in a signal handler."""

    def in_malloc(self, *more):
        for number in range(EXITS):
            trace = self.same(NARROW, 'alarm', str(1000 + number * 337), *more, status=3, trace=f'{number}.db')
            self.assert_counts(trace, {'leaked': 1}, {'released': 1})

    @MALLOC
    def test_alone(self):
        """... that interrupts malloc: its heap is half changed"""
        self.in_malloc()

    @MALLOC
    def test_beside_a_thread(self):
        """... that interrupts malloc beside another thread: its lock is held"""
        self.in_malloc('idle')

    @SMALL
    def test_on_its_own_stack(self):
        """... on an alternate stack of 8 KiB"""
        self.assert_counts(self.same(NARROW, 'altstack', status=3), {'leaked': 1}, {'released': 1})


@SMALL
class Small(Stub):
    """A thread with a stack of 16 KiB."""

    def test_first(self):
        """a thread of 16 KiB makes the first call"""
        self.assert_counts(self.same(NARROW, 'small', 'first', status=3), {'leaked': 1}, {})

    def test_much(self):
        """a thread of 16 KiB drains"""
        self.assert_counts(self.same(NARROW, 'small', 'much', status=3), {'leaked': 1}, {'released': 20001})

    def test_exit(self):
        """a thread of 16 KiB calls exit"""
        self.assert_counts(self.same(NARROW, 'small', 'exit', status=3), {'leaked': 1}, {'released': 1})


class Calls(Stub):
    """What the shim's own system calls must not bring about."""

    def test_cancel(self):
        """a thread that is to be cancelled ends no sooner because stacks are recorded, and holds nothing up"""
        trace = self.same(NARROW, 'cancel')
        self.assertIn('the thread is done', trace.said)
        self.assert_counts(trace, {'leaked': 1}, {'released': 1 + 8192 + 10})

    def test_trap(self):
        """a host that answers system calls in a handler of SIGSYS"""
        if self.plain(NARROW, 'trap').status == 77:
            self.skipTest('seccomp is not allowed here')
        run = self.shimmed(NARROW, 'trap')
        self.assertEqual(run.stdout, self.plain(NARROW, 'trap').stdout, run)
        self.assertEqual(run.status, 0, run)

    def test_closed(self):
        """a closed standard input stays closed, and a file that is opened there stays open"""
        self.assertIn('filled 0 lost 0', self.same(NARROW, 'closed').said)

    def test_starter(self):
        """a constructor waits for a thread that uses libpq, while the linker's lock is held"""
        trace = self.same(NARROW, 'starter', built('plugin-starter.so'))
        self.assert_counts(trace, {'leaked': 1, 'released': 1}, {'released': 2})


if __name__ == '__main__':
    tap.main()
