#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Names of frames, right or absent: symbols.py PQLEAK SAMPLE

SAMPLE prints addresses of its own calls.  A trace is made of them, and `pqleak` must name them from the debug
information, from the ELF symbols when there is none, and not at all when the file is not the one that was traced.
TAP on stdout.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import fixtures
from golden import ENVIRONMENT

SOURCE = fixtures.HERE / 'sample.c'
CPLUSPLUS = 'bank::account::open(int, std::string const&)'
RUST = 'bank::account::open'


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=fixtures.SECONDS).stdout


def line_of(word):
    lines = SOURCE.read_text(encoding='utf-8').splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f'/* line: {word} */'))


def build_id(path):
    found = re.search(r'Build ID: ([0-9a-f]+)', output('readelf', '-n', path))
    return found.group(1) if found else ''


class Symbols:
    def __init__(self, pqleak, sample):
        self.pqleak, self.sample = os.path.abspath(pqleak), os.path.abspath(sample)
        self.places = {name: int(offset) for name, offset in map(str.split, output(self.sample).splitlines())}
        self.number = self.failures = 0
        self.folder = None

    def ask(self, path, recorded, offset, started_ns=None, folder=None):
        """The names of one address: [(function, file, line)], innermost first."""
        trace = os.path.join(folder or tempfile.mkdtemp(dir=self.folder), 'trace.db')
        started_ns = started_ns or (time.time_ns() + 10**9)
        fixtures.shell(trace, fixtures.SCHEMA + f"""
            BEGIN;
            INSERT INTO process (id, spool, pid, ppid, host, exe, command, started_ns, ended_ns, "end", drained)
              VALUES (1, '1', 1, 1, '{os.uname().nodename}', '', '', {started_ns}, 0, 'exit', 1);
            INSERT INTO module VALUES (1, '{path}', '{recorded}');
            INSERT INTO frame (id, module, "offset") VALUES (1, 1, {offset});
            INSERT INTO stack VALUES (1, x'01');
            INSERT INTO stack_frame VALUES (1, 0, 1);
            COMMIT;""")
        return self.names(trace)

    def names(self, trace):
        run = subprocess.run([self.pqleak, 'sql', trace, 'SELECT function, file, line FROM symbol ORDER BY depth'],
                             capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=fixtures.SECONDS)
        assert run.returncode == 0 and run.stderr == '', run
        rows = [line.split('|') for line in run.stdout.splitlines()]
        return [(function, os.path.basename(file), int(line) if line else 0) for function, file, line in rows]

    def expect(self, name, got, wanted):
        self.number += 1
        self.failures += got != wanted
        print(f'{"ok" if got == wanted else "not ok"} {self.number} - {name}')
        if got != wanted:
            print(f'# {got}\n# is not {wanted}')

    def copy(self, name, *strip):
        path = os.path.join(self.folder, name)
        shutil.copy2(self.sample, path)
        if strip:
            output('strip', *strip, path)
        return path

    def run(self):
        sample, places, known = self.sample, self.places, build_id(self.sample)
        self.expect('the sample has a build-id', bool(known), True)
        self.expect('a function and its line', self.ask(sample, known, places['plain']),
                    [('plain', 'sample.c', line_of('plain'))])
        self.expect('inlined functions, innermost first', self.ask(sample, known, places['inlined']),
                    [(name, 'sample.c', line_of(name)) for name in ('inner', 'middle', 'outer')])
        self.expect('C++ is demangled', self.ask(sample, known, places['cplusplus']),
                    [(CPLUSPLUS, 'sample.c', line_of('cplusplus'))])
        self.expect('Rust is demangled', self.ask(sample, known, places['rust']), [(RUST, 'sample.c', line_of('rust'))])

        bare = self.copy('bare', '--strip-debug')
        self.expect('ELF symbols without debug information', self.ask(bare, known, places['inlined']), [('outer', '', 0)])
        self.expect('ELF symbols are demangled', self.ask(bare, known, places['cplusplus']), [(CPLUSPLUS, '', 0)])
        self.expect('between two symbols there is no name', self.ask(bare, known, 0x10), [])
        naked = self.copy('naked', '--strip-all')
        self.expect('a stripped file has no names', self.ask(naked, known, places['plain']), [])

        other = known[:-1] + ('0' if known[-1] != '0' else '1')
        self.expect('another build-id: no names', self.ask(sample, other, places['plain']), [])
        self.expect('a build-id where there was none: no names', self.ask(sample, '', places['plain']), [])
        self.expect('a file that is gone: no names', self.ask(sample + '.gone', known, places['plain']), [])
        self.expect('a folder: no names', self.ask(self.folder, known, places['plain']), [])
        text = self.copy('text')
        with open(text, 'wb') as file:
            file.write(b'no ELF\n' * 100)
        self.expect('a file that is no ELF: no names', self.ask(text, known, places['plain']), [])
        cut = self.copy('cut')
        os.truncate(cut, os.path.getsize(cut) // 2)
        got = self.ask(cut, known, places['plain'])
        self.expect('a file cut short: right or absent', {function for function, _, _ in got} <= {'plain'}, True)

        anonymous = self.copy('anonymous')
        output('objcopy', '--remove-section=.note.gnu.build-id', anonymous)
        self.expect('no build-id, unchanged since: names', self.ask(anonymous, '', places['plain'])[:1],
                    [('plain', 'sample.c', line_of('plain'))])
        self.expect('no build-id, changed since: no names', self.ask(anonymous, '', places['plain'], started_ns=10**9), [])
        self.travel(known)
        self.improve(known)

    def travel(self, known):
        """What was named once stays named when the file is gone."""
        path = self.copy('travelling')
        folder = tempfile.mkdtemp(dir=self.folder)
        before = self.ask(path, known, self.places['plain'], folder=folder)
        os.unlink(path)
        self.expect('names travel with the trace', self.names(os.path.join(folder, 'trace.db')), before)

    def improve(self, known):
        """Debug information that is installed later is used."""
        path = self.copy('improving', '--strip-debug')
        folder = tempfile.mkdtemp(dir=self.folder)
        self.expect('a function without its line', self.ask(path, known, self.places['plain'], folder=folder),
                    [('plain', '', 0)])
        output('objcopy', '--only-keep-debug', self.sample, os.path.join(self.folder, 'improving.debug'))
        output('objcopy', f'--add-gnu-debuglink={self.folder}/improving.debug', path)
        self.expect('and with it, once there is debug information', self.names(os.path.join(folder, 'trace.db')),
                    [('plain', 'sample.c', line_of('plain'))])


def main():
    symbols = Symbols(*sys.argv[1:3])
    with tempfile.TemporaryDirectory() as symbols.folder:
        symbols.run()
    print(f'1..{symbols.number}')
    return 1 if symbols.failures else 0


if __name__ == '__main__':
    sys.exit(main())
