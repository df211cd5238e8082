#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""What tracing and a report cost in instructions is at most what it was, and 5 %.

The file `ceilings` has what it was: with the compiler and the libraries of Debian 12, which is where this is run;
`test_instructions.py --write` writes it anew.  What is faster by 10 % is to be written down too, or it would be lost.
"""
import os
import platform
import shutil
import sys
import tempfile
import unittest

import callgrind
import instructions
import tap

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden'))
import fixtures  # noqa: E402

BUILD = os.environ['PQLEAK_TEST_BUILD']
CEILINGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ceilings')
COUNTED = ('pair-1', 'pair-30-deep', 'pgbench', 'true', 'connect', 'psql', 'php-loads', 'report', 'php')
REPORT = 'pqleak report of a small trace in which nothing leaked'
MORE, LESS = 1.05, 0.9


def why_not():
    if callgrind.VALGRIND is None:
        return 'there is no valgrind'
    system = platform.freedesktop_os_release()
    if (system['ID'], system.get('VERSION_ID'), platform.machine()) != ('debian', '12', 'x86_64'):
        return 'the ceilings are those of Debian 12 on x86-64'
    if os.environ['PQLEAK_TEST_COMPILER'] != 'gcc 12.2.0 debugoptimized none':
        return 'the ceilings are those of gcc 12 with the default options'
    return None


def count_report():
    with tempfile.TemporaryDirectory() as folder:
        command = [os.path.join(BUILD, 'analyzer', 'pqleak'), 'report', fixtures.make_trace(folder, 'clean')]
        # With what meson sets besides, each malloc fills its memory.
        environment = {name: value for name, value in os.environ.items() if name != 'MALLOC_PERTURB_'}
        return callgrind.profile(command, environment).total


def count(name):
    if name == 'report':
        return count_report()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)

        def environment(traced):
            shutil.rmtree(os.path.join(folder, 'trace'), ignore_errors=True)
            os.mkdir(os.path.join(folder, 'trace'))
            os.chmod(os.path.join(folder, 'trace'), 0o777)
            chosen = dict(os.environ, PQLEAK_TRACE=os.path.join(folder, 'trace', 't.db'))
            if traced:
                chosen['LD_PRELOAD'] = os.path.join(BUILD, 'preload', 'libpqleak.so')
            return chosen

        if name in instructions.PROGRAMS:
            return instructions.program(name, BUILD, environment(False), environment(True))
        return instructions.loop(name, BUILD, lambda: environment(True))


def ceilings():
    with open(CEILINGS, encoding='utf-8') as file:
        return {name: float(number) for name, number in (line.split() for line in file if not line.startswith('#'))}


@unittest.skipIf(why_not(), why_not())
class Instructions(unittest.TestCase):
    pass


def add_case(name):
    def case(self):
        was, now = ceilings()[name], count(name)
        self.assertLess(now, was * MORE, f'{name} was {was:,.0f} instructions, and is {now:,.0f}')
        self.assertGreater(now, was * LESS, f'{name} was {was:,.0f} instructions, and is only {now:,.0f}: write it down'
                                            ' (test_instructions.py --write)')

    what = REPORT if name == 'report' else (instructions.LOOPS.get(name) or instructions.PROGRAMS[name])[0].lstrip('… ')
    case.__doc__ = f'{what} ({name})'
    setattr(Instructions, 'test_' + name.replace('-', '_'), case)


for counted in COUNTED:
    add_case(counted)

if __name__ == '__main__' and sys.argv[1:] == ['--write']:
    with open(CEILINGS, 'w', encoding='utf-8') as out:
        out.write('# SPDX-License-Identifier: PostgreSQL\n')
        out.writelines(f'{name} {count(name):.0f}\n' for name in COUNTED)
elif __name__ == '__main__':
    tap.main()
