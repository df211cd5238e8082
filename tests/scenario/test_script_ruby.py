# SPDX-License-Identifier: PostgreSQL
"""Ruby's lines in stacks: Debian's ruby with ruby-pg, Sequel and ActiveRecord."""
import tap
from scenario import script
from script_lines import Lines


class Ruby(Lines):
    source = script('script_ruby.rb')

    def test_leaks(self):
        """A method, a thread, a block, a fiber, eval: each is named by its line, though Ruby's lock was given up"""
        run = self.traced('ruby', self.source, 'leaks')
        self.assert_trace(run, connections={'leaked': 9})
        outer = self.at('main', '<main>')
        self.assertEqual(self.stacks(run, 'acquire_stack'), [
            [self.at('open_it', 'open_it'), self.at('nested', 'leaks'), outer],
            [self.at('new', 'leaks'), outer],
            [self.at('thread', 'leaks')],
            [self.at('block', 'leaks'), self.at('each', 'leaks'), outer],
            [self.at('fiber', 'leaks')],
            [self.at('sync', 'leaks'), outer],
            [('(eval)', 3, 'leaks'), self.at('eval', 'leaks'), outer],
            [('(eval)', 1002, 'leaks'), self.at('eval_as', 'leaks'), outer],
            [('(eval)', 2, '<main>'), self.at('eval_outside', 'leaks'), outer],
        ])
        self.assertEqual(self.sites(), {
            self.at('open_it', 'open_it'), self.at('new', 'leaks'), self.at('thread', 'leaks'),
            self.at('block', 'leaks'), self.at('fiber', 'leaks'), self.at('sync', 'leaks'),
            ('(eval)', 3, 'leaks'), ('(eval)', 1002, 'leaks'), ('(eval)', 2, '<main>')})
        self.assertIn(f"leaked at open_it (script_ruby.rb:{self.lines['open_it']})", run.stderr)

    @tap.each(('first_sync', 'first_start'), 'The first call of libpq in a process connects: {0} has its line')
    def first(self, name):
        run = self.traced('ruby', self.source, name)
        self.assert_trace(run, connections={'leaked': 1})
        self.assertEqual(self.stacks(run, 'acquire_stack'), [[self.at(name, name), self.at('main', '<main>')]])

    def test_asks(self):
        """Each query is named by its line, in blocks, fibers and threads; so are a leaked result and the last use"""
        run = self.preloaded('ruby', self.source, 'asks', env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        self.take_in()
        self.assertEqual(self.asked(run), {
            **{(self.lines[word], 'asks'): 3 for word in ('ask_block', 'ask_fiber', 'ask_thread', 'ask_each', 'ask_rescue',
                                                                'ask_signal', 'ask_enumerator')},
            (self.lines['ask_last'], 'asks'): 1})
        last = self.at('ask_last', 'asks')
        self.assertEqual(self.stacks(run, 'use_stack'), [[last, self.at('main', '<main>')]])
        self.assertEqual(self.sites('result'), {last})

    def test_cleared(self):
        """A result that is freed is none that leaks"""
        self.preloaded('ruby', self.source, 'asks', 'cleared')
        self.take_in()
        self.assertEqual(self.sites('result'), set())

    def test_made(self):
        """Code that takes the place of other code in memory is not taken for it"""
        run = self.preloaded('ruby', self.source, 'made', env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), run)
        self.assertEqual(self.asked(run), {
            **{(number + 1, f'made_{number}'): 2 for number in range(100)},
            **{(number + 1, name): 1 for number in range(100) for name in ('made', 'block (3 levels) in made')}})

    def test_forks(self):
        """A child that is forked, and its parent: each query is named by its line, and what leaks in the child"""
        self.assert_forks(('ruby', self.source, 'forks'), 'forks', 'fork_ask')

    def test_lives(self):
        """Last use and release are named by their lines"""
        run = self.traced('ruby', self.source, 'lives')
        self.assert_trace(run, connections={'released': 2})
        outer = self.at('main', '<main>')
        self.assertEqual(self.stacks(run, 'release_stack'), [
            [self.at('finish', 'lives'), outer], [self.at('yielding', 'lives'), outer]])
        self.assertEqual(self.frames(run.trace, run.trace.one('SELECT use_stack FROM connection ORDER BY id')),
                         [self.at('begin', 'lives'), outer])

    def test_collected(self):
        """A connection that the garbage collector frees is freed where that had to run"""
        run = self.traced('ruby', self.source, 'collected')
        self.assert_trace(run, connections={'released': 30})
        places = {stack[0] for stack in self.stacks(run, 'release_stack') if stack}
        self.assertIn(self.at('started', 'collected'), places)
        self.assertLessEqual(places, {self.at('started', 'collected'), self.at('dropped', 'collected')})

    def test_odd(self):
        """Output, handlers, the end by an exception, and the objects that Ruby counts are as without pqleak"""
        untraced = self.untraced('ruby', self.source, 'odd')
        traced = self.preloaded('ruby', self.source, 'odd')
        self.assertEqual(untraced.status, 1, untraced)
        self.assert_same(traced, untraced)

    def test_busy(self):
        """Threads that hold Ruby's lock, are killed, time out, compact and fork meanwhile: nobody waits for ever"""
        for _ in range(2):
            run = self.preloaded('ruby', self.source, 'busy')
            self.assertEqual((run.status, run.stdout, run.stderr), (0, 'busy\n0\n', ''), run)
            self.assertEqual(run.trace.integrity(), 'ok')
            self.assertNotIn([], self.stacks(run, 'acquire_stack'), run)


class Orm(Lines):
    source = script('script_ruby_orm.rb')

    def test_sequel_and_activerecord(self):
        """Sequel and ActiveRecord are skipped: the site is the line that used them"""
        run = self.traced('ruby', self.source)
        self.assertEqual(run.trace.verdicts(), {'released': 2, 'leaked': 2}, run)
        outer = '<main>'
        self.assertEqual(self.stacks(run, 'acquire_stack')[2:], [
            [self.at('sequel', 'open_sequel'), self.at('open_sequel', outer)],
            [self.at('activerecord', 'count_records'), self.at('count_records', outer)]])
        self.assertEqual(self.sites(), {self.at('sequel', 'open_sequel'), self.at('activerecord', 'count_records')})
        self.assertEqual(self.stacks(run, 'release_stack')[:2], [
            [self.at('block', 'clean'), self.at('clean', outer)], [self.at('disconnect', 'clean'), self.at('clean', outer)]])
        used = {(finding['last_use']['site']['line'], finding['last_use']['site']['function'])
                for finding in self.json()['findings'] if finding['kind'] == 'connection'}
        self.assertEqual(used, {self.at('sequel', 'open_sequel')[1:], self.at('activerecord', 'count_records')[1:]})
        monitors = run.trace.one("SELECT count(*) FROM connection c JOIN stack_frame s ON s.stack = c.release_stack"
                                 " JOIN frame_name n ON n.frame = s.frame WHERE n.file GLOB '*/monitor.rb'")
        self.assertGreater(monitors, 0, 'by which ActiveRecord locks')


if __name__ == '__main__':
    tap.main()
