# SPDX-License-Identifier: PostgreSQL
"""Leaks so many connections at each place: FUNCTION=COUNT ...; 'moved' first: the places are other lines."""
import os
import sys
import psycopg2

kept = []


def make(moved):
    source = '\n' * 7 * moved
    for name in ('take', 'lend', 'borrow'):
        source += f'def {name}():\n    kept.append(psycopg2.connect(""))\n'
    with open('places.py', 'w', encoding='utf-8') as file:
        file.write('import psycopg2\nkept = []\n' + source)
    sys.path.insert(0, '.')
    sys.dont_write_bytecode = True
    import places  # pylint: disable=import-error,import-outside-toplevel # written just now
    return places


arguments = sys.argv[1:]
code = make(arguments[:1] == ['moved'])
for argument in arguments:
    if '=' in argument:
        function, count = argument.split('=')
        for _ in range(int(count)):
            getattr(code, function)()
os._exit(0)  # or the interpreter gives it back
