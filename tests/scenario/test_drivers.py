# SPDX-License-Identifier: PostgreSQL
"""What is built on drivers and what runs tests, by the real packages: the call site is the user's own line.

Each line of the view `package` that says so has a case here, or in the tests of its language.
"""
import os
import re
import shutil
import unittest

import tap
from scenario import PYTHON, Scenario, client, script
from script_lines import Lines, marked_lines
from test_wheels import VENV_PYTHON


class Drivers(Lines):
    """One program, one mode: the marked lines at which its connections were acquired, and no others.

    Each program also gives a connection back, at a line that must not be among them.
    """

    def assert_sites(self, run, expected, status=0):
        """Connections by (word, function); `word` marks a line of the source, or is a file's name of a driver."""
        self.assertEqual(run.status, status, run)
        self.assertGreater(run.trace.verdicts().get('released', 0), 0, run)
        findings = self.json()['findings']
        found = {(os.path.basename(finding['site']['file']), finding['site']['line'], finding['site']['function'])
                 for finding in findings if finding['kind'] == 'connection'}
        name = os.path.basename(self.source)
        self.assertEqual(found, {(name, self.lines[word], function) for word, function in expected}, run)
        for finding in findings:  # results and the like, and each last use
            for site in (finding['site'], (finding['last_use'] or finding)['site']):
                self.assertEqual(os.path.basename(site['file'] or '?'), name, finding)
                self.assertIn(site['line'], self.lines.values(), finding)
        return findings


class Native(Drivers):
    """Drivers that are libraries of C and C++, and the last use of what leaked."""

    source = script('drivers/orm.cc')

    PROGRAMS = {
        'ECPG': ('ecpg', 'orm.pgc', 'leaks', 'ask', 'transaction'),
        'Poco': ('poco', 'orm.cc', 'leaks()', 'ask(Poco::Data::Session&)', None),
    }

    @tap.each(PROGRAMS, 'Debian: {0}')
    def debian(self, name, program, source, site, use, other):
        if not os.path.exists(client(program)):
            self.skipTest(f'no {name} when this was built')
        self.source = script(f'drivers/{source}')
        self.lines = marked_lines(self.source)
        run = self.traced(client(program))
        findings = self.assert_sites(run, [('leaks', site)])
        self.assertEqual({finding['kind'] for finding in findings}, {'connection', other or 'connection'}, run)
        self.assertEqual(run.trace.verdicts(), {'released': 1, 'leaked': 1}, run)
        last = findings[0]['last_use']['site']
        self.assertEqual((last['function'], last['line']), (use, self.lines['ask']), run)


class Python(Drivers):
    source = script('drivers/orm.py')

    DEBIAN = {
        'Django': ('django', [('django_a', 'django.<locals>.view_a'), ('django_b', 'django.<locals>.view_b')]),
        'SQLAlchemy 1.4': ('sqlalchemy', [('core', 'sqlalchemy.<locals>.core'), ('session', 'sqlalchemy.<locals>.session'),
                                          ('scope', 'sqlalchemy.<locals>.scope')]),
        'Flask-SQLAlchemy': ('flask', [('leaks', 'flask.<locals>.leaks'), ('error', 'flask')]),
        'Django under ASGI': ('asgi', [('count', 'asgi.<locals>.count')]),
        'PyGreSQL': ('pygresql', [('pygresql', 'pygresql.<locals>.connect')]),
        'Celery': ('celery', [('task', 'celery.<locals>.task')]),
        'gunicorn': ('gunicorn', [('view', 'gunicorn.<locals>.view')]),
    }

    @tap.each(DEBIAN, 'Debian: {0}')
    def debian(self, _name, mode, sites):
        run = self.traced(PYTHON, self.source, mode)
        self.assert_sites(run, sites, status=4 if mode == 'gunicorn' else 0)
        runner = {'celery': 'Celery', 'gunicorn': 'gunicorn', 'flask': 'Flask', 'asgi': 'asgiref'}.get(mode)
        if runner:
            self.assertRegex(run.stderr, rf'\d+ (frames )?of {runner} \(--native shows them\)')


