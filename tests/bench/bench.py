#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Measures the figures of README.md, and prints them as the rows of its table.

bench.py BUILD [FIGURE...]   figures: instructions pgbench pgbench-connect psycopg2 pair start short memory trace report
html export kill; default: all.

Ratios are medians of pairs of runs that alternate, untraced and traced, because machines are noisy; each is printed
with the smallest and the largest ratio seen.  Needs a server: run it under scripts/with-postgres.  Asserts nothing.
"""
import argparse
import os
import random
import re
import resource
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import instructions as counted


class Bench:
    def __init__(self, build, folder, rounds, scale):
        self.build, self.folder, self.rounds, self.scale = build, folder, rounds, scale
        self.shim = os.path.join(build, 'preload', 'libpqleak.so')
        self.pqleak = os.path.join(build, 'analyzer', 'pqleak')
        self.trace = os.path.join(folder, 'bench.db')

    def program(self, name):
        return os.path.join(self.build, 'tests', 'bench', 'bench-' + name)

    def environment(self, traced, **more):
        chosen = dict(os.environ, PQLEAK_TRACE=self.trace, PQLEAK_DRAIN='end')
        chosen.update(more)
        chosen.pop('LD_PRELOAD', None)
        if traced:
            chosen['LD_PRELOAD'] = self.shim
        return chosen

    def clear(self):
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))

    def output(self, command, traced, **more):
        self.clear()
        return subprocess.run(command, env=self.environment(traced, **more), check=True, capture_output=True,
                              text=True).stdout

    def paired(self, command, measure):
        """Ratios traced/untraced of `measure(output)`, smaller being better."""
        ratios = []
        for _ in range(self.rounds):
            plain = measure(self.output(command, False))
            ratios.append(measure(self.output(command, True)) / plain)
        return f'{statistics.median(ratios):.3f}× ({min(ratios):.3f}–{max(ratios):.3f}, {len(ratios)} pairs)'


def row(figure, goal, value):
    print(f'| {figure} | {goal} | {value} |', flush=True)


def latency(output):
    return float(re.search(r'latency average = ([\d.]+) ms', output)[1])


def pgbench(bench):
    subprocess.run(['pgbench', '-q', '-i', '-s', '1'], check=True, stderr=subprocess.DEVNULL)
    row('`pgbench -S`, Unix socket, 1 client', '≤ 1.01×',
        bench.paired(['pgbench', '-n', '-S', '-T', '5'], latency))


def pgbench_connect(bench):
    subprocess.run(['pgbench', '-q', '-i', '-s', '1'], check=True, stderr=subprocess.DEVNULL)
    row('`pgbench -S -C` (a connection per transaction)', '≤ 1.01×',
        bench.paired(['pgbench', '-n', '-S', '-C', '-t', '2000'], latency))


def psycopg2(bench):
    loop = ['/usr/bin/python3', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'loop.py')]
    row('a loop of queries in psycopg2, Unix socket', '≤ 1.05×', bench.paired(loop + ['100000', 'queries'], float))
    row('… each in a transaction of its own', '',
        bench.paired(loop + ['50000', 'transactions'], float))


def pair(bench):
    millions = 10 * bench.scale
    times = []
    for _ in range(3):
        times.append(float(bench.output([bench.program('pairs'), str(int(millions * 1e6))], True).split()[0]))
    row(f'an exec+clear pair on a libpq that does nothing, 10 frames, drains included, over {millions:g} M pairs',
        '≤ 120 ns', f'{statistics.median(times):.0f} ns')


def start(bench):
    def measure(command):
        out = subprocess.run([bench.program('spawn'), '400', bench.shim] + command, check=True, capture_output=True,
                             text=True, env=bench.environment(False, PQLEAK_DRAIN='later')).stdout
        bench.clear()
        return f'{float(out.split()[2]) / 1000:.2f} ms'

    row('start and end of a process that never touches libpq', '≤ 0.07 ms', measure(['true']))
    row('… that connects once, under `pqleak run`', '≤ 1.2 ms', measure([bench.program('connect')]))


# of counted.PROGRAMS: what it is called here, and its goal
SHORT = {
    'psql': ('a psql that asks one query, with a trace of its own', '≤ 0.9 ms'),
    'php-once': ('… a PHP', '≤ 1.6 ms'),
    'python-once': ('… a Python, with psycopg2', '≤ 1.5 ms'),
    'php-loads': ('… a PHP that only loads pgsql', '≤ 0.2 ms'),
}


def short(bench):
    """
    Whole short programs, each traced run with a trace of its own: what is added, by the clock and of processor time.

    Nothing is deleted meanwhile: where files were deleted in the last minutes, ext4 passes over each of their inodes when
    it makes a file, which was seen to take 0.9 ms a run.
    """
    bench.clear()

    def run(command, traced):
        environment = bench.environment(traced, PQLEAK_DRAIN='', PQLEAK_TRACE=os.path.join(bench.folder, '%p.db'))
        began = time.monotonic()
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f'bench: {command} failed')
        return (time.monotonic() - began) * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3

    for name, (figure, goal) in SHORT.items():
        command = counted.PROGRAMS[name][1]
        runs = []
        for number in range(20 * bench.rounds):
            order = (False, True) if number % 2 == 0 else (True, False)
            runs.append({traced: run(command(bench.build), traced) for traced in order})
        plain = statistics.median(r[False][0] for r in runs)
        clock, processor = (statistics.median(r[True][i] - r[False][i] for r in runs) for i in (0, 1))
        row(figure, goal, f'+{clock:.2f} ms of {plain:.1f}, {1 + clock / plain:.2f}× (processor +{processor:.2f} ms,'
                          f' {len(runs)} pairs)')


def memory(bench):
    differences = []
    for _ in range(5):
        plain, traced = (int(bench.output([bench.program('pairs'), '1000000'], t).split()[1]) for t in (False, True))
        differences.append((traced - plain) / 1024)
    row('memory added to the host (private pages, spool included)', '≤ 3 MiB',
        f'{statistics.median(differences):.1f} MiB')


def trace(bench):
    millions = 10 * bench.scale
    bench.output([bench.program('pairs'), str(int(millions * 1e6))], True)
    row(f'trace after {millions:g} M balanced pairs', '≤ 256 KiB', f'{os.path.getsize(bench.trace) / 1024:.0f} KiB')


def instructions(bench):
    """Counted, not timed: they do not differ from run to run."""
    def environment(traced):
        bench.clear()
        return bench.environment(traced, PQLEAK_DRAIN='')

    for name, (figure, goal, *_) in counted.LOOPS.items():
        number = counted.loop(name, bench.build, lambda: environment(True))
        row(f'{figure}, instructions of ours', goal, f'{number:,.0f}')
    for name, (figure, *_) in counted.PROGRAMS.items():
        number = counted.program(name, bench.build, bench.environment(False), environment(True))
        row(f'{figure}, instructions added', '', f'{number:,.0f}')


def many_connections(bench, count):
    """A trace of `count` connections of 20 stacks, one in ten leaked, made from a real one of one connection."""
    bench.output([bench.program('pairs'), '1'], True)
    with sqlite3.connect(bench.trace) as db:
        db.execute('PRAGMA journal_mode = OFF')
        columns = [c[1] for c in db.execute('PRAGMA table_info(connection)')]
        stacks = db.execute('SELECT count(*) FROM stack').fetchone()[0]
        picked = {'id': 'n + 1', 'acquire_stack': f'1 + n % {stacks}', 'acquired_ns': 'acquired_ns + n * 1000',
                  'released_ns': 'CASE WHEN n % 10 > 0 THEN acquired_ns + n * 1000 + 500 END'}
        db.execute(f'''WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count - 1})
            INSERT INTO connection ({', '.join(columns)})
            SELECT {', '.join(picked.get(c, c) for c in columns)} FROM numbers, (SELECT * FROM connection LIMIT 1)''')
    db.close()


def html(bench):
    """A page of a million connections; its process ended after all of them, or nothing would be open for long."""
    count = int(1_000_000 * bench.scale)
    many_connections(bench, count)
    with sqlite3.connect(bench.trace) as db:
        db.execute('UPDATE process SET ended_ns = (SELECT max(acquired_ns) + 1000000 FROM connection)')
    db.close()
    page, seconds = os.path.join(bench.folder, 'page.html'), []
    for _ in range(3):
        began = time.monotonic()
        process = subprocess.Popen([bench.pqleak, 'html', bench.trace, '-o', page])
        _, _, usage = os.wait4(process.pid, 0)
        seconds.append(time.monotonic() - began)
    row(f'`pqleak html` on {count:,} connections', '≤ 5 MB',
        f'{statistics.median(seconds):.2f} s, {usage.ru_maxrss / 1024:.0f} MiB; {os.stat(page).st_size / 1e6:.2f} MB')


def report(bench):
    for count, goal in ((1_000_000, '≤ 1 s'), (10_000_000, '≤ 10 s, ≤ 100 MiB')):
        count = int(count * bench.scale)
        many_connections(bench, count)
        seconds, peak = [], 0
        for _ in range(3):
            began = time.monotonic()
            process = subprocess.Popen([bench.pqleak, 'report', bench.trace], stdout=subprocess.DEVNULL)
            _, _, usage = os.wait4(process.pid, 0)
            seconds.append(time.monotonic() - began)
            peak = max(peak, usage.ru_maxrss)
        row(f'`pqleak report` on {count:,} connections', goal,
            f'{statistics.median(seconds):.2f} s, {peak / 1024:.0f} MiB')


def export(bench):
    """The processor's time, which a busy machine does not change much."""
    count = int(1_000_000 * bench.scale)
    many_connections(bench, count)
    for name in ('folded', 'speedscope', 'pprof', 'openmetrics', 'csv', 'chrome', 'otlp'):
        path = bench.trace + '.' + name
        process = subprocess.Popen([bench.pqleak, 'export', f'--format={name}', '-o', path, bench.trace])
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f'bench: export --format={name} failed')
        row(f'`pqleak export --format={name}` of {count:,} connections', '',
            f'{usage.ru_utime + usage.ru_stime:.1f} s of the processor, {usage.ru_maxrss / 1024:.0f} MiB,'
            f' a file of {os.path.getsize(path) / 1e6:,.1f} MB')
        os.unlink(path)


