#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Golden tests of the pqleak command: golden.py [--bless] PQLEAK [CASE...]

A case is a file, expected/FIXTURE/NAME.txt.  Its first line is a command, run on the trace that fixture/FIXTURE.sql
makes; what it prints, and how it exits, must be the rest of the file.  --bless writes what was printed there instead:
to add a case, write the first line and bless it.  JSON is held against the views in the trace besides.  TAP on stdout.
"""
import argparse
import collections
import contextlib
import difflib
import functools
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unicodedata

from fixtures import HERE, SECONDS, make_trace, rows_of
from terminal import run_on_terminal

EXPECTED = HERE / 'expected'
ACCEPTED = HERE / 'accepted'
ENVIRONMENT = {'TZ': 'UTC', 'LC_ALL': 'C.UTF-8', 'PATH': os.environ['PATH'],
               **{name: value for name, value in os.environ.items() if name.endswith('SAN_OPTIONS')}}
CASES = sorted(str(path.relative_to(EXPECTED).with_suffix('')) for path in EXPECTED.glob('*/*.txt'))
CONTROL = re.compile(r'[\x00-\x09\x0b-\x1f\x7f]')
COLOUR = re.compile(r'\x1b\[[0-9;]*m')
JSON_WIDTH = 100


class Command:
    """The first line of a case: $ [COLUMNS=N] [WINDOW=N] [TERM=NAME] pqleak ARGUMENTS.

    WINDOW: standard output is a terminal of that width, 0 a pipe; COLUMNS: one that the environment gives another width.
    Without both it is a pipe.  TERM: one with colours.
    """

    def __init__(self, line):
        words = shlex.split(line)
        assert words[:1] == ['$'], f'no command: {line}'
        self.line = line
        self.environment = {}
        while '=' in words[1]:
            name, value = words.pop(1).split('=')
            self.environment[name] = value
        assert words[1] == 'pqleak', f'no pqleak: {line}'
        self.window = int(self.environment.pop('WINDOW', 'COLUMNS' in self.environment and 99))
        self.width = int(self.environment.get('COLUMNS', self.window)) if self.window > 0 else 0
        if 0 < self.width < 20:  # nobody's terminal: COLUMNS is wrong then
            self.width = self.window
        self.arguments = words[2:]
        self.is_json = '--format=json' in words
        self.is_sql = words[2] == 'sql'
        self.is_file = words[2] == 'baseline' or '--print-suppressions' in words

    def run(self, pqleak, folder):
        for accepted in ACCEPTED.iterdir():
            if accepted.name in self.line:
                shutil.copy(accepted, folder)
        command = [pqleak, *self.arguments]
        environment = {**ENVIRONMENT, 'TERM': 'dumb', **self.environment}
        if self.window > 0:
            run = run_on_terminal(command, self.window, cwd=folder, env=environment)
        else:
            run = subprocess.run(command, capture_output=True, cwd=folder, timeout=SECONDS, check=False, env=environment)
        stdout, stderr = run.stdout.decode(), run.stderr.decode()  # fails on bytes that are not UTF-8
        self.check_text(stdout, stderr)
        if self.is_json:
            report = json.loads(stdout)
            if 'findings' in report:
                check_json(os.path.join(folder, 'trace.db'), report)
            stdout = pretty(report) + '\n'
        return f'{self.line}\n{stdout}{stderr}[exit {run.returncode}]\n'

    def check_text(self, stdout, stderr):
        """Line ends are the only control characters (nothing of a traced program's; colours where there are any).  A line
        fits, unless it is one word, or a label and one."""
        if 'TERM' in self.environment:
            stdout = COLOUR.sub('', stdout)
        if not self.is_sql:
            text = stdout.replace('\t', '') if self.is_file else stdout
            assert not CONTROL.search(text + stderr), 'control characters'
        if self.width > 0:
            widest = max([0, *(columns(line) for line in stdout.splitlines() if len(line.split()) > 2)])
            assert widest <= self.width, f'a line of {widest} columns'


def columns(line):
    """How wide a line is on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)


def pretty(value, indent=0):
    """JSON for people: a line for whatever is short, or holds nothing that holds something."""
    line = json.dumps(value, ensure_ascii=False)
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if indent + len(line) <= JSON_WIDTH or not any(isinstance(item, (dict, list)) and item for item in inner):
        return line
    names = [json.dumps(name) + ': ' for name in value] if isinstance(value, dict) else [''] * len(inner)
    lines = ',\n'.join(f'{" " * (indent + 1)}{name}{pretty(item, indent + 1)}' for name, item in zip(names, inner))
    return f'{line[0]}\n{lines}\n{" " * indent}{line[-1]}'


def check_json(trace, report):
    """The JSON must agree with the views in the trace: two ways to the same numbers."""
    with contextlib.closing(sqlite3.connect(trace)) as database:  # once: SQLite reads all views whenever it opens a trace
        check_against_views(functools.partial(rows_of, database), report)


