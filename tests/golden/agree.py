#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Whatever shows a trace shows the same numbers: agree.py PQLEAK

On fixtures of every sort the page, the exports, a comparison with itself and a merged trace are held against
`report --format=json`.  TAP on stdout.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

from fixtures import SECONDS, make_trace, shell
from golden import ENVIRONMENT
from readers import expect

FIXTURES = ('abandoned', 'dropped', 'forked', 'handover', 'killed', 'kinds-leaked', 'leaks', 'misuse', 'nothing', 'out-of-sight',
            'running', 'wrapper') if 'ASAN_OPTIONS' not in os.environ else ('leaks', 'handover')
UNRELEASED = ('leaked', 'open-at-death', 'open', 'cannot-tell')


class Trace:
    def __init__(self, pqleak, folder):
        self.pqleak, self.folder = pqleak, folder
        self.report = json.loads(self.ask('report', '--format=json'))
        self.connections = self.report['connections']
        self.unreleased = sum(self.connections[verdict] for verdict in UNRELEASED)
        self.abandoned = sum(f['count'] for f in self.report['findings'] if f['verdict'] == 'abandoned')

    def ask(self, *words, trace='trace.db'):
        run = subprocess.run([self.pqleak, *words, trace], cwd=self.folder, capture_output=True, encoding='utf-8', env=ENVIRONMENT,
                             timeout=SECONDS, check=False)
        expect(run.returncode == 0, run)
        return run.stdout

    def page(self):
        data = json.loads(re.search('<script type="application/json" id="data">(.*?)</script>', self.ask('html'), re.S)[1])
        expect(data['report'] == self.report, 'the report on the page is another one')
        timeline, sites = data['timeline'], data['sites']
        expect(timeline['opened'] + timeline['failed'] == self.connections['acquired'], timeline)
        open_ones = sum(f['count'] for f in self.report['findings']
                        if f['kind'] == 'connection' and f['verdict'] in UNRELEASED and f['state'] == 'connected')
        for column, total in (('opened', timeline['opened']), ('failed', timeline['failed']), ('left', open_ones),
                              ('abandoned', self.abandoned)):
            expect(sum(site[column] or 0 for site in sites) == total, (column, total, sites))

    def folded(self):
        totals = {'connection': self.connections, 'result': self.report['results'], **self.report['others']}
        for kind in ('connection', 'result'):
            for weight, total in (('acquired', totals[kind]['acquired']), ('outstanding', sum(totals[kind][v] for v in UNRELEASED))):
                lines = self.ask('export', f'--kind={kind}', f'--weight={weight}').splitlines()
                expect(sum(int(line.rsplit(' ', 1)[1]) for line in lines) == total, (kind, weight, total, lines))

    def metrics(self):
        values = collections.Counter()
        for line in self.ask('export', '--format=openmetrics').splitlines():
            if not line.startswith('#'):
                name, value = re.fullmatch(r'pqleak_(\w+)(?:\{.*\})? (\S+)', line).groups()
                values[name] += float(value)
        for name, total in {
                'connections_open': self.unreleased, 'connections_opened_total': self.connections['acquired'],
                'connections_released_total': self.connections['released'], 'connects_failed_total': self.connections['failed'],
                'connections_abandoned': self.abandoned, 'processes': self.report['processes']['count'],
                'results_uncleared': sum(self.report['results'][verdict] for verdict in UNRELEASED),
                'process_incomplete': len(self.report['cannot_tell']),
                'misuse_total': sum(m['count'] for m in self.report['misuse'])}.items():
            expect(values[name] == total, (name, values[name], total))

    def spans(self):
        lives = [{a['key']: a['value'].get('stringValue') for a in span['attributes']}
                 for line in self.ask('export', '--format=otlp').splitlines() for resource in json.loads(line)['resourceSpans']
                 for span in resource['scopeSpans'][0]['spans'] if span['name'] == 'connection']
        verdicts = collections.Counter(life['pqleak.verdict'] for life in lives)
        expect(len(lives) == self.connections['acquired'], verdicts)
        for verdict in ('leaked', 'open', 'cannot-tell'):
            expect(verdicts[verdict] <= self.connections[verdict] <= verdicts[verdict] + self.abandoned, (verdicts, self.connections))
        events = json.loads(self.ask('export', '--format=chrome'))['traceEvents']
        expect(sum(e['ph'] == 'X' and e['cat'] == 'connection' for e in events) == len(lives), 'lives')
        expect(all(e['args']['open'] >= 0 for e in events if e['ph'] == 'C'), 'less than nothing is open')

    def comparison(self):
        if self.report['processes']['count'] > 0:
            counts = json.loads(self.ask('diff', '--format=json', 'trace.db'))['counts']
            expect({what for what, count in counts.items() if count} <= {'unchanged'}, counts)

    def merged(self):
        self.ask('merge', '-o', 'all.db')
        merged = json.loads(self.ask('report', '--format=json', trace='all.db'))
        if 'running' in self.report['processes']['ends']:  # which its own trace alone can tell
            expect(merged['connections']['acquired'] == self.connections['acquired'], merged)
            return

        def numbers(report):
            text = json.dumps({key: value for key, value in report.items() if key != 'trace'}, sort_keys=True)
            return re.sub(r'("(?:first_id|id|connection)"): \d+|("run"): "[^"]*"', r'\1\2: null', text)
        expect(numbers(merged) == numbers(self.report), (merged, self.report))


