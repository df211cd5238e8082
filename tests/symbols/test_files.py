# SPDX-License-Identifier: PostgreSQL
"""Which file names a module: the one that was traced, wherever it lies now, or none."""
import contextlib
import http.server
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
import unittest

import tap
from names import PQLEAK, SECONDS, Names, build_id, lines, output, places

LINES = lines()
PLAIN = [('plain', 'forms.c', LINES['plain'])]


def wait_until(ask, what):
    deadline = time.monotonic() + SECONDS
    while not ask():
        if time.monotonic() > deadline:
            raise AssertionError(f'{what}: not after {SECONDS} s')
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Counter(http.server.BaseHTTPRequestHandler):
    """A server that has nothing and counts who asked."""

    asked = 0

    def do_GET(self):
        Counter.asked += 1
        self.send_error(404)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


@contextlib.contextmanager
def counting_server():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Counter)
    Counter.asked = 0
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_address[1]}'
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Files(Names):
    def setUp(self):
        super().setUp()
        self.app = self.sample('app')
        self.known = build_id(self.app)
        self.plain = places(self.app)['plain']

    def ask(self, *options, path=None, known=None, **more):
        return self.name(path or self.app, self.plain, *options, known=self.known if known is None else known, **more)

    def test_changed(self):
        """a file that was rebuilt is not asked, and that is said"""
        self.assertEqual(self.ask(), PLAIN)
        self.sample('app', '-O1', '-DDISCARDED')
        self.assertNotEqual(build_id(self.app), self.known)
        self.assertEqual(self.ask(), [])
        self.assertIn('without: 1 in app (changed since it was traced)', self.said)

    def test_changed_form(self):
        """neither is a build-id where there was none, nor none where there was one, nor what is no ELF file"""
        self.assertEqual(self.ask(known=''), [])
        output('objcopy', '--remove-section=.note.gnu.build-id', self.app)
        self.assertEqual(self.ask(), [])
        with open(self.app, 'w', encoding='utf-8') as file:
            file.write('no ELF\n' * 1000)
        self.assertEqual(self.ask(), [])
        self.assertIn('(changed since it was traced)', self.said)

    def test_missing(self):
        """what is not there: a file, a folder in its place, a pipe in its place, a path that is none"""
        os.unlink(self.app)
        self.assertEqual(self.ask(), [])
        self.assertIn('1 in app (missing)', self.said)
        os.mkdir(self.app)
        self.assertEqual(self.ask(), [])
        self.assertIn('(missing)', self.said)
        os.rmdir(self.app)
        os.mkfifo(self.app)
        self.assertEqual(self.ask(), [])
        self.assertIn('(missing)', self.said)

    def test_replaced_while_it_ran(self):
        """a program that was replaced while it ran: its name ends in (deleted)"""
        deleted = self.app + ' (deleted)'
        self.assertEqual(self.ask(path=deleted), PLAIN)
        self.sample('app', '-O1', '-DDISCARDED')
        self.assertEqual(self.ask(path=deleted), [])
        self.assertIn('(changed since it was traced)', self.said)

    def test_without_build_id(self):
        """without a build-id only a file that lay there untouched is the one"""
        app = self.sample('anonymous', '-Wl,--build-id=none')
        plain = places(app)['plain']
        self.assertEqual(self.name(app, plain), PLAIN)
        self.assertEqual(self.name(app, plain, started_ns=10**9), [])
        self.assertIn('(changed since it was traced)', self.said)
        # A replacement may be older than what it replaces, as a package's files are; but not its place in the folder.
        started = time.time_ns()
        time.sleep(0.1)
        shutil.copy2(app, app + '.new')
        os.utime(app + '.new', ns=(10**9, 10**9))
        os.rename(app + '.new', app)
        self.assertEqual(self.name(app, plain, started_ns=started), [])
        self.assertIn('(changed since it was traced)', self.said)
        self.assertEqual(self.name(app, plain, host='elsewhere'), [])
        self.assertIn('(not proven to be the file that was traced)', self.said)
        os.makedirs(self.path('root') + os.path.dirname(app))
        shutil.copy2(app, self.path('root') + app)
        self.assertEqual(self.name(app, plain, '--sysroot=' + self.path('root')), [])
        self.assertIn('(not proven to be the file that was traced)', self.said)

    def test_sysroot(self):
        """a folder that holds the traced machine's files, with links that mean places in it"""
        root = self.path('root')
        os.makedirs(root + '/usr/lib/x')
        os.makedirs(root + '/opt')
        shutil.move(self.app, root + '/usr/lib/x/app-1.2')
        os.symlink('/usr/lib/x/app-1.2', root + '/opt/app')  # leads out, if it is taken as it stands
        self.assertEqual(self.ask(path='/opt/app'), [])
        self.assertEqual(self.ask('--sysroot=' + root, path='/opt/app'), PLAIN)
        self.assertEqual(self.ask('--sysroot=root', path='/opt/app'), PLAIN)
        self.assertEqual(self.ask('--sysroot=' + root, path='/opt/../../../opt/app'), PLAIN)
        # Its separate debug information lies in it too.
        real = root + '/usr/lib/x/app-1.2'
        output('objcopy', '--only-keep-debug', real, self.path('app.debug'))
        output('strip', real)
        self.assertEqual(self.ask('--sysroot=' + root, path='/opt/app'), [])
        place = f'{root}/usr/lib/debug/.build-id/{self.known[:2]}/{self.known[2:]}.debug'
        os.makedirs(os.path.dirname(place))
        shutil.move(self.path('app.debug'), place)
        self.assertEqual(self.ask('--sysroot=' + root, path='/opt/app'), PLAIN)
        self.assertEqual(self.ask('--sysroot=root', path='/opt/app'), PLAIN)

    def test_sysroot_changed(self):
        """what the sysroot has in another version is looked for here, by build-id"""
        root = self.path('root')
        os.makedirs(root + os.path.dirname(self.app))
        other = self.sample('other', '-O1', '-DDISCARDED')
        shutil.move(other, root + self.app)
        self.assertEqual(self.ask('--sysroot=' + root), PLAIN)
        os.unlink(self.app)
        self.assertEqual(self.ask('--sysroot=' + root), [])
        self.assertIn('(changed since it was traced)', self.said)

    def test_only_debug(self):
        """the file is gone or another one, but its debug information is there by build-id: that names as much"""
        output('objcopy', '--only-keep-debug', self.app, self.path('app.debug'))
        place = self.path('debug', '.build-id', self.known[:2], self.known[2:] + '.debug')
        shutil.move(self.path('app.debug'), place)
        os.unlink(self.app)
        self.assertEqual(self.ask('--debug-path=' + self.path('debug')), PLAIN)
        self.assertEqual(self.ask('--debug-path=debug'), PLAIN)
        self.sample('app', '-O1', '-DDISCARDED')
        self.assertEqual(self.ask('--debug-path=debug'), PLAIN)
        shutil.copy(self.app, place)
        self.assertEqual(self.ask('--debug-path=debug'), [])

    def test_line(self):
        """the whole line that symbolize says: what has names, how many are new, and what has none for which reason"""
        bare = self.sample('bare')
        output('strip', bare)
        other = self.sample('other', '-O1', '-DDISCARDED')
        gone = [(f'/gone/{name}', 'ab' * 20, [1]) for name in ('b', 'a', 'd', 'c', 'e')]
        trace = self.trace([(self.app, self.known, [self.plain, 0x10]), (bare, build_id(bare), [1, 2, 3, 4, 5, 6, 7]),
                            (other, 'cd' * 20, [1]), *gone])
        without = ('; without: 7 in bare (no symbols), 5 in a, b, c and 2 more (missing), '
                   '1 in other (changed since it was traced), 1 in app (between symbols)\n')
        self.assertEqual(self.pqleak('symbolize', trace), f'{trace}: 1 of 15 frames have names, 1 of them new' + without)
        self.assertEqual(self.pqleak('symbolize', trace), f'{trace}: 1 of 15 frames have names, 0 of them new' + without)
        all_named = self.trace([(self.app, self.known, [self.plain])], name='all.db')
        self.assertEqual(self.pqleak('symbolize', all_named), f'{all_named}: 1 of 1 frames have names, 1 of them new\n')
        none = self.trace([], name='none.db')
        self.assertEqual(self.pqleak('symbolize', none), f'{none}: 0 of 0 frames have names, 0 of them new\n')

    def test_trouble(self):
        """a trace that is not there, and one that another process holds"""
        self.pqleak('symbolize', 'none.db', status=2, stderr="pqleak: cannot open trace 'none.db': No such file or directory"
                    " (run 'pqleak run -- COMMAND' first)\n")
        trace = self.trace([(self.app, self.known, [self.plain])])
        with sqlite3.connect(trace, isolation_level=None) as other:
            other.execute('BEGIN IMMEDIATE')
            run = subprocess.run([PQLEAK, 'symbolize', trace], env=self.environment, capture_output=True, text=True,
                                 check=False, timeout=SECONDS)
            other.execute('ROLLBACK')
        self.assertEqual((run.returncode, run.stdout), (2, ''))
        self.assertIn('locked', run.stderr)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can become somebody else')
    def test_read_only(self):
        """a trace that may not be written: a report names its frames all the same, symbolize says that it cannot"""
        trace = self.trace([(self.app, self.known, [self.plain])])
        os.chmod(self.folder, 0o755)
        os.chmod(trace, 0o644)
        other = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--', PQLEAK]
        run = subprocess.run([*other, 'symbolize', trace], env=self.environment, capture_output=True, text=True,
                             check=False, timeout=SECONDS)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (
            2, '', f"pqleak: cannot store names in trace '{trace}': it is read-only (copy it, and name the copy)\n"))
        run = subprocess.run([*other, 'sql', trace, 'SELECT function FROM symbol'], env=self.environment,
                             capture_output=True, text=True, check=False, timeout=SECONDS)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, 'plain\n', ''))

    def test_wrong_options(self):
        """folders that are none, and servers that nobody named"""
        trace = self.trace([])
        for option in ('--sysroot', '--debug-path'):
            self.pqleak('symbolize', option + '=nowhere', trace, status=2,
                        stderr=f"pqleak: '{option}=nowhere': 'nowhere': No such file or directory (name a directory)\n")
            self.pqleak('symbolize', option + '=app', trace, status=2, stderr=f"pqleak: '{option}=app': 'app' is not a directory\n")
        self.pqleak('symbolize', '--debug-path=/usr:nowhere', trace, status=2,
                    stderr="pqleak: '--debug-path=/usr:nowhere': 'nowhere': No such file or directory (name a directory)\n")
        self.pqleak('symbolize', '--debuginfod', trace, status=2,
                    stderr="pqleak: '--debuginfod': DEBUGINFOD_URLS names no server (set it to the servers to ask)\n")

    def test_network(self):
        """no server is asked unless --debuginfod says so"""
        output('strip', self.app)
        with counting_server() as url:
            env = {'DEBUGINFOD_URLS': url, 'DEBUGINFOD_CACHE_PATH': self.path('cache')}
            trace = self.trace([(self.app, self.known, [self.plain]), ('/gone', 'abcdef0123456789', [1])])
            for command in ('symbolize', 'report', 'check', 'sql', 'audit'):
                run = subprocess.run([PQLEAK, command, trace, *(['SELECT 1'] if command == 'sql' else [])],
                                     env={**self.environment, **env}, capture_output=True, check=False, timeout=SECONDS)
                self.assertEqual((run.returncode, run.stderr), (0, b''))
            self.assertEqual(Counter.asked, 0)
            self.pqleak('symbolize', '--debuginfod', trace, env=env)
            self.assertGreaterEqual(Counter.asked, 2)

    @unittest.skipIf(shutil.which('debuginfod') is None, 'there is no debuginfod')
    def test_debuginfod(self):
        """debug information from a server: of a stripped file, and of one that is gone"""
        os.mkdir(self.path('served'))
        shutil.move(self.app, self.path('served', 'app'))
        output('objcopy', '--only-keep-debug', self.path('served', 'app'), self.path('served', 'app.debug'))
        shutil.copy(self.path('served', 'app'), self.app)
        output('strip', self.app)
        os.unlink(self.path('served', 'app'))
        port = free_port()
        with subprocess.Popen(['debuginfod', '-p', str(port), '-F', self.path('served'), '-d', ':memory:'],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                env = {'DEBUGINFOD_URLS': f'http://127.0.0.1:{port}', 'DEBUGINFOD_CACHE_PATH': self.path('cache'),
                       'DEBUGINFOD_PROGRESS': '1'}
                wait_until(lambda: self.is_served(server, env), 'the server has found the file')
                shutil.rmtree(self.path('cache'))
                self.assertEqual(self.served(self.app), [])
                self.assertEqual(self.served(self.app, env=env), [])
                self.assertEqual(self.served(self.app, '--debuginfod', env=env), PLAIN)
                os.unlink(self.app)
                shutil.rmtree(self.path('cache'))
                self.assertEqual(self.served(self.app, '--debuginfod', env=env), PLAIN)
            finally:
                server.terminate()

    def is_served(self, server, env):
        self.assertIsNone(server.poll(), 'debuginfod ended')
        shutil.rmtree(self.path('cache'), ignore_errors=True)  # it remembers what was not there
        run = subprocess.run(['debuginfod-find', 'debuginfo', self.known], env={**self.environment, **env},
                             capture_output=True, check=False, timeout=SECONDS)
        return run.returncode == 0

    def served(self, path, *options, env=None):
        trace = self.trace([(path, self.known, [self.plain])], name=f'served-{time.monotonic_ns()}.db')
        self.pqleak('symbolize', *options, trace, env=env)
        return self.stored(trace).get(1, [])


if __name__ == '__main__':
    tap.main()
