# SPDX-License-Identifier: PostgreSQL
"""A traced program whose trace somebody made to harm it: it says and does what it does without pqleak, and ends."""
import os
import pathlib
import re
import sqlite3

import fixtures
import hostile
import tap
from stub import Stub, host

TOP = pathlib.Path(__file__).resolve().parents[2]
HOST = (host('calls'), 'reuse')
RAW = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f]')


def secrets():
    for line in (TOP / 'tests/adversary/secrets').read_text(encoding='utf-8').splitlines():
        if not line.startswith('#'):
            yield os.fsencode(line).decode('unicode_escape').encode('latin-1')


class Hosts(Stub):
    def setUp(self):
        super().setUp()
        self.expected = self.plain(*HOST)
        self.assertEqual((self.expected.status, self.expected.stderr), (0, ''), self.expected)

    def unharmed(self, reason, command=HOST):
        """Runs the host; it says one line at most, which names the trace."""
        run = self.shimmed(*command, take_in=False)
        self.assertEqual((run.status, run.stdout), (self.expected.status, self.expected.stdout), run)
        self.assertRegex(run.stderr, reason)
        self.assertIsNone(RAW.search(run.stderr), run)
        self.assertLessEqual(run.stderr.count('\n'), 1, run)
        return run

    def clear(self):
        for name in os.listdir(self.folder):
            path = self.path(name)
            (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)

    def spools(self):
        return [name for name in os.listdir(self.folder) if '-spool-' in name]

    def test_statements(self):
        """what a trace could have a host run: the trace stays as it is, and the spool is kept"""
        for statement in (TOP / 'tests/adversary/statements.sql').read_text(encoding='utf-8').splitlines():
            if statement.startswith('--'):
                continue
            with self.subTest(statement):
                os.rename(fixtures.make_trace(self.folder, 'nothing'), self.path('t.db'))
                database = sqlite3.connect(self.path('t.db'))
                database.executescript(statement)
                database.close()
                before = pathlib.Path(self.path('t.db')).read_bytes()
                self.unharmed(r"\Apqleak: [^\n]*what was recorded stays in its spool: trace '[^\n]*t\.db' has a [^\n]*\n\Z")
                self.assertEqual(pathlib.Path(self.path('t.db')).read_bytes(), before)
                self.assertEqual(len(self.spools()), 1)
                self.clear()

    def test_places(self):
        """anything in the place of the trace or of its journal"""
        for suffix in ('', '-journal', '-wal', '-shm'):
            for what, make in hostile.PLACES.items():
                with self.subTest(what + suffix):
                    make(self.path('t.db' + suffix))
                    try:
                        self.unharmed(r'\A(pqleak: [^\n]*t\.db[^\n]*\n)?\Z')
                    finally:
                        self.clear()

    def test_secrets(self):
        """secrets in a command line, in every spelling: nothing of them is stored anywhere"""
        spellings = list(secrets())
        self.assertGreaterEqual(len(spellings), 40)
        run = self.unharmed(r'\A\Z', (*HOST, *spellings))
        self.assertEqual(run.trace.one('SELECT count(*) FROM process'), 1)
        self.assertIn('(redacted)', run.trace.one('SELECT command FROM process'))
        for name in os.listdir(self.folder):
            self.assertNotIn(b'X7', pathlib.Path(self.path(name)).read_bytes(), name)


if __name__ == '__main__':
    tap.main()
