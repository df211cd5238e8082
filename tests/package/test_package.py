# SPDX-License-Identifier: PostgreSQL
"""What is handed on: an installation, the source archive, and the Debian package built from that archive.

No case needs a server: the programs that are traced ask for connections that cannot be had.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'scenario'))
import tap  # noqa: E402

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
BUILD = os.environ['PQLEAK_TEST_BUILD']
CLIENT = os.path.join(BUILD, 'tests', 'clients', 'client-acquire')
SECONDS = 1800  # more than any step needs
INSTALLED = {
    'bin/pqleak', 'lib/*/pqleak/libpqleak.so', 'lib/*/pqleak/libpqleak-recorder.so', 'lib/*/pkgconfig/pqleak.pc',
    'share/bash-completion/completions/pqleak', 'share/man/man1/pqleak.1', 'share/man/man5/pqleak-trace.5',
    'share/man/man7/libpqleak.7', 'share/pqleak/gitlab.yml', 'share/pqleak/label', 'share/pqleak/pqleak.cmake',
    'share/pqleak/pqleak_pytest.py', 'share/pqleak/open.schema.json', 'share/pqleak/report.schema.json'}


def run(command, cwd, env=None, status=0):
    """Runs a command that must end with this status, and in time; its output."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(('PQLEAK', 'LD_', 'MESON', 'DEB_', 'MAKE', 'PKG_CONFIG'))}
    environment |= {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', **(env or {})}
    with subprocess.Popen(command, cwd=cwd, env=environment, text=True, errors='replace', stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            raise AssertionError(f'{command} did not end in {SECONDS} s\n{output[-5000:]}') from None
    if process.returncode != status:
        raise AssertionError(f'{command}: status {process.returncode}, not {status}\n{output[-5000:]}')
    return output


class Package(unittest.TestCase):
    """Cases that build on each other: the source archive is made once, the package from it once."""

    archive = package = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='pqleak-package-')
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def assert_installed(self, prefix, more=frozenset()):
        """Exactly the files that are meant to be there."""
        files = {os.path.relpath(os.path.join(folder, name), prefix)
                 for folder, _, names in os.walk(prefix) for name in names}
        found = {re.sub(r'^lib/[^/]+-linux-gnu/', 'lib/*/', name).removesuffix('.gz') for name in files}
        self.assertEqual(found, INSTALLED | more)

    def assert_works(self, prefix, name):
        """The installed command finds its own shim, judges, and its pkg-config file is true."""
        folder = self.path(name)
        os.makedirs(folder)
        pqleak = os.path.join(prefix, 'bin', 'pqleak')
        output = run([pqleak, 'run', '--check', '--', CLIENT, 'failed-leaked'], folder, status=1)
        self.assertIn('3 connections leaked', output)
        # The shim that was used is the installed one, and it was loaded from there.
        maps = run([pqleak, 'run', '-q', '--', 'cat', '/proc/self/maps'], folder)
        self.assertIn(os.path.realpath(prefix), ' '.join(re.findall(r'\S+libpqleak\.so', maps)))
        pc, = glob.glob(os.path.join(prefix, 'lib', '*', 'pkgconfig', 'pqleak.pc'))
        env = {'PKG_CONFIG_PATH': os.path.dirname(pc)}

        def ask(*options):
            return run(['pkg-config', f'--define-variable=prefix={prefix}', *options, 'pqleak'], folder, env).strip()

        self.assertIn(f"pqleak {ask('--modversion')}", run([pqleak, '--version'], folder))
        for variable in ('shim', 'shimdir', 'runnersdir'):
            self.assertTrue(os.path.exists(ask(f'--variable={variable}')), variable)
        self.assertEqual(ask('--variable=trace_version'), run([pqleak, 'sql', 'PRAGMA user_version'], folder).strip())
        self.assertEqual(ask('--libs'), '')

    def test_1_install(self):
        """meson install: a DESTDIR, and then anywhere else"""
        run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', self.path('staged')], self.folder)
        options = json.loads(run(['meson', 'introspect', '--buildoptions', BUILD], self.folder))
        prefix = self.path('staged' + next(one['value'] for one in options if one['name'] == 'prefix'))
        self.assert_installed(prefix, {'share/licenses/pqleak/LICENSE'})
        self.assert_works(prefix, 'work-staged')
        shutil.move(prefix, self.path('moved'))
        self.assert_works(self.path('moved'), 'work-moved')

    def test_2_dist(self):
        """meson dist: a source archive with everything that is tracked"""
        if not os.path.exists(os.path.join(SOURCE, '.git')):
            self.skipTest('not a clone')
        copy = self.path('copy')
        names = run(['git', 'ls-files', '-z'], SOURCE).rstrip('\0').split('\0')
        for name in names:
            os.makedirs(os.path.dirname(os.path.join(copy, name)), exist_ok=True)
            shutil.copy2(os.path.join(SOURCE, name), os.path.join(copy, name))
        identity = {f'GIT_{who}_{what}': 'pqleak@pqleak.invalid'
                    for who in ('AUTHOR', 'COMMITTER') for what in ('NAME', 'EMAIL')}
        for command in (['init', '--quiet'], ['add', '--force', '.'], ['commit', '--quiet', '--message=Everything']):
            run(['git', *command], copy, identity)
        run(['meson', 'setup', self.path('dist'), copy, '-Dtests=false'], self.folder)
        run(['meson', 'dist', '-C', self.path('dist'), '--no-tests', '--formats', 'gztar'], self.folder)
        archive, = glob.glob(self.path('dist', 'meson-dist', '*.tar.gz'))
        listed = run(['tar', '--list', '--file', archive], self.folder).splitlines()
        self.assertEqual({name.split('/', 1)[1] for name in listed if not name.endswith('/')}, set(names))
        Package.archive = archive

    def test_3_debian(self):
        """dpkg-buildpackage makes a source and a binary package of it, and lintian finds no error"""
        if self.archive is None:
            self.skipTest('there is no source archive')
        run(['tar', '--extract', '--file', self.archive], self.folder)
        source = self.archive.rsplit('/', 1)[1].removesuffix('.tar.gz')
        # Not optimised, with lines alone, and hardly compressed: what is judged here is the packaging, and the other builds
        # judge the code.
        run(['dpkg-buildpackage', '--unsigned-source', '--unsigned-changes', '--source-option=-z1'], self.path(source),
            {'DEB_BUILD_OPTIONS': 'nocheck noopt parallel=2', 'DEB_BUILD_PROFILES': 'nocheck', 'DPKG_DEB_COMPRESSOR_LEVEL': '1',
             'DEB_CFLAGS_APPEND': '-g1'})
        version = source.rsplit('-', 1)[1]
        self.assertTrue(os.path.exists(self.path(f'pqleak_{version}.dsc')), 'the changelog has another version')
        changes, = glob.glob(self.path('*.changes'))
        tags = run(['lintian', '--allow-root', '--fail-on', 'error', '--tag-display-limit', '0', changes], self.folder)
        # Debian 12's lintian does not know this field; its dpkg does.
        known = re.compile('W: pqleak(-dbgsym)?: unknown-field Static-Built-Using$')
        self.assertEqual([tag for tag in re.findall(r'(?m)^[EW]: .*', tags) if not known.match(tag)], [])
        Package.package, = glob.glob(self.path('pqleak_*.deb'))

    def test_4_package(self):
        """the package, unpacked anywhere, traces a program; its own test passes"""
        if self.package is None:
            self.skipTest('there is no package')
        run(['dpkg', '--extract', self.package, self.path('root')], self.folder)
        prefix = self.path('root', 'usr')
        documents = {f'share/doc/pqleak/{name}' for name in ('README.md', 'changelog', 'ci.md', 'copyright')}
        self.assert_installed(prefix, documents | {'share/lintian/overrides/pqleak'})
        self.assert_works(prefix, 'work-package')
        os.makedirs(self.path('smoke'))
        run([os.path.join(SOURCE, 'debian', 'tests', 'smoke')], self.folder,
            {'PATH': f'{prefix}/bin:/usr/bin:/bin', 'AUTOPKGTEST_TMP': self.path('smoke')})
        self.assertRegex(run(['dpkg', '--field', self.package, 'Depends'], self.folder), r'libunwind8.*libsqlite3')
        self.assertRegex(run(['dpkg', '--field', self.package, 'Static-Built-Using'], self.folder), r'sqlite3 \(= ')


if __name__ == '__main__':
    tap.main()
