# SPDX-License-Identifier: PostgreSQL
"""What the scenario tests share: a database for each file, running a program traced and untraced, and reading the trace.

Owns the base class Scenario.  Called by the test files of this folder, which run inside scripts/with-postgres.  The
numbers of a trace are held against the server's own count of sessions, which knows nothing of pqleak.
"""
import atexit
import functools
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

PQLEAK = os.environ['PQLEAK_TEST_PROGRAM']
SHIM = os.environ['PQLEAK_TEST_SHIM']
CLIENTS = os.environ['PQLEAK_TEST_CLIENTS']
WITH_POSTGRES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'scripts', 'with-postgres')
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'clients')
PYTHON = '/usr/bin/python3'  # the one Debian's drivers are for
SECONDS = 600  # more than any case needs, on whatever machine


def client(name):
    """One of the C programs of tests/clients."""
    return os.path.join(CLIENTS, 'client-' + name)


def script(name):
    """One of the scripts of tests/clients."""
    return os.path.normpath(os.path.join(SCRIPTS, name))


def unpack_names(folder):
    """Unpacks libc's debug information, if it is installed, and has pqleak find it when it runs below this folder.

    Every stack ends in libc, and unpacking this is half of what a traced case costs.  The names are the same.
    """
    debug, configuration = os.path.join(folder, 'debug'), os.path.join(folder, '.pqleak.ini')
    with open('/proc/self/maps', encoding='utf-8') as maps:
        libc = re.search(r'\S+/libc\.so\.6$', maps.read(), re.MULTILINE).group()
    notes = subprocess.run(['readelf', '-n', libc], check=True, stdout=subprocess.PIPE, text=True, timeout=SECONDS).stdout
    build_id = re.search('Build ID: ([0-9a-f]+)', notes)
    place = build_id and f'.build-id/{build_id.group(1)[:2]}/{build_id.group(1)[2:]}.debug'
    if not place or not os.path.exists(f'/usr/lib/debug/{place}'):
        return
    try:
        os.mkdir(debug)
    except FileExistsError:
        return  # another test file does it
    os.makedirs(os.path.dirname(f'{debug}/{place}'))
    subprocess.run(['objcopy', '--decompress-debug-sections', f'/usr/lib/debug/{place}', f'{debug}/{place}'], check=True,
                   timeout=SECONDS)
    with open(configuration + '.new', 'w', encoding='utf-8') as file:
        file.write('[run check report baseline]\ndebug-path = debug\n')
    os.rename(configuration + '.new', configuration)


OTHERS = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()'


class Database:
    """The database of a test file, which one case after the other has for itself, and our own session in it."""

    def __init__(self):
        import psycopg2  # pylint: disable=import-outside-toplevel # tests without a server do without
        self.connect = psycopg2.connect
        unpack_names(os.environ['PQLEAK_TEST_SERVER'])
        self.name = f'test_{os.getpid()}'
        self.session = self.open('postgres')
        self.ask(f'CREATE DATABASE {self.name} TEMPLATE template0')
        self.session.close()
        self.session = self.open(self.name)
        atexit.register(self.drop)

    def open(self, name):
        session = self.connect(dbname=name)
        session.autocommit = True
        return session

    def drop(self):
        self.session.close()
        self.session = self.open('postgres')
        self.ask(f'DROP DATABASE {self.name} WITH (FORCE)')
        self.session.close()

    def ask(self, query):
        """The first value of the answer, None when there is none."""
        with self.session.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0] if cursor.description and cursor.rowcount else None

    def clear(self):
        """As it was, whatever a case has made in it or left running."""
        self.ask(f'SELECT pg_terminate_backend(pid) {OTHERS}')
        self.wait_for_backends()
        drops = self.ask("SELECT string_agg(format('DROP TABLE public.%I CASCADE', tablename), ';') FROM pg_tables"
                         " WHERE schemaname = 'public'")
        if drops:
            self.ask(drops)

    def wait_for_backends(self):
        """A backend counts its session before it disappears."""
        wait_until(lambda: self.ask(f'SELECT count(*) {OTHERS}') == 0, 'the last backend ends')

    def sessions(self):
        """How many the server has counted in it, once all are over."""
        self.wait_for_backends()
        return self.ask('SELECT sessions FROM pg_stat_database WHERE datname = current_database()')


