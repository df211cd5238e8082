# SPDX-License-Identifier: PostgreSQL
"""Takes silence for a dead connection, and opens another one.  Argument: leak or fixed."""
import sys
import psycopg2

listeners = []


def listen():
    connection = psycopg2.connect('')
    connection.set_session(autocommit=True)
    connection.cursor().execute('listen orders')
    listeners.append(connection)


for i in range(5):
    if i > 0 and sys.argv[1] == 'fixed':
        listeners.pop().close()
    listen()
print('ready', flush=True)
sys.stdin.read()
