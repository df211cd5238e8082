# SPDX-License-Identifier: PostgreSQL
"""Python's lines in stacks: Debian's python3 with psycopg2, psycopg 3 and SQLAlchemy."""
import os
import shutil
import unittest

import parted_python
import tap
from scenario import CLIENTS, PYTHON, script
from script_lines import Lines

# Of what depends on how threads happen to run: many times the same, for who looks for a race.
ROUNDS = int(os.environ.get('PQLEAK_TEST_RACE_ROUNDS', '1'))
FOREIGN = os.path.join(CLIENTS, 'libclient-foreign.so')


class Each:
    """What holds with each driver."""

    source = script('script_python.py')
    driver = None

    python = PYTHON

    def command(self, mode, *more):
        return self.python, self.source, mode, self.driver, *more

    def test_leaks(self):
        """A thread, a nested function, a generator, a callback of sorted(), exec, a module: each is named by its line"""
        outer = self.at('main', '<module>')
        run = self.traced(*self.command('leaks'))
        self.assertEqual((run.status, run.trace.verdicts()), (0, {'leaked': 6}), run)
        stacks = self.stacks(run, 'acquire_stack')
        self.assertEqual(stacks, [
            [self.at('take', 'Pool.take'), self.at('in_thread', 'Pool.in_thread')],
            [self.at('inner', 'nested.<locals>.inner'), self.at('nested', 'nested'),
             self.at('call_nested', 'leaks'), outer],
            [self.at('generated', 'generated'), self.at('extend', 'leaks'), outer],
            [self.at('sorted', 'leaks.<locals>.<lambda>'), self.at('sorted', 'leaks'), outer],
            [self.at('exec', 'leaks'), outer],  # what is exec'ed lies in no file
            [self.at('here', 'leaks'), outer]])
        self.assertEqual(self.sites(), {
            self.at('take', 'Pool.take'), self.at('inner', 'nested.<locals>.inner'),
            self.at('generated', 'generated'), self.at('sorted', 'leaks.<locals>.<lambda>'),
            self.at('exec', 'leaks'), self.at('here', 'leaks')})
        self.assertIn(f"leaked at Pool.take (script_python.py:{self.lines['take']})", run.stderr)

    def test_lives(self):
        """Releases, last uses, and where transactions begin and end are named by their lines"""
        outer = self.at('main', '<module>')
        run = self.traced(*self.command('lives'))
        self.assertEqual((run.status, run.trace.verdicts()), (0, {'released': 2, 'leaked': 1}), run)
        self.assertEqual(self.stacks(run, 'release_stack'), [
            [self.at('close', 'lives'), outer], [self.at('del', 'lives'), outer], []])
        self.assertEqual(self.stacks(run, 'use_stack')[0], [self.at('commit', 'lives'), outer])
        (began, ended), = run.trace.rows("SELECT acquire_stack, release_stack FROM fold WHERE kind = 'transaction'"
                                         ' ORDER BY acquire_stack LIMIT 1')
        self.assertEqual([self.frames(run.trace, began), self.frames(run.trace, ended)], [
            [self.at('begin', 'lives'), outer], [self.at('commit', 'lives'), outer]])
        self.assertEqual(self.sites('transaction'), {self.at('stays', 'lives')})

    def test_asks(self):
        """Each query is named by its line, in generators, tasks, threads, handlers and callbacks; so is the last use"""
        run = self.preloaded(*self.command('asks'), env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        self.take_in()
        at = self.lines
        lines = self.asked(run)
        wanted = {
            (at['ask_generator'], 'asks.<locals>.generate'): 9, (at['ask_task'], 'asks.<locals>.wait'): 3,
            (at['ask_later'], 'asks.<locals>.wait'): 3, (at['ask_thread'], 'asks.<locals>.in_thread'): 9,
            (at['ask_next'], 'asks.<locals>.in_thread'): 9, (at['ask_signal'], 'asks.<locals>.<lambda>'): 3,
            (at['ask_sorted'], 'asks.<locals>.<lambda>'): 3, (at['ask_last'], 'asks'): 1}
        self.assertEqual(set(lines), set(wanted))
        # Besides these a driver sends BEGIN, and may prepare what it sends often.
        self.assertTrue(all(wanted[line] <= count <= wanted[line] + 2 for line, count in lines.items()), lines)
        self.assertEqual(self.stacks(run, 'use_stack')[0], [self.at('ask_last', 'asks'), self.at('main', '<module>')])

    def test_forks(self):
        """A child that is forked, and its parent: each query is named by its line, and what leaks in the child"""
        self.assert_forks(self.command('forks'), 'forks', 'forks.<locals>.ask', most=3)  # BEGIN

    def test_greenlets(self):
        """Greenlets that take turns: each query is named by its line"""
        run = self.preloaded(*self.command('greenlets'), env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        self.take_in()
        inner, outer, main = 'greenlets.<locals>.inner', 'greenlets.<locals>.outer', 'greenlets'
        wanted = {(self.lines['green_inner'], inner): 6, (self.lines['green_later'], inner): 3,
                  (self.lines['green_back'], outer): 3, (self.lines['green_main'], main): 3}
        lines = self.asked(run)
        self.assertEqual(set(lines), set(wanted), run)
        self.assertTrue(all(wanted[line] <= count <= wanted[line] + 4 for line, count in lines.items()), lines)

    def test_rare(self):
        """With PQLEAK_LINES=rare only what begins and ends transactions has lines, as do connections"""
        run = self.preloaded(*self.command('asks'), env={'PQLEAK_EVENTS': 'all', 'PQLEAK_LINES': 'rare'})
        self.take_in()
        lines = self.asked(run)
        lines.pop(None)
        self.assertLessEqual(set(lines), {(self.lines['ask_generator'], 'asks.<locals>.generate')})
        self.assertNotEqual(self.stacks(run, 'acquire_stack'), [[]])

    def test_made(self):
        """Code that takes the place of other code in memory is not taken for it"""
        run = self.preloaded(*self.command('made'), env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stdout, run.stderr), (0, 'True\n', ''), run)
        lines = self.asked(run)
        self.assertEqual(set(lines), {(number + 1, f'made_{number}') for number in range(100)})
        self.assertTrue(all(2 <= count <= 4 for count in lines.values()), lines)

    def test_odd(self):
        """Output, exceptions, reference counts, tracing and the exit's status are as without pqleak"""
        command = self.command('odd')
        untraced = self.untraced(*command)
        self.assertEqual(untraced.status, 3, untraced)
        run = self.preloaded(*command)
        self.assert_same(run, untraced)
        files = [file for file, in run.trace.rows('SELECT CAST(file AS BLOB) FROM script')]
        self.assertIn(b'/tmp/\xe9t\xe9.py', files)
        self.assertTrue(any(file.endswith(b'yy/end.py') and len(file) <= 500 for file in files), 'the end is kept')

    def test_collected(self):
        """The garbage collector does not run while a stack is looked at"""
        run = self.preloaded(*self.command('collected', FOREIGN))
        self.assertEqual((run.status, run.stdout, run.stderr), (0, 'True False True\n', ''), run)
        self.assertNotIn([], self.stacks(run, 'acquire_stack'), run)

    def test_busy(self):
        """Threads that hold the GIL, threads that connect, forks: nobody waits for ever, and each line is seen"""
        for number in range(ROUNDS):
            run = self.preloaded(*self.command('busy'), trace=f'{number}.db')
            self.assertEqual((run.status, run.stdout, run.stderr), (0, '3 True\n', ''), run)
            self.take_in(f'{number}.db')  # what the children have left
            stacks = self.stacks(run, 'acquire_stack')
            self.assertEqual({stack[0] for stack in stacks},
                             {self.at('busy', 'busy.<locals>.work'), self.at('child', 'busy')})

    def test_foreign(self):
        """A thread Python does not know has native frames only; and no GIL is waited for under an unknown library's lock"""
        run = self.preloaded(*self.command('foreign', FOREIGN))
        self.assertEqual(run.status, 0, run)
        stacks = self.stacks(run, 'acquire_stack')
        self.assertEqual(stacks, [[], [self.at('callback', 'foreign.<locals>.<lambda>')], []])

    def test_subinterpreter(self):
        """While there is a second interpreter nothing is looked at"""
        run = self.preloaded(*self.command('subinterpreter'))
        self.assertEqual(run.status, 0, run)
        alone = [self.at('alone', 'subinterpreter'), self.at('main', '<module>')]
        self.assertEqual(self.stacks(run, 'acquire_stack'), [[], [], alone])

    def test_ends(self):
        """Exit handlers are seen; while Python finalises nothing is looked at"""
        run = self.preloaded(*self.command('ends'))
        self.assertEqual((run.status, run.stdout, run.stderr), (0, 'ends\n', ''), run)
        self.assertEqual(self.stacks(run, 'acquire_stack'), [[self.at('atexit', 'ends.<locals>.<lambda>')], []])

    def test_daemons(self):
        """Threads, finalizers and exit handlers that connect while Python ends: as without pqleak"""
        for number in range(2 * ROUNDS):
            run = self.preloaded(*self.command('daemons'), trace=f'{number}.db')
            self.assertEqual((run.status, run.stdout, run.stderr), (0, 'ends\n', ''), run)
            self.assertEqual(run.trace.integrity(), 'ok')
            self.assertIn([self.at('atexit', 'ends.<locals>.<lambda>')], self.stacks(run, 'acquire_stack'))


class Psycopg2(Each, Lines):
    driver = 'psycopg2'

    def test_going(self):
        """A thread that Python ends while it waits for the GIL first comes back from its call of libpq"""
        run = self.preloaded(*self.command('going'))
        self.assert_trace(run, connections={'leaked': 1})
        self.assertEqual(self.stacks(run, 'acquire_stack'), [[]])

    def test_order(self):
        """A script's frames stand inside the loop that runs them: what was exec'ed inside the inner one of two"""
        run = self.preloaded(*self.command('leaks'))
        self.take_in()
        frames = run.trace.rows(
            """SELECT s.file || ':' || f."offset", m.path FROM connection c JOIN stack_frame x ON x.stack = c.acquire_stack
               JOIN frame f ON f.id = x.frame LEFT JOIN script s ON s.id = f.script LEFT JOIN module m ON m.id = f.module
               WHERE c.id = 5 ORDER BY x.level""")
        shown = [script if script else 'driver' if 'psycopg' in path else 'python' if 'python3' in path else 'libc'
                 for script, path in frames]
        # Neighbours of a kind are one.
        shown = [kind for i, kind in enumerate(shown) if i == 0 or kind != shown[i - 1]]
        connect = next(kind for kind in shown if 'psycopg2/__init__.py' in kind)
        self.assertEqual(shown, ['driver', 'python', 'driver', 'python', connect, '<made up>:1', 'python',
                                 f"{self.source}:{self.lines['exec']}", f"{self.source}:{self.lines['main']}",
                                 'python', 'libc', 'python'], frames)


class Parted:
    """A Python whose loop has a name for its small part only."""

    source, driver, command = Psycopg2.source, Psycopg2.driver, Psycopg2.command
    size = None

    def setUp(self):
        super().setUp()
        os.mkdir(self.path('bin'))
        self.python = self.path('bin/' + os.path.basename(os.path.realpath(PYTHON)))
        named, other = parted_python.make(os.path.realpath(PYTHON), self.python, self.size)
        self.assertGreater(named, 2 * other)
        os.chmod(self.python, 0o755)

    test_leaks = Psycopg2.test_leaks


@unittest.skipIf(shutil.which('objdump') is None, 'there is no objdump')
class PartedElsewhere(Parted, Lines):
    """The name is that of the part that is rare: the rest is what it jumps into."""

    test_order = Psycopg2.test_order


@unittest.skipIf(shutil.which('objdump') is None, 'there is no objdump')
class PartedNowhere(Parted, Lines):
    """The name is that of a few instructions, which jump nowhere."""

    size = 16


class Psycopg3(Each, Lines):
    """Without its C part: libpq is called by ctypes."""

    driver = 'psycopg'


class Sqlalchemy(Lines):
    source = script('script_sqlalchemy.py')

    def test_sqlalchemy(self):
        """SQLAlchemy is skipped: the site is the line that asked it for a connection"""
        run = self.traced(PYTHON, self.source)
        self.assertEqual((run.status, run.trace.verdicts()), (0, {'leaked': 2}), run)
        self.assertEqual(self.sites(), {self.at('connect', 'nested.<locals>.inner'), self.at('execute', 'lazily')})
        self.assertEqual(self.stacks(run, 'acquire_stack'), [
            [self.at('connect', 'nested.<locals>.inner'), self.at('inner', 'nested'), self.at('nested', '<module>')],
            [self.at('execute', 'lazily'), self.at('lazily', '<module>')]])


if __name__ == '__main__':
    tap.main()
