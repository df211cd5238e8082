# SPDX-License-Identifier: PostgreSQL
"""Perl's lines in stacks: Debian's perl, and the one that uses libperl.so, with DBD::Pg."""
import glob
import re

import tap
from scenario import script
from script_lines import Lines

LINKED = glob.glob('/usr/bin/perl5*-*-linux-gnu')  # the executable that is linked to libperl.so


class Perl(Lines):
    source = script('script_perl.pl')

    def assert_leaks_are_named(self, perl):
        run = self.traced(perl, self.source, 'leaks')
        self.assert_trace(run, connections={'leaked': 13})
        opened, leaks, outer = self.at('open_it', 'main::open_it'), 'main::leaks', self.at('main', '(main)')
        stacks = self.stacks(run, 'acquire_stack')
        # Perl counts its evals.
        evals = [frame for stack in stacks for frame in stack if re.fullmatch(r'\(eval \d+\)', frame[0])]
        self.assertEqual([frame[1:] for frame in evals], [(3, '(eval)')])
        self.assertEqual(stacks, [
            [opened, self.at('nested', leaks), outer],
            [self.at('cached', leaks), outer],
            [self.at('thread', 'main::__ANON__')],
            [opened, self.at('anonymous', 'Store::__ANON__'), self.at('new', 'Store::new'), self.at('store', leaks),
             outer],
            [opened, self.at('destroy', 'Store::DESTROY'), self.at('undef', leaks), outer],
            [self.at('block', leaks), outer],
            [opened, evals[0], self.at('string', leaks), outer],
            [opened, (script('script_perl_required.pl'), 3, '(eval)'), self.at('require', leaks), outer],
            [opened, self.at('sort', leaks), outer],
            [opened, self.at('handler', 'main::__ANON__'), self.at('kill', leaks), outer],
            [self.at('lines', leaks), outer],
            [opened, self.at('lexical', None), self.at('lexical_call', leaks), outer],
            [opened, ('/elsewhere/template.tt', 4711, 'main::template'), self.at('template', leaks), outer],
        ])
        return run

    def test_leaks(self):
        """A sub, a method, a thread, DESTROY, evals, sort, a signal's handler, #line: each is named by its line"""
        run = self.assert_leaks_are_named('perl')
        self.assertEqual(self.sites(), {
            self.at('open_it', 'main::open_it'), self.at('cached', 'main::leaks'), self.at('thread', 'main::__ANON__'),
            self.at('block', 'main::leaks'), self.at('lines', 'main::leaks')})
        self.assertIn(f"leaked at main::open_it (script_perl.pl:{self.lines['open_it']})", run.stderr)

    def test_libperl(self):
        """The same in a program that is linked to libperl.so"""
        if not LINKED:
            self.skipTest('no perl that is linked to libperl.so')
        self.assert_leaks_are_named(LINKED[0])

    def test_asks(self):
        """Each query is named by its line, in evals, sort, DESTROY and handlers; so are a leaked result and the last use"""
        run = self.preloaded('perl', self.source, 'asks', env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        self.take_in()
        at, here = self.lines, 'main::asks'
        lines = self.asked(run)
        self.assertEqual(dict(lines), {
            (2, '(eval)'): 3,
            (at['ask_sort'], here): 3, (at['ask_destroy'], 'Guard::DESTROY'): 3, (at['ask_block'], here): 3,
            (at['ask_handler'], 'main::__ANON__'): 3, (at['ask_elsif'], here): 3, (at['ask_two'], here): 6,
            (at['ask_last'], here): 1})
        outer = self.at('main', '(main)')
        self.assertEqual(self.stacks(run, 'use_stack'), [[self.at('ask_last', here), outer]])
        self.assertEqual(self.sites('result'), {self.at('ask_last', here)})

    def test_cleared(self):
        """A result that is freed is none that leaks"""
        self.preloaded('perl', self.source, 'cleared')
        self.take_in()
        self.assertEqual(self.sites('result'), set())

    def test_made(self):
        """Code that takes the place of other code in memory, or its name, is not taken for it"""
        run = self.preloaded('perl', self.source, 'made', env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), run)
        self.assertEqual(self.asked(run), {
            **{(number, 'main::__ANON__'): 2 for number in range(1, 101)},
            **{(number, '(eval)'): 1 for number in range(1, 101)},
            **{(self.lines['named'], f'main::made_{number}'): 1 for number in range(1, 101)}})

    def test_forks(self):
        """A child that is forked, and its parent: each query is named by its line, and what leaks in the child"""
        self.assert_forks(('perl', self.source, 'forks'), 'main::forks', 'main::__ANON__')

    def test_rare(self):
        """With PQLEAK_LINES=rare results have none"""
        run = self.preloaded('perl', self.source, 'asks', env={'PQLEAK_EVENTS': 'all', 'PQLEAK_LINES': 'rare'})
        self.assertEqual(set(self.asked(run)), {None})

    def test_lives(self):
        """Last use and release are named by their lines"""
        run = self.traced('perl', self.source, 'lives')
        self.assert_trace(run, connections={'released': 1})
        outer = self.at('main', '(main)')
        self.assertEqual(self.stacks(run, 'release_stack'), [[self.at('disconnect', 'main::lives'), outer]])
        self.assertEqual(self.stacks(run, 'use_stack'), [[self.at('rollback', 'main::lives'), outer]])

    def test_dropped(self):
        """A connection that is released with its last reference is released at that line"""
        run = self.traced('perl', self.source, 'dropped')
        self.assert_trace(run, connections={'released': 1})
        self.assertEqual(self.stacks(run, 'release_stack'),
                         [[self.at('dropped', 'main::dropped'), self.at('main', '(main)')]])

    def test_odd(self):
        """Output, $@, warnings, END and the end by die are as without pqleak"""
        untraced = self.untraced('perl', self.source, 'odd')
        traced = self.preloaded('perl', self.source, 'odd')
        self.assertEqual(untraced.status, 3, untraced)
        self.assertIn('END\n', untraced.stdout)
        self.assert_same(traced, untraced)

    def test_threads(self):
        """Threads that begin at once, each with an interpreter of its own: the stack of each is complete"""
        run = self.preloaded('perl', self.source, 'threads')
        self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), run)
        self.assert_trace(run, connections={'released': 30})
        expected = [self.at('open_it', 'main::open_it'), self.at('many', 'main::one_of_many')]
        self.assertEqual(self.stacks(run, 'acquire_stack'), [expected] * 30)


if __name__ == '__main__':
    tap.main()
