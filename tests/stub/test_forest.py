#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""The stacks of a trace are those that were there: also where a stack is recognised instead of unwound."""
import collections
import os
import re
import shutil
import subprocess
import tempfile

import tap
from stub import Stub, built, host

ROUNDS = 200_000

FRAMES = '''SELECT s.stack, f."offset" FROM stack_frame s JOIN frame f ON f.id = s.frame
    JOIN module m ON m.id = f.module WHERE m.path LIKE '%/' || ? ORDER BY s.stack, s.level'''


def functions(program, prefix):
    """Its functions of that name: [(start, end, letter)]."""
    found = []
    for line in subprocess.run(['nm', '-S', program], check=True, capture_output=True, text=True).stdout.splitlines():
        match = re.fullmatch(r'([0-9a-f]+) ([0-9a-f]+) [tT] ' + prefix + '_([a-z])', line)
        if match:
            found.append((int(match[1], 16), int(match[1], 16) + int(match[2], 16), match[3]))
    return found


class Forest(Stub):
    def said_and_counted(self, program, prefix, *arguments):
        """What the host says it did, and what the trace says at each end."""
        trace = self.same(host(program), *arguments)
        said = {letters: int(count) for letters, count in (line.split(' ') for line in trace.said.splitlines())}
        known = functions(host(program), prefix)
        letters = collections.defaultdict(str)
        for stack, offset in trace.rows(FRAMES.replace('?', f"'host-{program}'")):
            letters[stack] += ''.join(letter for start, end, letter in known if start <= offset < end)
        for end in ('acquire', 'release'):
            counted = collections.Counter()
            for stack, count in trace.rows(f"SELECT {end}_stack, sum(count) FROM fold GROUP BY 1"):
                counted[letters[stack]] += count
            self.assertEqual(dict(counted), said, end)
        return said

    def test_every_stack_as_often_as_it_was(self):
        """two hundred thousand calls from a thousand look-alike stacks: each is counted under its own"""
        said = self.said_and_counted('forest', 'forest', str(ROUNDS))
        self.assertEqual(sum(said.values()), ROUNDS)

    def test_a_helper_that_everybody_calls(self):
        """thirty callers of callers of one function, in code without frame pointers: each has its own count"""
        self.assertEqual(len(self.said_and_counted('recall', 'path', 'helper', '3000')), 30)

    def test_a_frame_that_is_elsewhere(self):
        """a caller's frame ends at another place, where the old one ended the old words lie: it is another caller"""
        self.assertEqual(self.said_and_counted('recall', 'path', 'stale', '800'), {'qr': 600, 'qs': 200})

    def test_recursion(self):
        """one function on the stack once to fifty times: fifty stacks"""
        self.assertEqual(len(self.said_and_counted('recall', 'path', 'deep', '2000')), 50)

    def test_a_child(self):
        """a forked child calls from one of three known places: it has that one's count"""
        self.assertEqual(self.said_and_counted('recall', 'path', 'forked', '30'), {'x': 10, 'xx': 10, 'xxx': 40})

    def test_a_module_in_the_place_of_another(self):
        """two modules by turns at the same addresses: each call is in the one that made it"""
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in ('one.so', 'other.so')]
            for name in names:
                shutil.copy(built('plugin-lazy.so'), name)
            trace = self.same(host('recall'), 'swap', '10', *names)
        self.assertIn('they lay at the same place', trace.said)
        self.assertEqual(trace.rows('''SELECT m.path, sum(count) FROM fold
                JOIN stack_frame s ON s.stack = release_stack AND level = 0 JOIN frame f ON f.id = s.frame
                JOIN module m ON m.id = f.module WHERE kind = 'result' GROUP BY 1 ORDER BY 1'''),
            [(name, 40) for name in names])


if __name__ == '__main__':
    tap.main()
