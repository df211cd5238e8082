# SPDX-License-Identifier: PostgreSQL
"""A Django site served by ASGI, where each request has a thread of its own, with connections that are to last.
Argument: leak, or fixed: they do not."""
import asyncio
import gc
import os
import sys

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.http import HttpResponse
from django.urls import path


def stock(_request):
    with connection.cursor() as cursor:  #: stock
        cursor.execute('SELECT 1')
        return HttpResponse(str(cursor.fetchone()[0]))


settings.configure(
    ALLOWED_HOSTS=['*'], ROOT_URLCONF=(path('stock', stock),), SECRET_KEY='-',
    DATABASES={'default': {
        'ENGINE': 'django.db.backends.postgresql', 'HOST': os.environ['PGHOST'], 'PORT': os.environ['PGPORT'],
        'NAME': os.environ['PGDATABASE'], 'USER': os.environ['PGUSER'],
        'CONN_MAX_AGE': 600 if sys.argv[1] == 'leak' else 0}})
django.setup()


async def ask(handler):
    bodies = [{'type': 'http.request'}]
    answered = []

    async def receive():
        return bodies.pop() if bodies else await asyncio.Future()

    async def send(message):
        answered.append(message)

    await handler({'type': 'http', 'method': 'GET', 'path': '/stock', 'query_string': b'', 'headers': []}, receive, send)
    assert answered[0]['status'] == 200, answered


async def serve():
    gc.disable()  # or it gives some of them back, at one time or another
    handler = ASGIHandler()
    for _ in range(5):
        await ask(handler)
    print('ready', flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(serve())
