# SPDX-License-Identifier: PostgreSQL
"""Plug-ins whose files are unusual: another version under the same name and address, and text relocations; and
interpreters that take each other's place."""
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

    @unittest.skipIf('address' in SANITIZE, 'the address sanitizer refuses RTLD_DEEPBIND')
    def test_own_deep(self):
        """a plug-in that calls a function of its own of the name of one that is watched, opened deep"""
        trace = self.same(MODULES, 'slots', built('plugin-own.so'), 'deep')
        self.assert_counts(trace, {'released': 1}, {})

    def lines(self, trace):
        """The script's line of each acquire, and how many were there."""
        return trace.rows("""SELECT e.kind, s.file, s.function, f."offset", count(*) FROM event e
                             JOIN stack_frame x ON x.stack = e.stack JOIN frame f ON f.id = x.frame
                             JOIN script s ON s.id = f.script WHERE e.verb = 'acquire' GROUP BY 1, 2, 3, 4""")

    LINES = ((10, 'connection', 1), (11, 'result', 2), (12, 'result', 2))

    def assert_scripts(self, *names, **times):
        """Runs these interpreters' scripts, and holds that those of `times` have lines."""
        trace = self.same(MODULES, 'scripts', built('plugin-static.so'), *(built(f'libphp-{name}.so') for name in names),
                          env={'PQLEAK_EVENTS': 'all'})
        self.assertIn('they lay at the same place', trace.said)
        self.assertEqual(self.lines(trace), sorted((kind, f'/srv/{name}.php', 'visit', line, times[name] * count)
                                                   for name in times for line, kind, count in self.LINES))

    @unittest.skipIf('address' in SANITIZE, "the address sanitizer's padding takes them to different places")
    def test_scripts(self):
        """two builds of an interpreter that keep things elsewhere, one after the other at one address: each its lines"""
        self.assert_scripts('one', 'two', 'one', one=2, two=1)

    @unittest.skipIf('address' in SANITIZE, "the address sanitizer's padding takes them to different places")
    def test_scripts_unknown(self):
        """a build that keeps things where nobody looks has no lines, and takes none from the one before"""
        self.assert_scripts('one', 'odd', 'one', 'odd', one=2)
        self.assertRegex(self.report(), r'(?m)^  lines +none of PHP, for only those of 7\.4 to 8\.4 are read; .+$')

    def test_scripts_known(self):
        """where all lines are there, the report does not say that they are missing"""
        self.assert_scripts('one', one=1)
        self.assertNotRegex(self.report(), '(?m)^  lines ')

    def test_scripts_lineless(self):
        """a Perl without ithreads has no lines, and the report says why"""
        trace = self.same(MODULES, 'scripts', built('plugin-static.so'), built('libperl.so'))
        self.assertEqual(self.lines(trace), [])
        self.assertRegex(self.report(), r'(?m)^  lines +none of Perl, for only those of .* with ithreads are read; .+$')

    def report(self):
        return self.pqleak('report', '--all', 't.db').stdout


if __name__ == '__main__':
    tap.main()
