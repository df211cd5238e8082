# SPDX-License-Identifier: PostgreSQL
"""A pool of the program's own, which renews a connection after two uses while others lie in it.
Argument: leak, or fixed: it closes the one that it renews."""
import sys
import psycopg2


def connect():
    connection = psycopg2.connect('')
    connection.set_session(autocommit=True)
    return connection


def use(connection):
    connection.cursor().execute('select 1')


free = [connect() for _ in range(2)]
kept = []
for idle in free:
    use(idle)
for i in range(5):
    used = free.pop()
    use(used)
    if sys.argv[1] == 'fixed':
        used.close()
    kept.append(used)
    free.append(connect())
    use(free[-1])
