#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""What the pqleak command does with files that are no good, and with options that make no sense: trouble.py PQLEAK

Every reading command must exit with 2, print nothing on stdout and one line on stderr that names the file, whatever
the file is; and must leave it as it was.  TAP on stdout.
"""
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile

import fixtures
from golden import ENVIRONMENT

PAGE = 4096  # of a trace
READERS = (['report'], ['report', '--format=json'], ['check', '-q'], ['show'], ['sql'])
MISTAKES = (
    # arguments, words of the message
    (['raport'], "'report'"), (['--verison'], 'help'), (['report', '--gruop-by=site'], "'--group-by'"),
    (['report', '--group-by=moon'], 'site, stack, function, module, database or label'), (['report', '--format'], 'needs a value'),
    (['report', '--all=1'], 'takes no value'), (['report', '-x'], "'-x'"), (['report', 'a.db', 'b.db'], "'b.db'"),
    (['check', '--max=-1'], '--max=-1'), (['check', '--max=9999999999999999999'], 'a number'), (['show', 'a.db', 'b'], "'b'"),
    (['export', '--view=process'], "'--view=process': folded has no view"), (['export', '--format=csv', '--weight=held'], "'--weight'"),
    (['export', '--format=otlp', '--kind=result'], "'--kind'"), (['help', 'moon'], 'moon'), (['check', '--max'], '--max'),
    (['show', 'a.db', 'results'], "unknown kind 'results'; did you mean 'result'?"),
    (['show', 'a.db', 'connection', 'abc'], "'abc' is not an ID"), (['show', 'a.db', '9' * 20], 'is not an ID'),
)
RUN_MISTAKES = (
    # arguments, exit status, words of the message
    (['run'], 125, ''), (['run', '--'], 125, ''), (['run', '--error-exitcode=256', 'true'], 125, 'from 1 to 255'),
    (['run', '--sql=all', 'true'], 125, ''), (['run', '-o', 'diary', 'true'], 125, ''), (['run', '-o', 'folder', 'true'], 125, ''),
    (['run', '-o', 'no/such/t.db', 'true'], 125, 'name a trace in a directory that exists'),
    (['run', 'no-such-command'], 127, ''), (['run', './diary'], 126, ''), (['run', '/'], 126, ''),
)


class Trouble:
    def __init__(self, pqleak):
        self.pqleak = pqleak
        self.number = 0
        self.failures = 0

    def say(self, name, trouble):
        self.number += 1
        self.failures += bool(trouble)
        print(f'{"not ok" if trouble else "ok"} {self.number} - {name}')
        for line in trouble.splitlines():
            print(f'# {line}')

    def run(self, folder, *arguments, environment=None):
        return subprocess.run([self.pqleak, *arguments], capture_output=True, cwd=folder, timeout=fixtures.SECONDS, text=True,
                              errors='replace', env=ENVIRONMENT | (environment or {}), check=False)

    def judge(self, name, run, status, word):
        trouble = ''
        lines = run.stderr.splitlines()
        if run.returncode != status:
            trouble += f'exit {run.returncode}, not {status}\n'
        if run.stdout:
            trouble += f'printed on stdout: {run.stdout}\n'
        if len(lines) != 1 or not lines[0].startswith('pqleak: ') or word not in lines[0]:
            trouble += f"not one line with '{word}': {run.stderr}\n"
        self.say(name, trouble)


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def write(path, data):
    with open(path, 'wb') as file:
        file.write(data)


def bad_files(folder, good):
    """Makes files that are no traces; yields their names."""
    yield 'missing.db'
    yield 'no/such/folder.db'
    os.mkdir(os.path.join(folder, 'folder'))
    yield 'folder'
    write(os.path.join(folder, 'diary'), b'Dear diary,\n' * 100)
    yield 'diary'
    write(os.path.join(folder, 'empty.db'), b'')
    yield 'empty.db'
    fixtures.shell(os.path.join(folder, 'other.db'), 'CREATE TABLE process (id);')
    yield 'other.db'
    shutil.copy(good, os.path.join(folder, 'newer.db'))
    fixtures.shell(os.path.join(folder, 'newer.db'), 'PRAGMA user_version = 99;')
    yield 'newer.db'
    for size in (100, 4096):
        write(os.path.join(folder, f'cut{size}.db'), read(good)[:size])
        yield f'cut{size}.db'
    damaged = bytearray(read(good))
    damaged[4096:] = random.Random(1).randbytes(len(damaged) - 4096)
    write(os.path.join(folder, 'damaged.db'), bytes(damaged))
    yield 'damaged.db'
    if os.geteuid() != 0:
        shutil.copy(good, os.path.join(folder, 'secret.db'))
        os.chmod(os.path.join(folder, 'secret.db'), 0)
        yield 'secret.db'


def check_bad_files(tests, folder, good):
    for name in bad_files(folder, good):
        path = os.path.join(folder, name)
        before = read(path) if os.path.isfile(path) and os.access(path, os.R_OK) else None
        for arguments in READERS:
            query = ['SELECT count(*) FROM connection_life'] if arguments[0] == 'sql' else []
            run = tests.run(folder, *arguments, name, *query)
            tests.judge(f'{" ".join(arguments)} {name}', run, 2, '')
        if before is not None:
            tests.say(f'{name} is left as it was', '' if read(path) == before else 'it was changed')
        elif name != 'folder' and not os.path.isfile(path):
            tests.say(f'{name} is not made', 'it was made' if os.path.exists(path) else '')


def check_cut(tests, folder, good):
    """Of a trace that is cut short what is there is told, and how much is missing; it accuses of nothing more, and proves nothing."""
    whole = read(good)
    path = os.path.join(folder, 'cut.db')
    leaks = json.loads(tests.run(os.path.dirname(good), 'report', '--format=json', 'trace.db').stdout)['connections']['leaked']
    trouble = ''
    seen = set()
    for size in range(2 * PAGE, len(whole), 3 * PAGE):
        write(path, whole[:size + 100])
        run = tests.run(folder, 'report', '--format=json', 'cut.db')
        if run.returncode == 2 and 'is damaged' in run.stderr:
            seen.add('nothing')
            continue
        report = json.loads(run.stdout)
        counts = report['connections']
        if report['cannot_tell'][0].split(',')[0] != f'the trace is cut short: {(len(whole) - size - 100 + 1023) // 1024} of {len(whole) // 1024} kB are missing':
            trouble += f'{size}: {report["cannot_tell"]}\n'
        if counts['leaked'] not in (0, leaks) or counts['leaked'] + counts['cannot-tell'] > leaks:
            trouble += f'{size}: {counts}\n'
        status = tests.run(folder, 'check', 'cut.db').returncode
        if status != (1 if counts['leaked'] else 2):
            trouble += f'{size}: the check exits with {status}\n'
        seen |= {verdict for verdict in ('leaked', 'cannot-tell') if counts[verdict]}
        if read(path) != whole[:size + 100]:
            trouble += f'{size}: the file was changed\n'
    if seen != {'nothing', 'leaked', 'cannot-tell'}:
        trouble += f'not every case was met: {seen}\n'
    tests.say('a trace that is cut short', trouble)


def check_cut_and_hollow(tests, folder, good):
    """Of a trace that is cut short and says that it is larger than any disk, only what is there is copied."""
    data = bytearray(read(good))
    data[28:32] = b'\xff' * 4  # so many pages
    path = os.path.join(folder, 'hollow.db')
    write(path, bytes(data))
    os.truncate(path, 1 << 30)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock
    run = tests.run(folder, 'report', '--format=json', 'hollow.db')
    wrote = (resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock - before) * 512
    trouble = '' if run.returncode == 2 or 'the trace is cut short' in run.stdout else f'{run}'
    tests.say('a trace that is cut short and hollow', trouble + (f'{wrote} bytes were written' if wrote > 100 << 20 else ''))
    os.unlink(path)


def check_random_damage(tests, folder, good):
    """A trace with a few bytes changed may be read or refused, and nothing else."""
    whole = read(good)
    chance = random.Random(7)
    trouble = ''
    for round_ in range(40):
        data = bytearray(whole)
        for _ in range(20):
            data[chance.randrange(100, len(data))] = chance.randrange(256)
        path = os.path.join(folder, 'dice.db')
        write(path, bytes(data))
        for arguments in (['report', '--all'], ['check', '--format=json'], ['show']):
            run = tests.run(folder, *arguments, 'dice.db')
            if run.returncode not in (0, 1, 2) or (run.returncode == 2 and not run.stdout + run.stderr):
                trouble += f'round {round_}: {arguments}: exit {run.returncode} {run.stderr}\n'
    tests.say('random damage', trouble)


def check_read_only(tests, folder, good):
    """A trace in a folder that may not be written is read."""
    place = os.path.join(folder, 'museum')
    os.mkdir(place)
    shutil.copy(good, os.path.join(place, 'trace.db'))
    os.chmod(os.path.join(place, 'trace.db'), 0o444)
    os.chmod(place, 0o555)
    want = tests.run(os.path.dirname(good), 'report', '--all', 'trace.db').stdout
    run = tests.run(place, 'report', '--all', 'trace.db')
    os.chmod(place, 0o755)
    trouble = run.stderr if run.returncode == 0 else f'exit {run.returncode}: {run.stderr}'
    tests.say('a read-only trace is read', trouble or ('' if run.stdout == want else run.stdout))


def check_full_output(tests, folder):
    """Output that cannot be written is a failure."""
    with open('/dev/full', 'wb') as full:
        run = subprocess.run([tests.pqleak, 'report', 'trace.db'], stdout=full, stderr=subprocess.PIPE, cwd=folder, text=True,
                             env=ENVIRONMENT, check=False, timeout=fixtures.SECONDS)
    tests.say('a full disk under stdout', '' if run.returncode == 2 and 'cannot write' in run.stderr else str(run))


def main():
    tests = Trouble(os.path.abspath(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        good = fixtures.make_trace(other, 'leaks')
        check_bad_files(tests, folder, good)
        check_cut(tests, folder, good)
        check_cut_and_hollow(tests, folder, good)
        check_random_damage(tests, folder, good)
        check_read_only(tests, folder, good)
        check_full_output(tests, other)
        for arguments, word in MISTAKES:
            tests.judge(' '.join(arguments), tests.run(folder, *arguments), 2, word)
        for arguments, status, word in RUN_MISTAKES:
            tests.judge(' '.join(arguments), tests.run(folder, *arguments), status, word)
        tests.say("a file that is no trace is not replaced by 'run'",
                  '' if read(os.path.join(folder, 'diary')).startswith(b'Dear diary') else 'it was')
    print(f'1..{tests.number}')
    return 1 if tests.failures else 0


if __name__ == '__main__':
    sys.exit(main())
