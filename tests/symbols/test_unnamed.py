# SPDX-License-Identifier: PostgreSQL
"""What a report says where names are missing: of which file, why, and how to get them."""
import json
import os
import pathlib
import shutil
import sqlite3

import tap
from names import Names, build_id, output, places


class Unnamed(Names):
    def setUp(self):
        super().setUp()
        self.app = self.sample('app')
        self.known = build_id(self.app)
        self.plain = places(self.app)['plain']
        self.stripped = self.path('stripped', 'app')
        output('strip', '-o', self.stripped, self.app)

    def install(self, file, packages):
        """A root directory in which that file is /usr/bin/app, and dpkg has these lists."""
        root = pathlib.Path(self.path('root', 'usr', 'bin', 'app')).parents[2]
        shutil.copy(file, root / 'usr' / 'bin' / 'app')
        lists = root / 'var' / 'lib' / 'dpkg' / 'info'
        lists.mkdir(parents=True, exist_ok=True)
        for name, files in packages.items():
            (lists / f'{name}.list').write_text('/.\n' + ''.join(f'{path}\n' for path in files), encoding='utf-8')
        return str(root)

    def leaks_in(self, path, known):
        """A trace in which a connection leaked there."""
        pathlib.Path(self.path('leak.db')).unlink(missing_ok=True)
        trace = self.trace([(path, known, [self.plain])], name='leak.db')
        with sqlite3.connect(trace) as database:
            database.execute('INSERT INTO connection (id, process, address, state, thread, acquired_ns, connect_ns,'
                             " acquire_function, acquire_stack) VALUES (1, 1, 1, 'connected', 1, 1, 1, 'PQconnectdb', 1)")
        return trace

    def said(self, path, known, *options, env=None):
        """The end of a text report, behind the line that begins it, and what JSON has."""
        trace = self.leaks_in(path, known)
        text = self.pqleak('report', *options, trace, env=env)
        report = json.loads(self.pqleak('report', '--format=json', *options, trace, env=env))
        return [line.strip() for line in text.partition('Names are missing above:\n')[2].splitlines()], report['unnamed']

    def test_named(self):
        """where all has names nothing is said"""
        self.assertEqual(self.said(self.app, self.known), ([], []))

    def test_stripped(self):
        """a program of one's own is to be built with them; no package and no server has it"""
        lines, unnamed = self.said(self.stripped, self.known)
        self.assertEqual(lines, [f'{self.stripped} (build-id {self.known}) has no symbols: build it with -g, and do not strip it'])
        self.assertEqual(unnamed, [{'module': self.stripped, 'build_id': self.known, 'symbols': 'no symbols', 'frames': 1,
                                    'package': None, 'debug_package': None}])

    def test_package(self):
        """of a package's file the package with its debug information is named, and servers are"""
        root = self.install(self.stripped, {
            'other': ['/usr/bin/app2', '/usr/bin/app/x', '/x/usr/bin/app'], 'app:amd64': ['/usr', '/usr/bin', '/usr/bin/app']})
        for urls, words in (('', 'Or set DEBUGINFOD_URLS, for example to https://debuginfod.elfutils.org, and use --debuginfod.'),
                            ('http://127.0.0.1:9', 'Or let --debuginfod ask the servers of DEBUGINFOD_URLS.')):
            lines, unnamed = self.said('/usr/bin/app', self.known, f'--sysroot={root}', env={'DEBUGINFOD_URLS': urls})
            self.assertEqual(lines, [f'/usr/bin/app (build-id {self.known}) has no symbols: install app-dbgsym', words])
            self.assertEqual([(u['package'], u['debug_package']) for u in unnamed], [('app', 'app-dbgsym')])

    def test_merged(self):
        """/bin is /usr/bin to dpkg, or the other way round"""
        root = self.install(self.stripped, {'app': ['/bin/app']})
        lines, _ = self.said('/usr/bin/app', self.known, f'--sysroot={root}')
        self.assertIn('install app-dbgsym', lines[0])

    def test_no_package(self):
        """a file that no list has, and one that a list has under a name that is none"""
        for packages in ({'other': ['/usr/bin/app2']}, {'app%1b[2J': ['/usr/bin/app']}):
            root = self.install(self.stripped, packages)
            lines, unnamed = self.said('/usr/bin/app', self.known, f'--sysroot={root}')
            self.assertIn('build it with -g', lines[0])
            self.assertEqual(unnamed[0]['package'], None)
            shutil.rmtree(root)

    def test_rpm(self):
        """where packages are rpm's, its own tools are named"""
        root = self.install(self.stripped, {})
        os.makedirs(os.path.join(root, 'var', 'lib', 'rpm'))
        lines, _ = self.said('/usr/bin/app', self.known, f'--sysroot={root}')
        self.assertIn('debuginfo-install the package that rpm -qf names', lines[0])

    def test_note(self):
        """what the distribution wrote into the file: the package of rpm, and its server; nonsense is left alone"""
        for note, package, server in (
                ('{"type":"rpm","name":"app","debugInfoUrl":"https://debuginfod.example"}', 'app-debuginfo', 'debuginfod.example'),
                ('{"type":"deb","name":"source","debugInfoUrl":"https://debuginfod.example"}', None, 'debuginfod.example'),
                ('[1]', None, 'debuginfod.elfutils.org'), ('{"type":"rpm"', None, 'debuginfod.elfutils.org')):
            source = pathlib.Path(self.path('note.s'))
            text = note.replace('"', '\\"')
            source.write_text('.section .note.package,"a",@note\n.balign 4\n.long 4, 2f-1f, 0xcafe1a7e\n.asciz "FDO"\n'
                              f'1: .asciz "{text}"\n2: .balign 4\n', encoding='utf-8')
            app = self.sample('noted', str(source))
            self.plain = places(app)['plain']
            output('strip', app)
            root = self.install(app, {})
            lines, unnamed = self.said('/usr/bin/app', build_id(app), f'--sysroot={root}')
            self.assertEqual(unnamed[0]['debug_package'], package)
            self.assertIn(f'install {package}' if package else 'build it with -g', lines[0])
            self.assertIn(server, lines[1])

    def test_another_file(self):
        """for what was rebuilt or is gone other files are needed, and the package of today fits no more"""
        self.sample('app', '-O1', '-DDISCARDED')
        lines, unnamed = self.said(self.app, self.known)
        self.assertIn('is not the file that was traced: give that one with --sysroot=DIR', lines[0])
        self.assertEqual(unnamed[0]['symbols'], 'changed')
        root = self.install(self.app, {'app': ['/usr/bin/app']})
        lines, unnamed = self.said('/usr/bin/app', self.known, f'--sysroot={root}')
        self.assertEqual((unnamed[0]['symbols'], unnamed[0]['package']), ('changed', None))
        os.unlink(self.app)
        lines, unnamed = self.said(self.app, self.known)
        self.assertIn("is not here: give the traced machine's files with --sysroot=DIR", lines[0])


if __name__ == '__main__':
    tap.main()
