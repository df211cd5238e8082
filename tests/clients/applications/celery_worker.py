# SPDX-License-Identifier: PostgreSQL
"""A celery worker with a broker in its memory, whose task keeps what it opens in its module.
Argument: leak, or fixed: it closes it."""
import sys
import threading

import celery
import psycopg2
from celery.contrib.testing.worker import start_worker

app = celery.Celery('mail', broker='memory://', backend='cache+memory://')
sent = {}
done = threading.Semaphore(0)


@app.task
def send(number):
    connection = psycopg2.connect('')  #: send
    with connection, connection.cursor() as cursor:
        cursor.execute('SELECT %s', (number,))
    if sys.argv[1] == 'fixed':
        connection.close()
    sent[number] = connection
    done.release()


with start_worker(app, perform_ping_check=False):
    for number in range(5):
        send.delay(number)
    for _ in range(5):
        done.acquire()
    print('ready', flush=True)
    sys.stdin.read()
