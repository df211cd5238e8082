# SPDX-License-Identifier: PostgreSQL
"""Programs that ran: their names are stored, travel, and are never those of another build.  The libpq is the stub."""
import json
import os
import platform
import shutil
import sqlite3
import subprocess

import tap
from names import HERE, PQLEAK, SECONDS, Names, build_id, lines, output

STUB = os.environ['PQLEAK_TEST_STUB']
SOURCE = HERE / 'app.c'
LEAK = lines(SOURCE)['leak']
RESULT = lines(SOURCE)['result']


class Runs(Names):
    def setUp(self):
        super().setUp()
        self.include = output('pg_config', '--includedir').strip()
        self.app = self.build('app')

    def build(self, name, *options):
        return self.sample(name, '-I' + self.include, *options, os.path.join(STUB, 'libpq.so.5'), '-Wl,-rpath,' + STUB,
                           source=SOURCE)

    def plugin(self, name):
        return self.build(name + '.so', '-shared', '-fPIC', '-DPLUGIN=' + name)

    def run_traced(self, *command, options=()):
        run = subprocess.run([PQLEAK, 'run', '-o', self.path('t.db'), *options, '--', *command], capture_output=True,
                             text=True, check=False, timeout=SECONDS, env=self.environment, cwd=self.folder)
        self.assertEqual(run.returncode, 0, run)
        return run

    def report(self, *options):
        return json.loads(self.pqleak('report', '--format=json', *options, self.path('t.db')))

    def site(self, *options):
        finding, = [finding for finding in self.report(*options)['findings'] if finding['verdict'] == 'leaked']
        return finding['site']

    def rows(self, query):
        with sqlite3.connect(f'file:{self.path("t.db")}?mode=ro', uri=True) as database:
            return database.execute(query).fetchall()

    def functions(self):
        """The stored functions of the program itself."""
        return {name for name, in self.rows('SELECT y.function FROM symbol y JOIN frame f ON f.id = y.frame JOIN module m'
                                            f" ON m.id = f.module WHERE m.path = '{self.app}'")}

    def release_lines(self):
        """Where the function release() calls libpq, as far as the trace has it."""
        return [line for line, in self.rows("SELECT line FROM symbol WHERE function = 'release' ORDER BY line")]

    def why_nameless(self):
        return {frame['symbols'] for finding in self.report()['findings'] for frame in finding['stack']
                if frame['module'] == self.app}

    def assert_leak(self, site):
        self.assertEqual((site['function'], os.path.basename(site['file'] or ''), site['line']), ('leak', 'app.c', LEAK))

    def assert_no_name(self, site):
        self.assertEqual((site['function'], site['file'], site['line'], site['module']), (None, None, None, self.app))

    def test_stored(self):
        """run stores the names of all frames, also of what no report shows: where a result came from, as none leaked"""
        self.run_traced(self.app)
        self.assertIn(RESULT, self.release_lines())
        self.run_traced(self.app, options=['--no-symbolize'])
        self.assertNotIn(RESULT, self.release_lines())
        self.assertIn('leak', self.functions())
        self.pqleak('symbolize', self.path('t.db'))
        self.assertIn(RESULT, self.release_lines())

    def test_gone(self):
        """the binaries are gone: the names stay"""
        self.run_traced(self.app)
        os.unlink(self.app)
        self.assert_leak(self.site())
        self.assertIn('frames have names, 0 of them new', self.pqleak('symbolize', self.path('t.db')))

    def preloaded(self):
        """Traced without the launcher: nobody names anything yet."""
        env = {**self.environment, 'LD_PRELOAD': os.environ['PQLEAK_TEST_SHIM'], 'PQLEAK_TRACE': self.path('t.db')}
        subprocess.run([self.app], check=True, timeout=SECONDS, env=env, cwd=self.folder)

    def test_elsewhere(self):
        """a trace on another machine, with the files of the first in a folder"""
        self.preloaded()
        root = self.path('root')
        os.makedirs(root + self.folder)
        shutil.move(self.app, root + self.app)
        self.assert_no_name(self.site())
        self.assertEqual(self.why_nameless(), {'missing'})
        with sqlite3.connect(self.path('t.db')) as database:
            database.execute("UPDATE process SET host = 'elsewhere'")
        self.pqleak('symbolize', '--sysroot=' + root, self.path('t.db'))
        shutil.rmtree(root)
        os.makedirs(self.path('other'))
        shutil.move(self.path('t.db'), self.path('other', 't.db'))
        os.symlink('other/t.db', self.path('t.db'))
        self.assert_leak(self.site())

    def test_report_options(self):
        """report, check, show, audit and sql look where they are told to, too"""
        root = self.path('root')
        os.makedirs(root + self.folder)
        for arguments in (['report'], ['check'], ['show', '2'], ['audit'], ['sql', 'SELECT 1 AS one']):
            with self.subTest(arguments[0]):
                self.preloaded()
                shutil.move(self.app, root + self.app)
                command, *rest = arguments
                subprocess.run([PQLEAK, command, '--sysroot=' + root, self.path('t.db'), *rest], check=False,
                               timeout=SECONDS, env=self.environment, capture_output=True)
                self.assertIn('leak', self.functions())
                shutil.move(root + self.app, self.app)
                os.unlink(self.path('t.db'))

    def test_rebuilt(self):
        """the program was rebuilt before anybody looked: its frames say so and have no name"""
        self.preloaded()
        self.build('app', '-O1', '-fno-omit-frame-pointer')
        self.assert_no_name(self.site())
        self.assertEqual(self.why_nameless(), {'changed'})
        text = self.pqleak('report', self.path('t.db'))
        self.assertRegex(text, r'leaked at app\+0x[0-9a-f]+ \(app was rebuilt since\)')
        self.assertIn('in app (changed since it was traced)', self.pqleak('symbolize', self.path('t.db')))
        self.assertEqual(self.functions(), set())

    def test_gaps(self):
        """a program and a plug-in whose segments are large pages apart, as node's and most on aarch64"""
        for name, *options in (('gap64k', '-Wl,-z,max-page-size=0x10000'), ('gap2m', '-Wl,-z,max-page-size=0x200000'),
                               ('fixed64k', '-no-pie', '-fno-pie', '-Wl,-z,max-page-size=0x10000'),
                               ('fixed2m', '-no-pie', '-fno-pie', '-Wl,-z,max-page-size=0x200000')):
            with self.subTest(name):
                self.app = self.build(name, *options)
                self.run_traced(self.app)
                self.assert_leak(self.site())
                self.assertEqual(self.rows(f"SELECT build_id FROM module WHERE path = '{self.app}'"), [(build_id(self.app),)])
        plugin = self.build('wide.so', '-shared', '-fPIC', '-DPLUGIN=wide', '-Wl,-z,max-page-size=0x200000')
        self.run_traced(self.app, plugin)
        self.assertEqual(self.rows(f"SELECT build_id FROM module WHERE path = '{plugin}'"), [(build_id(plugin),)])
        self.assertIn('wide', {finding['site']['function'] for finding in self.report()['findings']})

    def test_no_build_id(self):
        """a trace that knows no build-id of a program that has one: never 'rebuilt'"""
        self.preloaded()
        self.pqleak('sql', self.path('t.db'), 'SELECT 1') # takes the spool over, if there is one
        with sqlite3.connect(self.path('t.db')) as database:
            database.execute('DELETE FROM symbol')
            database.execute("UPDATE module SET build_id = ''")
        self.assert_no_name(self.site())
        self.assertEqual(self.why_nameless(), {'unproven'})

    def test_rebuilt_after(self):
        """the program was rebuilt after it was named: the names stay right"""
        self.run_traced(self.app)
        self.build('app', '-DPADDED', '-O1')
        self.assert_leak(self.site())

    def test_unloaded(self):
        """plug-ins that were unloaded, one at the other's address: each has its own name"""
        first, second = self.plugin('first'), self.plugin('second')
        self.assertNotEqual(build_id(first), build_id(second))
        run = self.run_traced(self.app, first, second, first)
        places = set(run.stdout.split())
        self.assertEqual(len(places), 1, 'they lie at one address')
        found = {finding['site']['function']: (finding['count'], finding['site']['module'])
                 for finding in self.report()['findings'] if finding['verdict'] == 'leaked'}
        self.assertEqual(found, {'first': (2, first), 'second': (1, second)})

    def test_made(self):
        """code that the program made itself, before its first call of libpq, is named by its perf map"""
        if platform.machine() != 'x86_64':
            self.skipTest('the code is made for x86-64')
        run = self.run_traced(self.app, 'made')
        self.addCleanup(os.unlink, run.stdout.strip())
        self.assertEqual(self.rows("SELECT y.function FROM symbol y JOIN frame f ON f.id = y.frame JOIN module m"
                                   " ON m.id = f.module WHERE m.path = '[jit]'"), [('made::by_hand',)])
        finding, = self.report()['findings']
        self.assertEqual([frame['function'] for frame in finding['stack']][:2], ['leak', 'made::by_hand'])

    def test_made_preloaded(self):
        """the same without the launcher: the process says itself when it was made"""
        if platform.machine() != 'x86_64':
            self.skipTest('the code is made for x86-64')
        run = subprocess.run([self.app, 'made'], capture_output=True, text=True, check=True, timeout=SECONDS,
                             env={**self.environment, 'LD_PRELOAD': os.environ['PQLEAK_TEST_SHIM'], 'PQLEAK_TRACE': self.path('t.db')})
        self.addCleanup(os.unlink, run.stdout.strip())
        finding, = self.report()['findings']
        self.assertEqual([frame['function'] for frame in finding['stack']][:2], ['leak', 'made::by_hand'])

    def test_php(self):
        """PHP's compiled functions, which it writes down for perf when it is asked to"""
        script = self.path('jit.php')
        with open(script, 'w', encoding='utf-8') as file:
            file.write('<?php function work($n) { return @pg_connect("host=/nonexistent port=$n"); }\n'
                       'for ($i = 1; $i < 9; $i++) work($i); echo getmypid();')
        settings = {'opcache.enable_cli': '1', 'opcache.file_update_protection': '0', 'opcache.jit': '1205',
                    'opcache.jit_buffer_size': '16M', 'opcache.jit_debug': '0x10'}
        run = self.run_traced('php', *(f'-d{name}={value}' for name, value in settings.items()), script)
        map_path = f'/tmp/perf-{run.stdout.strip()}.map'
        self.addCleanup(lambda: os.path.exists(map_path) and os.unlink(map_path))
        if not os.path.exists(map_path):
            self.skipTest('this PHP compiles nothing at run time')
        self.assertIn(('JIT$work',), self.rows('SELECT y.function FROM symbol y JOIN frame f ON f.id = y.frame JOIN module m'
                                               " ON m.id = f.module WHERE m.path = '[jit]'"))


if __name__ == '__main__':
    tap.main()
