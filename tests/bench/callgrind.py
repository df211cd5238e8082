# SPDX-License-Identifier: PostgreSQL
"""Counts instructions with valgrind's callgrind: a number without noise.

Ours are those inside our libraries and libunwind, and those of what they call, but not of the real functions of libpq
that the host has asked for.  In a loop their number per round is the same on every run.
"""
import os
import re
import shutil
import subprocess
import tempfile

VALGRIND = shutil.which('valgrind')
OWN = re.compile(r'/libpqleak(-recorder)?\.so|/libunwind\.so')
# The functions of libpq that were asked for are no work of ours, nor is what Ruby does when our function in a driver's
# slot (script-ruby.c) goes on to it.  The wrappers lie in a section of which callgrind does not know the library.
WRAPPER = re.compile(r'(PQ|lo_|pqleak_wrapper_|pqleak_traced_|call_without_lock)\w*')


class Profile:
    """What callgrind wrote: the instructions of each function by itself, and of each call from one to another."""

    def __init__(self, path):
        self.names, self.total, self.ours = {}, 0, 0
        library = caller = callee_library = callee = None
        is_call = False
        with open(path, encoding='utf-8', errors='replace') as lines:
            for line in lines:
                if line[0] in '0123456789+-*':
                    count = int(line.split()[-1])
                    if not is_call:
                        self.total += count
                    if caller != 'other' if not is_call else caller == 'ours' and callee == 'other':
                        self.ours += count
                    is_call = False
                    continue
                key, _, value = line.rstrip('\n').partition('=')
                if key == 'ob':
                    library = self.name('ob', value)
                elif key == 'fn':
                    caller, callee_library = self.owner(library, self.name('fn', value)), library
                elif key == 'cob':
                    callee_library = self.name('ob', value)
                elif key == 'cfn':
                    callee, callee_library = self.owner(callee_library, self.name('fn', value)), library
                elif key == 'calls':
                    is_call = True

    def name(self, kind, text):
        number, name = re.fullmatch(r'\((\d+)\)(?: (.*))?', text).groups()
        if name is not None:
            self.names[kind, number] = name
        return self.names[kind, number]

    @staticmethod
    def owner(library, function):
        if OWN.search(library):
            return 'ours' if not WRAPPER.match(function) else 'wrapper'
        return 'wrapper' if library == '???' and WRAPPER.match(function) else 'other'


def profile(command, environment):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, 'out')
        run = subprocess.run([VALGRIND, '--tool=callgrind', f'--callgrind-out-file={out}', *command], env=environment,
                             capture_output=True, text=True, check=False)
        if run.returncode != 0 or not os.path.exists(out):
            raise RuntimeError(f'{command}: status {run.returncode}\n{run.stderr}')
        return Profile(out)


def ours_per_round(command, rounds, environment):
    """The instructions of ours in one round of a loop: command(n) makes n of them."""
    few, many = (profile(command(n), environment()).ours for n in (rounds, 2 * rounds))
    return (many - few) / rounds


def added(command, plain, traced):
    """The instructions that tracing adds to a whole program, the dynamic linker's among them."""
    return profile(command, traced).total - profile(command, plain).total
