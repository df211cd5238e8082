# SPDX-License-Identifier: PostgreSQL
"""What the tests of scripts share: which line of a script a word marks, and what the trace says of lines.

Owns the class Lines.  A marked line ends in '//: word', '#: word' or '--: word'.
"""
import collections
import functools
import os
import re

from scenario import Scenario, Trace


def marked_lines(path):
    """The lines of a script by their words."""
    with open(path, encoding='utf-8') as file:
        return {found[1]: number for number, line in enumerate(file, 1)
                if (found := re.search(r'(?://|#|--): (\S+)$', line.rstrip()))}


@functools.lru_cache(maxsize=4)
def roles_of(path, *_):
    """Whose code each frame of each stack is.  The view is dear, and a trace has many stacks."""
    return {(stack, level): role for stack, level, role in Trace(path).rows('SELECT stack, level, role FROM stack_role')}


class Lines(Scenario):
    """A case about one script."""

    source = None  # the script's path

    def setUp(self):
        super().setUp()
        self.lines = marked_lines(self.source)

    def at(self, word, function, file=None):
        """A frame as frames() gives it."""
        return file or self.source, self.lines[word], function

    def sites(self, kind='connection'):
        """Where the findings of a kind are, as the report's first lines name it: sets of (file, line, function)."""
        return {(finding['site']['file'], finding['site']['line'], finding['site']['function'])
                for finding in self.json()['findings'] if finding['kind'] == kind}

    @staticmethod
    def frames(trace, stack):
        """The script's frames of a stack without those of drivers, the innermost first."""
        state = os.stat(trace.path)
        roles = roles_of(trace.path, state.st_ino, state.st_mtime_ns)
        return [row[1:] for row in trace.rows(
            'SELECT s.level, n.file, n.line, n.function FROM stack_frame s JOIN frame_name n ON n.frame = s.frame'
            ' WHERE s.stack = ? ORDER BY s.level, n.depth', stack) if roles[stack, row[0]] == 'script']

    def stacks(self, run, column):
        """The script's frames of each connection's acquire_stack, use_stack or release_stack, in their order."""
        self.pqleak('sql', run.trace.path, 'SELECT 1')  # which stores the views of call sites
        numbers = [number for number, in run.trace.rows(f'SELECT {column} FROM connection ORDER BY id')]
        frames = {number: self.frames(run.trace, number) for number in set(numbers)}
        return [frames[number] for number in numbers]

    def asked(self, run):
        """How many results each line has asked for, by its number and function; None: no line."""
        self.pqleak('sql', run.trace.path, 'SELECT 1')  # which stores the views of call sites
        lines = collections.Counter()
        for stack, count in run.trace.rows("SELECT stack, count(*) FROM event WHERE verb = 'acquire' AND kind = 'result'"
                                           ' GROUP BY stack'):
            frames = self.frames(run.trace, stack)
            lines[frames[0][1:] if frames else None] += count
        return lines

    def assert_forks(self, command, function, known, most=0):
        """After a fork parent and child have the lines of each, whether these were known before or not; and a clean twin.

        `function` is where they fork, `known` what asks there; a driver may ask at most so often besides.
        """
        run = self.preloaded(*command, env={'PQLEAK_EVENTS': 'all'})
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        self.take_in()
        wanted = {(self.lines['fork_known'], known): 3, (self.lines['fork_child'], function): 1,
                  (self.lines['fork_parent'], function): 1}
        lines = self.asked(run)
        self.assertEqual(set(lines), set(wanted), run)
        self.assertTrue(all(wanted[line] <= count <= wanted[line] + most for line, count in lines.items()), lines)
        self.assertEqual(self.sites(), {self.at('fork_opened', function)})
        self.assertEqual(self.check(), 1)
        clean = self.preloaded(*command, 'clean', trace='clean.db')
        self.assertEqual((clean.status, self.check('clean.db')), (0, 0), clean)

    def assert_all_lines(self, *command):
        """With PQLEAK_LINES=all each result has lines, which it has not otherwise."""
        lineless = []
        for lines in ('all', ''):
            run = self.preloaded(*command, trace=f'lines-{lines}.db', env={'PQLEAK_EVENTS': 'all', 'PQLEAK_LINES': lines})
            self.assertEqual((run.status, run.stderr), (0, ''), run)
            self.take_in(f'lines-{lines}.db')
            self.pqleak('sql', run.trace.path, 'SELECT 1')  # which stores the views of call sites
            stacks = run.trace.rows("SELECT stack FROM event WHERE verb = 'acquire' AND kind = 'result'")
            lineless.append(sum(self.frames(run.trace, stack) == [] for stack, in stacks))
        self.assertEqual(lineless[0], 0, run)
        self.assertGreater(lineless[1], 0, run)

    def assert_same(self, traced, untraced):
        """The program did the same with pqleak as without."""
        self.assertEqual((traced.status, traced.stdout, traced.stderr),
                         (untraced.status, untraced.stdout, untraced.stderr))