@unittest.skipUnless(os.path.exists(VENV_PYTHON), 'no venv with the wheels (scripts/python-wheels makes it)')
class Wheels(Drivers):
    source = script('drivers/orm.py')

    SQLALCHEMY = [('core', 'sqlalchemy.<locals>.core'), ('session', 'sqlalchemy.<locals>.session'),
                  ('scope', 'sqlalchemy.<locals>.scope')]

    def test_sqlalchemy_2_0(self):
        """wheel of SQLAlchemy 2.0, whose decorators are <string>: Core, a session, a scoped session"""
        run = self.traced(VENV_PYTHON, self.source, 'sqlalchemy')
        self.assertRegex(run.stdout, r'^2\.0\.')
        self.assert_sites(run, self.SQLALCHEMY)

    def test_sqlalchemy_2_1(self):
        """wheel of SQLAlchemy 2.1, installed with pip --target"""
        newer = os.path.join(os.environ['PQLEAK_TEST_VENV'], 'newer', 'site-packages')
        run = self.traced(VENV_PYTHON, self.source, 'sqlalchemy', env={'PYTHONPATH': newer})
        self.assertRegex(run.stdout, r'^2\.1\.')
        self.assert_sites(run, self.SQLALCHEMY)

    def test_peewee(self):
        """wheel of peewee: a query, and a function that peewee decorates"""
        run = self.traced(VENV_PYTHON, self.source, 'peewee')
        self.assert_sites(run, [('query', 'peewee.<locals>.query'), ('within', 'peewee.<locals>.within')])

    def test_psycopg_pool(self):
        """wheel of psycopg_pool: its own thread connects, and no line of the user's is there, so the pool speaks"""
        run = self.traced(VENV_PYTHON, self.source, 'psycopg_pool')
        self.assertEqual(run.trace.verdicts(), {'released': 1, 'leaked': 1}, run)
        (site,) = [finding['site'] for finding in self.json()['findings'] if finding['kind'] == 'connection']
        self.assertRegex(site['file'], r'/psycopg_pool/\w+\.py$', run)


class Php(Drivers):
    source = script('drivers/orm.php')

    @tap.each({'Doctrine': 'doctrine', 'Laravel': 'laravel'}, 'Debian: {0}')
    def debian(self, _name, mode):
        run = self.traced('php', self.source, mode)
        self.assert_sites(run, [(mode, mode)], status=128 + 9)


class Perl(Drivers):
    source = script('drivers/orm.pl')

    @tap.each({'DBIx::Class': 'dbix_class', 'Mojo::Pg': 'mojo_pg'}, 'Debian: {0}')
    def debian(self, _name, mode):
        self.assert_sites(self.traced('perl', self.source, mode), [(mode, f'main::{mode}')])


class Lua(Drivers):
    source = script('drivers/orm.lua')

    def test_luadbi(self):
        """Debian: LuaDBI"""
        run = self.traced('lua5.4', self.source)
        findings = self.assert_sites(run, [('luadbi', f"function <orm.lua:{self.lines['luadbi'] - 1}>")])
        self.assertEqual({finding['kind']: finding['site']['line'] for finding in findings}, {
            'connection': self.lines['luadbi'], 'transaction': self.lines['luadbi'], 'result': self.lines['ask']})
        (used,) = {finding['last_use']['site']['line'] for finding in findings if finding['kind'] == 'connection'}
        self.assertEqual(used, self.lines['ask'])


class Languages(Drivers):
    """Languages without lines: a driver speaks, and the report says why it has none and what helps."""

    def assert_lineless(self, run, language, module):
        verdicts = run.trace.verdicts()
        self.assertEqual((verdicts.pop('released'), sum(verdicts.values())), (1, 1), run)
        report = self.pqleak('report', '--all', 't.db').stdout
        self.assertRegex(report, rf'(?m)^  lines +none of {language}, for \w.+; \w.+$')
        (finding,) = [finding for finding in self.json()['findings'] if finding['kind'] == 'connection']
        self.assertRegex(os.path.basename(finding['site']['module']), f'^{module}', run)
        return finding


