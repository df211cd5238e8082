# SPDX-License-Identifier: PostgreSQL
"""Programs and debug information that were made to harm whoever reads them: pqleak ends, and names what is honest.

What does not end hangs the test: the bounds are of CPU time and memory, and are set from outside, so that a case need not
take as much as pqleak would allow.
"""
import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess

import hostile
import tap
from names import PQLEAK, SECONDS, Names, build_id, output

MEMORY = 256 << 20  # enough for every honest file here
CPU_SECONDS = 2  # of each process; the honest ones take hundredths of one
DEBUG = 'app.debug'


def bounded():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class Files(Names):
    def setUp(self):
        super().setUp()
        self.honest = self.assemble('honest')

    def assemble(self, name, text=hostile.CODE, *options):
        """A program; every one has an address in main (at 8 behind it) that a trace points to."""
        source = self.path(name + '.s')
        with open(source, 'w', encoding='ascii') as file:
            file.write(text + '\t.section .note.GNU-stack,""\n')
        path = self.path(name)
        output('gcc', '-nostdlib', '-no-pie', '-Wl,--build-id=sha1', '-Wl,-e,main', source, '-o', path, *options)
        return path

    def address(self, path):
        return int(next(line for line in output('nm', path).splitlines() if line.endswith(' main')).split()[0], 16) + 8

    def ask(self, *paths, options=(), known=None):
        """Names an address of each file, and one of the honest file behind them: what pqleak says, and the names."""
        address = self.address(self.honest)
        modules = [(path, known or build_id(path), [address]) for path in paths]
        trace = self.trace(modules + [(self.honest, build_id(self.honest), [address])])
        run = subprocess.run([PQLEAK, 'symbolize', *options, trace], capture_output=True, text=True, check=False,
                             timeout=SECONDS, env=self.environment, cwd=self.folder, preexec_fn=bounded)
        self.assertEqual((run.returncode, run.stderr), (0, ''), run)
        stored = self.stored(trace)
        self.assertEqual(stored.get(len(modules) + 1), [('main', '', 0)], f'the honest file: {run}')
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith('core')], [])
        os.unlink(trace)
        return run.stdout, [stored.get(number, []) for number in range(1, len(modules) + 1)]

    def beside(self, app, name, version=''):
        """A copy of a program for each kind of thing that can stand beside it under a name."""
        copies = []
        for number, make in enumerate(hostile.PLACES.values()):
            copies.append(shutil.copy(app, self.path(f'{name}{version}-{number}', 'app')))
            make(self.path(f'{name}{version}-{number}', name))
        return copies

    def keeps_symbols(self, *paths, **more):
        """Whatever it is, it hides nothing: the ELF symbol of the file itself names the address."""
        _, names = self.ask(*paths, **more)
        self.assertEqual(dict(zip(hostile.PLACES, names)), dict.fromkeys(hostile.PLACES, [('main', '', 0)]))

    def test_module(self):
        """anything in the place of the module itself"""
        places = [self.path(f'thing-{number}') for number in range(len(hostile.PLACES))]
        for place, make in zip(places, hostile.PLACES.values()):
            make(place)
        _, names = self.ask(*places, known='ab' * 20)
        self.assertEqual(names, [[]] * len(places))

    def test_debuglink(self):
        """anything in the place of the file that a debug link names"""
        app = self.assemble('app')
        output('objcopy', '--only-keep-debug', app, self.path(DEBUG), cwd=self.folder)
        output('objcopy', '--add-gnu-debuglink=' + DEBUG, app, cwd=self.folder)
        self.keeps_symbols(*self.beside(app, DEBUG), known=build_id(app))

    def test_build_id(self):
        """anything in the place of debug information by build-id, where the program is there and where it is not"""
        for ending in ('.debug', ''):
            ids = [f'{number:02x}' * 20 for number in range(len(hostile.PLACES))]
            apps = [self.assemble(f'app-{known}', hostile.CODE, '-Wl,--build-id=0x' + known) for known in ids]
            for known, make in zip(ids, hostile.PLACES.values()):
                make(self.path('debug' + ending, '.build-id', known[:2], known[2:] + ending))
            self.keeps_symbols(*apps, options=['--debug-path=debug' + ending])
            for app in apps:
                output('objcopy', '--remove-section=.note.gnu.build-id', app)
            address = self.address(self.honest)
            trace = self.trace([(app, known, [address]) for app, known in zip(apps, ids)])
            self.assertIn('0 of 11 frames have names', self.pqleak('symbolize', '--debug-path=debug' + ending, trace))
            os.unlink(trace)

    def test_shared(self):
        """anything in the place of dwz's shared file, whose path stands in the program"""
        apps = []
        app = self.assemble('app', hostile.CODE + hostile.UNIT.format(children=''))
        for number, make in enumerate(hostile.PLACES.values()):
            make(self.path(f'shared-{number}'))
            apps.append(shutil.copy(app, self.path(f'app-{number}')))
            with open(self.path('link'), 'wb') as file:
                file.write(os.fsencode(self.path(f'shared-{number}')) + b'\0' + bytes(range(20)))
            output('objcopy', '--add-section', '.gnu_debugaltlink=' + self.path('link'), apps[-1])
        self.keeps_symbols(*apps, known=build_id(app))

    def test_split(self):
        """anything in the place of a .dwo file or a .dwp package beside the program, and a pipe where the compiler ran"""
        source = self.path('app.c')
        with open(source, 'w', encoding='ascii') as file:
            file.write('int main(void) { return 0; }\nvoid more(void) {}\n')
        for version in ('-gdwarf-5', '-gdwarf-4'):
            made = self.path('made' + version, 'app.o')
            output('gcc', '-gsplit-dwarf', version, '-falign-functions=16', '-c', source, '-o', made,
                   cwd=os.path.dirname(made))
            app = self.path('app')
            output('gcc', '-nostdlib', '-no-pie', '-Wl,--build-id=sha1', '-Wl,-e,main', made, '-o', app)
            dwo, = [name for name in os.listdir(os.path.dirname(made)) if name.endswith('.dwo')]
            os.unlink(self.path(os.path.dirname(made), dwo))
            os.mkfifo(self.path(os.path.dirname(made), dwo))
            for name in (dwo, 'app.dwp'):
                self.keeps_symbols(*self.beside(app, name, version), known=build_id(app))

    def unreadable(self, *paths):
        """Files that cost too much, or kill who reads them; the honest file behind them has its name."""
        said, names = self.ask(*paths)
        self.assertEqual(names, [[]] * len(paths))
        return said

    def test_nested(self):
        """namespaces in namespaces, three million deep"""
        said = self.unreadable(self.assemble('nested', hostile.CODE + hostile.NESTED))
        self.assertIn('1 in nested (damaged, or too large to read)', said)

    def test_own_copy(self):
        """a function that is a copy of itself"""
        self.ask(self.assemble('own', hostile.CODE + hostile.OWN_COPY))

    def test_doubling(self):
        """a C++ name that doubles sixty times"""
        said = self.unreadable(self.assemble('doubling', hostile.DOUBLING))
        self.assertIn('1 in doubling (damaged, or too large to read)', said)

    def test_unpacked(self):
        """debug information that is a gigabyte of zeros when it is unpacked: a section, and a whole file"""
        section = self.assemble('section', hostile.CODE + hostile.UNIT.format(children=''))
        with open(self.path('zeros'), 'wb') as file:
            file.write(hostile.zeros_as_section(1 << 30))
        output('objcopy', '--remove-section=.debug_info', '--add-section', '.zdebug_info=' + self.path('zeros'), section)
        whole = self.assemble('whole')
        output('objcopy', '--only-keep-debug', whole, self.path(DEBUG), cwd=self.folder)
        output('objcopy', '--add-gnu-debuglink=' + DEBUG, whole, cwd=self.folder)
        with open(self.path(DEBUG), 'wb') as file:
            file.write(hostile.zeros_as_gzip(1 << 30))
        self.ask(section, whole)

    def test_auditor(self):
        """a program that has the dynamic linker run a library of its own when that only lists what it would load"""
        source, ran = self.path('auditor.c'), self.path('ran')
        with open(source, 'w', encoding='ascii') as file:
            file.write('#include <fcntl.h>\n#ifdef AUDITOR\nunsigned la_version(unsigned v) { open("' + ran + '", O_CREAT, 0600);'
                       ' return v; }\n#else\nint main(void) { return 0; }\n#endif\n')
        auditor = self.path('auditor.so')
        output('gcc', '-shared', '-fPIC', '-DAUDITOR', source, '-o', auditor)
        for option in ('--audit=', '--depaudit='):
            program = self.path('program')
            output('gcc', source, '-o', program, '-Wl,' + option + auditor)
            for command in (program, shutil.copy(program, self.path('without-sections'))):
                if command != program:
                    with open(command, 'r+b') as file:  # e_shoff, e_shnum: the dynamic linker does not need them
                        file.seek(0x28)
                        file.write(bytes(8))
                        file.seek(0x3c)
                        file.write(bytes(4))
                run = subprocess.run([PQLEAK, 'doctor', '-o', self.path('t.db'), '--', command], capture_output=True, text=True,
                                     check=False, timeout=SECONDS, env=self.environment)
                self.assertEqual(run.returncode, 2, run)
                self.assertIn('audit library', run.stdout)
                self.assertFalse(os.path.exists(ran))

    def test_executables(self):
        """anything in the place of an executable that could not be traced: it could not be examined"""
        places = [self.path(f'program-{number}') for number in range(len(hostile.PLACES))]
        for place, make in zip(places, hostile.PLACES.values()):
            make(place)
        hostile.sparse(self.path('sections'), sections_at=0x10000)
        trace = self.trace([])
        with contextlib.closing(sqlite3.connect(trace)) as database:
            database.executemany("INSERT INTO unseen (exe, how, module) VALUES (?, 'static', '')",
                                 [(place,) for place in (*places, self.path('sections'))])
            database.commit()
        run = subprocess.run([PQLEAK, 'check', trace], capture_output=True, text=True, check=False, timeout=SECONDS,
                             env=self.environment, preexec_fn=bounded)
        self.assertEqual(run.returncode, 2, run)
        with contextlib.closing(sqlite3.connect(trace)) as database:
            signs = dict(database.execute('SELECT exe, sign FROM unseen'))
        # 10 GB of nothing, whose holes are passed over, hold no sign.
        nothing = places[list(hostile.PLACES).index('10 GB of nothing')]
        self.assertEqual([place for place in signs if signs[place] is not None], [nothing])

    def test_map(self):
        """a map of a JIT compiler's code that says of each of its lines that it is everywhere, or that never ends"""
        pid = 2**22 + os.getpid()  # of no process
        place = f'/tmp/perf-{pid}.map'
        self.addCleanup(lambda: os.path.lexists(place) and os.unlink(place))
        for content, size in ((b'1000 ffffffff f\n' * 40000, None), (b'', 4 << 40)):
            trace = self.trace([('[jit]', '00000000000000aa', range(0x1000, 0x1000 + 4000))], pid=pid, started_ns=1)
            with open(place, 'wb') as file:
                file.write(content)
                if size:
                    file.truncate(size)
            os.utime(place, ns=(2 * 10**9, 10**9))
            said = self.pqleak('symbolize', trace)
            self.assertIn('0 of 4000 frames have names', said)
            self.assertIn('(damaged, or too large to read)', said)
            os.unlink(trace)

    def test_damaged(self):
        """two hundred programs with some of their bytes changed"""
        app = self.assemble('app', hostile.CODE + hostile.UNIT.format(children=''), '-g')
        known = build_id(app)
        with open(app, 'rb') as file:
            content = file.read()
        paths = []
        for seed in range(200):
            paths.append(self.path(f'damaged-{seed}'))
            with open(paths[-1], 'wb') as file:
                file.write(hostile.damaged(content, seed))
        self.ask(*paths, known=known)


if __name__ == '__main__':
    tap.main()
