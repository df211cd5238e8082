# SPDX-License-Identifier: PostgreSQL
"""Keeps exceptions, whose tracebacks keep connections.  Argument: leak or fixed."""
import sys
import psycopg2

errors = []


def get_state(query):
    connection = psycopg2.connect('')
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
    finally:
        if sys.argv[1] == 'fixed':
            connection.close()


for i in range(6):
    try:
        get_state('select state from nosuchtable')
    except psycopg2.Error as error:
        errors.append(error)
