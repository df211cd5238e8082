# SPDX-License-Identifier: PostgreSQL
"""PHP's lines in stacks: Debian's php with pgsql and PDO, interpreted and with the JIT compiler."""
import tap
from scenario import SHIM, script
from script_lines import Lines

JIT = ['-d', 'opcache.enable_cli=1', '-d', 'opcache.jit_buffer_size=16M', '-d', 'opcache.jit_hot_func=1',
       '-d', 'opcache.jit_hot_loop=1', '-d', 'opcache.jit_hot_return=1', '-d', 'opcache.jit_hot_side_exit=1']


class Php(Lines):
    source = script('script_php.php')

    def leaks(self, *options):
        """All that leaks does so at its very line, its callers are right, and so is the last use."""
        run = self.traced('php', *options, self.source, 'leaks')
        self.assert_trace(run, connections={'leaked': 8})
        outer = [self.at('main', '{main}')]
        evaluated = f"{self.source}({self.lines['eval']}) : eval()'d code"
        expected = [
            [self.at('open_it', 'App\\open_it'), self.at('nested', 'App\\leaks')],
            [self.at('Repository', 'App\\Repository::__construct'), self.at('make', 'App\\Repository::make'),
             self.at('leaks', 'App\\leaks')],
            [self.at('callback', 'App\\{closure}'), self.at('array_map', 'App\\leaks')],
            [self.at('rows', 'App\\rows'), self.at('foreach', 'App\\leaks')],
            [self.at('fiber', 'App\\{closure}'), self.at('start', 'App\\leaks')],
            [self.at('called', 'App\\leaks')],
            [(evaluated, 1, 'eval'), self.at('eval', 'App\\leaks')],
            [self.at('persistent', 'App\\leaks')],
        ]
        stacks = self.stacks(run, 'acquire_stack')
        self.assertEqual([stack[:-1] for stack in stacks], expected)
        self.assertEqual([stack[-1:] for stack in stacks], [outer] * 8)
        self.assertEqual(self.sites(), {stack[0] for stack in expected})
        self.assertEqual(self.stacks(run, 'use_stack')[0], [self.at('begin', 'App\\leaks'), *outer])
        self.assertIn(f"leaked at App\\open_it (script_php.php:{self.lines['open_it']})", run.stderr)

    def test_leaks(self):
        """pg_connect, PDO, a callback, a generator, a fiber, eval: each is named by its line"""
        self.leaks()

    def test_leaks_jit_tracing(self):
        """The same with opcache and its tracing JIT"""
        self.leaks(*JIT, '-d', 'opcache.jit=tracing')

    def test_leaks_jit_function(self):
        """The same with opcache and everything compiled at once"""
        self.leaks(*JIT, '-d', 'opcache.jit=function')

    def test_leaks_without_heap(self):
        """The same where PHP's own allocator is off"""
        self.environment['USE_ZEND_ALLOC'] = '0'
        self.leaks()

    def asks(self, *options):
        """Each result is named by its line, and so is the last use, and a leaked result."""
        run = self.preloaded('php', *options, self.source, 'asks', env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        self.take_in()
        at, closure = self.lines, 'App\\{closure}'
        self.assertEqual(self.asked(run), {
            (at['ask_signal'], closure): 3, (at['ask_inner'], closure): 3, (at['ask_next'], closure): 3, (at['ask_loop'], 'App\\asks'): 3,
            (at['ask_fiber'], closure): 3, (at['ask_callback'], closure): 3,
            (at['ask_destructor'], 'App\\Guard::__destruct'): 3, (at['ask_catch'], 'App\\asks'): 3,
            (at['ask_last'], 'App\\asks'): 1})
        self.assertEqual(self.stacks(run, 'use_stack')[0], [self.at('ask_last', 'App\\asks'), self.at('main', '{main}')])
        self.assertEqual(self.sites('result'), {self.at('ask_last', 'App\\asks')})
        stacks = [self.frames(run.trace, stack) for stack, in run.trace.rows(
            "SELECT DISTINCT stack FROM event WHERE verb = 'acquire' AND kind = 'result'")]
        self.assertIn([self.at('ask_inner', closure), self.at('delegate', closure), self.at('foreach_delegate', 'App\\asks'),
                       self.at('main', '{main}')], stacks)
        self.assertIn([self.at('ask_destructor', 'App\\Guard::__destruct'), self.at('throws', closure),
                       self.at('throwing', 'App\\asks'), self.at('main', '{main}')], stacks)

    def test_asks(self):
        """Each query is named by its line, in generators, fibers, callbacks and destructors; so is the last use"""
        self.asks()

    def test_asks_jit_tracing(self):
        """The same with opcache and its tracing JIT"""
        self.asks(*JIT, '-d', 'opcache.jit=tracing')

    def test_asks_jit_function(self):
        """The same with opcache and everything compiled at once"""
        self.asks(*JIT, '-d', 'opcache.jit=function')

    def test_cleared(self):
        """A result that is freed is none that leaks"""
        self.preloaded('php', self.source, 'cleared')
        self.take_in()
        self.assertEqual(self.sites('result'), set())

    def made(self, *options):
        """Each code that was made has its line, and none another's."""
        run = self.preloaded('php', *options, self.source, 'made', env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), run)
        self.assertEqual(self.asked(run), {(line, name): count for line in range(1, 101)
                                           for name, count in (('eval', 1), ('{closure}', 2))})

    def test_made(self):
        """Code that takes the place of other code in memory is not taken for it"""
        self.made()

    def test_made_jit_tracing(self):
        """The same with opcache and its tracing JIT"""
        self.made(*JIT, '-d', 'opcache.jit=tracing')

    def test_made_jit_function(self):
        """The same with opcache and everything compiled at once"""
        self.made(*JIT, '-d', 'opcache.jit=function')

    def test_forks(self):
        """A child that is forked, and its parent: each query is named by its line, and what leaks in the child"""
        self.assert_forks(('php', self.source, 'forks'), 'App\\forks', 'App\\{closure}')

    def test_rare(self):
        """With PQLEAK_LINES=rare results have none"""
        run = self.preloaded('php', self.source, 'asks', env={'PQLEAK_EVENTS': 'all', 'PQLEAK_LINES': 'rare'})
        self.assertEqual(set(self.asked(run)), {None})

    def test_lives(self):
        """Releases are named by their lines; PHP's own clean-up at the end is no script's"""
        run = self.traced('php', self.source, 'lives')
        self.assert_trace(run, connections={'released': 4})
        main = self.at('main', '{main}')
        self.assertEqual(self.stacks(run, 'release_stack'), [
            [self.at('pg_close', 'App\\lives'), main],
            [self.at('close', 'App\\Repository::close'), self.at('closing', 'App\\lives'), main],
            [self.at('replaces', 'App\\lives'), main],
            [],
        ])

    def test_odd(self):
        """Output, handlers, the end by an exception, and the memory that PHP counts are as without pqleak"""
        # The environment's names and values are in PHP's memory, so both have as many bytes.
        plain = {'XX_PRELOAD': SHIM, 'XQLEAK_TRACE': self.path('t.db'), 'XQLEAK_DRAIN': 'end'}
        untraced = self.untraced('php', self.source, 'odd', env=plain)
        traced = self.preloaded('php', self.source, 'odd')
        self.assertEqual(untraced.status, 255, untraced)
        self.assert_same(traced, untraced)
        self.assertEqual(self.check(), 0)
        self.assertEqual(self.stacks(traced, 'acquire_stack')[-1][1:2],
                         [self.at('shutdown', 'App\\{closure}')])


if __name__ == '__main__':
    tap.main()
