#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""The stacks of a trace are those that were there: also where a stack is recognised instead of unwound."""
import collections
import re
import subprocess

import tap
from stub import Stub, host

ROUNDS = 200_000


def functions(program):
    """The forest's functions: [(start, end, letter)]."""
    found = []
    for line in subprocess.run(['nm', '-S', program], check=True, capture_output=True, text=True).stdout.splitlines():
        match = re.fullmatch(r'([0-9a-f]+) ([0-9a-f]+) [tT] forest_([abcd])', line)
        if match:
            found.append((int(match[1], 16), int(match[1], 16) + int(match[2], 16), match[3]))
    return found


class Forest(Stub):
    def test_every_stack_as_often_as_it_was(self):
        """two hundred thousand calls from a thousand look-alike stacks: each is counted under its own"""
        trace = self.same(host('forest'), str(ROUNDS))
        said = {letters: int(count) for letters, count in (line.split() for line in trace.said.splitlines())}
        self.assertEqual(sum(said.values()), ROUNDS)
        known = functions(host('forest'))
        self.assertEqual(len(known), 4)
        letters = collections.defaultdict(str)
        for stack, offset in trace.rows('''SELECT s.stack, f."offset" FROM stack_frame s JOIN frame f ON f.id = s.frame
                JOIN module m ON m.id = f.module WHERE m.path LIKE '%/host-forest' ORDER BY s.stack, s.level'''):
            letters[stack] += ''.join(letter for start, end, letter in known if start <= offset < end)
        for end in ('acquire', 'release'):
            counted = collections.Counter()
            for stack, count in trace.rows(f"SELECT {end}_stack, sum(count) FROM fold GROUP BY 1"):
                counted[letters[stack]] += count
            self.assertEqual(dict(counted), said, end)


if __name__ == '__main__':
    tap.main()