def check_against_views(rows, report):
    assert report['version'] == 1
    views = {(kind, verdict): int(count)
             for kind, verdict, count in rows('SELECT kind, verdict, count FROM verdict_count')}
    counts = {'connection': report['connections'], 'result': report['results'], **report['others']}
    assert {kind for kind, verdict in views if verdict != 'inherited'} <= set(counts), f'{set(counts)} is not {views}'
    for kind, count in counts.items():
        for verdict in ('released', 'leaked', 'open-at-death', 'open', 'cannot-tell'):
            ours = count[verdict]
            assert ours == views.get((kind, verdict), 0), f'{kind} {verdict}: {ours} is not {views}'
            found = sum(f['count'] for f in report['findings'] if (f['kind'], f['verdict']) == (kind, verdict))
            # A statement that a place prepared once on a connection is no finding.
            assert verdict == 'released' or found == ours or kind == 'statement', f'{found} {kind} {verdict}, not {ours}'
    shapes = collections.Counter()
    for finding in report['findings']:
        if finding['shape'] and finding['kind'] != 'statement':
            shapes[finding['kind'], finding['shape']] += finding['count']
    wanted = rows("SELECT kind, shape, sum(count) FROM leak_shape WHERE kind <> 'statement' AND process IN"
                         " (SELECT process FROM process_fate WHERE verdict = 'leaked') GROUP BY kind, shape")
    # The view knows of plain call sites only, and of no excuse.
    assert sorted([*key, str(count)] for key, count in shapes.items()) == wanted or any(
        finding['separation'] or finding['excused'] for finding in report['findings']), f'{shapes} is not {wanted}'
    assert [[str(c['connections']), str(c['connect_ns'])] for c in report['churn']] == rows(
        'SELECT connections, connect_ns FROM churn ORDER BY connect_ns DESC')
    assert sorted([e['error'], str(e['count']), {True: '1', False: '0', None: ''}[e['backs_off']]]
                  for e in report['failed_connects']) == rows(
        'SELECT error, sum(count), min(backs_off) FROM failed_connect GROUP BY acquire_stack, error ORDER BY error')
    for found, wanted in ((sum(b['count'] for b in report['broken']), 'SELECT count(*) FROM broken'),
                          (sum(i['transactions'] for i in report['idle_in_transaction']),
                           'SELECT ifnull(sum(count), 0) FROM idle_in_transaction'),
                          (sum(m['count'] for m in report['misuse']), 'SELECT ifnull(sum(count), 0) FROM misuse_site')):
        assert [[str(found)]] == rows(wanted), f'{found} is not that of {wanted}'
    for finding in report['findings']:
        assert sum(process['count'] for process in finding['processes']) == finding['count'], finding


def run_case(pqleak, name):
    """What the case's file must say."""
    path = EXPECTED / f'{name}.txt'
    with open(path, encoding='utf-8') as file:
        command = Command(file.readline().rstrip('\n'))
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, path.parent.name, command.is_json)
        return command.run(pqleak, folder)


def compare(name, got, bless):
    path = EXPECTED / f'{name}.txt'
    if bless:
        path.write_text(got, encoding='utf-8')
    wanted = path.read_text(encoding='utf-8')
    return list(difflib.unified_diff(wanted.splitlines(), got.splitlines(), 'expected', 'printed', lineterm=''))


def first_with_each_option():
    """The cases that run code which none before them has: an option, a command, or a fixture."""
    seen, cases = set(), []
    for name in CASES:
        command = Command((EXPECTED / f'{name}.txt').read_text(encoding='utf-8').split('\n', 1)[0])
        # What is chosen among few words is an option for each of them.
        runs = {word if word.startswith(('--group-by', '--format')) else word.split('=')[0]
                for word in command.arguments if word.startswith('-')} | {command.arguments[0], name.split('/')[0]}
        if runs - seen:
            cases.append(name)
        seen |= runs
    return cases


def unused():
    """Files that no case looks at."""
    commands = ''.join((EXPECTED / f'{name}.txt').read_text(encoding='utf-8').split('\n', 1)[0] for name in CASES)
    return [path.name for path in ACCEPTED.iterdir() if path.name not in commands]


def main():
    parser = argparse.ArgumentParser(description='Golden tests of the pqleak command.')
    parser.add_argument('--bless', action='store_true', help='write the expected outputs')
    parser.add_argument('pqleak')
    parser.add_argument('case', nargs='*', default=CASES, help='FIXTURE/NAME')
    arguments = parser.parse_args()
    pqleak = os.path.abspath(arguments.pqleak)
    failures = 0
    if 'ASAN_OPTIONS' in os.environ and arguments.case == CASES:  # texts are judged in the usual build
        arguments.case = first_with_each_option()

    print(f'1..{len(arguments.case) + 1}')
    for number, name in enumerate(arguments.case, 1):
        try:
            trouble = compare(name, run_case(pqleak, name), arguments.bless)
        except (AssertionError, ValueError, subprocess.SubprocessError) as error:
            trouble = [str(error)]
        failures += bool(trouble)
        print(f'{"not ok" if trouble else "ok"} {number} - {name}')
        for line in trouble:
            print(f'# {line}')
    print(f'{"not ok" if unused() else "ok"} {len(arguments.case) + 1} - every file of accepted/ has a case')
    for name in unused():
        print(f'# {name}')
    return 1 if failures or unused() else 0


if __name__ == '__main__':
    sys.exit(main())
