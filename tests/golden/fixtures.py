# SPDX-License-Identifier: PostgreSQL
"""Traces made of fixture/: each once, and copied for whoever wants one, because a command may write to its trace.

Owns how such a trace is made and asked by SQLite alone.  Used by all tests of this folder.
"""
import atexit
import contextlib
import functools
import os
import pathlib
import re
import shutil
import sqlite3
import struct
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STORE = HERE.parent.parent / 'trace' / 'store'
VERSION = re.search(r'TRACE_USER_VERSION (\d+)', (STORE / 'trace.h').read_text(encoding='utf-8'))[1]
SCHEMA = (f'PRAGMA synchronous = OFF; BEGIN;\n.read {STORE}/schema.sql\n.read {STORE}/views.sql\n'
          f'.read {STORE}/../base/views-driver.sql\n.read {STORE}/../base/views-manner.sql\n.read {STORE}/views-report.sql\n'
          f'PRAGMA application_id = 0x50514c4b; PRAGMA user_version = {VERSION}; COMMIT;\n')
SECONDS = 600  # more than any command needs, on whatever machine


def shell(trace, text):
    """Runs SQL with the sqlite3 shell, which knows .read and generate_series."""
    run = subprocess.run(['sqlite3', '-bail', trace], input=text, text=True, stderr=subprocess.PIPE, cwd=HERE / 'fixture',
                         timeout=SECONDS, check=False)
    assert run.returncode == 0 and run.stderr == '', run.stderr


def rows_of(database, query):
    """The answer of SQLite alone: all values as text, NULL as ''."""
    return [['' if value is None else str(value) for value in row] for row in database.execute(query)]


def rows(trace, query):
    """The same of a trace's file."""
    with contextlib.closing(sqlite3.connect(trace)) as database:
        return rows_of(database, query)


def add_spool(trace, pid, spool, drained):
    """The empty spool of a process in another pid namespace: for all that anyone can see, it runs."""
    header = struct.pack('<8sIIQQQQqQiiIIQQQQI', b'pqlspool', 5, 12288, int(spool, 16), 0, 0, 1, 0, 0, pid, 1, 0, 0,
                         drained, drained, 0, 0, 2)
    with open(f'{trace}-spool-{pid}-{spool}', 'wb') as file:
        file.write(header)
        file.truncate(12288 + 2 * 65536)


# A command has its own views, and never looks at those that a trace has stored.
SPOIL = ("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE VIEW ' || name || ' AS SELECT 1 AS stored'"
         " WHERE type = 'view';\n")


@functools.cache
def made(fixture, stored):
    """A folder with the fixture's trace and spools; nobody changes it."""
    folder = tempfile.mkdtemp(prefix='pqleak-fixture-')
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    trace = os.path.join(folder, 'trace.db')
    shell(trace, f'{SCHEMA}BEGIN;\n.read base.sql\n.read {fixture}.sql\nCOMMIT;\n' + SPOIL * (not stored))
    for pid, spool, drained in rows(trace, 'SELECT pid, spool, drained FROM process WHERE "end" IS NULL'):
        if fixture != 'orphaned':
            add_spool(trace, int(pid), spool, int(drained))
    return folder


def make_trace(folder, fixture, stored=True):
    """A copy of a fixture's trace, as trace.db in the folder.  stored: with views that other programs can read."""
    shutil.copytree(made(fixture, stored), folder, dirs_exist_ok=True)
    return os.path.join(folder, 'trace.db')