RECORDED = """SELECT (SELECT count(*) FROM connection) + (SELECT count(*) FROM resource WHERE kind = 'result')
    + (SELECT ifnull(sum(count), 0) FROM fold WHERE kind = 'result')"""


def kill(bench):
    """SIGKILL at random moments of a client that tells each acquire when its call has returned."""
    rounds, acquires, lost, damaged = int(1000 * bench.scale), 0, 0, 0
    client = [os.path.join(bench.build, 'tests', 'clients', 'client-announce'), 'announce', '4']
    for _ in range(rounds):
        bench.clear()
        process = subprocess.Popen(client, stdout=subprocess.PIPE, text=True, env=bench.environment(True))
        time.sleep(random.uniform(0.005, 0.06))
        process.send_signal(signal.SIGKILL)
        # "C PID" for a connection, "R" for a result; the last line may be cut short.
        lines = process.communicate()[0].split('\n')[:-1]
        announced = sum(line[0] in 'CR' for line in lines)
        count = subprocess.run([bench.pqleak, 'sql', bench.trace, RECORDED], capture_output=True, text=True).stdout
        acquires += announced
        lost += max(0, announced - (int(count) if count else 0))
        if os.path.exists(bench.trace):
            db = sqlite3.connect(bench.trace)
            damaged += db.execute('PRAGMA integrity_check').fetchone()[0] != 'ok'
            db.close()
    if acquires < rounds:
        sys.exit('bench: the client had no time to acquire anything')
    row(f'SIGKILL at {rounds:,} random moments', '0 lost, 0 damaged',
        f'{lost} of {acquires:,} acquires lost, {damaged} traces damaged')


