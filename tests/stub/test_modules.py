# SPDX-License-Identifier: PostgreSQL
"""Plug-ins whose files are unusual: another version under the same name and address, and text relocations."""
import unittest

import tap
from stub import SANITIZE, Stub, built, host

MODULES = host('modules')


class Modules(Stub):
    @unittest.skipIf('address' in SANITIZE, "the address sanitizer's padding takes the two versions to different places")
    def test_swap(self):
        """two versions of a plug-in with libpq inside by turns at one address"""
        trace = self.same(MODULES, 'swap', built('plugin-static.so'), built('plugin-padded.so'),
                          self.path('plugin-live.so'))
        self.assertIn('they lay at the same place', trace.said)
        self.assert_nothing_foreign(trace)
        self.assert_counts(trace, {'released': 20}, {'released': 100})

    def test_slots(self):
        """a plug-in with text relocations"""
        trace = self.same(MODULES, 'slots', built('plugin-slots.so'), 'plain')
        self.assert_counts(trace, {'released': 1, 'leaked': 1}, {})

    @unittest.skipIf('address' in SANITIZE, 'the address sanitizer refuses RTLD_DEEPBIND')
    def test_slots_deep(self):
        """a plug-in with text relocations, opened deep"""
        trace = self.same(MODULES, 'slots', built('plugin-slots.so'), 'deep')
        self.assert_counts(trace, {'released': 1, 'leaked': 1}, {})


if __name__ == '__main__':
    tap.main()
