# SPDX-License-Identifier: PostgreSQL
"""Takes connections from a pool, and now and then forgets to put one back.  Argument: leak or fixed."""
import atexit
import sys
import psycopg2
import psycopg2.pool

fixed = sys.argv[1] == 'fixed'
pool = psycopg2.pool.ThreadedConnectionPool(1, 10, '')
atexit.register(pool.closeall)


def good(number):
    connection = pool.getconn()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute('select %s', (number,))
    finally:
        pool.putconn(connection)


def bad(number):
    connection = pool.getconn()
    connection.cursor().execute('select %s', (number,))
    if fixed:
        pool.putconn(connection)


for i in range(26):
    (bad if i % 6 == 5 else good)(i)
