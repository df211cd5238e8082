# SPDX-License-Identifier: PostgreSQL
"""The configuration file: where it is looked for, what it says, and what is wrong with it."""
import os
import pathlib

import tap
from scenario import Scenario, client

WRONG = {
    # text: (line, words)
    'max = 1\n': (1, 'not in a section'),
    '[check]\n\n# max\nmaxx = 1\n': (4, "did you mean '--max'?"),
    '[check]\nmax = many\n': (2, "'--max=many'"),
    '[run check]\nformat = jso\n': (2, "did you mean 'json'?"),
    '[chek]\n': (1, "cannot be for 'chek'"),
    '[check]\n[ ]\nmax = 1\n': (2, 'must name one or more of run, report, check, timeline, html and baseline'),
    '[check]\nmax\n': (2, "neither a [section] nor 'key = value'"),
    '[check\nmax = 1\n': (1, "missing ']'"),
    '[check]\nsuppressions = nowhere\n': (2, "nowhere'"),
    '[check]\nconfig = other\n': (2, "cannot have 'config'"),
    '[report]\nhelp = yes\n': (2, "cannot have 'help'"),
    '[check]\nquiet = perhaps\n': (2, 'yes or no'),
    '[check]\nmax = yes\n': (2, "'--max=yes'"),
    '[check]\nallow-unse = yes\n': (2, "did you mean '--allow-unseen'?"),
    '[check]\nmax = 0\n[run]\nbogus = 1\n': (4, "'pqleak run' has no option '--bogus'"),
    '[check report]\nmax = 1\n': (2, "'pqleak report' has no option '--max'"),
    '[check]\nskip = a\0b\n': (2, 'NUL byte'),
    '[check] max = 9\n': (1, "unexpected text after ']'"),
    '[check]\nskip = abc\n\vmaxx = 9\n': (3, "did you mean '--max'?"),
    '[check]\n; ok\n\f[chek]\n': (3, "cannot be for 'chek'"),
    # What would not fit must not become an option of its own.
    '[check]\nskip = ' + 'a' * 180 + ' ' * 12 + 'fail-on = none\n': (2, 'longer than'),
}


class Configuration(Scenario):
    def setUp(self):
        super().setUp()
        self.top = pathlib.Path(self.path('repository'))
        self.below = self.top / 'a' / 'b'
        self.below.mkdir(parents=True)
        self.traced(client('acquire'), 'loop', '3', '1')
        self.leaky = self.traced(client('shapes'), 'connection-loop', 'wrong')

    def configure(self, text, folder=None):
        (folder or self.top).joinpath('.pqleak.ini').write_text(text, encoding='utf-8')

    def check_below(self, *options, command='check'):
        return self.pqleak(command, *options, self.path('t.db'), cwd=self.below)

    def test_found(self):
        """the nearest one above counts, and none outside of the working tree"""
        self.assertEqual(self.check_below().status, 1, self.leaky)
        self.configure('[check]\nmax = 2\n')
        self.assertEqual(self.check_below().status, 0)
        self.assertEqual(self.check_below('--no-config').status, 1)
        self.configure('[check]\nmax = 1\n', self.top / 'a')
        self.assertEqual(self.check_below().status, 1)
        (self.top / 'a' / '.pqleak.ini').unlink()
        (self.top / 'a' / '.git').mkdir()
        self.assertEqual(self.check_below().status, 1)
        self.assertEqual(self.check_below('--config=../../.pqleak.ini').status, 0)
        self.assertEqual(self.check_below('--config', '../../.pqleak.ini').status, 0)

    def test_sections(self):
        """a section is for the commands that it names; the command line counts, and adds to what can be repeated"""
        self.configure('; of a team\n[check run]\nmax = 2\n[report]\nformat = tap\n')
        self.assertEqual(self.check_below().status, 0)
        self.assertTrue(self.check_below(command='report').stdout.startswith('TAP version 14'))
        self.assertFalse(self.check_below('--format=text', command='report').stdout.startswith('TAP'))
        self.assertEqual(self.check_below('--max=1').status, 1)
        run = self.pqleak('run', '-o', 't.db', '--check', '--', client('shapes'), 'connection-loop', 'wrong', cwd=self.below)
        self.assertEqual(run.status, 0, run)
        self.configure('[check]\nfail-on = none\n')
        self.assertEqual(self.check_below().status, 0)
        self.assertEqual(self.check_below('--fail-on=leaked').status, 1)

    def test_lines(self):
        """a comment may be long, and an indented line is one of its own"""
        self.configure('[check]\n;' + 'c' * 197 + ' max = 9\n#' + 'c' * 197 + ' max = 9\n')
        self.assertEqual(self.check_below().status, 1)
        self.configure('[check]\n\tskip = nothing\n\tmax = 2\n')
        self.assertEqual(self.check_below().status, 0)

    def test_trust(self):
        """a file of another user is not obeyed unless it is named"""
        self.configure('[check]\nmax = 2\n')
        if os.geteuid() != 0:
            self.skipTest('only root can give a file away')
        os.chown(self.top / '.pqleak.ini', 65534, -1)
        run = self.check_below()
        self.assertEqual((run.status, run.stdout), (2, ''), run)
        self.assertIn('belongs to another user', run.stderr)
        self.assertEqual(self.check_below('--no-config').status, 1)
        self.assertEqual(self.check_below('--config=../../.pqleak.ini').status, 0)

    def test_paths(self):
        """paths are relative to the file's folder, wherever the command runs"""
        (self.top / 'ci').mkdir()
        (self.top / 'ci' / 'known.supp').write_text('leak:*\n', encoding='utf-8')
        self.configure('[check]\nsuppressions = ci/known.supp\noutput = tap=report.tap\nquiet = yes\nall = no\n')
        run = self.check_below()
        self.assertEqual((run.status, run.stdout), (0, ''), run)
        self.assertTrue((self.top / 'report.tap').exists())
        self.configure(f'[check]\nsuppressions = {self.top}/ci/known.supp\n')
        self.assertEqual(self.check_below().status, 0)
        other = self.path('more.supp')
        pathlib.Path(other).write_text('leak:nothing_of_this_name\n', encoding='utf-8')
        self.assertEqual(self.check_below('--strict-suppressions').status, 0)
        self.assertEqual(self.check_below('--strict-suppressions', f'--suppressions={other}').status, 1)

    def test_wrong(self):
        """what is wrong is told with the file and its line, and nothing is run"""
        for text, (line, words) in WRONG.items():
            self.configure(text)
            command = 'report' if text.startswith('[report]') else 'check'
            run = self.check_below(command=command)
            self.assertEqual((run.status, run.stdout), (2, ''), f'{text}{run}')
            self.assertIn(words, run.stderr, text)
            self.assertIn(f'{self.top}/.pqleak.ini:{line}', run.stderr, text)
        self.configure('[run]\nmax = many\n')
        run = self.pqleak('run', '--', 'touch', 'made', cwd=self.below)
        self.assertEqual((run.status, os.path.exists(self.below / 'made')), (125, False), run)
        for path in (self.path('nowhere'), self.folder):
            run = self.check_below(f'--config={path}')
            self.assertEqual(run.status, 2, run)
            self.assertIn(f"cannot read the configuration in '{path}'", run.stderr)


if __name__ == '__main__':
    tap.main()
