# SPDX-License-Identifier: PostgreSQL
"""A team's project under the gate: it leaks, it is baselined, it grows, it is mended, it is suppressed."""
import json
import os
import pathlib
import shutil
import subprocess

import tap
from scenario import PQLEAK, PYTHON, SECONDS, Scenario, script

PROJECT = pathlib.Path(__file__).resolve().parent.parent / 'sample-project'
CLOSED = 'cart.close()'
KEPT = 'carts.append(cart)'
FORMATS = ('json', 'sarif', 'junit', 'github', 'gitlab', 'tap')


class Gate(Scenario):
    def setUp(self):
        super().setUp()
        self.project = pathlib.Path(self.path('checkout'))
        shutil.copytree(PROJECT, self.project)
        subprocess.run(['git', 'init', '-q', self.project], check=True, timeout=SECONDS)
        self.shop = self.project / 'src' / 'shop.py'
        self.shop.parent.mkdir()
        (self.project / 'shop.py').rename(self.shop)

    def change(self, function, old, new):
        """Edits a function of the shop."""
        before, rest = self.shop.read_text(encoding='utf-8').split(f'def {function}():')
        self.assertIn(old, rest)
        self.shop.write_text(f'{before}def {function}():' + rest.replace(old, new, 1), encoding='utf-8')

    def gate(self, *options):
        """The line of the pipeline."""
        command = [PQLEAK, 'run', '-o', 't.db', '--check', *options, '--', PYTHON, 'test_shop.py']
        run = self.execute(command, cwd=self.project, env={'PYTHONPATH': 'src', 'PYTHONDONTWRITEBYTECODE': '1'})
        run.stderr = run.stderr.replace(str(self.project), '')
        return run

    def assert_gate(self, status, *options, says=''):
        run = self.gate(*options)
        self.assertEqual(run.returncode, status, run.stderr)
        self.assertIn(says, run.stderr)
        return run

    def line_of(self, text):
        return self.shop.read_text(encoding='utf-8').splitlines().index(text) + 1

    def write_baseline(self, *options):
        run = self.execute([PQLEAK, 'baseline', '-o', 'known', *options, 't.db'], cwd=self.project)
        self.assertEqual((run.returncode, run.stderr), (0, ''), run)
        return (self.project / 'known').read_text(encoding='utf-8')

    def test_clean(self):
        """nothing leaks: 0"""
        self.assert_gate(0, says='nothing leaked')

    def test_annotation(self):
        """a leak is introduced: 1, and the annotation is on its line, wherever the check runs in the repository"""
        self.change('checkout', CLOSED, KEPT)
        self.assert_gate(1, '--output=github=notes', '--output=gitlab=quality', says='3 connections leaked at checkout (src/shop.py:')
        line = self.line_of('    cart = open_cart()')  # the first: report() does it well
        notes = (self.project / 'notes').read_text(encoding='utf-8')
        self.assertEqual([note.split(' ')[0] for note in notes.splitlines()], ['::error', '::warning', '::warning'], notes)
        self.assertTrue(notes.startswith(f'::error file=src/shop.py,line={line},title='), notes)
        entry, *_ = json.loads((self.project / 'quality').read_text(encoding='utf-8'))
        self.assertEqual(entry['location'], {'path': 'src/shop.py', 'lines': {'begin': line}})
        check = self.execute([PQLEAK, 'check', '--format=github', '../t.db'], cwd=self.shop.parent)
        self.assertEqual((check.returncode, check.stdout), (1, notes), check)

    def test_baseline(self):
        """baselined: 0; grown: 1; another leak: 1; mended: 0 and it says so"""
        self.change('checkout', CLOSED, KEPT)
        self.assert_gate(1)
        known = self.write_baseline()
        self.assertIn('3\tconnection\tleaked\tPQconnectdb < src/shop.py:open_cart < src/shop.py:checkout < test_shop.py:<module>\n', known)
        self.assert_gate(0, '--baseline=known', says='3 excused')
        # Lines move, and the repository is elsewhere.
        self.shop.write_text('\n\n# A comment.\n' + self.shop.read_text(encoding='utf-8'), encoding='utf-8')
        moved = self.project.with_name('elsewhere')
        self.project.rename(moved)
        self.project, self.shop = moved, moved / 'src' / 'shop.py'
        self.assert_gate(0, '--baseline=known')
        self.assertEqual(self.write_baseline(), known)
        test = self.project / 'test_shop.py'
        text = test.read_text(encoding='utf-8')
        test.write_text(text.replace('range(3)', 'range(5)'), encoding='utf-8')
        self.assert_gate(1, '--baseline=known', says='3 known, 5 now: connections leaked, PQconnectdb < src/shop.py:open_cart')
        test.write_text(text.replace('range(3)', 'range(2)'), encoding='utf-8')
        self.assert_gate(0, '--baseline=known', says='3 known, 2 now')
        test.write_text(text, encoding='utf-8')
        self.change('report', CLOSED, KEPT)
        self.assert_gate(1, '--baseline=known', says='1 connection leaked at open_cart')
        self.change('report', KEPT, CLOSED)
        self.change('checkout', KEPT, CLOSED)
        self.assert_gate(0, '--baseline=known', says='Fixed since known was written (pqleak baseline -o known rewrites it)')

    def test_nameless(self):
        """where the caller has no name, what it called is known, and another call is a new leak"""
        command = [PYTHON, script('ctypes_results.py')]
        self.traced(*command, 'PQexec')
        self.assertEqual(self.pqleak('baseline', '-o', self.path('known'), self.path('t.db')).status, 0)
        with open(self.path('known'), encoding='utf-8') as file:
            self.assertRegex(file.read(), r'\n3\tresult\tleaked\tPQexec < [^?]*\n$')
        self.assertEqual(self.check('t.db', f'--baseline={self.path("known")}'), 0)
        self.traced(*command, 'PQmakeEmptyPGresult')
        self.assertEqual(self.check('t.db', f'--baseline={self.path("known")}'), 1)

    def test_suppressions(self):
        """suppressed: 0; another caller of the same function: 1; expired: 1; unused: 0, strictly 1"""
        self.change('checkout', CLOSED, KEPT)
        self.assert_gate(0, '--suppressions=pqleak.supp', '--strict-suppressions', says='3 excused')
        self.change('report', CLOSED, KEPT)
        run = self.assert_gate(1, '--suppressions=pqleak.supp', says='1 connection leaked at open_cart')
        self.assertIn('3 excused', run.stderr)
        self.change('report', KEPT, CLOSED)
        with open(self.project / 'pqleak.supp', 'a', encoding='utf-8') as file:
            file.write('    expires: 2024-01-31\n')
        run = self.assert_gate(1, '--suppressions=pqleak.supp', says='3 connections leaked')
        self.assertIn('pqleak.supp:2: expired on 2024-01-31 and no longer applies (SHOP-123', run.stderr)
        self.change('checkout', KEPT, CLOSED)
        shutil.copy(PROJECT / 'pqleak.supp', self.project)
        self.assert_gate(0, '--suppressions=pqleak.supp', says='pqleak.supp:2: matched nothing')
        self.assert_gate(1, '--suppressions=pqleak.supp', '--strict-suppressions', says='1 suppression expired or unused')

    def test_printed_suppressions(self):
        """what --print-suppressions writes suppresses what was found, and not what comes by another caller"""
        self.change('checkout', CLOSED, KEPT)
        self.assert_gate(1)
        run = self.execute([PQLEAK, 'report', '--print-suppressions', 't.db'], cwd=self.project)
        (self.project / 'new.supp').write_text(run.stdout, encoding='utf-8')
        self.assertIn('leak:^open_cart$\n    kind: connection\n    module: /shop.py$\n    frame: ^PQconnectdb$\n    frame: ...\n'
                      '    frame: ^open_cart$\n    frame: ^checkout$\n', run.stdout)
        self.assert_gate(0, '--suppressions=new.supp', '--strict-suppressions')
        self.change('report', CLOSED, KEPT)
        run = self.assert_gate(1, '--suppressions=new.supp', says='1 connection leaked at open_cart')
        self.assertIn('9 excused', run.stderr, 'with the transactions and cancel handles')
        self.assertIn('shape     held at exit', run.stderr)

    def test_reproducible(self):
        """two runs of the same program give the same bytes in every form for programs"""
        self.change('checkout', CLOSED, KEPT)
        self.change('report', CLOSED, KEPT)
        seen = []
        for _ in range(2):
            self.assert_gate(1, '--reproducible', *(f'--output={f}=report.{f}' for f in FORMATS))
            seen.append({f: (self.project / f'report.{f}').read_bytes() for f in FORMATS})
        self.assertEqual(seen[0], seen[1])
        self.assertGreater(min(map(len, seen[0].values())), 100)

    def test_status(self):
        """a failing test keeps its own status, and the reports are there"""
        self.change('checkout', 'return total', 'return total + 1')
        self.assert_gate(1, '--output=tap=tap', says='AssertionError')
        self.change('checkout', 'return total + 1', 'raise SystemExit(7)')
        self.assert_gate(7, '--output=tap=tap')
        self.assertIn('TAP version 14', (self.project / 'tap').read_text(encoding='utf-8'))

    def test_deleted(self):
        """a trace that is gone, or was cut: 2"""
        self.assert_gate(0)
        trace = self.project / 't.db'
        trace.write_bytes(trace.read_bytes()[:5000])
        for reason in ('t.db', 't.db'):
            check = self.execute([PQLEAK, 'check', 't.db'], cwd=self.project)
            self.assertEqual(check.returncode, 2, check)
            self.assertIn(reason, check.stderr)
            trace.unlink(missing_ok=True)


if __name__ == '__main__':
    tap.main()
