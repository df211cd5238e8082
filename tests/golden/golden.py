#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Golden tests of the pqleak command: golden.py [--bless] PQLEAK [CASE...]

Each case makes a trace from fixture/base.sql and a fixture, runs one command on it, and compares what it printed and
how it exited with expected/CASE.txt.  --bless writes what was printed there instead.  TAP on stdout.
"""
import argparse
import collections
import difflib
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TRACE_SQL = HERE.parent.parent / 'trace' / 'store'
IDENTITY = 'PRAGMA application_id = 0x50514c4b; PRAGMA user_version = 1;'
ENVIRONMENT = {'TZ': 'UTC', 'LC_ALL': 'C.UTF-8', 'PATH': os.environ['PATH'],
               **{name: value for name, value in os.environ.items() if name.endswith('SAN_OPTIONS')}}
SECONDS = 600  # more than any command needs, on whatever machine
WIDE = 150
GROUPS = ('site', 'stack', 'function', 'module', 'database')

# name: (fixture, arguments before and after the trace's name)
CASES = {
    'clean': ('clean', ['report'], []),
    'clean-all': ('clean', ['report', '--all'], []),
    'clean-check': ('clean', ['check'], []),
    'clean-check-quiet': ('clean', ['check', '-q'], []),
    'clean-json': ('clean', ['report', '--format=json'], []),
    'clean-show': ('clean', ['show'], []),
    'clean-show-1': ('clean', ['show'], ['1']),
    'clean-show-2': ('clean', ['show'], ['2']),
    'kinds': ('kinds', ['report'], []),
    'kinds-check': ('kinds', ['check', '--max=1'], []),
    'kinds-show-2': ('kinds', ['show'], ['2']),
    'kinds-show-statements': ('kinds', ['show'], ['statement']),
    'kinds-show-copies': ('clean', ['show'], ['copy']),
    'kinds-show-transaction': ('kinds', ['show'], ['transaction', '1']),
    'kinds-show-large-object': ('kinds', ['show'], ['large-object', '11']),
    'kinds-show-result': ('kinds-leaked', ['show'], ['result', '20']),
    'kinds-show-none': ('kinds', ['show'], ['result', '1']),
    'kinds-show-word': ('kinds', ['show'], ['resutl', '1']),
    'habits-show-204': ('habits', ['show'], ['204']),
    'habits-show-301': ('habits', ['show'], ['301']),
    'audit': ('habits', ['audit'], []),
    'audit-nothing': ('nothing', ['audit'], []),
    'drained': ('drained', ['report'], []),
    'drained-json': ('drained', ['report', '--format=json'], []),
    'memory-check': ('memory', ['check'], []),
    'memory-check-quiet': ('memory', ['check', '-q'], []),
    'out-of-sight': ('out-of-sight', ['report'], []),
    'out-of-sight-json': ('out-of-sight', ['report', '--format=json'], []),
    'out-of-sight-show': ('out-of-sight', ['show'], ['memory']),
    'out-of-sight-show-2': ('out-of-sight', ['show'], ['2']),
    'out-of-sight-show-memory': ('out-of-sight', ['show'], ['memory', '5']),
    'out-of-sight-sql': ('out-of-sight', ['sql'], ['SELECT kind, id FROM leak ORDER BY 2; SELECT kind, leaked FROM leak_site;'
                                                   ' SELECT * FROM verdict_count ORDER BY 1, 2']),
    'kinds-json': ('kinds', ['report', '--format=json'], []),
    'kinds-leaked': ('kinds-leaked', ['check', '--group-by=function'], []),
    'misuse': ('misuse', ['report'], []),
    'misuse-check': ('misuse', ['check', '-q'], []),
    'misuse-check-fail': ('misuse', ['check', '-q', '--fail-on=copy,misuse'], []),
    'misuse-json': ('misuse', ['report', '--format=json'], []),
    'forked': ('forked', ['report'], []),
    'forked-json': ('forked', ['report', '--format=json'], []),
    'forked-show-33': ('forked', ['show'], ['33']),
    'forked-show-34': ('forked', ['show'], ['34']),
    'retries': ('retries', ['report', '--all'], []),
    'retries-json': ('retries', ['report', '--format=json'], []),
    'peak': ('peak', ['report', '--all'], []),
    'peak-check': ('peak', ['check', '--max-open=4'], []),
    'peak-json': ('peak', ['report', '--all', '--format=json'], []),
    'by-design': ('by-design', ['check'], []),
    'by-design-fail': ('by-design', ['check', '--fail-on=finished-in-transaction'], []),
    'by-design-misuse': ('by-design', ['check', '-q', '--fail-on=misuse'], []),
    'fail-on-wrong': ('by-design', ['check', '--fail-on=misuse,folly'], []),
    'kinds-check-fail': ('kinds', ['check', '-q', '--max=1', '--fail-on=default,large-object'], []),
    'habits': ('habits', ['report'], []),
    'habits-all': ('habits', ['report', '--all'], []),
    'habits-held': ('habits', ['report', '--held=4s'], []),
    'habits-json': ('habits', ['report', '--format=json', '--held=4s'], []),
    'habits-max-open': ('habits', ['check', '--max-open=3'], []),
    'habits-max-open-enough': ('habits', ['check', '-q', '--max-open=5'], []),
    'held-wrong': ('habits', ['report', '--held=4 days'], []),
    'leaks-allow-held': ('leaks', ['check', '-q', '--allow-held-at-exit', '--max=17'], []),
    'leaks-allow-held-some': ('leaks', ['check', '--group-by=module', '--allow-held-at-exit', '--max=16'], []),
    'leaks-allow-held-all': ('held', ['check', '--allow-held-at-exit'], []),
    'leaks-all': ('leaks', ['report', '--all'], []),
    'leaks-check': ('leaks', ['check', '--max=22'], []),
    'leaks-check-tolerated': ('leaks', ['check', '-q', '--max=23'], []),
    'leaks-suppressed': ('leaks', ['check', '--suppressions=some.supp', '--fail-on=default,open-at-death'], []),
    'leaks-suppressed-strict': ('leaks', ['check', '-q', '--suppressions=all.supp', '--suppressions=stale.supp',
                                          '--strict-suppressions'], []),
    'leaks-suppressed-all': ('leaks', ['check', '--suppressions=all.supp'], []),
    'leaks-suppressed-shown': ('leaks', ['check', '--suppressions=all.supp', '--show-excused'], []),
    'leaks-suppressed-json': ('leaks', ['report', '--suppressions=some.supp', '--format=json'], []),
    'leaks-print-suppressions': ('leaks', ['report', '--print-suppressions', '--group-by=module'], []),
    'leaks-baseline': ('leaks', ['baseline'], []),
    'leaks-baseline-same': ('leaks', ['check', '--baseline=same.baseline'], []),
    'leaks-baseline-grown': ('leaks', ['check', '--baseline=less.baseline'], []),
    'leaks-baseline-fixed': ('leaks', ['check', '-q', '--baseline=more.baseline'], []),
    'leaks-baseline-suppressed': ('leaks', ['check', '--baseline=same.baseline', '--suppressions=all.supp'], []),
    'kinds-check-statement': ('kinds', ['check', '-q', '--max=2', '--fail-on=statement'], []),
    'kinds-check-statement-all': ('kinds', ['check', '--all', '--max=2', '--fail-on=statement'], []),
    'leaks-baseline-fixed-told': ('leaks', ['check', '--baseline=more.baseline'], []),
    'incomplete-baseline': ('incomplete', ['check', '--baseline=more.baseline'], []),
    'misuse-suppressed': ('misuse', ['check', '--suppressions=misuse.supp'], []),
    'misuse-print-suppressions': ('misuse', ['report', '--print-suppressions'], []),
    'misuse-check-none': ('misuse', ['check', '--fail-on=none'], []),
    'leaks-text-misuse': ('leaks', ['check', '--fail-on=misuse'], []),
    'misuse-baseline': ('misuse', ['baseline', '--fail-on=misuse'], []),
    'scripts-baseline': ('scripts', ['baseline', '--suppressions=scripts.supp'], []),
    'leaks-show': ('leaks', ['show'], []),
    'leaks-show-12': ('leaks', ['show'], ['12']),
    'leaks-show-30': ('leaks', ['show'], ['30']),
    'leaks-show-32': ('leaks', ['show'], ['32']),
    'leaks-show-35': ('leaks', ['show'], ['35']),
    'leaks-show-39': ('leaks', ['show'], ['39']),
    'leaks-show-99': ('leaks', ['show'], ['99']),
    'leaks-show-word': ('leaks', ['show'], ['twelve']),
    'leaks-sql': ('leaks', ['sql'], ['SELECT kind, leaked, site, stacks FROM leak_site; SELECT 1, NULL -- two']),
    'leaks-sql-wrong': ('leaks', ['sql'], ['SELECT * FROM leaks']),
    'leaks-sql-write': ('leaks', ['sql'], ['DELETE FROM connection']),
    'readme': ('clean', ['sql'], ['SELECT * FROM readme']),
    'killed': ('killed', ['report'], []),
    'killed-all': ('killed', ['report', '--all'], []),
    'killed-check': ('killed', ['check'], []),
    'killed-json': ('killed', ['report', '--format=json'], []),
    'killed-show-3': ('killed', ['show'], ['3']),
    'running': ('running', ['report'], []),
    'running-check': ('running', ['check'], []),
    'running-show-1': ('running', ['show'], ['1']),
    'orphaned-check': ('orphaned', ['check'], []),
    'incomplete': ('incomplete', ['report'], []),
    'incomplete-check': ('incomplete', ['check', '-q', '--max=1000'], []),
    'incomplete-json': ('incomplete', ['report', '--format=json'], []),
    'incomplete-leaks': ('incomplete-leaks', ['check'], []),
    'nothing': ('nothing', ['report'], []),
    'nothing-check': ('nothing', ['check'], []),
    'nothing-json': ('nothing', ['report', '--format=json'], []),
    'nothing-show': ('nothing', ['show'], []),
    'libpqxx': ('libpqxx', ['report'], []),
    'libpqxx-sql': ('libpqxx', ['sql'], ['SELECT kind, leaked, site FROM leak_site']),
    'many': ('many', ['report'], []),
    'hostile': ('hostile', ['report'], []),
    'hostile-baseline': ('hostile', ['baseline'], []),
    'hostile-suppressions': ('hostile', ['check', '--print-suppressions'], []),
    'hostile-json': ('hostile', ['report', '--format=json'], []),
    'hostile-show-1': ('hostile', ['show'], ['1']),
    'scripts': ('scripts', ['report'], []),
    'scripts-native': ('scripts', ['report', '--native'], []),
    'scripts-json': ('scripts', ['report', '--format=json'], []),
    'scripts-by-stack': ('scripts', ['report', '--group-by=stack'], []),
    'scripts-by-module': ('scripts', ['report', '--group-by=module'], []),
    'scripts-stacks': ('scripts', ['report', '--stacks'], []),
    'scripts-stacks-wide': ('scripts', ['report', '--stacks'], []),
    'scripts-skip': ('scripts', ['report', '--skip=pool.py', '--skip=Worker.*', '--skip=nothing'], []),
    'scripts-skip-check': ('scripts', ['check', '--skip-file=/dev/null', '--max=9'], []),
    'scripts-skip-empty': ('scripts', ['report', '--skip='], []),
    'scripts-skip-file': ('scripts', ['report', '--skip-file=/nowhere/skip'], []),
    'scripts-show': ('scripts', ['show'], ['1']),
    'scripts-show-native': ('scripts', ['show', '--native', '--skip=/srv/*'], ['1']),
    'scripts-sql': ('scripts', ['sql'], ['SELECT kind, leaked, site FROM leak_site']),
    'wrapper': ('wrapper', ['report'], []),
    'wrapper-all': ('wrapper', ['check', '--all', '--group-by=function'], []),
    'wrapper-json': ('wrapper', ['report', '--format=json'], []),
    'wrapper-stacks': ('wrapper', ['report', '--stacks'], []),
    'wrapper-stacks-wide': ('wrapper', ['report', '--stacks'], []),
    'wrapper-skip': ('wrapper', ['report', '--skip=execute_or_*', '--skip=pool_get', '--skip=db_*'], []),
}
for group in GROUPS:
    CASES[f'leaks-by-{group}'] = ('leaks', ['report', f'--group-by={group}'], [])
    CASES[f'leaks-by-{group}-json'] = ('leaks', ['report', f'--group-by={group}', '--format=json'], [])

# What is wrong with a file is told with its line.
for accepted in sorted((HERE / 'accepted').glob('wrong-*')):
    CASES[accepted.name.replace(".", "-")] = ('clean', ['check', f'--{"baseline" if accepted.suffix == ".baseline" else "suppressions"}='
                                      + accepted.name], [])
CASES['wrong-no-file'] = ('clean', ['check', '--suppressions=nowhere.supp'], [])
CASES['wrong-no-baseline'] = ('clean', ['check', '--baseline=nowhere.baseline'], [])
CASES['wrong-folder'] = ('clean', ['check', '--baseline=.'], [])


def shell(trace, text):
    """Runs SQL with the sqlite3 shell, which knows .read and generate_series."""
    run = subprocess.run(['sqlite3', '-bail', trace], input=text, text=True, stderr=subprocess.PIPE, cwd=HERE / 'fixture',
                         timeout=SECONDS, check=False)
    assert run.returncode == 0 and run.stderr == '', run.stderr


def query(trace, text):
    return subprocess.run(['sqlite3', trace, text], capture_output=True, text=True, check=True, timeout=SECONDS).stdout


def rows(trace, text):
    return [line.split('|') for line in query(trace, text).splitlines()]


def add_spool(trace, pid, spool, drained):
    """The empty spool of a process in another pid namespace: for all that anyone can see, it runs."""
    header = struct.pack('<8sIIQQQQqQiiIIQQQQI', b'pqlspool', 3, 8192, int(spool, 16), 0, 0, 1, 0, 0, pid, 1, 0, 0,
                         drained, drained, 0, 0, 2)
    with open(f'{trace}-spool-{pid}-{spool}', 'wb') as file:
        file.write(header)
        file.truncate(8192 + 2 * 65536)


def make_trace(folder, fixture):
    trace = os.path.join(folder, 'trace.db')
    shell(trace, f'.read {TRACE_SQL}/schema.sql\n.read {TRACE_SQL}/views.sql\n.read {TRACE_SQL}/views-report.sql\n{IDENTITY}\n'
                 f'BEGIN;\n.read base.sql\n.read {fixture}.sql\nCOMMIT;\n')
    for line in query(trace, 'SELECT pid, spool, drained FROM process WHERE "end" IS NULL').splitlines():
        if fixture == 'orphaned':
            continue
        pid, spool, drained = line.split('|')
        add_spool(trace, int(pid), spool, int(drained))
    return trace


def check_json(trace, text):
    """The JSON must agree with the views in the trace: two ways to the same numbers."""
    report = json.loads(text)
    assert report['version'] == 1
    views = dict()
    for line in query(trace, 'SELECT kind, verdict, count FROM verdict_count').splitlines():
        kind, verdict, count = line.split('|')
        views[kind, verdict] = int(count)
    counts = {'connection': report['connections'], 'result': report['results'], **report['others']}
    assert {kind for kind, _ in views} <= set(counts), f'{set(counts)} is not {views}'
    for kind, count in counts.items():
        for verdict in ('released', 'leaked', 'open-at-death', 'open'):
            ours = count[verdict]
            assert ours == views.get((kind, verdict), 0), f'{kind} {verdict}: {ours} is not {views}'
            found = sum(f['count'] for f in report['findings'] if (f['kind'], f['verdict']) == (kind, verdict))
            # A statement that a place prepared once on a connection is no finding.
            assert verdict == 'released' or found == ours or kind == 'statement', f'{found} {kind} {verdict}, not {ours}'
    shapes = collections.Counter()
    for finding in report['findings']:
        if finding['shape'] and finding['kind'] != 'statement':
            shapes[finding['kind'], finding['shape']] += finding['count']
    wanted = rows(trace, "SELECT kind, shape, sum(count) FROM leak_shape WHERE kind <> 'statement' AND process IN"
                         " (SELECT process FROM process_fate WHERE verdict = 'leaked') GROUP BY kind, shape")
    # The view knows of plain call sites only.
    assert sorted([*key, str(count)] for key, count in shapes.items()) == wanted or any(
        finding['separation'] for finding in report['findings']), f'{shapes} is not {wanted}'
    assert [[str(c['connections']), str(c['connect_ns'])] for c in report['churn']] == rows(
        trace, 'SELECT connections, connect_ns FROM churn ORDER BY connect_ns DESC')
    assert sorted([e['error'], str(e['count']), {True: '1', False: '0', None: ''}[e['backs_off']]]
                  for e in report['failed_connects']) == rows(
        trace, 'SELECT error, sum(count), min(backs_off) FROM failed_connect GROUP BY acquire_stack, error ORDER BY error')
    assert sum(b['count'] for b in report['broken']) == int(query(trace, 'SELECT count(*) FROM broken'))
    assert sum(i['transactions'] for i in report['idle_in_transaction']) == int(
        query(trace, 'SELECT ifnull(sum(count), 0) FROM idle_in_transaction'))
    assert sum(m['count'] for m in report['misuse']) == int(query(trace, 'SELECT ifnull(sum(count), 0) FROM misuse_site'))
    for finding in report['findings']:
        assert sum(process['count'] for process in finding['processes']) == finding['count'], finding
    return json.dumps(report, indent=1, ensure_ascii=False) + '\n'


def run_case(pqleak, name):
    fixture, before, after = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        trace = make_trace(folder, fixture)
        for accepted in (HERE / 'accepted').iterdir():
            shutil.copy(accepted, folder)
        width = WIDE if name.endswith('-wide') else 80
        run = subprocess.run([pqleak, *before, 'trace.db', *after], capture_output=True, cwd=folder, timeout=SECONDS,
                             env={**ENVIRONMENT, 'COLUMNS': str(width)}, check=False)
        stdout = run.stdout.decode()  # fails on bytes that are not UTF-8
        stderr = run.stderr.decode()
        # Line ends are the only control characters: no colour here, and nothing of a traced program's.
        if before[0] != 'sql':
            text = stdout.replace('\t', '') if before[0] == 'baseline' else stdout
            assert not re.search(r'[\x00-\x09\x0b-\x1f\x7f]', text + stderr), 'control characters'
        if before[0] in ('report', 'check', 'audit') and not {'--format=json', '--print-suppressions'} & {*before}:
            # A path and a reason are known by their ends too, and told whole.
            widest = max([0, *(len(line) for line in stdout.splitlines() if not re.search('^Fixed since| known, |supp:[0-9]', line))])
            assert widest <= width, f'a line of {widest} columns'
        if '--format=json' in before:
            stdout = check_json(trace, stdout)
        words = [f'"{word}"' if ' ' in word else word for word in ['pqleak', *before, 'trace.db', *after]]
        return '$ ' + ' '.join(words) + f'\n{stdout}{stderr}[exit {run.returncode}]\n'


def compare(name, got, bless):
    path = HERE / 'expected' / f'{name}.txt'
    if bless:
        path.write_text(got, encoding='utf-8')
        return []
    wanted = path.read_text(encoding='utf-8') if path.exists() else ''
    return list(difflib.unified_diff(wanted.splitlines(), got.splitlines(), 'expected', 'printed', lineterm=''))


def main():
    parser = argparse.ArgumentParser(description='Golden tests of the pqleak command.')
    parser.add_argument('--bless', action='store_true', help='write the expected outputs')
    parser.add_argument('pqleak')
    parser.add_argument('case', nargs='*', default=sorted(CASES))
    arguments = parser.parse_args()
    pqleak = os.path.abspath(arguments.pqleak)
    failures = 0

    print(f'1..{len(arguments.case)}')
    for number, name in enumerate(arguments.case, 1):
        try:
            trouble = compare(name, run_case(pqleak, name), arguments.bless)
        except (AssertionError, ValueError, subprocess.SubprocessError) as error:
            trouble = [str(error)]
        failures += bool(trouble)
        print(f'{"not ok" if trouble else "ok"} {number} - {name}')
        for line in trouble:
            print(f'# {line}')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
