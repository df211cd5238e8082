# SPDX-License-Identifier: PostgreSQL
"""The test runners of docs/ci.md, each with one test that leaks and one that does not."""
import os
import shutil
import sys

from pages import PageCase, RUNNERS, example, examples, headings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'scenario'))
import tap  # noqa: E402

LEAK = '"$PQLEAK_TEST_CLIENTS/client-acquire" failed-leaked'


class Runners(PageCase):
    def assert_clean(self, script):
        """With nothing but the clean test the same lines are content."""
        for name in ('test_checkout', 't/checkout.t', 'test_shop.py', 'shop.bats'):
            path = os.path.join(self.sample, name)
            with open(path, encoding='utf-8') as file:
                text = file.read()
            self.write(name, text.replace('failed-leaked', 'failed-finished'))
        run = self.shell(script)
        self.assertEqual(run.returncode, 0, f'{run.stdout}\n{run.stderr}')
        self.assertIn('nothing leaked', run.stderr)

    def judge(self, script, leaking, clean):
        self.assert_gate(self.shell(script), leaking, clean)
        shutil.rmtree(os.path.join(self.sample, 'build'), ignore_errors=True)
        self.assert_clean(script)

    def test_meson(self):
        """meson test"""
        self.judge(example('meson test', 'sh'), 'test_checkout', 'test_cart')

    def test_ctest(self):
        """ctest"""
        self.write('CMakeLists.txt', example('ctest', 'cmake'), 'a')
        self.judge(example('ctest', 'sh'), 'checkout', 'cart')

    def test_pytest(self):
        """pytest"""
        self.judge(example('pytest', 'sh'), 'test_shop.py::test_checkout', 'test_shop.py::test_cart')

    def test_pytest_xdist(self):
        """pytest with xdist's workers"""
        self.assert_gate(self.shell(example('pytest', 'sh').rstrip() + ' -n 2'),
                         'test_shop.py::test_checkout', 'test_shop.py::test_cart')

    def test_pytest_files(self):
        """a pytest for each file: within its own process too"""
        for name, more in (('checkout', ''), ('cart', 'connection.close()')):
            self.write(f'test_{name}.py', 'import ctypes\n\n\ndef test():\n'
                       "    pq = ctypes.CDLL('libpq.so.5')\n    pq.PQconnectdb.restype = ctypes.c_void_p\n"
                       "    connection = pq.PQconnectdb(b'host=/nonexistent')\n"
                       + ('    pq.PQfinish(ctypes.c_void_p(connection))\n' if more else ''))
        os.remove(os.path.join(self.sample, 'test_shop.py'))
        run = self.shell(example('pytest', 'sh', 1))
        self.assertEqual(run.returncode, 1, f'{run.stdout}\n{run.stderr}')
        self.assertEqual(self.leaked_labels(), {'test_checkout.py': 1})
        self.assertEqual(self.all_labels(), ['test_cart.py', 'test_checkout.py'])

    def test_prove(self):
        """prove"""
        self.judge(example('prove', 'sh'), 'perl t/checkout.t', 'perl t/cart.t')

    def test_bats(self):
        """bats"""
        path = os.path.join(self.sample, 'shop.bats')
        with open(path, encoding='utf-8') as file:
            text = file.read()
        self.write('shop.bats', text.replace("# The test puts the page's setup() here.\n", example('bats', 'bats')))
        self.judge(example('bats', 'sh'), 'shop.bats: checkout', 'shop.bats: cart')


class Page(PageCase):
    def test_first(self):
        """make test, without labels"""
        run = self.shell(example('pqleak in continuous integration', 'sh'))
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn('3 connections leaked', run.stderr)

    def test_known(self):
        """a baseline of what leaks, and suppressions of it: the gate passes"""
        os.mkdir(os.path.join(self.sample, 'ci'))
        run = self.shell(example('Known leaks', 'sh'))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('pqleak: nothing leaked except what is known', run.stderr)
        printed = self.shell('pqleak report --print-suppressions >ci/pqleak.supp')
        self.assertEqual(printed.returncode, 0, printed.stderr)
        run = self.shell(example('Known leaks', 'sh', 1))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('3 excused', run.stderr)
        self.write('.pqleak.ini', example('Known leaks', 'ini'))
        run = self.shell('pqleak run --check -- make test')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('3 excused', run.stderr)

    def test_formats(self):
        """the report in other forms"""
        run = self.shell(example('Formats for other tools', 'sh'))
        self.assertEqual((run.returncode, run.stdout.count('::error ')), (1, 3), run)
        self.assertEqual([os.path.exists(os.path.join(self.sample, name)) for name in ('pqleak.xml', 'pqleak.sarif')], [True, True])

    def test_several(self):
        """several runs, one trace"""
        run = self.shell(example('Several runners, one trace', 'sh'))
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertEqual((self.leaked_labels(), self.all_labels()), ({'first': 3}, ['first', 'second']))

    def test_preload(self):
        """preloaded without pqleak run; pkg-config knows the library"""
        run = self.shell(example('Several runners, one trace', 'sh', 1))
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertEqual((self.leaked_labels(), self.all_labels()), ({'first': 3}, ['first', 'second']))

    def test_every_example(self):
        """no example of the page is left out of these tests"""
        tested = {'pqleak in continuous integration': 1, 'Known leaks': 3, 'Formats for other tools': 1, 'meson test': 1, 'ctest': 2, 'pytest': 2, 'prove': 1, 'bats': 2,
                  'Several runners, one trace': 2, 'GitHub': 1, 'GitLab': 1}
        self.assertEqual({title: len(examples(title)) for title in headings() if examples(title)}, tested)


class Label(PageCase):
    def label(self, arguments, env=None):
        return self.shell(f'"{RUNNERS}/label" {arguments}', env=env)

    def test_words(self):
        """the program's name and its files, and nothing else of the command line"""
        show = """sh -c 'echo "$PQLEAK_LABEL"' password=secret test_cart t/cart.t """ + f'"{self.sample}/shop.bats" /etc/passwd'
        self.assertEqual(self.label(show).stdout, 'sh test_cart t/cart.t shop.bats /etc/passwd\n')
        self.assertEqual(self.label(show, {'PQLEAK_LABEL': 'mine'}).stdout, 'mine\n')

    def test_status(self):
        """the command's own status; 125 without one, 127 when there is none of that name"""
        self.assertEqual(self.label("sh -c 'exit 7'").returncode, 7)
        self.assertEqual(self.label('').returncode, 125)
        self.assertEqual(self.label('./missing').returncode, 127)


if __name__ == '__main__':
    tap.main()
