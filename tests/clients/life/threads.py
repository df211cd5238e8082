# SPDX-License-Identifier: PostgreSQL
"""One connection of the main thread, and one of a thread that has ended.  Argument: leak or fixed."""
import sys
import threading
import psycopg2

opened = []


def work():
    connection = psycopg2.connect('')
    connection.autocommit = True
    connection.cursor().execute('select 1')
    opened.append(connection)


thread = threading.Thread(target=work)
thread.start()
thread.join()
work()
if sys.argv[1] == 'fixed':
    for each in opened:
        each.close()
print('ready', flush=True)
sys.stdin.read()
