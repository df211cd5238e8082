# SPDX-License-Identifier: PostgreSQL
"""Traces that were made to harm whoever reads them, and what may lie beside a trace: every command that opens one ends,
says what is wrong with which file, changes nothing, and drives no terminal.
"""
import contextlib
import hashlib
import itertools
import os
import pathlib
import pty
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import fixtures
import hostile
import tap

PQLEAK = os.environ['PQLEAK_TEST_PROGRAM']
SECONDS = 600
TOP = pathlib.Path(__file__).resolve().parents[2]
SPOOL, MARKS = '-spool-4711-00000000000000ab', ('-lost-4711-13', '-unseen-00000000000000ab')

EXPORTS = ('speedscope', 'pprof', 'chrome', 'otlp', 'csv', 'openmetrics')

# Each command as it opens a trace; None: it opens none.
COMMANDS = {
    'run': [['run', '--append', '-o', 't.db', '--', 'true']],
    'report': [['report', 't.db'], ['report', '--open', 't.db'], ['report', '--all', '--stacks', 't.db'],
               *(['report', f'--format={name}', 't.db'] for name in ('json', 'sarif', 'junit', 'github', 'gitlab', 'tap'))],
    'check': [['check', 't.db']],
    'show': [['show', 't.db'], ['show', '--open', '--sort=unused', 't.db'], ['show', 't.db', '1'], ['show', 't.db', 'result', '1']],
    'timeline': [['timeline', 't.db'], ['timeline', '--connection=1', 't.db']],
    'html': [['html', 't.db']],
    'audit': [['audit', 't.db']],
    'diff': [['diff', 't.db', 't.db']],
    'merge': [['merge', '-o', 'all.db', 't.db']],
    'export': [['export', 't.db'], *(['export', f'--format={name}', 't.db'] for name in EXPORTS)],
    'baseline': [['baseline', 't.db']],
    'doctor': [['doctor', '-o', 't.db', '--', 'true']],
    'symbolize': [['symbolize', 't.db']],
    'sql': [['sql', 't.db', 'SELECT * FROM connection_life'], ['sql', 't.db', 'SELECT * FROM process']],
    'help': None,
    'complete': None,
}
WORDS = [words for calls in COMMANDS.values() for words in calls or ()]
PLAIN = [words for words in WORDS if words[0] != 'run' and not any(word.startswith('--') and word != '--' for word in words)]

VALUES_READ_BY = [['report', '--all', 't.db'], ['check', '--format=json', 't.db'], ['show', 't.db', '1'], ['audit', 't.db'],
                  ['baseline', 't.db'], ['report', '--open', 't.db'], ['timeline', 't.db'], ['html', 't.db'],
                  ['diff', '--format=json', 't.db', 't.db'], ['merge', '-o', 'all.db', 't.db'], ['export', 't.db']]
UNCHANGED = ('sql', '--format=csv', '--format=pprof')  # to a pipe they give what is there

# What drives a terminal or makes a text read otherwise: control bytes, C1, direction, no width.
RAW = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]')
VALUES = {
    'a text that drives a terminal': 'a\x1b[31m\x07\x08\r\x00\x9b31m\u202eb\u200b\u2066\ufeffc',
    'a text of many lines': 'a\nb\r\nc\td',
    'a text that is no UTF-8': b'\xff\xfe\xc3',
    'a long text': 'x' * 5_000,
    'the least number': -2**63,
    'the greatest number': 2**63 - 1,
    'infinity': float('inf'),
    'many bytes': bytes(5_000),
    'nothing': None,
}


