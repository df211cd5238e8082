# SPDX-License-Identifier: PostgreSQL
"""pqleak diff: what is new, grown, shrunk or gone between two traces, and what stays the same though its line moves."""
import json
import os
import shutil
import sqlite3

import tap
from scenario import PYTHON, Scenario, script


class Diffs(Scenario):
    """Two traces of one program."""

    def leaking(self, name, *what):
        run = self.traced(PYTHON, script('diff.py'), *what, options=['-q'])
        self.assertEqual(run.status, 0, run)
        os.rename(self.path('t.db'), self.path(name))

    def diff(self, *options, status=0):
        run = self.pqleak('diff', self.path('a.db'), self.path('b.db'), *options)
        self.assertEqual(run.status, status, run)
        return run.stdout if status != 2 else run.stdout + run.stderr

    def sites(self, *options, status=0):
        report = json.loads(self.diff('--format=json', *options, status=status))
        return report['conclusion'], {
            (s['change'], s['function'], s['line']): (s['before'], s['after']) for s in report['sites'] if s['kind'] == 'connection'}

    def test_changes(self):
        """new, grown, shrunk and gone, by call site, in text, in JSON and for a gate"""
        self.leaking('a.db', 'take=2', 'lend=3')
        self.leaking('b.db', 'take=4', 'borrow=1', 'lend=1')
        conclusion, sites = self.sites('--fail-on=new,grown', status=1)
        self.assertEqual((conclusion, sites), ('failed', {('new', 'borrow', 8): (0, 1), ('grown', 'take', 4): (2, 4),
                                                          ('shrunk', 'lend', 6): (3, 1)}))
        text = self.diff()
        self.assertIn('New\n  1 connection leaked at borrow (places.py:8)\n', text)
        self.assertIn('Grown\n  2 -> 4 connections leaked at take (places.py:4)\n', text)
        self.assertIn('Shrunk\n  3 -> 1 connection leaked at lend (places.py:6)\n', text)
        os.rename(self.path('b.db'), self.path('c.db'))
        self.leaking('b.db', 'take=2')
        self.assertIn('Gone\n  3 connections leaked at lend (places.py:6)\n', self.diff('--fail-on=new,grown'))

    def test_same(self):
        """the clean twin: lines that moved are no change, and what did not change passes"""
        self.leaking('a.db', 'take=2', 'lend=1')
        self.leaking('b.db', 'moved', 'take=2', 'lend=1')
        conclusion, sites = self.sites('--fail-on=new,grown')
        self.assertEqual((conclusion, sites), ('passed', {('unchanged', 'take', 11): (2, 2), ('unchanged', 'lend', 13): (1, 1)}))
        self.assertRegex(self.diff(), r'^Nothing differs: \d findings in both\.\n$')
        self.assertIn('2 connections leaked at take (places.py:11)', self.diff('--all'))

    def test_incomplete(self):
        """of an incomplete trace nobody can tell what is new"""
        self.leaking('a.db', 'take=1')
        self.leaking('b.db', 'take=1', 'borrow=1')
        shutil.copy(self.path('a.db'), self.path('whole.db'))
        with sqlite3.connect(self.path('a.db')) as db:
            db.execute("INSERT INTO incomplete VALUES (NULL, 17, 'process 17 could not be recorded')")
        db.close()
        said = self.diff('--fail-on=new', status=2)
        self.assertIn('what is new or grown may have been there already', said)
        self.assertIn('cannot tell whether this is new', said)
        self.diff()
        os.replace(self.path('a.db'), self.path('b.db'))
        os.replace(self.path('whole.db'), self.path('a.db'))
        self.assertIn('what is gone or shrunk may be there still', self.diff('--fail-on=new', status=2))

    def test_suppressed(self):
        """what a suppression excuses is not compared"""
        self.leaking('a.db', 'take=1')
        self.leaking('b.db', 'take=1', 'borrow=1')
        with open(self.path('known'), 'w', encoding='utf-8') as file:
            file.write('leak:borrow\n')
        self.diff('--fail-on=new', '--suppressions=' + self.path('known'))
        self.diff('--fail-on=new', status=1)

    def test_wrong(self):
        """two traces, and words that are there"""
        self.leaking('a.db', 'take=1')
        self.assertIn("cannot open trace '" + self.path('b.db'), self.diff(status=2))
        run = self.pqleak('diff', self.path('a.db'))
        self.assertEqual(run.status, 2, run)
        self.assertIn('name two traces', run.stderr)
        self.assertIn("'--fail-on=old': must be new, grown, both with a comma between, or none", self.diff('--fail-on=old', status=2))


if __name__ == '__main__':
    tap.main()
