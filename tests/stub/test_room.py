# SPDX-License-Identifier: PostgreSQL
"""Hosts that run long: their memory, a trace that stays locked, and a spool that cannot grow."""
import unittest

import tap
from stub import SANITIZE, Stub, host

ROOM = host('room')


class Room(Stub):
    @unittest.skipIf(SANITIZE != 'none', 'sanitizers keep memory of their own')
    def test_reopen(self):
        """20,000 rounds of dlopen and dlclose with a pair between take no memory"""
        self.assert_counts(self.same(ROOM, 'reopen'), {'released': 1}, {'released': 20000})


if __name__ == '__main__':
    tap.main()
