# SPDX-License-Identifier: PostgreSQL
"""Lua's lines in stacks: Debian's Luas and LuaJIT with LuaSQL, a state at a time; coroutines have none."""
import re
import shutil
import unittest

import tap
from scenario import client, script
from script_lines import Lines

LUAS = ('lua5.1', 'lua5.2', 'lua5.3', 'lua5.4', 'luajit')


class Lua(Lines):
    source = script('script_lua.lua')

    def need(self, lua):
        if shutil.which(lua) is None:
            self.skipTest(f'no {lua}')

    def function(self, word):
        """What a function is called that is defined at a line: Lua has no other names."""
        return f'function <script_lua.lua:{self.lines[word]}>'

    @tap.each(LUAS, '{0}: lines of calls, callbacks, chunks and compiled loops; none in coroutines')
    def leaks(self, lua):
        self.need(lua)
        run = self.traced(lua, self.source, 'leaks')
        self.assert_trace(run, connections={'leaked': 11, 'released': 200})
        opened, outer = self.at('open_it', self.function('def_open_it')), self.at('main', 'main chunk')
        mode = self.function('def_leaks')
        stacks = self.stacks(run, 'acquire_stack')
        self.assertEqual(stacks[:10], [
            [opened, self.at('new', self.function('def_new')), self.at('store', mode), outer],
            [self.at('direct', mode), outer],
            [self.at('protected', self.function('pcall')), self.at('pcall', mode), outer],
            [self.at('compare', self.function('sort')), self.at('sort', mode), outer],
            [self.at('index', self.function('def_index')), self.at('field', mode), outer],
            [opened, ('[string]', 2, 'main chunk'), self.at('text', mode), outer],
            [opened, ('/elsewhere/template.lua', 2, 'main chunk'), self.at('template', mode), outer],
            [], [], [],
        ])
        self.assertEqual(stacks[10:210], [[self.at('loop', mode), outer]] * 200)
        self.assertEqual(stacks[210:], [[self.at('last', mode), outer]])
        self.assertEqual(self.stacks(run, 'release_stack')[10:210], [[self.at('loop_close', mode), outer]] * 200)
        named = {opened, self.at('direct', mode),
                 self.at('protected', self.function('pcall')), self.at('compare', self.function('sort')),
                 self.at('index', self.function('def_index')), self.at('last', mode)}
        self.assertEqual({site for site in self.sites() if site[0]}, named)

    @tap.each(LUAS, '{0}: last use and release are named by their lines')
    def lives(self, lua):
        self.need(lua)
        run = self.traced(lua, self.source, 'lives')
        self.assert_trace(run, connections={'released': 1})
        mode, outer = self.function('def_lives'), self.at('main', 'main chunk')
        self.assertEqual(self.stacks(run, 'release_stack'), [[self.at('close', mode), outer]])
        self.assertEqual(self.stacks(run, 'use_stack'), [[self.at('rollback', mode), outer]])

    @tap.each(LUAS, '{0}: each query is named by its line; so are a leaked result and the last use')
    def asks(self, lua):
        self.need(lua)
        run = self.preloaded(lua, self.source, 'asks', env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        self.take_in()
        lines = self.asked(run)
        sorts = lines.pop((self.lines['ask_sort'], self.function('def_compare')))
        self.assertEqual(sorts % 3, 0)
        self.assertEqual(lines, {
            None: 3,  # in a coroutine
            (self.lines['ask'], self.function('def_ask')): 3,
            (self.lines['ask_pcall'], self.function('def_pcall')): 3,
            (self.lines['ask_last'], self.function('def_asks')): 1})
        last = self.at('ask_last', self.function('def_asks'))
        self.assertEqual(self.stacks(run, 'use_stack'), [[last, self.at('main', 'main chunk')]])
        self.assertEqual(self.sites('result'), {last})

    def test_forks(self):
        """luajit: a child that is forked, and its parent: each query is named by its line, and what leaks in the child"""
        self.need('luajit')
        self.assert_forks(('luajit', self.source, 'forks'), self.function('def_forks'), self.function('def_fork_ask'))

    @tap.each(('lua5.1', 'lua5.4'), '{0}: a result that is freed is none that leaks')
    def cleared(self, lua):
        self.need(lua)
        self.preloaded(lua, self.source, 'asks', 'cleared')
        self.take_in()
        self.assertEqual(self.sites('result'), set())

    @tap.each(LUAS, '{0}: code that takes the place of other code in memory is not taken for it')
    def made(self, lua):
        self.need(lua)
        run = self.preloaded(lua, self.source, 'made', env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), run)
        self.assertEqual(self.asked(run), {(line, 'main chunk'): 1 for line in range(1, 101)})

    @tap.each(LUAS, '{0}: released where the garbage collector ran')
    def collected(self, lua):
        self.need(lua)
        run = self.traced(lua, self.source, 'collected')
        self.assert_trace(run, connections={'released': 1})
        self.assertEqual(self.stacks(run, 'release_stack'), [[self.at('collected', self.function('def_collected')),
                                                              self.at('main', 'main chunk')]])

    @tap.each(LUAS, '{0}: released as the state is closed, where no line is left')
    def closed(self, lua):
        self.need(lua)
        run = self.traced(lua, self.source, 'closed')
        self.assert_trace(run, connections={'released': 1})
        self.assertEqual(self.stacks(run, 'release_stack'), [[]])

    @tap.each(LUAS, "{0}: output, errors, Lua's memory and the end are as without pqleak")
    def odd(self, lua):
        self.need(lua)
        untraced = self.untraced(lua, self.source, 'odd')
        traced = self.preloaded(lua, self.source, 'odd')
        self.assertEqual(untraced.status, 1, untraced)
        self.assertIn('memory', untraced.stdout)
        for run in (untraced, traced):
            run.stdout, run.stderr = (re.sub(r'0x[0-9a-f]+', '0x', text) for text in (run.stdout, run.stderr))
        self.assert_same(traced, untraced)


class States(Lines):
    """Which state runs is certain only while one has opened the driver."""
    source = script('script_lua_states.lua')

    def assert_named(self, words, named):
        run = self.traced(client('lua-states'), self.source, *words)
        if run.status == 77:
            self.skipTest('no libluajit-5.1.so.2')
        self.assertEqual(run.status, 0, run)
        self.assertEqual([bool(stack) for stack in self.stacks(run, 'acquire_stack')], named, run)
        for stack in filter(None, self.stacks(run, 'acquire_stack')):
            self.assertEqual(stack, [self.at('connect', 'main chunk')])

    def test_again(self):
        """States that are closed and made anew, in an embedding program: each is known"""
        self.assert_named('a a A a A b a'.split(), [True, True, True, True, False])

    def test_two(self):
        """Two states: whose the stack is cannot be told, also when one of them is closed"""
        self.assert_named('a b a b B a'.split(), [True, False, False, False, False])

    def test_gone(self):
        """Both are closed, and what they had is unloaded: the next is known again"""
        self.assert_named('a b A B a'.split(), [True, False, True])

    def test_held(self):
        """A state is closed but its driver stays loaded: who else may have it is not known"""
        self.assert_named('a h A a'.split(), [True, False])

    @unittest.skipUnless(shutil.which('lua5.4'), 'no lua5.4')
    def test_coroutine(self):
        """A driver that was opened by a coroutine: nothing is looked at, neither in it nor when it is no more"""
        run = self.traced('lua5.4', script('script_lua_required.lua'))
        self.assert_trace(run, connections={'leaked': 2})
        self.assertEqual(self.stacks(run, 'acquire_stack'), [[], []])


if __name__ == '__main__':
    tap.main()
