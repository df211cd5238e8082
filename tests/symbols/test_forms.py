# SPDX-License-Identifier: PostgreSQL
"""Every form of debug information: its names are right, and where there is none they are absent."""
import os
import shutil

import tap
from names import HERE, SOURCE, Names, build_id, lines, output, places

LINES = lines()
RUST = {'legacy': 'bank::account::open', 'modern': 'bank::account::close'}
INLINED = [(name, 'forms.c', LINES[name]) for name in ('inner', 'middle', 'outer')]
FULL = {'plain': [('plain', 'forms.c', LINES['plain'])], 'hidden': [('hidden', 'forms.c', LINES['hidden'])],
        'inlined': INLINED, 'cold': [('colder', 'forms.c', LINES['cold'])],
        **{name: [(text, 'forms.c', LINES[name])] for name, text in RUST.items()}}
# What the ELF symbols alone say: the function around, and no line.
SYMBOLS = {name: [(frames[-1][0], '', 0)] for name, frames in FULL.items()}
DYNAMIC = {name: [] if name == 'hidden' else frames for name, frames in SYMBOLS.items()}
NONE = {name: [] for name in FULL}


class Forms(Names):
    def check(self, path, wanted, *options, at=None, known=None):
        """The names of all calls of a sample, which may have become another file than it was when it spoke."""
        at = at or places(path)
        self.assertEqual(set(at), set(wanted))
        got = self.names(path, list(at.values()), *options, known=known)
        self.assertEqual(dict(zip(at, got)), wanted, self.said)

    def split(self, path, *strip):
        """Takes the debug information out of a file; answers the file that has it."""
        debug = path + '.debug'
        output('objcopy', '--only-keep-debug', path, debug)
        output('strip', *(strip or ('--strip-all',)), path)
        return debug

    def by_build_id(self, debug, root):
        """Puts separate debug information where build-ids are looked for."""
        known = build_id(debug)
        place = self.path(root, '.build-id', known[:2], known[2:] + '.debug')
        shutil.move(debug, place)
        return os.path.join(self.folder, root)

    def test_full(self):
        """full debug information, position-independent and fixed"""
        self.check(self.sample('pie', '-pie', '-fPIE'), FULL)
        self.check(self.sample('fixed', '-no-pie', '-fno-pie'), FULL)

    def test_versions(self):
        """DWARF 4 and 5, and the least that gcc writes"""
        self.check(self.sample('four', '-gdwarf-4'), FULL)
        self.check(self.sample('five', '-gdwarf-5'), FULL)
        self.check(self.sample('least', '-g1'), FULL)

    def test_clang(self):
        """clang, which writes no .debug_aranges"""
        path = self.sample('clang', '-gdwarf-4', compiler='clang')
        self.assertNotIn('.debug_aranges', output('readelf', '-SW', path))
        self.check(path, FULL)
        self.check(self.sample('clang5', '-gdwarf-5', compiler='clang'), FULL)
        self.check(self.sample('clang-lines', '-gline-tables-only', compiler='clang'),
                   FULL)

    def test_mixed_compilers(self):
        """units of two compilers, one of which claims in .debug_aranges what lies between its two parts"""
        compile = ('-g', '-O2', '-c')
        for name, compiler, text in (
                ('apart', 'gcc', 'int printf(const char *, ...); int helper(int x);\n'
                 '__attribute__((cold, noinline)) int cold_part(int x) { return printf("%d", x); }\n'
                 'int helper(int x) { return x > 100000 ? cold_part(x) : x + 1; }\n'),
                ('between', 'clang', 'extern int helper(int x);\n'
                 '__attribute__((noinline)) int leak(void) { return helper(1) + 1; }\n'
                 'int main(void) { return leak() - 3; }\n')):
            with open(self.path(name + '.c'), 'w', encoding='utf-8') as source:
                source.write(text)
            output(compiler, *compile, self.path(name + '.c'), '-o', self.path(name + '.o'))
        for order in (('between', 'apart'), ('apart', 'between')):
            path = self.path('mixed')
            output('gcc', *(self.path(name + '.o') for name in order), '-o', path)
            at = {name: int(address, 16) for address, _, name in map(str.split, output('nm', '-g', '--defined-only', path).splitlines())}
            wanted = {'leak': 'between.c', 'main': 'between.c', 'helper': 'apart.c', 'cold_part': 'apart.c'}
            got = self.names(path, [at[name] for name in wanted])
            self.assertEqual([frames[0][:2] for frames in got], list(wanted.items()), order)

    def test_no_plt(self):
        """calls that go through no PLT, and binding at once"""
        self.check(self.sample('noplt', '-fno-plt', '-Wl,-z,now'), FULL)

    def test_lto(self):
        """link-time optimisation"""
        self.check(self.sample('lto', '-flto'), FULL)

    def test_build_id(self):
        """separate debug information by build-id"""
        path = self.sample('a')
        root = self.by_build_id(self.split(path), 'debug')
        self.check(path, NONE)
        self.check(path, FULL, '--debug-path=' + root)
        self.check(path, FULL, '--debug-path=/usr:' + root)

    def twin(self, *options):
        """The same code under other names: a file that a wrong guess would take."""
        source = self.path('twin.c')
        with open(source, 'w', encoding='utf-8') as file:
            file.write('\n\n' + SOURCE.read_text(encoding='utf-8').replace('int plain(', 'int wrong(').replace(
                'plain(0)', 'wrong(0)'))
        return self.sample('twin', *options, source=source)

    def test_build_id_of_another(self):
        """separate debug information of another build under the name of this one"""
        path = self.sample('a')
        at = places(path)
        os.unlink(self.split(path))
        place = self.path('debug', '.build-id', build_id(path)[:2], build_id(path)[2:] + '.debug')
        shutil.move(self.split(self.twin()), place)
        self.check(path, NONE, '--debug-path=' + self.path('debug'), at=at)

    def test_debuglink(self):
        """separate debug information by debuglink, beside the file, in .debug, and in a folder that is named"""
        path = self.sample('a', '-Wl,--build-id=none')
        debug = self.split(path)
        output('objcopy', '--add-gnu-debuglink=' + debug, path)
        self.check(path, FULL)
        shutil.move(debug, self.path('.debug', 'a.debug'))
        self.check(path, FULL)
        shutil.move(self.path('.debug', 'a.debug'), self.path('elsewhere', 'a.debug'))
        self.check(path, NONE)
        self.check(path, FULL, '--debug-path=' + self.path('elsewhere'))

    def test_debuglink_crc(self):
        """a debuglink to a file that is another one now"""
        path = self.sample('a', '-Wl,--build-id=none')
        debug = self.split(path)
        output('objcopy', '--add-gnu-debuglink=' + debug, path)
        shutil.move(self.split(self.twin('-Wl,--build-id=none')), debug)
        self.check(path, NONE)

    def test_no_link(self):
        """neither build-id nor debuglink: a file that only has the right name proves nothing"""
        path = self.sample('a', '-Wl,--build-id=none')
        at = places(path)
        self.split(path)
        shutil.move(self.split(self.twin('-Wl,--build-id=none')), path + '.debug')
        self.check(path, NONE, at=at)

    def test_compressed(self):
        """compressed debug sections"""
        self.check(self.sample('zlib', '-g', '-gz=zlib'), FULL)
        path = self.sample('gnu')
        output('objcopy', '--compress-debug-sections=zlib-gnu', path)
        self.check(path, FULL)

    def test_zstd(self):
        """debug sections compressed with zstd, where elfutils knows it; never a wrong name"""
        path = self.sample('zstd')
        try:
            output('objcopy', '--compress-debug-sections=zstd', path)
        except AssertionError as error:
            self.skipTest(f'objcopy knows no zstd: {error}')
        got = self.names(path, [places(path)['inlined']])[0]
        self.assertIn(got, (FULL['inlined'], SYMBOLS['inlined']))
        if got != FULL['inlined']:
            self.skipTest('this libdw knows no zstd; the ELF symbols name the function instead')
        self.check(path, FULL)

    def test_split_dwarf(self):
        """split DWARF: with its .dwo file, without, and with that of another build"""
        for version in ('-gdwarf-5', '-gdwarf-4'):
            with self.subTest(version):
                path = self.sample('s', '-gsplit-dwarf', version)
                dwo, = [name for name in os.listdir(self.folder) if name.endswith('.dwo')]
                dwo = self.path(dwo)
                self.check(path, FULL)
                shutil.move(dwo, self.path('kept', 'dwo'))
                self.check(path, SYMBOLS)
                self.sample('other', '-gsplit-dwarf', version, '-O1', '-DDISCARDED')
                other, = [name for name in os.listdir(self.folder) if name.endswith('.dwo')]
                shutil.move(self.path(other), dwo)
                self.check(path, SYMBOLS)
                os.unlink(dwo)

    def test_package(self):
        """split DWARF in a .dwp package, as far as libdw reads it: all, or the function alone"""
        path = self.sample('p', '-gsplit-dwarf', '-gdwarf-4')
        dwo, = [name for name in os.listdir(self.folder) if name.endswith('.dwo')]
        if shutil.which('dwp') is None:
            self.skipTest('binutils has no dwp here')
        output('dwp', '-o', path + '.dwp', self.path(dwo))
        os.unlink(self.path(dwo))
        at = places(path)
        got = dict(zip(at, self.names(path, list(at.values()))))
        self.assertIn(got, (FULL, SYMBOLS))

    def test_dwz(self):
        """debug information shared between files by dwz, in each and in a third"""
        one = self.sample('one')
        output('dwz', one)
        self.check(one, FULL)
        one, two = self.sample('one'), self.sample('two', '-fno-plt')
        output('dwz', '-m', self.path('shared'), '-M', self.path('shared'), one, two)
        self.assertIn('.gnu_debugaltlink', output('readelf', '-SW', one))
        self.check(one, FULL)
        os.unlink(self.path('shared'))
        at = places(one)
        for (name, frames), full in zip(zip(at, self.names(one, list(at.values()))), map(FULL.get, at)):
            # The lines are in the file itself, and so are the functions around.
            self.assertEqual([frame[1:] for frame in frames], [frame[1:] for frame in full], name)
            self.assertEqual(frames[-1][0], full[-1][0])
            for (function, _, _), (wanted, _, _) in zip(frames, full):
                self.assertIn(function, (wanted, None), name)
        shutil.copy(self.sample('third', '-O1'), self.path('shared'))  # another file of that name
        self.check(one, SYMBOLS)

    def test_mini(self):
        """mini debug information: the symbols alone, in .gnu_debugdata"""
        path = self.sample('mini')
        at = places(path)
        mini = self.path('mini.debug')
        shutil.copy(path, mini)
        output('strip', '--strip-debug', mini)
        output('objcopy', '--only-keep-debug', mini)
        output('xz', mini)
        output('strip', '--strip-all', path)
        self.check(path, NONE, at=at)
        output('objcopy', f'--add-section=.gnu_debugdata={mini}.xz', path)
        self.check(path, SYMBOLS, at=at)

    def test_stripped(self):
        """stripped: dynamic symbols name only what they hold; between them there is no name"""
        path = self.sample('a', '-rdynamic')
        at = places(path)
        output('strip', '--strip-debug', path)
        self.check(path, SYMBOLS, at=at)
        output('strip', '--strip-all', path)
        # The cold part of a function is a local symbol, and lies before the function's own.
        self.check(path, {**DYNAMIC, 'cold': []}, at=at)
        naked = self.sample('naked')
        output('strip', '--strip-all', naked)
        self.check(naked, NONE)
        self.assertIn('(no symbols)', self.said)

    def test_gap(self):
        """an address between two functions has no name"""
        path = self.sample('a', '-falign-functions=64')
        output('strip', '--strip-debug', path)
        symbols = [line.split() for line in output('nm', '-nS', '--defined-only', path).splitlines()]
        ends = [int(row[0], 16) + int(row[1], 16) for row in symbols if row[-1] == 'plain']
        starts = {int(row[0], 16) for row in symbols}
        self.assertNotIn(ends[0], starts)
        self.assertEqual(self.names(path, [ends[0] - 1, ends[0], ends[0] + 1]), [[('plain', '', 0)], [], []])
        self.assertEqual(self.name(path, 0x10), [])

    def test_discarded(self):
        """functions that the linker threw away, whose lines seem to lie over others"""
        for version in ('-gdwarf-4', '-gdwarf-5'):
            for compiler in ('gcc', 'clang'):
                with self.subTest(f'{compiler} {version}'):
                    path = self.sample('gc', version, '-DDISCARDED', '-ffunction-sections', '-Wl,--gc-sections',
                                       compiler=compiler)
                    self.assertNotIn('discarded', output('nm', path))
                    at = places(path)
                    for name, got in zip(at, self.names(path, list(at.values()))):
                        self.assertIn(got, (FULL[name], SYMBOLS[name]), name)

    def test_library(self):
        """a shared library"""
        path = self.sample('lib.so', '-shared', '-fPIC')
        host = self.path('host.c')
        with open(host, 'w', encoding='utf-8') as file:
            file.write('int plain(int); int outer(int); int main(void) { return plain(0) + outer(0) == 0; }\n')
        output('gcc', host, path, '-Wl,-rpath,' + self.folder, '-o', self.path('host'))
        at = places(self.path('host'))
        self.check(path, {name: FULL[name] for name in ('plain', 'inlined')}, at=at)
        output('strip', path)
        self.check(path, {name: SYMBOLS[name] for name in ('plain', 'inlined')}, at=at)

    def test_cplusplus(self):
        """C++ is demangled, with debug information and without"""
        source = HERE / 'forms.cc'
        path = self.sample('cc', source=source, compiler='g++')
        marked = lines(source)
        at = places(path)
        names = dict(zip(at, self.names(path, list(at.values()))))
        self.assertEqual([names[word][0][1:] for word in at], [('forms.cc', marked[word]) for word in at])
        self.assertEqual(names['method'][0][0].split('(')[0], 'bank::account::open')
        self.assertEqual(names['template'][0][0], 'bank::pool<long>(long)')
        self.assertEqual(names['lambda'][0][0].split('(')[0], 'main::{lambda')
        output('strip', '--strip-debug', path)
        bare = dict(zip(at, self.names(path, list(at.values()))))
        self.assertEqual({word: [(frames[-1][0], '', 0)] for word, frames in names.items()}, bare)

    def test_assembly(self):
        """assembly: a label with a size is a function, one without is not"""
        source = self.path('a.s')
        with open(source, 'w', encoding='utf-8') as file:
            file.write('.text\n.globl _start\n.type sized, @function\n_start: nop\nsized: nop\n nop\n.size sized, .-sized\n'
                       'bare: nop\n nop\n')
        output('gcc', '-nostdlib', '-static', '-Wl,--build-id', source, '-o', self.path('a'))
        start = {row[-1]: int(row[0], 16) for row in map(str.split, output('nm', self.path('a')).splitlines())}
        self.assertEqual(self.names(self.path('a'), [start['sized'] + 1, start['bare'] + 1, start['_start']]),
                         [[('sized', '', 0)], [], []])


if __name__ == '__main__':
    tap.main()