def check(pqleak, fixture):
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, fixture)
        trace = Trace(pqleak, folder)
        for part in (trace.page, trace.folded, trace.metrics, trace.spans, trace.comparison, trace.merged):
            part()


def run_in(folder, *command):
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=SECONDS, check=False)


def check_killed_in_turn(pqleak):
    """What workers have open that are killed one after the other is not added up; of those that live together it is."""
    for apart, most in ((10, 2), (1, 6)):
        with tempfile.TemporaryDirectory() as folder:
            make_trace(folder, 'nothing')
            shell(os.path.join(folder, 'trace.db'), f"""
                INSERT INTO process (spool, pid, ppid, host, exe, command, started_ns, "end", drained, peak)
                  SELECT printf('%016x', value), 100 + value, 1, 'box', '/bin/worker', '', 1700000000000000000, 'unknown', 9, 2
                  FROM generate_series(1, 3);
                INSERT INTO connection (process, address, state, thread, acquired_ns, connect_ns, acquire_function, acquire_stack, used_ns)
                  SELECT p.id, p.id * 10 + n.value, 'connected', 1, 1700000000000000000 + p.id * {apart}000000000 + n.value, 5, 'PQconnectdb', 1,
                         1700000000000000000 + p.id * {apart}000000000 + 5000000000
                  FROM process p, generate_series(1, 2) n;""")
            run = run_in(folder, pqleak, 'check', '--max-open=2', 'trace.db')
            expect(run.returncode == (most > 2), (most, run))
            run = run_in(folder, pqleak, 'timeline', 'trace.db')
            expect(run.stdout.startswith(f'{most} connections open at once'), (most, run))


def main():
    pqleak = os.path.abspath(sys.argv[1])
    failures = 0
    cases = [(fixture, lambda fixture=fixture: check(pqleak, fixture)) for fixture in FIXTURES]
    cases.append((check_killed_in_turn.__doc__.splitlines()[0], lambda: check_killed_in_turn(pqleak)))
    print(f'1..{len(cases)}')
    for number, (name, case) in enumerate(cases, 1):
        try:
            case()
            print(f'ok {number} - {name}', flush=True)
        except (AssertionError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
            failures += 1
            print(f'not ok {number} - {name}\n# {type(error).__name__}: {str(error)[:1500]}', flush=True)
    return failures > 0


if __name__ == '__main__':
    sys.exit(main())
