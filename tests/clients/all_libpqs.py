# SPDX-License-Identifier: PostgreSQL
"""One process with four drivers on three libpqs: both wheels (each has a libpq of its own) and Debian's two.

Run by the Python of a venv that holds the wheels.  Each driver opens three connections, closes one, and leaves two to
os._exit.  Prints the libpqs that are mapped.
"""
import os
import re
import sys

DEBIAN = '/usr/lib/python3/dist-packages'


def forget(name):
    """Another import of this package shall load another copy."""
    for module in [module for module in sys.modules if module == name or module.startswith(name + '.')]:
        del sys.modules[module]


def import_from(folder, name):
    sys.path.insert(0, folder)
    try:
        return __import__(name)
    finally:
        sys.path.remove(folder)


def load_drivers():
    import psycopg
    import psycopg2
    assert psycopg.pq.__impl__ == 'binary', psycopg.pq.__impl__
    wheels = [psycopg2, psycopg]
    forget('psycopg2')
    forget('psycopg')
    forget('psycopg_binary')
    os.environ['PSYCOPG_IMPL'] = 'python'
    debians = [import_from(DEBIAN, 'psycopg2'), import_from(DEBIAN, 'psycopg')]
    for module in debians:
        assert module.__file__.startswith(DEBIAN), module.__file__
    return wheels + debians


def open_with(module):
    connection = module.connect('')
    cursor = connection.cursor()
    cursor.execute('SELECT 42')
    assert cursor.fetchone()[0] == 42
    cursor.close()
    connection.rollback()
    return connection


def main():
    kept = []
    for module in load_drivers():
        kept += [open_with(module), open_with(module)]
        open_with(module).close()
    with open('/proc/self/maps', encoding='ascii', errors='replace') as maps:
        libraries = sorted({match.group(0) for match in re.finditer(r'/\S*/libpq[-.]\S*', maps.read())})
    print('\n'.join(libraries), flush=True)
    os._exit(0)


if __name__ == '__main__':
    main()
