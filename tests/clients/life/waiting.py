# SPDX-License-Identifier: PostgreSQL
"""A transaction that waits for the server inside a call, for a lock that a child holds; the child says when that is so, and
kills its parent when its input ends.  Argument: leak (it waits for nobody, and is idle) or fixed."""
import os
import signal
import sys
import time
import psycopg2

WAITS = "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711 and not granted"
IDLE = "select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'"


def work():
    cursor = psycopg2.connect('').cursor()
    cursor.execute('select 1')
    if sys.argv[1] == 'fixed':
        cursor.execute('select pg_advisory_lock(4711)')
    signal.pause()


def watch(parent):
    holder = psycopg2.connect('')
    holder.autocommit = True
    cursor = holder.cursor()
    cursor.execute('select pg_advisory_lock(4711)')
    os.write(begin, b'.')
    count = 0
    while count == 0:
        cursor.execute(WAITS if sys.argv[1] == 'fixed' else IDLE)
        count, = cursor.fetchone()
    print('ready', flush=True)
    sys.stdin.read()
    time.sleep(0.1)  # many ticks of the clock by which uses are noted
    os.kill(parent, signal.SIGKILL)


begun, begin = os.pipe()
if os.fork() == 0:
    watch(os.getppid())
else:
    os.read(begun, 1)
    work()
