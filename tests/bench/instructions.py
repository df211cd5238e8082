# SPDX-License-Identifier: PostgreSQL
"""What is counted with callgrind: rounds of loops, and whole programs.

Used by bench.py, which prints all of it, and by test_instructions.py, which holds some against `ceilings`.  A loop's
rounds are whole drains, so that each round bears its share of one.
"""
import os

import callgrind

HERE = os.path.dirname(os.path.abspath(__file__))
DRAIN_EVENTS = 24 * 1024  # of record.c
STEADY = 24  # what repeats is counted in the spool, and nothing is drained: the share of a drain is none

PYTHON, PHP, RUBY = '/usr/bin/python3', '/usr/bin/php', '/usr/bin/ruby'


def pairs(sites, depths=0):
    """Pairs of exec and clear on a libpq that does nothing: 2 events each."""
    return lambda build: lambda n: [os.path.join(build, 'tests', 'bench', 'bench-sites'), str(n), str(sites),
                                    str(depths)]


def script(program, name, *arguments):
    return lambda _build: lambda n: [program, os.path.join(HERE, name), str(n), *arguments]


# name: (what it is called in the table, its goal, the command of n rounds, events a round, whether it needs a server)
LOOPS = {
    'pair-1': ('an exec+clear pair, 1 call site', '≤ 1,000', pairs(1), 2, False),
    'pair-2': ('… 2 in turn', '≤ 1,000', pairs(2), 2, False),
    'pair-30': ('… 30', '≤ 1,000', pairs(30), 2, False),
    'pair-30-deep': ('… 30, at 13 depths', '≤ 1,000', pairs(30, 13), 2, False),
    'pair-2000': ('… 2,000', '≤ 1,000', pairs(2000), 2, False),
    'pair-2000-deep': ('… 2,000, at 13 depths', '≤ 1,000', pairs(2000, 13), 2, False),
    'pgbench': ('a transaction of pgbench, one SELECT', '≤ 1,500',
                lambda _build: lambda n: ['pgbench', '-n', '-f', os.path.join(HERE, 'select.sql'), '-t', str(n)], 4, True),
    'psycopg2': ('a query in psycopg2', '≤ 2,500', script(PYTHON, 'loop.py', 'queries'), 2, True),
    'psycopg2-10': ('… in turn at ten lines of Python', '≤ 2,500', script(PYTHON, 'loop.py', 'ten'), 2, True),
    'php': ('a query in PHP', '', script(PHP, 'loop.php'), STEADY, True),
    'ruby': ('a query in ruby-pg', '', script(RUBY, 'loop.rb'), STEADY, True),
}

# name: (what, the command, whether it needs a server): what tracing adds to all of it
PROGRAMS = {
    'true': ('start and end of a process that never touches libpq', lambda _build: ['/bin/true'], False),
    'connect': ('… of one that connects once',
                lambda build: [os.path.join(build, 'tests', 'bench', 'bench-connect')], True),
    'psql': ('… `psql -c "SELECT 1"`', lambda _build: ['/usr/lib/postgresql/15/bin/psql', '-Xc', 'SELECT 1'], True),
    'php-loads': ('… a PHP that loads pgsql', lambda _build: [PHP, '-r', ''], False),
    'php-once': ('… one that asks one query', lambda _build: [PHP, os.path.join(HERE, 'loop.php'), '1'], True),
    'python-once': ('… a Python that asks one query with psycopg2',
                    lambda _build: [PYTHON, os.path.join(HERE, 'loop.py'), '1', 'queries'], True),
}


def loop(name, build, environment):
    _, _, command, events, _ = LOOPS[name]
    return callgrind.ours_per_round(command(build), DRAIN_EVENTS // events, environment)


def program(name, build, plain, traced):
    return callgrind.added(PROGRAMS[name][1](build), plain, traced)