FIGURES = {'instructions': instructions, 'pgbench': pgbench, 'pgbench-connect': pgbench_connect, 'psycopg2': psycopg2,
           'pair': pair, 'start': start, 'short': short, 'memory': memory, 'trace': trace, 'report': report, 'html': html,
           'export': export, 'kill': kill}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('build', help='the build folder')
    parser.add_argument('figures', nargs='*', metavar='FIGURE', help=', '.join(FIGURES))
    parser.add_argument('--rounds', type=int, default=11, help='pairs of runs behind a ratio (default 11)')
    parser.add_argument('--scale', type=float, default=1, help='part of the full counts, for a quick look')
    asked = parser.parse_intermixed_args()
    unknown = [f for f in asked.figures if f not in FIGURES]
    if unknown:
        parser.error('no such figure: ' + ', '.join(unknown))
    build = os.path.abspath(asked.build)
    subprocess.run(['ninja', '-C', build, 'tests/bench/bench-pairs', 'tests/bench/bench-spawn',
                    'tests/bench/bench-connect', 'tests/bench/bench-sites', 'all'], check=True, stdout=subprocess.DEVNULL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print('| figure | goal | measured |\n| --- | --- | --- |')
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        for name in asked.figures or FIGURES:
            FIGURES[name](Bench(build, folder, asked.rounds, asked.scale))
    return 0


if __name__ == '__main__':
    sys.exit(main())
