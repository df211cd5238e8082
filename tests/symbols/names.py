# SPDX-License-Identifier: PostgreSQL
"""What the tests of symbols share: building samples, and asking pqleak for the names of addresses.

Owns the base class Names.  A trace is made of a module and addresses in it by SQL alone, so that no program need run
under the shim; `pqleak symbolize` stores the names, and the trace is read by SQLite.
"""
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TRACE_SQL = HERE.parent.parent / 'trace' / 'store'
VERSION = re.search(r'TRACE_USER_VERSION (\d+)', (TRACE_SQL / 'trace.h').read_text(encoding='utf-8'))[1]
IDENTITY = f'PRAGMA application_id = 0x50514c4b; PRAGMA user_version = {VERSION};'
PQLEAK = os.environ['PQLEAK_TEST_PROGRAM']
SOURCE = HERE / 'forms.c'
SECONDS = 600


def output(*command, **more):
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=SECONDS,
                         **more)
    if run.returncode != 0:
        raise AssertionError(f'{command}: {run.returncode}\n{run.stderr}')
    return run.stdout


def lines(source=SOURCE):
    """The lines of a source that are marked, by their word."""
    found = {}
    for number, line in enumerate(source.read_text(encoding='utf-8').splitlines(), 1):
        mark = re.search(r'(?:/\*|//) line: (\w+)', line)
        if mark:
            found[mark.group(1)] = number
    return found


def build_id(path):
    found = re.search(r'Build ID: ([0-9a-f]+)', output('readelf', '-n', path))
    return found.group(1) if found else ''


def places(path, **more):
    """What a sample says of itself: the addresses of its calls by their names."""
    return {name: int(offset) for name, offset in map(str.split, output(path, **more).splitlines())}


class Names(unittest.TestCase):
    """A case with a temporary folder."""

    longMessage = True
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='pqleak-symbols-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(('PQLEAK', 'LD_', 'DEBUGINFOD'))}
        self.environment.update({'LC_ALL': 'C.UTF-8', 'TZ': 'UTC'})

    def path(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def sample(self, name, *options, source=SOURCE, compiler='gcc'):
        """Builds a sample; a case for which the compiler lacks something says so itself."""
        path = self.path(name)
        if not any(option.startswith('-g') for option in options):
            options = ('-g', *options)
        output(compiler, '-O2', '-D_GNU_SOURCE', '-Wl,--build-id=sha1', '-fno-optimize-sibling-calls', source, *options,
               '-o', path, cwd=os.path.dirname(path))
        return path

    def trace(self, modules, name='t.db', started_ns=None, host=None, pid=1):
        """Makes a trace: modules is [(path, build-id, [offset, ...])], and every offset is a stack of its own."""
        path = self.path(name)
        started_ns = started_ns or time.time_ns() + 10**9
        with sqlite3.connect(path) as database:
            database.execute('PRAGMA synchronous = OFF')
            for part in ('schema.sql', 'views.sql', '../base/views-driver.sql', '../base/views-manner.sql', 'views-report.sql'):
                database.executescript((TRACE_SQL / part).read_text(encoding='utf-8'))
            database.executescript(IDENTITY)
            database.execute('INSERT INTO process (id, spool, pid, ppid, host, exe, command, started_ns, ended_ns, "end",'
                             " drained) VALUES (1, '00000000000000aa', ?, 1, ?, '', '', ?, ?, 'exit', 1)",
                             (pid, host or os.uname().nodename, started_ns, started_ns + 10**9))
            number = 0
            for module, (file, known, offsets) in enumerate(modules, 1):
                database.execute('INSERT INTO module VALUES (?, ?, ?)', (module, file, known))
                for offset in offsets:
                    number += 1
                    database.execute('INSERT INTO frame (id, module, "offset") VALUES (?, ?, ?)', (number, module, offset))
                    database.execute('INSERT INTO stack VALUES (?, ?)', (number, number.to_bytes(8, 'little')))
                    database.execute('INSERT INTO stack_frame VALUES (?, 0, ?)', (number, number))
        return path

    def pqleak(self, *arguments, status=0, stderr='', env=None):
        run = subprocess.run([PQLEAK, *arguments], capture_output=True, text=True, check=False, timeout=SECONDS,
                             env=dict(self.environment, **(env or {})), cwd=self.folder)
        self.assertEqual((run.returncode, run.stderr), (status, stderr), run)
        return run.stdout

    def stored(self, trace):
        """The names that a trace holds: by frame a list of (function, file, line), innermost first."""
        names = {}
        with sqlite3.connect(f'file:{trace}?mode=ro', uri=True) as database:
            for frame, function, file, line in database.execute(
                    'SELECT frame, function, file, line FROM symbol ORDER BY frame, depth'):
                names.setdefault(frame, []).append((function, os.path.basename(file or ''), line or 0))
        return names

    def names(self, path, offsets, *options, known=None, **more):
        """What pqleak calls these addresses of a file: a list for each, empty when it has no name."""
        self.made = getattr(self, 'made', 0) + 1
        known = build_id(path) if known is None else known
        trace = self.trace([(os.path.abspath(path), known, offsets)], name=f'{self.made}.db', **more)
        self.said = self.pqleak('symbolize', *options, trace)
        stored = self.stored(trace)
        return [stored.get(number, []) for number in range(1, len(offsets) + 1)]

    def name(self, path, offset, *options, **more):
        return self.names(path, [offset], *options, **more)[0]