class Lineless(Languages):
    """Those of other interpreters than Node."""

    source = script('drivers/orm.ml')
    PROGRAMS = {
        'Pgtcl': ('Tcl', 'libpgtcl', 'tclsh', 'orm.tcl'),
        'RPostgreSQL': ('R', 'RPostgreSQL.so', 'Rscript', 'orm.R'),
        "LuaJIT's FFI": ('LuaJIT', 'luajit', 'luajit', 'ffi.lua'),
    }

    @tap.each(PROGRAMS, '{0}: the report says that there are no lines')
    def lineless(self, _name, language, module, *command):
        if not shutil.which(command[0]):
            self.skipTest(f'no {command[0]}')
        finding = self.assert_lineless(self.traced(command[0], script(f'drivers/{command[1]}')), language, module)
        if language in ('Tcl', 'R'):
            self.assertRegex(self.pqleak('show', 't.db', str(finding['first_id'])).stdout, r'(?m)^  name +kept_here$')

    @unittest.skipUnless(os.path.exists('/usr/lib/ocaml/postgresql'), 'no libpostgresql-ocaml-dev')
    def test_ocaml(self):
        """postgresql-ocaml: bytecode has no lines, native code has"""
        shutil.copy(self.source, self.folder)
        for compiler, kind in (('ocamlc', 'cma'), ('ocamlopt', 'cmxa')):
            made = self.execute([compiler, '-g', '-I', '+postgresql', '-I', '+threads', f'unix.{kind}', f'threads.{kind}',
                                 f'postgresql.{kind}', 'orm.ml', '-o', compiler])
            self.assertEqual(made.returncode, 0, made)
        self.assert_lineless(self.traced('./ocamlc'), 'OCaml', r'dllpostgresql_stubs\.so')
        os.unlink(self.path('t.db'))
        run = self.traced('./ocamlopt')
        self.assertNotIn('none of OCaml', run.stderr)
        (site,) = [finding['site'] for finding in self.json()['findings'] if finding['kind'] == 'connection']
        self.assertRegex(site['function'], '^camlOrm__leaks_')
        self.assertEqual((site['file'], site['line']), (self.path('orm.ml'), self.lines['leaks']), run)


ADDON = os.path.join(os.environ.get('PQLEAK_TEST_NPM', '/nonexistent'), 'node_modules/libpq/build/Release/addon.node')


@unittest.skipUnless(os.path.exists(ADDON), 'no libpq from npm (scripts/npm-packages fetches it)')
class Node(Languages):
    source = script('drivers/orm.js')

    def node(self, *options):
        run = self.traced('node', *options, self.source, env={'NODE_PATH': ADDON.split('/libpq/')[0]})
        self.assertEqual(run.status, 0, run)
        self.addCleanup(lambda: os.path.exists(path := f'/tmp/perf-{int(run.stdout)}.map') and os.unlink(path))
        return run

    def test_node(self):
        """npm's libpq: without V8's names the report says what helps"""
        self.assert_lineless(self.node(), 'Node', r'addon\.node')

    def test_node_with_names(self):
        """npm's libpq: with them the site is the user's function"""
        run = self.node('--perf-basic-prof', '--interpreted-frames-native-stack')
        self.assertNotIn('none of Node', run.stderr)
        (finding,) = [finding for finding in self.json()['findings'] if finding['kind'] == 'connection']
        for site, word in ((finding['site'], 'leaks'), (finding['last_use']['site'], 'ask')):
            # JS or, up to Node 18, LazyCompile; since Node 20 the column, too.
            self.assertRegex(site['function'], rf'^\w+:~{word} {re.escape(self.source)}:{self.lines[word]}(:\d+)?$', run)
        self.assertRegex(run.stderr, r'\d+ of Node \(--native shows them\)')


class Own(Scenario):
    """--own makes a driver one's own code, and .pqleak.ini may say it."""

    def test_own(self):
        """--own: the site is in Django; --skip wins over it"""
        run = self.traced(PYTHON, script('drivers/orm.py'), 'django')
        self.assertEqual(run.status, 0, run)

        def files(*options):
            return {os.path.basename(finding['site']['file']) for finding in self.json('t.db', *options)['findings']}

        self.assertEqual(files('--own=*/django/db/*'), {'base.py'})
        self.assertEqual(files('--own=*/django/db/*', '--skip=*/django/db/backends/*'), {'orm.py'})
        with open(self.path('own.ini'), 'w', encoding='utf-8') as file:
            file.write('[report]\nown = */django/db/*\n')
        self.assertEqual(files('--config=own.ini'), {'base.py'})