database = functools.cache(Database)


def psql(query):
    """What the server answers us."""
    return database().ask(query)


def wait_until(ask, what):
    """Asks until the answer is true; a bounded wait for something that is about to happen."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f'{what}: not after {SECONDS} s')
        time.sleep(0.01)


class Trace:
    """A trace file, read by SQLite alone."""

    def __init__(self, path):
        self.path = path
        self.inode = self.opened = None

    def rows(self, query, *values):
        inode = os.stat(self.path).st_ino
        if self.inode != inode:  # opened once: SQLite reads all views whenever it opens a trace
            self.inode, self.opened = inode, sqlite3.connect(f'file:{self.path}?mode=ro', uri=True)
        return self.opened.execute(query, values).fetchall()

    def one(self, query, *values):
        return self.rows(query, *values)[0][0]

    def verdicts(self, kind='connection'):
        """How many have which verdict, for example {'leaked': 2, 'released': 1}."""
        return dict(self.rows('SELECT verdict, count FROM verdict_count WHERE kind = ?', kind))

    def leaks(self):
        """How many of each kind leaked, for example {'connection': 1, 'transaction': 1}."""
        return dict(self.rows('SELECT kind, count(*) FROM leak GROUP BY kind'))

    def misuses(self):
        """How often each misuse happened, for example {'finished twice': 1}."""
        return dict(self.rows('SELECT kind, sum(count) FROM misuse GROUP BY kind'))

    def functions(self, stack):
        """The functions of a stack, the innermost first, as addr2line finds them: pqleak looks up only what it shows."""
        names = []
        frames = self.rows('SELECT m.path, f."offset" FROM stack_frame s JOIN frame f ON f.id = s.frame'
                           ' JOIN module m ON m.id = f.module WHERE s.stack = ? ORDER BY s.level', stack)
        for path, neighbours in itertools.groupby(frames, lambda frame: frame[0]):
            if path.startswith(CLIENTS):
                names += subprocess.run(['addr2line', '-s', '-f', '-i', '-C', '-e', path,
                                         *(hex(offset) for _, offset in neighbours)], check=True,
                                        stdout=subprocess.PIPE, text=True, timeout=SECONDS).stdout.splitlines()[::2]
        return names

    def sessions(self):
        """Sessions of the server these processes opened: connects that succeeded, and resets."""
        return self.one("SELECT (SELECT count(*) FROM connection WHERE state = 'connected')"
                        ' + (SELECT count(*) FROM reset WHERE backend_pid <> 0)')

    def ends(self):
        """How the processes ended, sorted."""
        return sorted(end or 'running' for end, in self.rows('SELECT "end" FROM process'))

    def cannot_tell(self):
        return [reason for reason, in self.rows('SELECT reason FROM cannot_tell')]

    def integrity(self):
        return self.one('PRAGMA integrity_check')


class Run:
    """A program that has ended: what it said, and its trace."""

    def __init__(self, process, trace):
        self.status = process.returncode if process.returncode >= 0 else 128 - process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr
        self.trace = Trace(trace)

    def __str__(self):
        return f'status {self.status}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}'


class Scenario(unittest.TestCase):
    """A case with a temporary folder, and a database in which it is alone."""

    own_database = True
    longMessage = True

    def setUp(self):
        # In the server's folder, which is removed whatever happens to us.
        self.folder = tempfile.mkdtemp(prefix='test-', dir=os.environ['PQLEAK_TEST_SERVER'])
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(('PQLEAK', 'LD_'))}
        if self.own_database:
            database().clear()
            self.sessions_before = database().sessions()
            self.database = self.environment['PGDATABASE'] = database().name

    def path(self, name):
        return os.path.join(self.folder, name)

    def execute(self, command, env=None, timeout=SECONDS, **more):
        """Runs a command as it stands; a command that does not end fails the case, with all its children."""
        with subprocess.Popen(command, cwd=more.pop('cwd', self.folder), env=dict(self.environment, **(env or {})),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors='replace', start_new_session=True, **more) as process:
            try:
                stdout, stderr = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                stdout, stderr = process.communicate()
                raise AssertionError(f'{command} did not end in {timeout} s\n{stdout}\n{stderr}') from None
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    def untraced(self, *command, **more):
        return Run(self.execute(list(command), **more), self.path('none.db'))

    def pqleak(self, *arguments, **more):
        """Any pqleak command."""
        return Run(self.execute([PQLEAK, *arguments], **more), self.path('t.db'))

    def traced(self, *command, options=(), **more):
        """Runs a command under the launcher: pqleak run."""
        return Run(self.execute([PQLEAK, 'run', '-o', self.path('t.db'), *options, '--', *command], **more),
                   self.path('t.db'))

    def preloaded(self, *command, trace='t.db', env=None, **more):
        """Runs a command with the shim alone, without the launcher.  It leaves no spool, so SQLite alone reads the trace."""
        env = dict({'PQLEAK_DRAIN': 'end'}, **(env or {}), LD_PRELOAD=SHIM, PQLEAK_TRACE=self.path(trace))
        return Run(self.execute(list(command), env=env, **more), self.path(trace))

    def take_in(self, trace='t.db'):
        """Has pqleak take in what ended processes left, and no more: it asks for a connection that is not there.

        Every command takes it in, but most look for the names of all frames besides, which takes ten times as long.
        """
        run = self.pqleak('show', self.path(trace), '999999999')
        self.assertEqual((run.status, run.stdout), (2, ''), run)
        return run

    def check(self, trace='t.db', *options):
        """The gate's exit status."""
        return self.pqleak('check', self.path(trace), *options).status

    @staticmethod
    def trace(path):
        return Trace(path)

    def sql(self, query, trace='t.db'):
        """The answer of pqleak sql, which sees what has not been taken in yet."""
        run = self.pqleak('sql', self.path(trace), query)
        self.assertEqual(run.status, 0, run)
        return run.stdout.strip()

    def json(self, trace='t.db', *options):
        """The report as a program reads it."""
        run = self.pqleak('report', self.path(trace), '--format=json', *options)
        self.assertEqual(run.status, 0, run)
        return json.loads(run.stdout)

    def server_sessions(self):
        """Sessions the server has counted since the case began."""
        return database().sessions() - self.sessions_before

    def assert_trace(self, run, status=0, connections=None, results=None, complete=True):
        """The whole judgement of a run: its status, the server's count against the trace's, and the verdicts."""
        self.assertEqual(run.status, status, run)
        self.assertEqual(run.trace.integrity(), 'ok', run)
        if self.own_database:
            self.assertEqual(run.trace.sessions(), self.server_sessions(), f'sessions\n{run}')
        if connections is not None:
            self.assertEqual(run.trace.verdicts('connection'), connections, run)
        if results is not None:
            self.assertEqual(run.trace.verdicts('result'), results, run)
        if complete:
            self.assertEqual(run.trace.cannot_tell(), [], run)
        return run.trace

    def assert_leaks(self, run, leaked, misuses=None, status=0):
        """What leaked of all kinds, what was misused, and the gate's answer, which looks at connections and results."""
        trace = self.assert_trace(run, status=status)
        self.assertEqual(trace.leaks(), leaked, run)
        self.assertEqual(trace.misuses(), misuses or {}, run)
        self.assertEqual(self.check(), 1 if {'connection', 'result'} & set(leaked) else 0, run)
        return trace

    def assert_released(self, run, **kinds):
        """Nothing leaked and nothing was misused; of the kinds that are named so many were released."""
        trace = self.assert_leaks(run, {})
        for kind, count in kinds.items():
            self.assertEqual(trace.verdicts(kind.replace('_', ' ')), {'released': count}, f'{kind}\n{run}')
        return trace

    def assert_leaks_results(self, run, leaked):
        self.assertEqual(run.trace.verdicts('result').get('leaked', 0), leaked, run)
