# SPDX-License-Identifier: PostgreSQL
"""A transaction that waits for the server, inside a call, while its process says that it is ready, and after a word is
killed.  Argument: leak (it waits for nobody, and is idle) or fixed."""
import os
import signal
import sys
import threading
import psycopg2

holder = psycopg2.connect('')
holder.autocommit = True
worker = psycopg2.connect('')


def work():
    cursor = worker.cursor()
    cursor.execute('select 1')
    if sys.argv[1] == 'fixed':
        cursor.execute('select pg_advisory_lock(4711)')


def waits():
    cursor = holder.cursor()
    cursor.execute('select count(*) from pg_locks where locktype = %s and objid = 4711 and not granted', ('advisory',))
    return cursor.fetchone() == (1,)


holder.cursor().execute('select pg_advisory_lock(4711)')
thread = threading.Thread(target=work, daemon=True)
thread.start()
if sys.argv[1] == 'fixed':
    while not waits():
        pass
else:
    thread.join()
print('ready', flush=True)
sys.stdin.read()
os.kill(os.getpid(), signal.SIGKILL)