class Runners(Scenario):
    """A test runner is never a call site; what lies outside the test is folded, and the test is named."""

    def assert_tests(self, run, site, tests, runner):
        self.assertGreater(run.trace.verdicts().get('released', 0), 0, run)
        (finding,) = [finding for finding in self.json()['findings'] if finding['kind'] == 'connection']
        self.assertEqual(finding['site']['function'], site, run)
        self.assertEqual({test['function'] for test in finding['tests']}, tests, run)
        self.assertRegex(run.stderr, rf'\d+ (frames )?of {runner} \(--native shows them\)')
        most = min(tests, key=lambda test: (-self.count(finding, test), test)).removesuffix('()')
        self.assertIn(f'    test      {most} (', run.stderr)
        outside = [call for call in finding['stack'] if call['role'] == 'runner']
        self.assertTrue(outside, 'the runner is on the stack')

    @staticmethod
    def count(finding, function):
        return sum(test['count'] for test in finding['tests'] if test['function'] == function)

    def run_in_clients(self, *command):
        return self.traced(*command, cwd=script('drivers'), options=('-o', self.path('t.db')),
                           env={'PYTHONDONTWRITEBYTECODE': '1'})

    UNITTEST = {'Shop.test_a_visit', 'Shop.test_b_refusal'}

    def test_unittest(self):
        """unittest: assertRaises, which calls a function, is no test"""
        self.assert_tests(self.run_in_clients(PYTHON, 'test_shop.py'), 'visit', self.UNITTEST, 'unittest')

    def test_pytest(self):
        """pytest: unittest's tests and its own, a fixture, pytest.raises"""
        pytest = PYTHON, '-m', 'pytest', '-q', '-p', 'no:cacheprovider'
        self.assert_tests(self.run_in_clients(*pytest, 'test_shop.py'), 'visit', self.UNITTEST, 'unittest')
        self.assert_tests(self.run_in_clients(*pytest, 'test_plain.py'), 'visit', {'visitor', 'test_visit', 'test_refusal'}, 'pytest')

    NATIVE = {  # the program, the test's own function and what it is called
        'Catch2': ('catch2', 'C_A_T_C_H_T_E_S_T_0()'),
        'googletest': ('googletest', 'Shop_Leaks_Test::TestBody()'),
        'Boost.Test': ('boost-test', 'leaks::test_method()'),
        'cmocka': ('cmocka', 'leaks'),
        'libtest': ('libtest', 'shop::leaks'),
    }

    @tap.each(NATIVE, '{0}: a test that leaks, and its clean twin')
    def native(self, runner, program, test):
        if not os.path.exists(client(program)):
            self.skipTest(f'no {runner} when this was built')
        run = self.traced(client(program))
        self.assertEqual(run.trace.verdicts(), {'released': 1, 'leaked': 1}, run)
        site = {'libtest': 'shop::visit', 'cmocka': 'visit'}.get(program, 'visit()')
        self.assert_tests(run, site, {test}, runner)

    def test_rspec(self):
        """RSpec"""
        self.assert_tests(self.run_in_clients('rspec', 'shop_spec.rb'), 'visit', {'block (2 levels) in <top (required)>'}, 'RSpec')

    def test_minitest(self):
        """Minitest"""
        self.assert_tests(self.run_in_clients('ruby', 'shop_minitest.rb'), 'visit', {'test_visit'}, 'Minitest')

    def test_testunit(self):
        """test-unit, which comes with Ruby"""
        self.assert_tests(self.run_in_clients('ruby', 'shop_testunit.rb'), 'visit', {'test_visit'}, 'test-unit')

    def test_phpunit(self):
        """PHPUnit"""
        run = self.run_in_clients('phpunit', '--no-configuration', '--do-not-cache-result', 'ShopTest.php')
        report = self.pqleak('report', '--all', 't.db')
        run.stderr = report.stdout
        self.assert_tests(run, 'ShopTest::visit', {'ShopTest::testVisit'}, 'PHPUnit')

    def test_test_more(self):
        """Test::More: a subtest"""
        self.assert_tests(self.run_in_clients('perl', 'shop.t'), 'main::visit', {'main::__ANON__'}, 'Test::More')


if __name__ == '__main__':
    tap.main()
