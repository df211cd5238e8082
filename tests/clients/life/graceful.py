# SPDX-License-Identifier: PostgreSQL
"""A service that SIGTERM ends.  Argument: leak, or fixed: it closes what it opened."""
import signal
import sys
import psycopg2

held = []


def more():
    held.append(psycopg2.connect(''))


def end(*_):
    for connection in held if sys.argv[1] == 'fixed' else []:
        connection.close()
    sys.exit(0)


signal.signal(signal.SIGTERM, end)
for _ in range(9):
    more()
print('ready', flush=True)
signal.pause()