def contents(folder):
    """What lies in a folder, to see whether it changed."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob('*')):
        is_file = path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 30
        found[str(path)] = (oct(path.lstat().st_mode), hashlib.sha1(path.read_bytes()).hexdigest() if is_file else None)
    return found


class Traces(unittest.TestCase):
    longMessage = True

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='pqleak-adversary-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.mkdir(self.path('home'))
        os.mkdir(self.path('tmp'))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(('PQLEAK', 'LD_'))}
        self.environment.update({'HOME': self.path('home'), 'TMPDIR': self.path('tmp'), 'LC_ALL': 'C.UTF-8', 'TZ': 'UTC'})

    def path(self, name):
        return os.path.join(self.folder, name)

    def trace(self, fixture='leaks'):
        with tempfile.TemporaryDirectory() as folder:
            shutil.move(fixtures.make_trace(folder, fixture), self.path('t.db'))

    def pqleak(self, words):
        run = subprocess.run([PQLEAK, *words], cwd=self.folder, env=self.environment, capture_output=True, check=False,
                             stdin=subprocess.DEVNULL, timeout=SECONDS)
        as_it_is = any(word in UNCHANGED for word in words)
        said = (run.stdout + run.stderr).decode(errors='replace' if as_it_is else 'strict')
        self.assertIn(run.returncode, (0, 1, 2, 125 if words[0] == 'run' else 2), f'{words}: {said}')
        if not as_it_is:
            self.assertIsNone(RAW.search(said), f'{words}: {said!r}')
        return run

    def refused(self, words_of_reason, commands=None):
        """Every command says in one line that it cannot, and changes nothing."""
        before = contents(self.folder)
        for words in commands or WORDS:
            run = self.pqleak(words)
            if words[0] == 'doctor':
                continue  # it says so among other things
            self.assertEqual((run.returncode, run.stdout), (125 if words[0] == 'run' else 2, b''), f'{words} {run}')
            said = run.stderr.decode()
            self.assertRegex(said, r"\Apqleak: [^\n]*t\.db[^\n]*\n\Z", words)
            self.assertRegex(said, words_of_reason, words)
        self.assertEqual(contents(self.folder), before)

    def clear(self, prefix):
        """Takes away whatever stands there."""
        for name in os.listdir(self.folder):
            path = self.path(name)
            if name.startswith(prefix):
                (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)

    def change(self, statement):
        database = sqlite3.connect(self.path('t.db'))
        try:
            database.executescript(statement)
        finally:
            database.close()

    def test_commands(self):
        """every command is tried"""
        names = re.findall(r'^COMMAND \((\w+)', (TOP / 'analyzer/options/commands.def').read_text(encoding='utf-8'), re.M)
        self.assertEqual(sorted(COMMANDS), sorted(names))

    def test_statements(self):
        """what a trace could have pqleak run"""
        for statement in (TOP / 'tests/adversary/statements.sql').read_text(encoding='utf-8').splitlines():
            with self.subTest(statement):
                if statement.startswith('--'):
                    continue
                self.trace()
                self.change(statement)
                self.refused('that pqleak did not make', PLAIN + COMMANDS['run'])

    def test_places(self):
        """anything in the place of the trace, and of the journal beside it"""
        for suffix in ('', '-journal', '-wal', '-shm'):
            for what, make in hostile.PLACES.items():
                with self.subTest(f'{what} {suffix}'):
                    if suffix:
                        self.trace()
                    make(self.path('t.db' + suffix))
                    self.addCleanup(self.clear, 't.db')
                    before = contents(self.folder)
                    for words in (['check', 't.db'], ['report', 't.db'], *COMMANDS['run']):
                        # A new trace takes the place of an empty file, and a link to nothing is followed.
                        if words[0] == 'run' and suffix == '' and what in ('an empty file', 'a link to nothing'):
                            continue
                        run = self.pqleak(words)
                        if suffix == '' or what not in ('an empty file', '10 GB of nothing'):
                            self.assertEqual(run.returncode, 125 if words[0] == 'run' else 2, f'{words} {run}')
                            self.assertRegex(run.stderr.decode(), r'\Apqleak: [^\n]*t\.db', words)
                    if suffix == '' or what not in ('an empty file', '10 GB of nothing'):
                        self.assertEqual(contents(self.folder), before)
                    self.clear('t.db')

    def test_texts(self):
        """anything in the place of suppressions, a baseline or .pqleak.ini: it is named, or empty"""
        self.trace()
        for option in ('--suppressions=', '--baseline=', '--config='):
            for what, make in hostile.PLACES.items():
                with self.subTest(option + what):
                    make(self.path('t.db.text'))
                    run = self.pqleak(['check', option + 't.db.text', 't.db'])
                    if what != 'an empty file':
                        self.assertEqual(run.returncode, 2, run)
                    if run.returncode == 2:
                        self.assertRegex(run.stderr.decode(), r'\Apqleak: [^\n]*t\.db\.text[^\n]*\n\Z')
                    self.clear('t.db.text')
        for option, status in (('--suppressions=', 1), ('--baseline=', 2), ('--config=', 1)):
            self.assertEqual(self.pqleak(['check', option + '/dev/null', 't.db']).returncode, status, option)

    def test_beside(self):
        """anything in the place of a spool or a mark beside a trace: what the trace says stays"""
        self.trace()
        expected = self.pqleak(['show', 't.db']).stdout
        for suffix in (SPOOL, *MARKS):
            for what, make in hostile.PLACES.items():
                with self.subTest(f'{what} {suffix}'):
                    self.trace()
                    make(self.path('t.db' + suffix))
                    try:
                        self.assertEqual(self.pqleak(['show', 't.db']).stdout, expected)
                        self.assertIn(self.pqleak(['check', 't.db']).returncode, (1, 2))
                    finally:
                        self.clear('t.db-')

    def spoil(self, value):
        """Puts a value into all columns that take it."""
        database = sqlite3.connect(self.path('t.db'), isolation_level=None)
        database.execute('PRAGMA synchronous = OFF')
        changed = 0
        for table, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for column in database.execute(f'PRAGMA table_info("{table}")').fetchall():
                try:
                    changed += database.execute(f'UPDATE OR FAIL "{table}" SET "{column[1]}" = ?', [value]).rowcount
                except sqlite3.DatabaseError:
                    pass  # a key, or a column that is checked
        database.close()
        self.assertGreater(changed, 0)

    def test_values(self):
        """values that no trace of pqleak's has, in all columns that take them"""
        fixture = itertools.cycle(['leaks', 'misuse', 'scripts', 'kinds-leaked', 'out-of-sight', 'hostile', 'abandoned', 'handover'])
        export = itertools.cycle(EXPORTS)
        for what, value in VALUES.items():
            with self.subTest(what):
                self.trace(next(fixture))
                self.spoil(value)
                for words in [*VALUES_READ_BY, ['export', f'--format={next(export)}', 't.db']]:
                    run = self.pqleak(words)
                    if run.returncode == 2 and not run.stdout:
                        self.assertIn("t.db'", run.stderr.decode(), words)
                self.clear('t.db')
                self.clear('all.db')

    def test_times(self):
        """times between which there is more than a number can hold: each command says what it can, or that it cannot"""
        far = 'UPDATE connection SET acquired_ns = {}, connect_ns = 0, used_ns = NULL, released_ns = {} WHERE id = 11'
        apart = ';'.join(f'UPDATE connection SET acquired_ns = {at} WHERE id = {id}' for id, at in ((11, -5 * 10**18), (12, 0), (13, 5 * 10**18)))
        for change in (far.format(-2**63, 2**63 - 61), far.format(-2**63, 2**63 - 1), apart):
            self.trace()
            self.change(change)
            for words in (['timeline', 't.db'], ['timeline', '--connection=11', 't.db'], ['html', 't.db'], ['show', 't.db', '11'],
                          ['report', '--open', 't.db'], ['export', '--format=chrome', 't.db']):
                self.assertEqual(self.pqleak(words).returncode, 0, (words, change))

    def test_deep(self):
        """a stack of more frames than any process records has no names, and no command reads it for long"""
        self.trace()
        self.change('WITH RECURSIVE n (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM n WHERE n < 200000) INSERT INTO stack_frame'
                    ' SELECT s.stack, n, s.frame FROM n JOIN (SELECT * FROM stack_frame WHERE level = 0) s'
                    ' WHERE s.stack = (SELECT min(acquire_stack) FROM leak)')
        for words in (['report', 't.db'], ['export', 't.db'], ['html', '-o', 't.html', 't.db'], ['timeline', 't.db']):
            run = self.pqleak(words)
            self.assertEqual(run.returncode, 0, words)
            if words[0] == 'report':
                self.assertIn(b' at an unknown place', run.stdout)

    def test_merge(self):
        """a trace that fits no other is named, and where it was to go nothing is left; a number that is used up says so"""
        self.trace()
        self.change('UPDATE connection SET acquire_stack = -1')
        run = self.pqleak(['merge', '-o', 'all.db', 't.db'])
        self.assertRegex(run.stderr.decode(), r"\Apqleak: cannot merge trace 't\.db' into '[^\n]*/all\.db': [^\n]*\n\Z")
        self.assertEqual((run.returncode, os.path.exists(self.path('all.db'))), (2, False))
        self.trace()
        self.change("UPDATE process SET spool = 'f' || substr(spool, 2)")
        shutil.move(self.path('t.db'), self.path('u.db'))
        self.trace()
        self.change(f'UPDATE connection SET id = {2**63 - 1} WHERE id = 20')
        before = contents(self.folder)
        self.assertRegex(self.pqleak(['merge', '-o', 't.db', 'u.db']).stderr.decode(), r"\Apqleak: cannot merge trace 'u\.db'")
        self.assertEqual(contents(self.folder), before)

    def test_terminal(self):
        """a query's answer, one of many columns, and a table as CSV, to a terminal"""
        self.trace()
        with contextlib.closing(sqlite3.connect(self.path('t.db'), isolation_level=None)) as database:
            database.execute('UPDATE process SET exe = ?1, command = ?1', [VALUES['a text that drives a terminal']])
        for words in (['sql', 't.db', 'SELECT exe, command FROM process'],
                      ['sql', 't.db', 'SELECT ' + 'exe, ' * 70 + 'command FROM process'],
                      ['export', '--format=csv', '--view=process', 't.db']):
            with self.subTest(words[0]):
                self.shown(words)

    def shown(self, words):
        """What stands on a terminal is text."""
        leader, follower = pty.openpty()
        with open(leader, 'rb', closefd=True, buffering=0) as terminal:
            run = subprocess.run([PQLEAK, *words], cwd=self.folder, check=False,
                                 env=self.environment, stdin=follower, stdout=follower, stderr=subprocess.PIPE, timeout=SECONDS)
            os.close(follower)
            said = b''
            with contextlib.suppress(OSError):  # it is over
                while part := terminal.read(65536):
                    said += part
        self.assertEqual((run.returncode, run.stderr), (0, b''))
        self.assertIn('[31m', said.decode())
        self.assertIsNone(RAW.search(re.sub('\r+\n|\x1b\\[[0-9;]*m(?!\x07)', '', said.decode())), said)


if __name__ == '__main__':
    tap.main()
