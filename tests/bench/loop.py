# SPDX-License-Identifier: PostgreSQL
"""A loop of psycopg2, some calls deep: QUERIES KIND, kind 'queries', 'ten' or 'transactions'.  Prints the us that each took."""
import sys
import time

import psycopg2


def queries(cursor, count):
    for _ in range(count):
        cursor.execute('SELECT 1')
        cursor.fetchall()


def ten(cursor, count):
    for _ in range(count // 10):
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')
        cursor.execute('SELECT 1')


def transactions(cursor, count):
    for _ in range(count):
        cursor.execute('SELECT 1')
        cursor.fetchall()
        cursor.connection.commit()


def deep(depth, work, *arguments):
    return deep(depth - 1, work, *arguments) if depth > 0 else work(*arguments)


def main(count, kind):
    connection = psycopg2.connect('')
    connection.autocommit = kind != 'transactions'
    cursor = connection.cursor()
    deep(4, globals()[kind], cursor, 1000)  # warm: always as many, so that two runs differ by their counts
    began = time.perf_counter()
    deep(4, globals()[kind], cursor, count)
    print((time.perf_counter() - began) / count * 1e6)
    connection.close()


main(int(sys.argv[1]), sys.argv[2])
