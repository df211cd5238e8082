# SPDX-License-Identifier: PostgreSQL
"""Shares its work out among threads that go on living.  Argument: leak, or fixed: each job closes what its thread opened."""
import concurrent.futures
import sys

from django.core.management import BaseCommand
from django.db import connection, connections


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument('how')

    @staticmethod
    def rebuild(number, how):
        try:
            with connection.cursor() as cursor:  #: rebuild
                cursor.execute('SELECT %s', [number])
        finally:
            if how == 'fixed':
                connections.close_all()

    def handle(self, *_, how, **__):
        kept = []
        for number in range(4):  # a pool each time, which nobody shuts down
            kept.append(concurrent.futures.ThreadPoolExecutor(1))
            kept[-1].submit(self.rebuild, number, how).result()
        print('ready', flush=True)
        sys.stdin.read()
