# SPDX-License-Identifier: PostgreSQL
"""Opens connections that it forgets inside a transaction, and one that it closes.  Argument: leak or fixed."""
import os
import sys
import psycopg2

kept = []


def forget(number):
    connection = psycopg2.connect('')
    kept.append(connection)
    cursor = connection.cursor()
    cursor.execute('select %s', (number,))
    connection.commit()
    cursor.execute('select %s', (-number,))
    if sys.argv[1] == 'fixed':
        cursor.close()
        connection.close()
        kept.remove(connection)


def careful():
    connection = psycopg2.connect('')
    connection.autocommit = True
    connection.cursor().execute('select 1')
    connection.close()


for i in range(3):
    forget(i)
careful()
sys.stdout.flush()
os._exit(0)  # or the interpreter gives back what was forgotten
