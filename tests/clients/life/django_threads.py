# SPDX-License-Identifier: PostgreSQL
"""Each run of a job has threads of its own, which use Django's ORM and live on.  Argument: leak or fixed; ends with its input."""
import concurrent.futures
import os
import sys
import threading

import django
from django.conf import settings

settings.configure(DATABASES={'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'],
                                          'HOST': os.environ['PGHOST'], 'PORT': os.environ['PGPORT'], 'USER': os.environ['PGUSER']}},
                   INSTALLED_APPS=['django.contrib.contenttypes'], USE_TZ=True)
django.setup()
from django.contrib.contenttypes.models import ContentType
from django.db import connections

THREADS = 3
together = threading.Barrier(THREADS)  # so that no thread does the work of two


def rebuild(number):
    together.wait()
    try:
        return ContentType.objects.raw('select 1 as id, %s as model', [number])[0].model
    finally:
        if sys.argv[1] == 'fixed':
            connections.close_all()


pools = []
for run in range(3):
    pools.append(concurrent.futures.ThreadPoolExecutor(THREADS))
    list(pools[-1].map(rebuild, range(THREADS)))
print('ready', flush=True)
sys.stdin.read()
